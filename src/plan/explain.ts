// A plan as text, for the golden files that tests compare; `explanation.ts` prints executions.

import { type ExplainNode, wideNode } from './explain-node.ts';
import { groupText } from './explain-route.ts';
import type { RouteProgram } from './route.ts';
import type { SessionEffect, StatementPlan } from './statement-plan.ts';

/** The plan for every case, one line per element, indented by two blanks per level. */
export function explainPlan(plan: StatementPlan): string[] {
  return [
    `${plan.tag}${notes(plan)}`,
    `  shards: ${routeText(plan.route, plan.groupless)}`,
    ...(plan.effect === null ? [] : [`  effect: ${effectText(plan.effect)}`]),
    ...(neverWide(plan) ? [] : nodeLines(wideNode(plan.wide), '').map(line => `  ${line}`)),
  ];
}

/** A node and what is below it. `where`: behind the name of what runs on shards. */
export function nodeLines(node: ExplainNode, where: string): string[] {
  const below = node.input === null ? [] : nodeLines(node.input, where);
  return [
    `${node.name}${node.onShards ? where : ''}${node.detail}`,
    ...[...node.lines, ...below].map(line => `  ${line}`),
  ];
}

/** Touches no sharded table: one shard will do, whichever. */
function neverWide({ route, groupless, wide }: StatementPlan): boolean {
  if (wide.kind === 'refusal' && wide.always) return false;
  return route.groups.length === 0 && groupless === 'any';
}

function notes(plan: StatementPlan): string {
  const words = [
    plan.writes ? 'writes' : null,
    plan.changesSchema ? 'changes schema' : null,
    plan.outsideTransaction ? 'outside a transaction' : null,
    plan.pinsSession === null ? null : `pins the session: ${plan.pinsSession}`,
  ].filter(word => word !== null);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

/** `users.id = 5`, `users.id in (1, $2)`, `users.id (all)`, `any`, `all`. */
function routeText(route: RouteProgram, groupless: 'any' | 'all'): string {
  if (route.groups.length === 0) return groupless;
  return route.groups.map(group => groupText(group)).join('; ');
}

function effectText(effect: SessionEffect): string {
  const { kind, ...rest } = effect;
  return `${kind} ${JSON.stringify(rest)}`;
}
