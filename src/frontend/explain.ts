// EXPLAIN on a database of several shards: how PgPack runs the statement, and under it what
// PostgreSQL says of each shard's part.

import { internalQuery } from '../backend/internal-query.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { explainPlan } from '../plan/explain.ts';
import { fragmentOf } from '../plan/merge-plan.ts';
import { commandComplete, dataRow } from '../protocol/backend-messages.ts';
import { rowDescription, textColumn } from '../protocol/row-description.ts';
import { relayStatement } from './relay-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { refusal, statementShards } from './statement-shards.ts';

export async function runExplain(session: SessionContext, run: StatementRun): Promise<boolean> {
  const { effect } = run.cached.plan;
  if (effect?.kind !== 'explain') throw new PgError(errors.internal, { what: 'no EXPLAIN' });
  const cache = session.cache ?? (await session.loadCache());
  const inner: StatementRun = { ...run, cached: cache.statement(effect.sql) };
  const { plan } = inner.cached;
  if (plan.wide.kind === 'refusal' && plan.wide.always) throw refusal(plan.wide);
  const shards = statementShards(session, inner);
  if (run.bind !== null) {
    if (shards.length === 1) return relayStatement(session, run, shards[0]!);
    throw new PgError(errors.unsupportedAcrossShards, { construct: 'EXPLAIN with parameters' });
  }
  if (shards.length > 1 && plan.wide.kind === 'refusal') throw refusal(plan.wide);
  if (shards.length > 1 && effect.analyze && plan.writes) {
    throw new PgError(errors.unsupportedAcrossShards, { construct: 'EXPLAIN ANALYZE of a write' });
  }
  const lines = explainPlan(plan, { shards });
  for (const shard of shards) {
    lines.push(`  Shard ${shard}:`);
    const sql = shards.length === 1 ? run.cached.sql : shardExplain(inner, effect);
    if (sql !== null) lines.push(...(await shardPlan(session, shard, sql)));
  }
  const { client } = session;
  client.write(rowDescription([textColumn('QUERY PLAN')]));
  client.write(Buffer.concat(lines.map(line => dataRow([line]))));
  client.write(commandComplete('EXPLAIN'));
  return true;
}

/** What each shard is asked; null where the plan has no SQL that PostgreSQL explains as it is. */
function shardExplain(inner: StatementRun, effect: { readonly analyze: boolean }): string | null {
  const { plan, sql } = inner.cached;
  const explain = effect.analyze ? 'EXPLAIN (ANALYZE)' : 'EXPLAIN';
  if (plan.wide.kind === 'merge') return `${explain} ${fragmentOf(plan.wide.root).sql}`;
  return plan.wide.kind === 'scatter' && !plan.changesSchema ? `${explain} ${sql}` : null;
}

async function shardPlan(session: SessionContext, shard: number, sql: string): Promise<string[]> {
  const server = await session.transaction.open(shard);
  const rows = await internalQuery(server, sql);
  return rows.flatMap(row => (row[0] ?? '').split('\n')).map(line => `    ${line}`);
}
