// LISTEN, UNLISTEN and NOTIFY. A database listens over connections of its own for all clients, so
// that LISTEN binds nobody to a server connection; a NOTIFY goes to shard 0, whose commits order it.

import type { SessionEffect, StatementPlan } from '../plan/statement-plan.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import { needsAllShards } from './builtin-functions.ts';
import { basePlan, type PlanInput } from './plan-input.ts';

/** Relations that are the same on any shard, or are made of such. */
const placeless: ReadonlySet<string> = new Set(['function', 'subquery', 'cte']);

/** null: none of these, or LISTEN is left to the client's own server connection. */
export function planNotification(input: PlanInput, plan: StatementPlan): StatementPlan | null {
  const { ListenStmt, UnlistenStmt, NotifyStmt } = input.stmt;
  if (NotifyStmt !== undefined) return notifying({ ...plan, writes: true }, input);
  if (input.listenPins) return null;
  if (ListenStmt !== undefined) {
    const channel = ListenStmt.conditionname ?? '';
    return { ...plan, writes: true, effect: { kind: 'listen', channel } };
  }
  if (UnlistenStmt !== undefined) {
    const channel = UnlistenStmt.conditionname ?? null;
    return { ...plan, effect: { kind: 'unlisten', channel } };
  }
  return null;
}

/** A SELECT that does nothing but call functions, `pg_notify` among them; or one that asks what
 *  its server connection listens to. null: neither. */
export function planNotifyingCalls(input: PlanInput, facts: ScopeBuilder): StatementPlan | null {
  if (input.stmt.SelectStmt === undefined || facts.functions.length === 0) return null;
  const names = facts.functions.map(({ name }) => name);
  if (input.shardCount === 1) {
    if (!names.includes('pg_listening_channels')) return null;
    return { ...basePlan('SELECT'), effect: { kind: 'listening-channels' } };
  }
  const isNotify = (name: string) => name === 'pg_notify';
  const tableless = facts.relations.every(({ source }) => placeless.has(source));
  const plain = tableless && facts.unknown === null;
  if (!plain || !names.some(isNotify) || facts.writingCtes.length > 0) return null;
  for (const { name, schema } of facts.functions) {
    const builtin = schema === null || schema === 'pg_catalog';
    if (!builtin || (needsAllShards(name) && !isNotify(name))) return null;
    // One of the user's may read tables.
    const own = input.catalog.functions.get(name) ?? [];
    if (own.some(one => one.schema !== 'pg_catalog')) return null;
  }
  return notifying({ ...basePlan('SELECT'), writes: true }, input);
}

/** A server that is the whole database needs not be told which it is. */
function notifying(plan: StatementPlan, { shardCount }: PlanInput): StatementPlan {
  const effect: SessionEffect = { kind: 'notify' };
  return shardCount === 1 ? plan : { ...plan, effect };
}
