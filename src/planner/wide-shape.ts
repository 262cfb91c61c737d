// Whether a statement may run on every shard by itself, so that the shards' rows together are the
// rows of one PostgreSQL: its FROM, its subqueries, WITH queries and views.

import type { Refusal } from '../plan/statement-plan.ts';
import { keyUses } from '../sql/key-groups.ts';
import type { ColumnUse, Level, ScopeRelation } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { FuncCall, SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import { aggregateCalls } from './builtin-call.ts';
import { coversKey, distinctColumn, groupedColumn } from './group-aggregate.ts';
import { outputColumns } from './output-columns.ts';
import { refuseWide } from './plan-input.ts';

/**
 * The statement is a union over the values of one relation's key, its root: that relation is not
 * NULL-extended, queries between it and the statement keep its keys apart, and every other sharded
 * one, in subqueries too, follows it by equalities: for a row of the root only its rows with the
 * same key count, which lie on the same shard. Omnisharded tables are whole everywhere and may
 * stand anywhere else.
 */
export function joinRefusal(top: Level, facts: ScopeBuilder): Refusal | null {
  // Where an INSERT goes is another question than where its rows come from.
  const sharded = facts.relations.filter(
    one => one.source === 'sharded' && !(one.target && one.level !== top),
  );
  const system = top.relations.find(relation => relation.source === 'system');
  if (system !== undefined) {
    return refuseWide(`system catalog "${system.refname}" with sharded tables`);
  }
  const follow = (root: ScopeRelation) => sharded.every(one => follows(one, root, facts));
  const roots = sharded.filter(root => !root.nullable && follow(root));
  let refusal: Refusal | null = null;
  for (const root of roots) {
    const found = spreadRefusal(root, top, facts);
    if (found === null) return null;
    refusal ??= found;
  }
  return refusal ?? unlinkedRefusal(sharded, top);
}

function unlinkedRefusal(sharded: readonly ScopeRelation[], top: Level): Refusal {
  const inner = sharded.find(one => one.level !== top);
  if (inner !== undefined) {
    const name = inner.table?.name ?? inner.refname;
    return refuseWide(`subquery on sharded table "${name}"`);
  }
  const [first, second] = sharded;
  if (second === undefined) return refuseWide(`outer join that NULL-extends "${first?.refname}"`);
  return refuseWide(
    `join of "${first?.refname}" and "${second.refname}" that is not on their sharding keys`,
  );
}

/** Edges of the graph hold in each combination of rows, so paths of them do, through any level. */
function follows(relation: ScopeRelation, root: ScopeRelation, facts: ScopeBuilder): boolean {
  if (relation === root) return true;
  const from = keyUses(root);
  const to = keyUses(relation);
  if (from === null || to === null) return false;
  const { placements } = facts.input.scheme;
  if (!placements.agree(root.key!.placement, relation.key!.placement)) return false;
  return from.every((column, at) => facts.graph.leads(column, to[at]!));
}

/** Why the rows of a query around the root, up to the statement's own, would not be those of the
 *  shards together; null: they are. */
function spreadRefusal(root: ScopeRelation, top: Level, facts: ScopeBuilder): Refusal | null {
  const unknown = refuseWide(`subquery on sharded table "${root.table?.name ?? root.refname}"`);
  let { level } = root;
  while (level !== top) {
    const { derivedAs } = level;
    const select = selectOf(level, facts);
    if (derivedAs === null || derivedAs.nullable || select === null) return unknown;
    const mixing = mixingClause(select, level, facts);
    if (mixing !== null) return refuseWide(`${mixing} in a subquery`);
    level = derivedAs.level;
  }
  return null;
}

function selectOf(level: Level, facts: ScopeBuilder): SelectStmt | null {
  return facts.selects.find(one => one.level === level)?.select ?? null;
}

/** A clause that makes rows of several keys into one, or chooses among them. */
export function mixingClause(select: SelectStmt, level: Level, facts: ScopeBuilder): string | null {
  if (select.limitCount !== undefined || select.limitOffset !== undefined) return 'LIMIT';
  const targets = (select.targetList ?? []) as readonly SyntaxNode[];
  const outputs = outputColumns(targets, level, facts);
  const column = (item: SyntaxNode) => groupedColumn(item, level, outputs);
  const grouped = (select.groupClause ?? []) as readonly SyntaxNode[];
  if (grouped.some(item => item.GroupingSet !== undefined)) return 'GROUPING SETS, ROLLUP or CUBE';
  if (grouped.length > 0 && !isWhole(grouped.map(column)))
    return 'GROUP BY without the sharding key';
  if (grouped.length === 0) {
    if (select.havingClause !== undefined) return 'HAVING';
    const [call] = aggregateCalls([select.targetList, select.sortClause], facts, false);
    if (call !== undefined) return `aggregate ${qualifiedName(call.funcname).name}()`;
  }
  if (select.distinctClause !== undefined) {
    const items = select.distinctClause.filter(item => Object.keys(item).length > 0);
    const distinct =
      items.length === 0
        ? (outputs?.visible.map(one => one.use) ?? [])
        : (items as readonly SyntaxNode[]).map(item => distinctColumn(item, level, outputs));
    if (!isWhole(distinct)) return 'DISTINCT without the sharding key';
  }
  const window = mixingWindow(select, level);
  return window === null ? null : `window function ${window}()`;
}

function isWhole(columns: readonly (ColumnUse | null)[]): boolean {
  return coversKey(columns.filter(use => use?.relation.nullable === false));
}

/** A window function of the query, not of those in it, whose partitions may have rows of several
 *  shards; null: none. */
export function mixingWindow(select: SelectStmt, level: Level): string | null {
  return windowCalls(select).find(call => !isPartitionedByKey(call, select, level))?.name ?? null;
}

interface WindowCall {
  readonly name: string;
  readonly over: NonNullable<FuncCall['over']>;
}

function windowCalls(select: SelectStmt): readonly WindowCall[] {
  const calls: WindowCall[] = [];
  walk([select.targetList, select.sortClause, select.distinctClause], value => {
    const { FuncCall: call, SelectStmt: inner } = value as SyntaxNode;
    if (call?.over !== undefined) {
      calls.push({ name: qualifiedName(call.funcname).name, over: call.over });
    }
    return inner === undefined;
  });
  return calls;
}

function isPartitionedByKey({ over }: WindowCall, select: SelectStmt, level: Level): boolean {
  const items = partitionItems(over, select, new Set());
  return isWhole(
    items.map(item => (item.ColumnRef === undefined ? null : level.resolve(item.ColumnRef))),
  );
}

/** PARTITION BY of a window, or of the one that it names (transformWindowDefinitions). */
function partitionItems(
  over: WindowCall['over'],
  select: SelectStmt,
  seen: Set<string>,
): readonly SyntaxNode[] {
  if (over.partitionClause !== undefined) return over.partitionClause as readonly SyntaxNode[];
  const name = over.refname ?? over.name ?? '';
  if (name === '' || seen.has(name)) return [];
  seen.add(name);
  const windows = (select.windowClause ?? []) as readonly SyntaxNode[];
  const named = windows.find(one => one.WindowDef?.name === name)?.WindowDef;
  if (named === undefined) return [];
  return partitionItems(named === over ? {} : { ...named, name: '' }, select, seen);
}

/** The first window function of the query itself; null: none. */
export function windowOf(select: SelectStmt): string | null {
  return windowCalls(select)[0]?.name ?? null;
}

/** An aggregate in a subquery belongs to the query around it if its columns are that one's only
 *  (check_agg_arguments, parse_agg.c); what cannot be told may. */
export function nestedAggregate(top: Level, facts: ScopeBuilder): Refusal | null {
  for (const { select, level } of facts.selects) {
    if (level === null || level === top) continue;
    // One of the query around may stand anywhere, in WHERE too.
    for (const call of aggregateCalls(select, facts, false)) {
      let columns = 0;
      let own = 0;
      walk([call.args, call.agg_filter, call.agg_order], value => {
        const { ColumnRef } = value as SyntaxNode;
        if (ColumnRef === undefined) return true;
        columns++;
        if (level.resolve(ColumnRef)?.relation.level === level) own++;
        return false;
      });
      if (columns === 0 || own > 0) continue;
      return refuseWide(`aggregate ${qualifiedName(call.funcname).name}() in a subquery`);
    }
  }
  return null;
}

/** Subqueries may not choose rows in no order, where shards could choose different ones, nor read
 *  what is each shard's own. */
export function subqueryRefusal(top: Level, facts: ScopeBuilder): Refusal | null {
  for (const relation of facts.relations) {
    if (relation.source === 'cte') return refuseWide('WITH');
    if (relation.level === top || relation.source !== 'system') continue;
    return refuseWide(`subquery on system catalog "${relation.table?.name ?? relation.refname}"`);
  }
  for (const { select, level } of facts.selects) {
    // A query that reads a sharded table, if it may run at all, does so for rows of one shard.
    if (level === top || level?.relations.some(one => one.source === 'sharded')) continue;
    const clause = choosingClause(select);
    if (clause !== null) return refuseWide(`${clause} in a subquery`);
    const [window] = windowCalls(select);
    if (window !== undefined) return refuseWide(`window function ${window.name}()`);
  }
  return null;
}

/** Rows that a write reads and that each shard may choose or make for itself: a view's, which is not
 *  looked through, and a sample's. */
export function unseenRows(stmt: SyntaxNode, facts: ScopeBuilder): Refusal | null {
  const view = facts.relations.find(one => one.source === 'view');
  if (view !== undefined) return refuseWide(`view "${view.refname}" with sharded tables`);
  // Queries of views too, which are not in the statement.
  const texts = JSON.stringify([stmt, facts.selects.map(one => one.select)]);
  return texts.includes('"RangeTableSample"') ? refuseWide('TABLESAMPLE') : null;
}

/** A clause that chooses among rows in no order that is known; null: none. */
export function choosingClause(select: SelectStmt): string | null {
  if (select.limitCount !== undefined || select.limitOffset !== undefined) return 'LIMIT';
  if (select.distinctClause?.some(one => Object.keys(one).length > 0)) return 'DISTINCT ON';
  return select.windowClause === undefined ? null : 'WINDOW';
}
