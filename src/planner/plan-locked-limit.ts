// LIMIT with FOR UPDATE or FOR SHARE: shards that counted by themselves would lock more rows than are
// returned. Rows of one table with a primary key can be found again by it, and so be locked once it
// is known which they are (`LockedLimitPlan`).

import { columnOf, type Table } from '../catalog/catalog.ts';
import { keysMark, type LockedLimitPlan, limitMark } from '../plan/locked-limit-plan.ts';
import type { Fragment, MergeNode, MergePlan } from '../plan/merge-plan.ts';
import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { type Clauses, clausesOf, type Range } from '../sql/clauses.ts';
import type { Level, ScopeRelation } from '../sql/level.ts';
import { quoteName } from '../sql/quote-name.ts';
import { splice } from '../sql/splice.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { walk } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';
import { lastEnd } from './fragment-text.ts';
import { type OutputColumns, outputColumns } from './output-columns.ts';
import { type PlanInput, refuseWide } from './plan-input.ts';
import type { SelectPlan } from './plan-rows.ts';
import { rowLimit } from './row-limit.ts';

/** Their texts are read back as the same value under any settings: no floats (extra_float_digits), no
 *  intervals (IntervalStyle), no money (lc_monetary). */
const keyTypes: ReadonlySet<number> = new Set([
  ...[typeOid.int2, typeOid.int4, typeOid.int8, typeOid.numeric, typeOid.uuid, typeOid.bool],
  ...[typeOid.text, typeOid.varchar, typeOid.bpchar, typeOid.name, typeOid.bytea, typeOid.oid],
  ...[typeOid.time, typeOid.timetz, typeOid.bit, typeOid.varbit, typeOid.pgLsn, typeOid.xid8],
  ...[typeOid.inet, typeOid.cidr, typeOid.macaddr, typeOid.macaddr8],
]);

/** So are theirs in JSON: ISO 8601 whatever DateStyle is, with the zone as a number
 *  (JsonEncodeDateTime, json.c). */
const datedTypes: ReadonlySet<number> = new Set([
  ...[typeOid.date, typeOid.timestamp, typeOid.timestamptz],
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
  const key = keyOf(relation, select, input);
  if (key === null) return withLocks('LIMIT of a table without a primary key of simple types');
  if (select.limitOption === 'LIMIT_OPTION_WITH_TIES') return withLocks('FETCH … WITH TIES');
  const clauses = clausesOf(sql);
  const targets = (select.targetList ?? []) as readonly SyntaxNode[];
  const outputs = outputColumns(targets, level, facts);
  const whole = needsTargets(select, level, outputs);
  if (whole && outputs === null) return withLocks('LIMIT and * of columns that are not known');
  const keyAt = whole ? outputs!.visible.length : 0;
  const bounds: string[] = [];
  const limit = rowLimit(select, {
    ...{ clauses, text: new ByteText(sql) },
    hidden: bound => keyAt + key.length + bounds.push(bound) - 1,
  });
  if (limit === null || 'kind' in limit) return limit ?? withLocks('LIMIT');
  if (sql.includes(keysMark) || sql.includes(limitMark)) return withLocks('this LIMIT');
  const keyItems = key.map(({ text }, at) => `${text} AS "pgpack key ${at + 1}"`);
  const items = [...keyItems, ...bounds.map((text, at) => `${text} AS "pgpack bound ${at + 1}"`)];
  const parts = { sql, clauses, items, whole };
  const candidates = planText(candidatesText(parts, false));
  const rows = planText(rowsText(sql, clauses));
  if (candidates.kind === 'refusal') return candidates;
  if (rows.kind === 'refusal') return rows;
  if (candidates.kind !== 'merge' || rows.kind !== 'merge') return withLocks('LIMIT');
  const free = skipsLocked(select) ? planText(candidatesText(parts, true)) : null;
  if (free !== null && free.kind !== 'merge') return withLocks('LIMIT');
  const visibleColumns = keyAt + items.length;
  const counted = (plan: MergePlan) => {
    const tail = limit.countedSql(limitMark);
    return withLeaf(plan, leaf => ({ ...leaf, sql: `${leaf.sql} ${tail}`, visibleColumns }));
  };
  return {
    ...{ kind: 'locked-limit', count: limit.count, offset: limit.offset, keyAt },
    key: key.map(({ column }) => column),
    candidates: counted(candidates),
    free: free && counted(free),
    rows: withLeaf(rows, leaf => withKeys(leaf, keyItems, limit.allRowsSql)),
  };
}

/** Nothing else is done with rows that others have locked. */
function skipsLocked({ lockingClause }: SelectStmt): boolean {
  const clauses = (lockingClause ?? []) as readonly SyntaxNode[];
  return clauses.every(one => one.LockingClause?.waitPolicy === 'LockWaitSkip');
}

interface KeyColumn {
  /** In SQL of the statement's FROM. */
  readonly column: string;
  /** Its value as text. */
  readonly text: string;
}

/** Columns by which a row is found again, on whichever shard; null: there are none. */
function keyOf(
  relation: ScopeRelation,
  { fromClause }: SelectStmt,
  { catalog }: PlanInput,
): readonly KeyColumn[] | null {
  const table = relation.table!;
  const primary = table.uniqueIndexes.find(index => index.primary)?.columns;
  const [from] = (fromClause ?? []) as readonly SyntaxNode[];
  const isOnly = from?.RangeVar !== undefined && !from.RangeVar.inh;
  if (primary == null || relation.key === null) return null;
  if (!isOnly && hasChildren(table, catalog.tablesByOid)) return null;
  const own = table.columns.map(column => column.name);
  // Named anew.
  if (relation.columns?.some((name, at) => name !== own[at]) ?? true) return null;
  const names = [...new Set([...primary, ...relation.key.columns])];
  const columns: KeyColumn[] = [];
  for (const name of names) {
    const { typeOid: type = 0, keyType } = columnOf(table, name) ?? {};
    const column = `${quoteName(relation.refname)}.${quoteName(name)}`;
    if (datedTypes.has(type)) {
      const json = `pg_catalog.to_json(${column})`;
      columns.push({ column, text: `(${json} OPERATOR(pg_catalog.#>>) '{}')` });
    } else if (keyTypes.has(type) || keyType?.kind === 'enum') {
      columns.push({ column, text: `${column}::pg_catalog.text` });
    } else return null;
  }
  return columns;
}

/** Rows of inheritance children are its rows too, and may have the same key. */
function hasChildren({ oid, kind }: Table, tables: ReadonlyMap<number, Table>): boolean {
  if (kind !== 'table') return false;
  for (const one of tables.values()) if (one.parents.includes(oid)) return true;
  return false;
}

/** The statement without its target list would not be the same beside it: a parameter is there, or
 *  what rows are ordered by. */
function needsTargets(select: SelectStmt, level: Level, outputs: OutputColumns | null): boolean {
  let parameter = false;
  walk(select.targetList, value => {
    parameter ||= (value as SyntaxNode).ParamRef !== undefined;
    return !parameter;
  });
  if (parameter) return true;
  for (const { SortBy } of (select.sortClause ?? []) as readonly SyntaxNode[]) {
    const node = (SortBy?.node ?? {}) as SyntaxNode;
    const fields = (node.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
    const name = fields.length === 1 ? fields[0]?.String?.sval : undefined;
    if (name === undefined && node.A_Const === undefined) continue;
    const use = node.ColumnRef === undefined ? null : level.resolve(node.ColumnRef);
    const shown = outputs?.visible.filter(one => one.name === null || one.name === name);
    const isSame = shown?.every(one => one.use !== null && one.use.column === use?.column);
    if (use === null || !isSame) return true;
  }
  return false;
}

interface StatementParts {
  readonly sql: string;
  readonly clauses: Clauses;
  /** Put in place of its target list, or behind it. */
  readonly items: readonly string[];
  readonly whole: boolean;
}

function candidatesText({ sql, clauses, items, whole }: StatementParts, locks: boolean): string {
  const { tokens, targetsEnd, limits } = clauses;
  const start = whole ? lastEnd(clauses, targetsEnd) : tokens[0]!.end;
  const text = `${whole ? ', ' : ' '}${items.join(', ')} `;
  const cut = [limits, locks ? null : clauses.locks].filter(range => range !== null);
  return splice(sql, [
    { start, end: targetsEnd, text },
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

/** With its rows' keys as the last columns, and a clause behind its text. */
function withKeys(leaf: Fragment, keyItems: readonly string[], tail: string): Fragment {
  const clauses = clausesOf(leaf.sql);
  const start = lastEnd(clauses, clauses.targetsEnd);
  // Nothing may be selected.
  const isEmpty = clauses.tokens.findLast(({ end }) => end <= start)?.keyword === 'select';
  const text = `${isEmpty ? '' : ','} ${keyItems.join(', ')} `;
  const sql = splice(leaf.sql, [{ start, end: clauses.targetsEnd, text }]);
  const hiddenColumns = leaf.hiddenColumns + keyItems.length;
  return { ...leaf, sql: `${sql} ${tail}`.trimEnd(), hiddenColumns, keepsHidden: true };
}

function withLeaf(plan: MergePlan, edit: (leaf: Fragment) => Fragment): MergePlan {
  const edited = (node: MergeNode): MergeNode => {
    if (node.kind === 'gather') return edit(node);
    return { ...node, input: edited(node.input) } as MergeNode;
  };
  return { ...plan, root: edited(plan.root) };
}
