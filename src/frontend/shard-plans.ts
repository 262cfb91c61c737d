// Asks shards for PostgreSQL's own plans: the client's EXPLAIN with its options in front of what
// each shard gets. On all of them at once.

import { internalQuery, readRows } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import type { CollectPlan } from '../plan/collect-plan.ts';
import type { PlanDocument, ShardPlan } from '../plan/explanation.ts';
import type { ExplainEffect } from '../plan/statement-plan.ts';
import type { ShardParts } from './explained-statement.ts';
import { FanOut } from './fan-out.ts';
import { partsTypes } from './portable-types.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { ServerStream } from './shard-stream.ts';
import { parameterTypesOf } from './split-insert.ts';

export interface AskedPlan {
  readonly shard: number;
  readonly plan: ShardPlan;
  /** From sending EXPLAIN to the end of its answer. */
  readonly ms: number;
}

/** In the order of the servers. Rejects with what a shard raises: its errors are those of the
 *  options too. */
export async function askShardPlans(
  session: SessionContext,
  run: StatementRun,
  inner: StatementRun,
  effect: ExplainEffect,
  parts: ShardParts,
  servers: readonly ServerConnection[],
): Promise<AskedPlan[]> {
  if (run.bind === null && run.cached.parameters > 0) return askGenerically(effect, parts, servers);
  const split = parts.way === 'split insert' || parts.way === 'collect';
  const types = split ? await parameterTypesOf(inner, servers[0]!) : run.parameterTypes;
  const { shardCount } = session.database;
  const begin = performance.now();
  const fanOut = new FanOut(servers, server => {
    const part = parts.sql.get(server.address.shard) ?? '';
    const parameterTypes = split ? partsTypes(part, types, shardCount, run.bind) : types;
    const sql = effect.prefix + part;
    return { sql, original: run.cached.sql, parameterTypes, bind: run.bind, hiddenColumns: 0 };
  });
  const rows = await Promise.all(
    fanOut.streams.map(async stream => ({ rows: await allRows(stream), at: performance.now() })),
  ).catch(async error => {
    fanOut.cancel();
    await Promise.all(fanOut.streams.map(stream => stream.finished));
    throw error;
  });
  await fanOut.finished();
  for (const notice of fanOut.notices()) session.client.write(notice);
  return fanOut.streams.map(({ shard }, at) => ({
    ...{ shard, ms: rows[at]!.at - begin },
    plan: planOf(rows[at]!.rows, effect.format),
  }));
}

/** Likewise of each fragment whose rows are collected, under the name of its table. */
export async function askCollectPlans(
  session: SessionContext,
  run: StatementRun,
  inner: StatementRun,
  { tables }: CollectPlan,
  servers: readonly ServerConnection[],
): Promise<AskedPlan[]> {
  const effect = run.cached.plan.effect as ExplainEffect;
  let all: AskedPlan[] = servers.map(({ address: { shard } }) => {
    return { shard, plan: planOf(effect.format === 'text' ? [] : ['[]'], effect.format), ms: 0 };
  });
  for (const { name, sql } of tables) {
    const texts = new Map(all.map(({ shard }) => [shard, sql]));
    const parts: ShardParts = { way: 'collect', sql: texts, example: false };
    const asked = await askShardPlans(session, run, inner, effect, parts, servers);
    all = all.map(({ shard, plan, ms }, i) => {
      return { shard, plan: joined(plan, name, asked[i]!.plan), ms: ms + asked[i]!.ms };
    });
  }
  return all;
}

function joined(plan: ShardPlan, name: string, more: ShardPlan): ShardPlan {
  if (plan.format === 'text' && more.format === 'text') {
    const lines = more.lines.map(line => `  ${line}`);
    return { format: 'text', lines: [...plan.lines, `${name}:`, ...lines] };
  }
  if (plan.format === 'text' || more.format === 'text') return plan;
  const documents = more.documents.map(document => {
    return { ...document, Plan: { 'Subplan Name': name, ...(document.Plan as object) } };
  });
  return { format: 'json', documents: [...plan.documents, ...documents] };
}

/** GENERIC_PLAN: parameters without values go through the simple protocol only. */
async function askGenerically(
  { prefix, format }: ExplainEffect,
  parts: ShardParts,
  servers: readonly ServerConnection[],
): Promise<AskedPlan[]> {
  const begin = performance.now();
  const asked = await Promise.allSettled(
    servers.map(async server => {
      const { shard } = server.address;
      const rows = await internalQuery(server, prefix + (parts.sql.get(shard) ?? ''));
      const plan = planOf(
        rows.map(([text]) => text ?? ''),
        format,
      );
      return { shard, plan, ms: performance.now() - begin };
    }),
  );
  return asked.map(one => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

async function allRows(stream: ServerStream): Promise<string[]> {
  const rows: string[] = [];
  for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
    rows.push(...readRows(chunk.bytes).map(([text]) => text ?? ''));
  }
  await stream.finished;
  return rows;
}

function planOf(rows: readonly string[], format: ExplainEffect['format']): ShardPlan {
  if (format === 'text') return { format, lines: rows };
  return { format, documents: JSON.parse(rows.join('\n'), asWritten) as PlanDocument[] };
}

/** Numbers stay as PostgreSQL wrote them: a query identifier has more digits than a double. */
function asWritten(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return rawJson(context.source);
}

/** Of ECMAScript's proposal that Node.js has had since 22; without it numbers are as read. */
const rawJson: (text: string) => unknown =
  (JSON as { rawJSON?: (text: string) => unknown }).rawJSON ?? Number;
