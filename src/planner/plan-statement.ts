// The planner's door: one statement, what is known of its database, and out comes how it runs.
// Pure: no I/O, no clock; the same input gives the same plan.

import type { StatementPlan } from '../plan/statement-plan.ts';
import { firedRefusal } from './fired-writes.ts';
import { asksSequenceState, isUnknown, leavesState } from './leaves-state.ts';
import { planBySchema } from './plan-by-schema.ts';
import { planCopy } from './plan-copy.ts';
import { planDirected } from './plan-directed.ts';
import { planExplain } from './plan-explain.ts';
import { type PlanInput, refuse, refuseWide } from './plan-input.ts';
import { isQuery, planQuery } from './plan-query.ts';
import { planSchemaChange } from './plan-schema-change.ts';
import { planSession } from './plan-session.ts';

export type { PlanInput } from './plan-input.ts';

/**
 * Plans one statement. Never throws for a statement that cannot be run across shards: the plan's
 * `wide` is a refusal then, which counts when the route names several shards, or always. Throws
 * what is wrong with a directive; see `planDirected`.
 */
export function planStatement(input: PlanInput): StatementPlan {
  const usual = planPlainly(input);
  if (input.directive) return planDirected(input, usual, planPlainly);
  return planBySchema(input, usual, planPlainly);
}

function planPlainly(input: PlanInput): StatementPlan {
  const plan = planWithState(input);
  if (plan.wide.kind === 'refusal' && plan.wide.always) return plan;
  const refusal = firedRefusal(input);
  return refusal === null ? plan : { ...plan, wide: refusal };
}

function planWithState(input: PlanInput): StatementPlan {
  const plan = planned(input);
  if (plan.pinsSession !== null || plan.effect?.kind === 'set-config') return plan;
  const construct = leavesState(input);
  if (construct === null) return withSequenceState(input, plan);
  if (input.shardCount === 1) return { ...plan, repeatable: false, pinsSession: construct };
  if (plan.wide.kind === 'refusal' && plan.wide.always) return plan;
  if (!isUnknown(construct)) return { ...plan, repeatable: false, wide: refuse(construct) };
  // Most often there is no such function, which a server says best.
  const wide = plan.wide.kind === 'refusal' ? plan.wide : refuseWide(construct);
  return { ...plan, repeatable: false, pinsSession: construct, wide };
}

/** On several shards these are refused for other reasons. */
function withSequenceState(input: PlanInput, plan: StatementPlan): StatementPlan {
  const { CallStmt, DoStmt, CopyStmt } = input.stmt;
  const asks = isQuery(input.stmt) || CallStmt || DoStmt || CopyStmt;
  if (input.shardCount > 1 || plan.effect !== null || !asks) return plan;
  const construct = asksSequenceState(input);
  if (construct === null) return plan;
  return { ...plan, repeatable: false, effect: { kind: 'sequence-state', construct } };
}

function planned(input: PlanInput): StatementPlan {
  const { stmt } = input;
  if (isQuery(stmt)) return planQuery(input);
  if (stmt.CopyStmt !== undefined) return planCopy(input, stmt.CopyStmt);
  if (stmt.ExplainStmt !== undefined) return planExplain(input, stmt.ExplainStmt);
  return planSession(input) ?? planSchemaChange(input);
}

/**
 * Whether the plan's route holds for every statement that differs only in lifted literals, its keys
 * fetched anew from their slots (a constant whose `location` is no slot keeps its text). When the
 * route of such a statement names several shards, `wide` is not for it: plan its own text.
 */
export function isShareable(plan: StatementPlan): boolean {
  if (!['SELECT', 'INSERT', 'UPDATE', 'DELETE'].includes(plan.tag)) return false;
  if (plan.effect !== null || plan.pinsSession !== null) return false;
  if (plan.wide.kind === 'refusal' && plan.wide.always) return false;
  if (plan.wide.kind === 'evaluated-insert') return false;
  const values = plan.route.groups.flatMap(group => group.sets.flatMap(set => set.values));
  const bounds = values.flatMap(item =>
    item.kind === 'range' ? [item.lower?.value, item.upper?.value] : [item],
  );
  return bounds.every(value => value?.kind !== 'constant' || value.location >= 0);
}
