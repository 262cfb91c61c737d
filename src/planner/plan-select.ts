// SELECT across shards: what each shard answers by itself, concatenated, merged in order, or added
// up. Everything that would need rows of different shards to meet is refused by its name.

import type { MergeNode, SortKey } from '../plan/merge-plan.ts';
import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { type Clauses, clausesOf, orderItems } from '../sql/clauses.ts';
import type { ColumnUse, Level } from '../sql/level.ts';
import { ScopeBuilder } from '../sql/scope-builder.ts';
import { type Edit, splice } from '../sql/splice.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { aggregateCalls } from './builtin-call.ts';
import { callThatVaries, partThatVaries } from './call-safety.ts';
import { coversKey, distinctColumn, GroupAggregate, groupedColumn } from './group-aggregate.ts';
import { type OutputColumns, outputColumns } from './output-columns.ts';
import { type PlanInput, refuseWide, scatter } from './plan-input.ts';
import { planSetOperation, setOperationOf } from './plan-set-operation.ts';
import { type RowLimit, rowLimit } from './row-limit.ts';
import { sortKeys } from './sort-keys.ts';
import {
  joinRefusal,
  mixingWindow,
  nestedAggregate,
  subqueryRefusal,
  windowOf,
} from './wide-shape.ts';

interface SelectPlan {
  readonly select: SelectStmt;
  readonly level: Level;
  readonly facts: ScopeBuilder;
  readonly sql: string;
  readonly limit: RowLimit | null;
}

export function planWideSelect(input: PlanInput, facts: ScopeBuilder): WidePlan {
  const select = input.stmt.SelectStmt ?? {};
  if (!facts.relations.some(one => one.source === 'sharded')) return scatter('same');
  if (setOperationOf(select) !== null) return planSetOperations(input, select);
  const refusal = shapeRefusal(input, select, facts);
  if (refusal !== null) return refusal;
  const limit = rowLimit(select);
  if (limit !== null && 'kind' in limit) return limit;
  if (!isPlainText(input.sql, select)) return refuseWide('a query in this form');
  const plan: SelectPlan = { select, level: facts.top!, facts, sql: input.sql, limit };
  if (!isGrouped(select, facts)) return planRows(plan);
  const key = groupsByKey(plan);
  if (typeof key !== 'boolean') return key;
  if (key) return planRows(plan);
  const window = windowOf(select);
  return window === null ? planGroups(plan) : refuseWide(`window function ${window}()`);
}

function planSetOperations(input: PlanInput, select: SelectStmt): WidePlan {
  const armFacts = (arm: SelectStmt) => {
    const facts = new ScopeBuilder(input);
    facts.statement({ SelectStmt: arm }, null, new Map());
    return facts;
  };
  return planSetOperation(input, select, armFacts, arm =>
    shapeRefusal(input, arm.select, arm.facts),
  );
}

/** Its clauses stand where the edits expect them: not in parentheses around it, not TABLE t. */
function isPlainText(sql: string, select: SelectStmt): boolean {
  const { tokens, depths, orderBy, limits } = clausesOf(sql);
  if (!isSelectText(tokens, depths)) return false;
  const limited = select.limitCount !== undefined || select.limitOffset !== undefined;
  // LIMIT ALL leaves no trace in the tree.
  return (orderBy !== null) === (select.sortClause !== undefined) && (limits !== null || !limited);
}

function isSelectText(tokens: Clauses['tokens'], depths: Clauses['depths']): boolean {
  const [first] = tokens;
  if (first?.keyword === 'select') return true;
  return (
    first?.keyword === 'with' &&
    tokens.some((token, at) => token.keyword === 'select' && depths[at] === 0)
  );
}

function shapeRefusal(input: PlanInput, select: SelectStmt, facts: ScopeBuilder): Refusal | null {
  if (select.withClause?.recursive) return refuseWide('WITH RECURSIVE');
  if (facts.writingCtes.length > 0) return refuseWide('WITH');
  if (select.valuesLists !== undefined) return refuseWide('VALUES');
  if (facts.locking.length > 0) return refuseWide('FOR UPDATE or FOR SHARE');
  const { top } = facts;
  if (top === null) return refuseWide('this query');
  const window = mixingWindow(select, top);
  if (window !== null) return refuseWide(`window function ${window}()`);
  const subquery = subqueryRefusal(top, facts);
  if (subquery !== null) return subquery;
  const view = facts.relations.find(one => one.source === 'view');
  if (view !== undefined) return refuseWide(`view "${view.refname}" with sharded tables`);
  // Those of views too, which are not in the statement.
  const selects = facts.selects.map(one => one.select);
  if (JSON.stringify(selects).includes('"RangeTableSample"')) return refuseWide('TABLESAMPLE');
  const varying = callThatVaries(facts, false) ?? partThatVaries([input.stmt, selects]);
  if (varying !== null) return refuseWide(varying);
  return joinRefusal(top, facts) ?? nestedAggregate(top, facts);
}

function isGrouped(select: SelectStmt, facts: ScopeBuilder): boolean {
  if (select.groupClause !== undefined || select.havingClause !== undefined) return true;
  return aggregateCalls([select.targetList, select.sortClause], facts, false).length > 0;
}

/** Groups of a column that is the key are whole on their shards. */
function groupsByKey({ select, level, facts }: SelectPlan): boolean | Refusal {
  const items = (select.groupClause ?? []) as readonly SyntaxNode[];
  if (items.some(item => item.GroupingSet !== undefined)) {
    return refuseWide('GROUPING SETS, ROLLUP or CUBE');
  }
  const outputs = outputColumns((select.targetList ?? []) as readonly SyntaxNode[], level, facts);
  const grouped = items.map(item => groupedColumn(item, level, outputs));
  return coversKey(grouped.filter(use => use?.relation.nullable === false));
}

/** Rows of the shards as they are: concatenated, or merged in their order. */
function planRows(plan: SelectPlan): WidePlan {
  const { select, level, facts } = plan;
  const outputs = outputColumns((select.targetList ?? []) as readonly SyntaxNode[], level, facts);
  const distinct = distinctRefusal(select, level, outputs);
  if (distinct !== null) return distinct;
  const clauses = clausesOf(plan.sql);
  const sortClause = (select.sortClause ?? []) as readonly SyntaxNode[];
  let keys: readonly SortKey[] = [];
  if (sortClause.length > 0) {
    if (outputs === null) return refuseWide('ORDER BY with * of columns that are not known');
    const items = orderItems(clauses);
    const text = new ByteText(plan.sql);
    const hidden = (expression: SyntaxNode, use: ColumnUse | null, item: number) => {
      if (select.distinctClause !== undefined) return -1;
      const range = items[item];
      if (range === undefined || (use === null && expression.ColumnRef !== undefined)) return -1;
      return outputs.addHidden(text.slice(range.start, range.end));
    };
    const found = sortKeys(sortClause, { level, facts, outputs, kept: true, hidden });
    if ('kind' in found) return found;
    keys = found;
  }
  const gather = {
    kind: 'gather' as const,
    sql: fragmentSql(plan, clauses, outputs, false),
    hiddenColumns: outputs?.hidden.length ?? 0,
  };
  const root: MergeNode = keys.length === 0 ? gather : { kind: 'merge-sort', keys, input: gather };
  return { kind: 'merge', root: limited(root, plan.limit) };
}

/** Partial groups of the shards, added up, then sorted and cut. */
function planGroups(plan: SelectPlan): WidePlan {
  const { select, level, facts } = plan;
  if (select.havingClause !== undefined) {
    return refuseWide('HAVING over groups that several shards have');
  }
  if (select.distinctClause !== undefined) return refuseWide('DISTINCT with aggregates');
  if (select.groupDistinct) return refuseWide('GROUP BY DISTINCT');
  const outputs = outputColumns((select.targetList ?? []) as readonly SyntaxNode[], level, facts);
  if (outputs === null) return refuseWide('* of columns that are not known with GROUP BY');
  const clauses = clausesOf(plan.sql);
  const group = new GroupAggregate(level, facts, outputs, clauses, new ByteText(plan.sql));
  const items = (select.groupClause ?? []) as readonly SyntaxNode[];
  const refusal = group.addGroups(items) ?? group.addTargets();
  if (refusal !== null) return refusal;
  const hidden = (expression: SyntaxNode, use: ColumnUse | null) => group.hidden(expression, use);
  const sortClause = (select.sortClause ?? []) as readonly SyntaxNode[];
  const keys = sortKeys(sortClause, { level, facts, outputs, kept: false, hidden });
  if ('kind' in keys) return keys;
  const aggregate: MergeNode = {
    kind: 'aggregate',
    groupColumns: group.groupColumns,
    aggregates: group.aggregates,
    input: {
      kind: 'gather',
      sql: fragmentSql(plan, clauses, outputs, true),
      hiddenColumns: outputs.hidden.length,
    },
  };
  const root: MergeNode = keys.length === 0 ? aggregate : { kind: 'sort', keys, input: aggregate };
  return { kind: 'merge', root: limited(root, plan.limit) };
}

function limited(input: MergeNode, limit: RowLimit | null): MergeNode {
  if (limit === null || (limit.count === null && limit.offset === null)) return input;
  return { kind: 'limit', count: limit.count, offset: limit.offset, input };
}

/** Rows of different shards differ where the key is among what is distinct. */
function distinctRefusal(
  select: SelectStmt,
  level: Level,
  outputs: OutputColumns | null,
): Refusal | null {
  if (select.distinctClause === undefined) return null;
  const items = select.distinctClause.filter(item => Object.keys(item).length > 0);
  const distinct =
    items.length === 0
      ? (outputs?.visible.map(one => one.use) ?? [])
      : items.map(item => distinctColumn(item as SyntaxNode, level, outputs));
  const isWhole = coversKey(distinct.filter(use => use?.relation.nullable === false));
  return isWhole ? null : refuseWide('DISTINCT without the sharding key');
}

/** The statement with helper columns, without what the merge does itself. */
function fragmentSql(
  plan: SelectPlan,
  clauses: Clauses,
  outputs: OutputColumns | null,
  grouped: boolean,
): string {
  const edits: Edit[] = [];
  const hidden = outputs?.hiddenSql() ?? '';
  const { targetsEnd, orderBy, limits, end } = clauses;
  if (hidden !== '')
    edits.push({ start: lastEnd(clauses, targetsEnd), end: targetsEnd, text: hidden });
  if (grouped && orderBy !== null) edits.push({ ...orderBy, text: '' });
  if (limits !== null)
    edits.push({ ...limits, text: (grouped ? plan.limit?.allRowsSql : plan.limit?.sql) ?? '' });
  edits.push({ start: end, end: new ByteText(plan.sql).length, text: '' });
  return splice(plan.sql, edits).trimEnd();
}

/** End of the last token before a place, so that a comment there does not swallow what is added. */
function lastEnd({ tokens }: Clauses, before: number): number {
  let end = 0;
  for (const token of tokens) if (token.end <= before && token.text !== ';') end = token.end;
  return end;
}
