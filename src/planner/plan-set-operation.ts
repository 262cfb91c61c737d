// UNION, INTERSECT and EXCEPT on several shards: each shard does it with its own rows. Right for
// UNION ALL of queries whose rows are those of the shards together, and for the others where equal
// rows lie on one shard, because the sharding key stands at the same place of every arm.

import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import { innermostColumn } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { coversKey } from './group-aggregate.ts';
import { outputColumns } from './output-columns.ts';
import { type PlanInput, refuseWide } from './plan-input.ts';
import { mixingClause } from './wide-shape.ts';

const names: Readonly<Record<string, string>> = {
  SETOP_UNION: 'UNION',
  SETOP_INTERSECT: 'INTERSECT',
  SETOP_EXCEPT: 'EXCEPT',
};

/** An arm that is no set operation itself, with facts of its own. */
export interface Arm {
  readonly select: SelectStmt;
  readonly facts: ScopeBuilder;
}

/** null: the query is none. */
export function setOperationOf({ op }: SelectStmt): string | null {
  return names[op ?? ''] ?? null;
}

/** `armRefusal`: why an arm by itself cannot run on every shard. */
export function planSetOperation(
  input: PlanInput,
  select: SelectStmt,
  armFacts: (arm: SelectStmt) => ScopeBuilder,
  armRefusal: (arm: Arm) => Refusal | null,
): WidePlan {
  const name = setOperationOf(select) ?? '';
  const { sortClause, limitCount, limitOffset, lockingClause, withClause } = select;
  if (sortClause !== undefined) return refuseWide(`${name} with ORDER BY`);
  if (limitCount !== undefined || limitOffset !== undefined)
    return refuseWide(`${name} with LIMIT`);
  if (lockingClause !== undefined || withClause !== undefined) return refuseWide(name);
  const selects = leafArms(select);
  if (selects === null) return refuseWide(name);
  const arms = selects.map(arm => ({ select: arm, facts: armFacts(arm) }));
  for (const arm of arms) {
    const refusal = armProblem(arm, name) ?? armRefusal(arm);
    if (refusal !== null) return refusal;
  }
  if (!isUnionAll(select) && !haveKeyAlike(arms)) {
    return refuseWide(`${name} without the sharding key in the same column of each query`);
  }
  return { kind: 'merge', root: { kind: 'gather', sql: input.sql, hiddenColumns: 0 } };
}

/** null where one has clauses of its own around a set operation. */
function leafArms(select: SelectStmt): readonly SelectStmt[] | null {
  if (select.larg === undefined || select.rarg === undefined) return [select];
  const found: SelectStmt[] = [];
  for (const side of [select.larg, select.rarg]) {
    const { sortClause, limitCount, limitOffset, withClause } = side;
    const clauses = [limitCount, limitOffset, withClause, side.larg && sortClause];
    if (clauses.some(clause => clause !== undefined)) return null;
    const arms = leafArms(side);
    if (arms === null) return null;
    found.push(...arms);
  }
  return found;
}

function armProblem({ select, facts }: Arm, name: string): Refusal | null {
  const { top } = facts;
  // What every shard has would come once from each.
  const sharded = facts.relations.some(one => one.source === 'sharded');
  if (top === null || !sharded || select.valuesLists !== undefined) {
    return refuseWide(`${name} with a query that reads no sharded table`);
  }
  const mixing = mixingClause(select, top, facts);
  return mixing === null ? null : refuseWide(`${mixing} in a query of ${name}`);
}

function isUnionAll(select: SelectStmt): boolean {
  if (select.larg === undefined || select.rarg === undefined) return true;
  if (select.op !== 'SETOP_UNION' || !select.all) return false;
  return isUnionAll(select.larg) && isUnionAll(select.rarg);
}

/** One column has the one key column of a table in each arm, under one function. */
function haveKeyAlike(arms: readonly Arm[]): boolean {
  const keys = arms.map(keyPlacements);
  const [first = [], ...others] = keys;
  return first.some(
    (placement, at) =>
      placement !== -1 &&
      others.every(other => {
        const { placements } = arms[0]!.facts.input.scheme;
        return (
          other[at] !== undefined && other[at] !== -1 && placements.agree(placement, other[at])
        );
      }),
  );
}

/** The placement that each output column is the key of; -1: of none. */
function keyPlacements({ select, facts }: Arm): readonly number[] {
  const targets = (select.targetList ?? []) as readonly SyntaxNode[];
  const outputs = outputColumns(targets, facts.top!, facts);
  return (outputs?.visible ?? []).map(({ use }) => {
    if (use === null || use.relation.nullable || !coversKey([use])) return -1;
    return innermostColumn(use)?.relation.key?.placement ?? -1;
  });
}
