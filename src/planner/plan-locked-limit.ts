// LIMIT with FOR UPDATE or FOR SHARE: shards that counted by themselves would lock more rows than are
// returned. Rows of one table with a primary key can be found again by it, and so be locked once it
// is known which they are (`LockedLimitPlan`).

import { columnOf, type Table } from '../catalog/catalog.ts';
import { keysMark, type LockedLimitPlan, limitMark } from '../plan/locked-limit-plan.ts';
import type { MergeNode, MergePlan } from '../plan/merge-plan.ts';
import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { type Clauses, clausesOf, type Range } from '../sql/clauses.ts';
import type { Level, ScopeRelation } from '../sql/level.ts';
import { quoteName } from '../sql/quote-name.ts';
import { splice } from '../sql/splice.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { walk } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';
import { type OutputColumns, outputColumns } from './output-columns.ts';
import { type PlanInput, refuseWide } from './plan-input.ts';
import type { SelectPlan } from './plan-rows.ts';
import { rowLimit } from './row-limit.ts';

/** Their texts are read back as the same value under any settings. */
const keyTypes: ReadonlySet<number> = new Set([
  ...[typeOid.int2, typeOid.int4, typeOid.int8, typeOid.numeric, typeOid.uuid],
  ...[typeOid.text, typeOid.varchar, typeOid.bpchar],
]);

/** It has a LIMIT or OFFSET beside its locks. */
export function limitsLocks({ lockingClause, limitCount, limitOffset }: SelectStmt): boolean {
  const bounds = [limitCount, limitOffset] as readonly (SyntaxNode | undefined)[];
  const limit = bounds.find(one => one !== undefined && !one.A_Const?.isnull);
  return lockingClause !== undefined && limit !== undefined;
}

/** `planText` plans a text as a statement of its own. */
export function planLockedLimit(
  input: PlanInput,
  { select, level, facts, sql }: SelectPlan,
  planText: (sql: string) => WidePlan,
): LockedLimitPlan | Refusal {
  const withLocks = (construct: string) => refuseWide(`${construct} with FOR UPDATE or FOR SHARE`);
  const [relation, ...others] = facts.relations;
  if (relation?.source !== 'sharded' || others.length > 0 || facts.selects.length > 1) {
    return withLocks('LIMIT of more than one table');
  }
  const key = keyOf(relation, input);
  if (key === null) return withLocks('LIMIT of a table without a primary key of simple types');
  if (select.limitOffset !== undefined) return withLocks('OFFSET');
  if (select.limitOption === 'LIMIT_OPTION_WITH_TIES') return withLocks('FETCH … WITH TIES');
  const clauses = clausesOf(sql);
  const limit = rowLimit(select, { clauses, text: new ByteText(sql), hidden: null });
  if (limit === null || 'kind' in limit) return limit ?? withLocks('LIMIT');
  if (limit.count === null || limit.count.kind === 'column') return withLocks('LIMIT');
  const outputs = outputColumns((select.targetList ?? []) as readonly SyntaxNode[], level, facts);
  const hidden = hiddenInput(select, level, outputs);
  if (hidden !== null) return withLocks(`LIMIT and ${hidden}`);
  if (sql.includes(keysMark) || sql.includes(limitMark)) return withLocks('this LIMIT');
  const candidates = planText(candidatesText(sql, clauses, key));
  const rows = planText(rowsText(sql, clauses));
  if (candidates.kind === 'refusal') return candidates;
  if (rows.kind === 'refusal') return rows;
  if (candidates.kind !== 'merge' || rows.kind !== 'merge') return withLocks('LIMIT');
  return {
    kind: 'locked-limit',
    count: limit.count,
    key,
    candidates: withTail(candidates, `LIMIT ${limitMark} ${limit.allRowsSql}`.trim()),
    rows: withTail(rows, limit.allRowsSql),
  };
}

/** Columns by which a row is found again, on whichever shard; null: there are none. */
function keyOf(relation: ScopeRelation, { catalog }: PlanInput): readonly string[] | null {
  const table = relation.table!;
  const primary = table.uniqueIndexes.find(index => index.primary)?.columns;
  if (primary == null || relation.key === null || hasChildren(table, catalog.tablesByOid)) {
    return null;
  }
  const own = table.columns.map(column => column.name);
  // Named anew.
  if (relation.columns?.some((name, at) => name !== own[at]) ?? true) return null;
  const names = [...new Set([...primary, ...relation.key.columns])];
  if (names.some(name => !keyTypes.has(columnOf(table, name)?.typeOid ?? 0))) return null;
  return names.map(name => `${quoteName(relation.refname)}.${quoteName(name)}`);
}

/** Rows of inheritance children are its rows too, and may have the same key. */
function hasChildren({ oid, kind }: Table, tables: ReadonlyMap<number, Table>): boolean {
  if (kind !== 'table') return false;
  for (const one of tables.values()) if (one.parents.includes(oid)) return true;
  return false;
}

/** What of the target list is needed beside it, which candidates do not have; null: nothing. */
function hiddenInput(
  select: SelectStmt,
  level: Level,
  outputs: OutputColumns | null,
): string | null {
  let parameter = false;
  walk(select.targetList, value => {
    parameter ||= (value as SyntaxNode).ParamRef !== undefined;
    return !parameter;
  });
  if (parameter) return 'a parameter in the target list';
  for (const { SortBy } of (select.sortClause ?? []) as readonly SyntaxNode[]) {
    const node = (SortBy?.node ?? {}) as SyntaxNode;
    const fields = (node.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
    const name = fields.length === 1 ? fields[0]?.String?.sval : undefined;
    if (name === undefined && node.A_Const === undefined) continue;
    const use = node.ColumnRef === undefined ? null : level.resolve(node.ColumnRef);
    const shown = outputs?.visible.filter(one => one.name === null || one.name === name);
    const isSame = shown?.every(one => one.use !== null && one.use.column === use?.column);
    if (use === null || !isSame) return 'ORDER BY an output column';
  }
  return null;
}

function candidatesText(sql: string, clauses: Clauses, key: readonly string[]): string {
  const start = clauses.tokens[0]!.end;
  const items = key.map((column, at) => `${column} AS "pgpack key ${at + 1}"`);
  const cut = [clauses.limits, clauses.locks].filter(range => range !== null);
  return splice(sql, [
    { start, end: clauses.targetsEnd, text: ` ${items.join(', ')} ` },
    ...cut.map(range => ({ ...range, text: '' })),
  ]);
}

function rowsText(sql: string, { from, where, limits }: Clauses): string {
  const edits = limits === null ? [] : [{ ...limits, text: '' }];
  if (where === null) {
    const at = from!.end;
    return splice(sql, [...edits, { start: at, end: at, text: ` WHERE ${keysMark}` }]);
  }
  return splice(sql, [...edits, ...aroundCondition(where)]);
}

/** Behind the keyword, and behind its last token. */
function aroundCondition({ start, end }: Range) {
  const open = start + 'where'.length;
  return [
    { start: open, end: open, text: ` ${keysMark} AND (` },
    { start: end, end, text: ')' },
  ];
}

/** With a clause behind the text of its fragment. */
function withTail(plan: MergePlan, tail: string): MergePlan {
  return { ...plan, root: withTailAt(plan.root, tail) };
}

function withTailAt(node: MergeNode, tail: string): MergeNode {
  if (node.kind === 'gather') return { ...node, sql: `${node.sql} ${tail}`.trimEnd() };
  return { ...node, input: withTailAt(node.input, tail) } as MergeNode;
}
