// EXPLAIN on a database of several shards: how PgPack runs the statement, and under it what
// PostgreSQL says of each shard's part, which is asked with the client's own options.

import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { isNoAnswerHere } from '../executor/execute-merge.ts';
import { explanationJson, explanationLines, type Figures } from '../plan/explanation.ts';
import type { ExplainEffect } from '../plan/statement-plan.ts';
import { commandComplete, dataRow } from '../protocol/backend-messages.ts';
import { rowDescription, textColumn } from '../protocol/row-description.ts';
import { typeOid } from '../types/type-oid.ts';
import { finalShard } from './collect.ts';
import { evaluatedInsert } from './evaluated-insert.ts';
import { evaluatedWrite } from './evaluated-write.ts';
import {
  exampleParts,
  explanationOf,
  oneByParameters,
  type ShardParts,
  shardParts,
} from './explained-statement.ts';
import { type Measured, measureCollect, measureMerge, measurePlain } from './measured-run.ts';
import { relayStatement } from './relay-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { executionOf } from './shard-choice.ts';
import { type AskedPlan, askCollectPlans, askShardPlans } from './shard-plans.ts';
import { executedText } from './sql-statements.ts';
import { refusal, refuseSeveral, statementShards } from './statement-shards.ts';
import { asksForMoment, runAtMoment } from './transaction-moment.ts';
import { inBlock } from './wide-block.ts';

export async function runExplain(session: SessionContext, run: StatementRun): Promise<boolean> {
  const { plan, parameters } = run.cached;
  const { effect } = plan;
  if (effect?.kind !== 'explain') throw new PgError(errors.internal, { what: 'no EXPLAIN' });
  const known = parameters === 0 || run.bind !== null;
  // There is no parameter $1, says any shard.
  if (!known && !effect.generic) return relayStatement(session, run, session.homeShard);
  const inner = await innerRun(session, run, effect);
  const { wide, writes } = inner.cached.plan;
  if (wide.kind === 'refusal' && wide.always) throw refusal(wide);
  if (effect.analyze) refuseAnalyze(inner);
  const work = async () => {
    const final = effect.analyze ? await withValues(session, inner) : inner;
    const parts = await session.database.lookups.evaluate(() => partsOf(session, final, known));
    return explain(session, run, final, parts);
  };
  const answer = effect.analyze && writes ? await inBlock(session, work) : await work();
  const { client } = session;
  if (run.bind === null) client.writeSoon(rowDescription([planColumn(effect)]));
  const rows = Buffer.concat(answer.map(row => dataRow([row])));
  if (!client.writeSoon(rows)) await session.clientDrained();
  client.writeSoon(commandComplete('EXPLAIN'));
  return true;
}

/** As ExplainResultDesc (explain.c). */
function planColumn({ format }: ExplainEffect) {
  const column = textColumn('QUERY PLAN');
  return format === 'json' ? { ...column, typeOid: typeOid.json } : column;
}

/** The statement that is explained, EXECUTE being what it stands for. */
async function innerRun(
  session: SessionContext,
  run: StatementRun,
  effect: ExplainEffect,
): Promise<StatementRun> {
  const cache = session.cache ?? (await session.loadCache());
  const cached = cache.statement(effect.sql);
  const executed = executedText(session, cached.plan);
  return { ...run, cached: executed === null ? cached : cache.statement(executed) };
}

/** What ANALYZE would do to the session or the schema, nobody here would follow. */
function refuseAnalyze({ cached: { plan } }: StatementRun): void {
  if (plan.effect === null && !plan.changesSchema && plan.pinsSession === null) return;
  throw new PgError(errors.unsupportedAcrossShards, { construct: `EXPLAIN ANALYZE ${plan.tag}` });
}

/** Keys that have to be asked for are: they are used up as when it runs. */
async function withValues(session: SessionContext, inner: StatementRun): Promise<StatementRun> {
  const { wide } = inner.cached.plan;
  const isRead = wide.kind === 'evaluated-insert' || wide.kind === 'evaluated-write';
  if (!isRead && !asksForMoment(wide)) return inner;
  const { lookups } = session.database;
  const shards = await lookups.evaluate(() => statementShards(session, inner));
  if (shards.length === 1) return inner;
  if (wide.kind === 'evaluated-write') return evaluatedWrite(session, inner, wide);
  if (wide.kind !== 'evaluated-insert') return runAtMoment(session, inner, shards);
  return evaluatedInsert(session, inner, wide);
}

/** Throws what keeps the statement from running. `known` false: on one shard as an example where
 *  its parameters would decide for one, as where its keys are not asked for. */
function partsOf(session: SessionContext, inner: StatementRun, known: boolean): ShardParts {
  const { plan } = inner.cached;
  const execution = executionOf(session.database, inner);
  const example = !known && oneByParameters(plan);
  const statement = shownStatement(inner);
  if (example) return exampleParts('relay', statement.sql, session.homeShard);
  const shards = statementShards(session, inner);
  if (shards.length > 1 && plan.wide.kind === 'evaluated-insert') {
    return exampleParts('evaluated insert', statement.sql, session.homeShard);
  }
  refuseSeveral(session, shards);
  if (shards.length > 1 && plan.wide.kind === 'evaluated-write') {
    return exampleParts('evaluated write', statement.sql, session.homeShard);
  }
  if (shards.length > 1 && plan.wide.kind === 'refusal') throw refusal(plan.wide);
  return shardParts(statement, shards, execution);
}

/** Without the semicolon, and what stands in place of other statements. */
function shownStatement({ cached: { sql, plan } }: StatementRun) {
  return { sql: sql.replace(/[;\s]+$/, '').trimStart(), plan };
}

/** Rows of the answer. */
async function explain(
  session: SessionContext,
  run: StatementRun,
  inner: StatementRun,
  parts: ShardParts,
): Promise<string[]> {
  const effect = run.cached.plan.effect as ExplainEffect;
  if (effect.analyze && parts.way === 'locked limit') {
    // Which rows the shards are to lock is told by what runs first.
    const construct = 'EXPLAIN ANALYZE of LIMIT with FOR UPDATE or FOR SHARE';
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  }
  const { transaction, database } = session;
  const servers = await transaction.openAll([...parts.sql.keys()]);
  const { plan } = inner.cached;
  // First, as it is what finds fault with the options.
  const asked =
    parts.way === 'collect' && plan.wide.kind === 'collect'
      ? await askCollectPlans(session, run, inner, plan.wide, servers)
      : await askShardPlans(session, run, inner, effect, parts, servers);
  const known = run.cached.parameters === 0 || run.bind !== null;
  const counts = effect.analyze && !plan.writes;
  const measured = counts ? await measure(session, inner, parts, servers) : null;
  const found = {
    known,
    execution: executionOf(database, inner),
    finalShard: parts.way === 'collect' ? finalShard(session, [...parts.sql.keys()]) : null,
    merged: shown(measured?.merged ?? null, effect),
    shards: asked.map(({ shard, plan: shardPlan, ms }: AskedPlan, at) => ({
      shard,
      sql: parts.sql.get(shard)!,
      figures: effect.analyze
        ? shown(measured?.shards[at] ?? { rows: null, bytes: null, ms }, effect)
        : null,
      plan: shardPlan,
    })),
  };
  const explanation = await database.lookups.evaluate(() =>
    explanationOf(shownStatement(inner), parts, inner, found),
  );
  if (effect.format === 'text') return explanationLines(explanation);
  return [JSON.stringify(explanationJson(explanation), null, 2)];
}

function shown(figures: Figures | null, effect: ExplainEffect): Figures | null {
  if (figures === null || effect.timed) return figures;
  // It hangs on when rows arrived, as times do.
  const { memory: _, ...others } = figures;
  return { ...others, ms: null };
}

/** A read is run for its rows: EXPLAIN ANALYZE of PostgreSQL sends none. */
function measure(
  session: SessionContext,
  inner: StatementRun,
  parts: ShardParts,
  servers: readonly ServerConnection[],
): Promise<Measured> {
  const { wide } = inner.cached.plan;
  if (parts.way === 'merge' && wide.kind === 'merge') {
    const { otherwise } = wide;
    return measureMerge(session, inner, wide, servers).catch(error => {
      if (otherwise === null || otherwise.everywhere || !isNoAnswerHere(error)) throw error;
      return measureCollect(session, inner, otherwise, servers);
    });
  }
  if (parts.way === 'collect' && wide.kind === 'collect') {
    return measureCollect(session, inner, wide, servers);
  }
  const { sql } = inner.cached;
  const { bind, parameterTypes } = inner;
  return measurePlain(servers, { sql, original: sql, parameterTypes, bind, hiddenColumns: 0 });
}
