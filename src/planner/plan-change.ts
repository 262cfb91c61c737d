// UPDATE and DELETE on several shards: each shard changes its own rows. On an omnisharded table all
// shards make the same change to the same rows, or it is refused.

import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import type { ScopeRelation } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { DeleteStmt, SyntaxNode, UpdateStmt } from '../sql/syntax-tree.ts';
import { callThatVaries, partThatVaries } from './call-safety.ts';
import { copiedMoments } from './copied-moments.ts';
import { changedKey } from './kept-key.ts';
import { type PlanInput, refuse, refuseWide, scatter } from './plan-input.ts';
import { defaultedColumn } from './plan-insert.ts';
import { unorderedPart } from './unordered-part.ts';
import { joinRefusal, subqueryRefusal, unseenRows } from './wide-shape.ts';

export function planUpdate(input: PlanInput, update: UpdateStmt, facts: ScopeBuilder): WidePlan {
  const target = targetOf(facts);
  if (target?.table == null) return scatter('same');
  const assigned = (update.targetList ?? []) as readonly SyntaxNode[];
  const key = changedKey(assigned, target, facts);
  if (key !== null) {
    return refuse(
      `UPDATE of sharding key "${key}"`,
      'Delete the row and insert it with its new key.',
    );
  }
  if (target.source === 'omnisharded' && update.fromClause !== undefined) {
    return refuse(`UPDATE … FROM of omnisharded table "${target.table.name}"`);
  }
  const filled = defaultedColumn(assigned, target);
  if (filled !== null) {
    return asOf(target, refuseWide(`SET "${filled}" = DEFAULT with a default that varies`));
  }
  return planChange(input, update.withClause !== undefined, target, facts);
}

export function planDelete(input: PlanInput, remove: DeleteStmt, facts: ScopeBuilder): WidePlan {
  const target = targetOf(facts);
  if (target?.table == null) return scatter('same');
  return planChange(input, remove.withClause !== undefined, target, facts);
}

function planChange(
  input: PlanInput,
  hasWith: boolean,
  target: ScopeRelation,
  facts: ScopeBuilder,
): WidePlan {
  const refusal = changeRefusal(input, hasWith, target, facts);
  if (refusal !== null) return asOf(target, refusal);
  if (target.source === 'sharded') return scatter('sum');
  const view = facts.relations.find(one => one.source === 'view');
  if (view !== undefined) return asOf(target, refuseWide(`view "${view.refname}"`));
  const unordered = unorderedPart(input.stmt, input);
  if (unordered !== null) return asOf(target, refuseWide(unordered));
  const { found, possible } = copiedMoments(input.stmt, target.table!, facts);
  if (found !== null) return asOf(target, refuseWide(found));
  return { kind: 'scatter', tag: 'same', moments: possible };
}

function changeRefusal(
  input: PlanInput,
  hasWith: boolean,
  target: ScopeRelation,
  facts: ScopeBuilder,
): Refusal | null {
  if (hasWith && !isCopied(input.stmt, facts)) return refuseWide('WITH');
  const selects = facts.selects.map(one => one.select);
  const varying = callThatVaries(facts, false) ?? partThatVaries([input.stmt, selects]);
  if (varying !== null) return refuseWide(varying);
  const { level } = target;
  const subquery = subqueryRefusal(level, facts);
  if (subquery !== null) return subquery;
  if (target.source !== 'sharded') return null;
  return unseenRows(input.stmt, facts) ?? joinRefusal(level, facts);
}

/** Each WITH query may stand where it is referred to. */
function isCopied({ UpdateStmt, DeleteStmt }: SyntaxNode, facts: ScopeBuilder): boolean {
  const clause = UpdateStmt?.withClause ?? DeleteStmt?.withClause;
  return !clause?.recursive && facts.writingCtes.length === 0;
}

/** What cannot be done alike on all shards may not be done on one of them either. */
function asOf(target: ScopeRelation, refusal: Refusal): Refusal {
  if (target.source !== 'omnisharded') return refusal;
  const construct = `${refusal.construct} in a write to omnisharded table "${target.table!.name}"`;
  return refuse(construct, 'Copies on all shards must stay equal.');
}

function targetOf(facts: ScopeBuilder): ScopeRelation | undefined {
  return facts.relations.find(one => one.target && one.level === facts.top);
}
