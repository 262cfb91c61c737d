// SELECT, INSERT, UPDATE, DELETE and MERGE: the route from the statement's key groups, the reasons
// for which it cannot run at all, and the plan for more than one shard.

import { columnOf, type Table } from '../catalog/catalog.ts';
import type { CollectPlan } from '../plan/collect-plan.ts';
import type { Refusal, StatementPlan, WidePlan } from '../plan/statement-plan.ts';
import { keyGroups } from '../sql/key-groups.ts';
import type { ScopeRelation } from '../sql/level.ts';
import { ParameterUses } from '../sql/parameter-uses.ts';
import { parseStatements } from '../sql/parser.ts';
import { printStatement } from '../sql/print-statement.ts';
import { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import { aggregateCalls, builtinCall } from './builtin-call.ts';
import { callNeedingAllShards, callsMayWrite } from './call-safety.ts';
import { catalogGroups, sequenceGroups } from './catalog-shard.ts';
import { commandTag } from './command-tag.ts';
import { driftRefusal } from './drift-refusal.ts';
import { expandViews } from './expand-views.ts';
import { withFixedMoment } from './fixed-moment.ts';
import { needsOtherwise } from './merge-doubts.ts';
import { outputColumns } from './output-columns.ts';
import { planDelete, planUpdate } from './plan-change.ts';
import { planCollect } from './plan-collect.ts';
import { planEvaluatedInsert } from './plan-evaluated-insert.ts';
import { withReadsFirst } from './plan-evaluated-write.ts';
import {
  basePlan,
  type PlanInput,
  refuse,
  refuseMissing,
  refuseWide,
  unplaced,
} from './plan-input.ts';
import { planInsert } from './plan-insert.ts';
import { planMerge } from './plan-merge.ts';
import { planNotifyingCalls } from './plan-notification.ts';
import { planPartialGroups } from './plan-partial-groups.ts';
import { planWideSelect } from './plan-select.ts';
import { isRepeatable } from './repeatable.ts';
import { inTurn, lockedCopy, lockRefusal } from './row-locks.ts';
import { planSetConfig } from './set-config.ts';
import { isTemporaryRelation } from './spared-plans.ts';

export function isQuery(stmt: SyntaxNode): boolean {
  const { SelectStmt, InsertStmt, UpdateStmt, DeleteStmt, MergeStmt } = stmt;
  return [SelectStmt, InsertStmt, UpdateStmt, DeleteStmt, MergeStmt].some(one => one !== undefined);
}

/** Everything the statement touches. */
export function queryFacts(input: PlanInput): ScopeBuilder {
  const facts = new ScopeBuilder(input);
  facts.statement(input.stmt, null, new Map());
  return facts;
}

export function planQuery(input: PlanInput): StatementPlan {
  return withReadsFirst(input, planAsIs(input), planAsIs);
}

/** With its subqueries in their places. */
function planAsIs(input: PlanInput): StatementPlan {
  const { stmt } = input;
  const setting = planSetConfig(input, { ...basePlan('SELECT'), writes: true });
  if (setting !== null) return setting;
  const facts = queryFacts(input);
  const notifying = planNotifyingCalls(input, facts);
  if (notifying !== null) return notifying;
  const into = stmt.SelectStmt?.intoClause?.rel;
  const plan: StatementPlan = {
    ...basePlan(commandTag(stmt)),
    writes: writes(stmt, facts) || callsMayWrite(facts),
    repeatable: isRepeatable(stmt, facts),
    changesSchema: into !== undefined && !(input.shardCount === 1 && isTemporaryRelation(into)),
  };
  if (input.shardCount === 1) {
    return into?.relpersistence === 't' ? { ...plan, pinsSession: 'a temporary table' } : plan;
  }
  const evaluated = planEvaluatedInsert(input, facts, planQuery);
  if (evaluated !== null) return { ...plan, groupless: 'all', wide: evaluated };
  const uses = new ParameterUses(stmt, facts.relations);
  const keys = keyGroups(facts, uses);
  const sequences = input.schemas ? [] : sequenceGroups(facts);
  const placed = sequences.length > 0 ? sequences : catalogGroups(facts);
  const route = { groups: keys.length > 0 ? keys : placed };
  const refusal = refusalOf(input, facts, uses, sequences.length > 0);
  if (refusal !== null) return { ...plan, route, wide: refusal };
  const target = facts.relations.find(one => one.target && one.source === 'omnisharded');
  if (target !== undefined && route.groups.length > 0) {
    const construct = `a write to omnisharded table "${target.refname}" that reads sharded tables`;
    return { ...plan, route, wide: refuse(construct) };
  }
  const chosen = target === undefined ? null : chosenRows(input, target, facts);
  if (chosen !== null) return { ...plan, route, wide: chosen };
  const drift = driftRefusal(facts.relations, keys.length > 0, input);
  const timed = withFixedMoment(input);
  const planned = drift ?? planForGroups(input, facts, timed, route.groups.length);
  const momentSql = route.groups.length === 0 ? null : (timed?.sql ?? null);
  const copies = target !== undefined || lockedCopy(facts) !== undefined;
  const wide = copies ? inTurn(planned) : planned;
  return { ...plan, route, groupless: copies ? 'all' : 'any', wide, momentSql };
}

function planWide(input: PlanInput, facts: ScopeBuilder): WidePlan {
  const { InsertStmt, UpdateStmt, DeleteStmt, MergeStmt } = input.stmt;
  if (InsertStmt !== undefined) return planInsert(input, InsertStmt, facts);
  if (UpdateStmt !== undefined) return planUpdate(input, UpdateStmt, facts);
  if (DeleteStmt !== undefined) return planDelete(input, DeleteStmt, facts);
  if (MergeStmt !== undefined) return planMerge(MergeStmt, facts);
  return planWideSelect(input, facts);
}

/** Shards of a wide plan are those of its one group; more groups say more than it can promise.
 *  `fixed`: what `withFixedMoment` makes of the statement. */
function planForGroups(
  input: PlanInput,
  facts: ScopeBuilder,
  fixed: PlanInput | null,
  groups: number,
): WidePlan {
  if (input.stmt.SelectStmt === undefined) return planWrite(input, facts, fixed, groups);
  const wide = planOnShards(fixed ?? input, fixed === null ? facts : queryFacts(fixed), groups);
  if (wide.kind === 'refusal' && !wide.always) return planBehindViews(input, facts, groups, wide);
  const asks = wide.kind === 'merge' || wide.kind === 'collect' || wide.kind === 'locked-limit';
  return fixed !== null && asks ? { ...wide, moment: true } : wide;
}

/** With the time of its transaction in the text, where each shard would take its own. */
function planWrite(
  input: PlanInput,
  facts: ScopeBuilder,
  fixed: PlanInput | null,
  groups: number,
): WidePlan {
  const wide = planOnShards(input, facts, groups);
  if (fixed === null || wide.kind !== 'refusal') return wide;
  const timed = planOnShards(fixed, queryFacts(fixed), groups);
  if (timed.kind === 'split-insert') return { ...timed, moment: true };
  return timed.kind === 'scatter' ? { ...timed, sql: fixed.sql, moment: true } : wide;
}

/** With the queries of views in their place. */
function planBehindViews(
  input: PlanInput,
  facts: ScopeBuilder,
  groups: number,
  refusal: Refusal,
): WidePlan {
  const views = input.stmt.SelectStmt === undefined ? null : expandViews(input, facts);
  if (views === null) return refusal;
  const fixed = withFixedMoment(views.input);
  const over = fixed ?? views.input;
  const wide = planFinished(over, queryFacts(over), refusal.construct, groups > 1);
  if (wide.kind === 'refusal') return refusal;
  const plan = views.guarded(wide);
  return fixed === null ? plan : { ...plan, moment: true };
}

function planOnShards(input: PlanInput, facts: ScopeBuilder, groups: number): WidePlan {
  const wide = planWide(input, facts);
  const several = groups > 1 && wide.kind !== 'refusal';
  const apart = { ...refuse('tables sharded by different functions'), always: false };
  const unordered = orderOfView(input, facts);
  const kept = wide.kind === 'refusal' || isAggregated(input, facts);
  if (unordered !== null && !kept) return unordered;
  const native = several ? apart : exactMerge(wide, input);
  if (native.kind === 'merge' && needsOtherwise(native.root)) {
    const other = planFinished(input, facts, 'more than can be merged', false);
    return other.kind === 'collect' ? { ...native, otherwise: other } : native;
  }
  if (native.kind !== 'refusal' || native.always || input.stmt.SelectStmt === undefined) {
    return native;
  }
  const collect = planFinished(input, facts, native.construct, several);
  return collect.kind === 'refusal' && !collect.always ? native : collect;
}

/** Values that are compared and added up here have to come as they are. */
function exactMerge(wide: WidePlan, { catalog }: PlanInput): WidePlan {
  const root = wide.kind === 'locked-limit' ? wide.rows.root : wide.kind === 'merge' && wide.root;
  if (root === false || catalog.roundsFloats !== true) return wide;
  const plain = root.kind === 'limit' ? root.input.kind : root.kind;
  return plain === 'gather' ? wide : refuseWide('merging with extra_float_digits below 1');
}

/** `several`: tables are sharded by different functions. */
function planFinished(
  input: PlanInput,
  facts: ScopeBuilder,
  reason: string,
  several: boolean,
): CollectPlan | Refusal {
  const groupsOnce = several ? null : planPartialGroups(input, facts);
  if (groupsOnce?.kind === 'collect') return { ...groupsOnce, reason };
  const unordered = orderOfView(input, facts);
  const hangs = !isAggregated(input, facts) || hangsOnOrder(input, facts);
  if (unordered !== null && hangs) return unordered;
  return planCollect(input, facts, reason, several, {
    gathered: select => gatheredSql(input, select),
    groups: select => (several ? null : partialGroups(input, select)),
  });
}

/** Of a query in the statement, which sees nothing of what is around it; null: it has none. */
function partialGroups(input: PlanInput, select: SelectStmt): CollectPlan | null {
  const one = asStatement(input, select);
  const plan = one === null ? null : planPartialGroups(one, queryFacts(one));
  return plan?.kind === 'collect' ? plan : null;
}

function asStatement(input: PlanInput, select: SelectStmt): PlanInput | null {
  const sql = printStatement({ SelectStmt: select });
  const stmt = sql === null ? undefined : parseStatements(sql)[0]?.stmt;
  return sql === null || stmt?.SelectStmt === undefined ? null : { ...input, sql, stmt };
}

/** Rows that come in the order of a view, which the shards' rows together do not have; null: in none.
 *  Where it may, its query stands in its place then (`expandViews`). */
function orderOfView({ stmt }: PlanInput, { top, selects }: ScopeBuilder): Refusal | null {
  const { sortClause, distinctClause } = stmt.SelectStmt ?? {};
  const [view, ...more] = top?.relations ?? [];
  if (view == null || view.table === null || more.length > 0) return null;
  if (sortClause !== undefined || distinctClause !== undefined) return null;
  const query = selects.find(one => one.level?.derivedAs === view)?.select;
  if (query?.sortClause === undefined) return null;
  const hint = 'Give the query an ORDER BY of its own.';
  return refuseWide(`the order of view "${view.name}"`, hint);
}

function isAggregated({ stmt }: PlanInput, facts: ScopeBuilder): boolean {
  const { groupClause, targetList } = stmt.SelectStmt ?? {};
  return groupClause !== undefined || aggregateCalls(targetList, facts, false).length > 0;
}

/** Extensions have these for types of their own (citext). */
const extensible = /^(min|max|sum|avg)$/;
const collecting = /^((array|string|jsonb?(_object)?)_agg(_\w+)?|xmlagg)$/;

function hangsOnOrder({ stmt }: PlanInput, facts: ScopeBuilder): boolean {
  return aggregateCalls(stmt.SelectStmt, facts, false).some(call => {
    const { name } = qualifiedName(call.funcname);
    const isOrdered = call.agg_order !== undefined || call.agg_distinct || call.agg_within_group;
    const isOwn = builtinCall(call, facts) === null && !extensible.test(name);
    return !isOrdered && (isOwn || collecting.test(name));
  });
}

/** SQL of a query whose rows are those of the shards together; null: they are not, or its columns
 *  cannot be those of a table. */
function gatheredSql(input: PlanInput, select: SelectStmt): string | null {
  const one = asStatement(input, select);
  if (one === null) return null;
  const facts = queryFacts(one);
  if (facts.unknown !== null || facts.top === null || unseenRelations(one.stmt, facts)) return null;
  if (facts.relations.some(({ source }) => !gatheredSources.has(source))) return null;
  const targets = (one.stmt.SelectStmt?.targetList ?? []) as readonly SyntaxNode[];
  const names = outputColumns(targets, facts.top, facts)?.visible.map(({ name }) => name);
  if (names === undefined || new Set(names).size < names.length || names.includes(null))
    return null;
  const wide = planWideSelect(one, facts);
  const root = wide.kind === 'merge' ? wide.root : null;
  return root?.kind === 'gather' && root.hiddenColumns === 0 ? root.sql : null;
}

const gatheredSources = new Set(['sharded', 'omnisharded', 'subquery', 'function']);

function writes(stmt: SyntaxNode, facts: ScopeBuilder): boolean {
  const select = stmt.SelectStmt;
  if (select === undefined) return true;
  return (
    facts.writingCtes.length > 0 || facts.locking.length > 0 || select.intoClause !== undefined
  );
}

/** Why the statement may not even run on the one shard that its keys name. */
function refusalOf(
  input: PlanInput,
  facts: ScopeBuilder,
  uses: ParameterUses,
  sequences: boolean,
): Refusal | null {
  if (facts.unknown !== null) return refuse(facts.unknown);
  if (unseenRelations(input.stmt, facts)) return refuse('this use of a table');
  if (input.stmt.SelectStmt?.intoClause !== undefined) return refuse('SELECT INTO');
  for (const relation of facts.relations) {
    const refusal = relationRefusal(relation, input);
    if (refusal !== null) return refusal;
  }
  for (const [target, keys] of facts.insertTargets) {
    if (target.key === null) continue;
    if (keys === null) return insertWithoutKey(target);
    const columns = target.key.columns.map(name => columnOf(target.table!, name)!);
    if (keys.every(set => uses.areCertain(set, columns[set.column]!))) continue;
    return refuse('a parameter for the sharding key that is used as another type too');
  }
  const call = callNeedingAllShards(facts, sequences);
  if (call !== null) return refuse(call);
  return lockRefusal(input, facts) ?? cteRefusal(input, facts);
}

function relationRefusal(relation: ScopeRelation, input: PlanInput): Refusal | null {
  const name = relation.table?.name ?? relation.refname;
  switch (relation.source) {
    case 'view': {
      if (relation.table!.callsReaders) return refuse(`view "${name}" that calls functions`);
      const sharded = input.scheme.readsSharded(relation.table!);
      if (sharded) return refuse(`view "${name}" over a sharded table`);
      // It would write one shard's copies alone.
      return relation.target ? refuse(`a write to view "${name}"`, 'Write to its table.') : null;
    }
    case 'foreign':
      return refuse(`foreign table "${name}"`);
    case 'missing':
      return refuseMissing(relation.name);
    case 'sequence':
      return refuse(`sequence "${name}"`, 'Every shard has a sequence of its own.');
    case 'omnisharded': {
      const inherits = input.scheme.hasShardedChild(relation.table!);
      if (inherits) return refuse(`table "${name}" with sharded children`);
      return policyRefusal(relation.table!, input);
    }
    case 'sharded':
      return policyRefusal(relation.table!, input);
    default:
      return null;
  }
}

/** A policy's subquery runs on one shard and sees that shard's rows only. */
function policyRefusal(table: Table, input: PlanInput): Refusal | null {
  const construct = `the row-level security policy of "${table.name}"`;
  if (table.callsReaders) return refuse(`${construct}, which calls functions,`);
  const sharded = input.scheme.readsSharded(table);
  return sharded ? refuse(`${construct}, which reads a sharded table,`) : null;
}

/** Copies of an omnisharded table are changed alike only if every shard sees the same rows. Those of an
 *  INSERT pass a policy everywhere, or it fails. */
function chosenRows(
  { stmt }: PlanInput,
  target: ScopeRelation,
  { relations }: ScopeBuilder,
): Refusal | null {
  const chosen = relations.find(one => one.table?.policyVaries);
  if (chosen === undefined || stmt.InsertStmt !== undefined) return null;
  const policy = `the row-level security policy of "${chosen.refname}" with chance or time in it`;
  const construct = `${policy} in a write to omnisharded table "${target.refname}"`;
  return refuse(construct, 'Copies on all shards must stay equal.');
}

function insertWithoutKey(target: ScopeRelation): Refusal {
  const { columns, reason } = target.key!;
  if (reason !== null) return unplaced(target);
  const names = columns.map(column => `"${column}"`).join(', ');
  return refuse(
    `INSERT without a constant or parameter for sharding key ${names}`,
    `Give ${names} in the column list with a literal or parameter as its value.`,
  );
}

/** A WITH that writes is relayed with the shard of everything else, but copies must stay equal. */
function cteRefusal(input: PlanInput, facts: ScopeBuilder): Refusal | null {
  for (const write of facts.writingCtes) {
    const refusal = writeRefusal(write, input);
    if (refusal !== null) return refusal;
  }
  if (facts.writingCtes.length === 0) return null;
  const copy = facts.relations.find(one => one.target && one.source === 'omnisharded');
  if (copy === undefined) return null;
  return refuse(`WITH and a write to omnisharded table "${copy.refname}"`);
}

/** What is refused of a write by itself is refused of it in WITH. */
function writeRefusal(write: SyntaxNode, input: PlanInput): Refusal | null {
  const one = { ...input, stmt: write };
  const wide = planWide(one, queryFacts(one));
  return wide.kind === 'refusal' && wide.always ? wide : null;
}

/** A table named somewhere this planner does not look: nothing may be concluded. */
function unseenRelations(stmt: SyntaxNode, facts: ScopeBuilder): boolean {
  const seen = new Set(facts.relations.map(relation => relation.location));
  let unseen = false;
  walk(stmt, (value, member) => {
    if (member === 'lockedRels' || member === 'intoClause') return false;
    if ('relname' in value && 'relpersistence' in value) {
      const location = 'location' in value ? Number(value.location) : 0;
      if (!seen.has(location)) unseen = true;
    }
    return !unseen;
  });
  return unseen;
}
