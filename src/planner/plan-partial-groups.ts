// Groups that several shards have, where PostgreSQL has to put them together: shards give partial
// groups, and one of them runs what is left of the statement over those, HAVING, expressions, grouping
// sets, window functions, DISTINCT and every order included.

import { type CollectPlan, collectedName } from '../plan/collect-plan.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import { figureName } from '../sql/figure-name.ts';
import type { Level } from '../sql/level.ts';
import { printStatement } from '../sql/print-statement.ts';
import { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { aggregateCalls } from './builtin-call.ts';
import { callThatMoves } from './call-safety.ts';
import { FinalGroups } from './final-groups.ts';
import type { Output } from './group-keys.ts';
import { outputColumns } from './output-columns.ts';
import { type PlanInput, refuseWide } from './plan-input.ts';
import { shapeRefusal } from './plan-select.ts';
import { columnNode, expressionOf, ordinalNode, targetNode } from './sql-fragment.ts';
import { nestedAggregate } from './wide-shape.ts';

/**
 * null: the statement is no SELECT with groups. A refusal where some part of it has no exact split
 * or cannot run on every shard by itself.
 */
export function planPartialGroups(
  input: PlanInput,
  facts: ScopeBuilder,
): CollectPlan | Refusal | null {
  const select = input.stmt.SelectStmt;
  const { top } = facts;
  if (select === undefined || top === null || !isGrouped(select, facts)) return null;
  if (facts.unknown !== null) return refuseWide(facts.unknown);
  if (select.fromClause === undefined) return refuseWide('a query without FROM');
  if (facts.locking.length > 0) return refuseWide('FOR UPDATE or FOR SHARE');
  const moving = callThatMoves(facts);
  if (moving !== null) return refuseWide(moving);
  const nested = nestedAggregate(top, facts);
  if (nested !== null) return nested;
  const outputs = namedOutputs(select, top, facts);
  if (outputs === null) return refuseWide('* of columns that are not known with GROUP BY');
  const name = collectedName(0);
  const final = new FinalGroups(select, top, facts, outputs, name);
  const above = final.statement();
  if (final.problem !== null) return refuseWide(final.problem);
  const shards = shardSelect(select, final);
  const refusal = shardRefusal(input, shards);
  if (refusal !== null) return refusal;
  const tableSql = printStatement({ SelectStmt: shards });
  const sql = printStatement({ SelectStmt: above });
  if (tableSql === null || sql === null) return refuseWide('a query in this form');
  const reason = 'groups that several shards have';
  const tables = [{ name, sql: tableSql, primaryKey: null }];
  return { kind: 'collect', tables, sql, reason, everywhere: false };
}

function isGrouped(select: SelectStmt, facts: ScopeBuilder): boolean {
  if (select.op !== 'SETOP_NONE' || select.valuesLists !== undefined) return false;
  if (select.groupClause !== undefined || select.havingClause !== undefined) return true;
  const parts = [select.targetList, select.sortClause, select.distinctClause, select.windowClause];
  return aggregateCalls(parts, facts, false).length > 0;
}

/** null: a star stands for columns that are not known, a name hangs on such a star. */
function namedOutputs(
  select: SelectStmt,
  level: Level,
  facts: ScopeBuilder,
): readonly Output[] | null {
  const outputs: Output[] = [];
  for (const target of (select.targetList ?? []) as readonly SyntaxNode[]) {
    const visible = outputColumns([target], level, facts)?.visible;
    if (visible === undefined) return null;
    for (const { expression, use } of visible) {
      const { refname } = use?.relation ?? { refname: '' };
      const value =
        expression ?? columnNode(...(refname === '' ? [] : [refname]), use?.column ?? '');
      const name = target.ResTarget?.name ?? figureName(value);
      if (name === null) return null;
      outputs.push({ name, expression: value });
    }
  }
  return outputs;
}

/** Partial groups: the finest that the statement's are made of. */
function shardSelect(select: SelectStmt, { keys, partials }: FinalGroups): SelectStmt {
  const { withClause, fromClause, whereClause } = select;
  const targets = [
    ...keys.map((key, at) => targetNode(`g${at + 1}`, key)),
    ...partials.map((call, at) => targetNode(`a${at + 1}`, call)),
  ];
  // Without either it has one row, of whichever rows there are.
  if (targets.length === 0) targets.push(targetNode('a1', expressionOf('pg_catalog.count(*)')));
  return {
    ...(withClause === undefined ? {} : { withClause }),
    targetList: targets,
    fromClause,
    ...(whereClause === undefined ? {} : { whereClause }),
    ...(keys.length === 0 ? {} : { groupClause: keys.map((_, at) => ordinalNode(at + 1)) }),
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  } as unknown as SelectStmt;
}

/** Why shards may not compute it each by itself; null: they may. */
function shardRefusal(input: PlanInput, select: SelectStmt): Refusal | null {
  const stmt = { SelectStmt: select };
  const facts = new ScopeBuilder(input);
  facts.statement(stmt, null, new Map());
  return shapeRefusal({ ...input, stmt }, select, facts);
}
