// One statement that cannot simply be relayed: decides by its plan and its route which way it
// goes, and sends everything of its answer but ReadyForQuery.

import { runCopy } from './copy-in.ts';
import { runCopyOut, runCopyOutOn } from './copy-out.ts';
import { inItsPlace } from './error-place.ts';
import { evaluatedInsert } from './evaluated-insert.ts';
import { runEvaluatedWrite } from './evaluated-write.ts';
import { runExplain } from './explain.ts';
import { missingRelation, withRelations } from './missing-relation.ts';
import { relayStatement } from './relay-statement.ts';
import { runScatter } from './scatter.ts';
import { runSessionCommand } from './session-command.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { runSplitInsert } from './split-insert.ts';
import { executedText, requireSameForm } from './sql-statements.ts';
import {
  refusal,
  refuseAlways,
  refuseInFailedBlock,
  refuseSeveral,
  statementShards,
} from './statement-shards.ts';
import { asksForMoment, isLate, runAtMoment, sqlInTime } from './transaction-moment.ts';
import { runSelect } from './wide-select.ts';

/** Answers false when the server's error went to the client. Rejects with what PgPack refuses. */
export async function runStatement(session: SessionContext, run: StatementRun): Promise<boolean> {
  const { plan } = run.cached;
  refuseInFailedBlock(session, plan);
  if (missingRelation(plan) !== null) return runFound(session, run);
  refuseAlways(session, plan);
  const executed = executedText(session, plan);
  if (executed !== null) {
    const cache = session.cache ?? (await session.loadCache());
    await requireSameForm(session, cache, plan);
    return runStatement(session, { ...run, cached: cache.statement(executed) });
  }
  if (plan.effect?.kind === 'explain') return runExplain(session, run);
  const command = await runSessionCommand(session, run);
  if (command !== 'none') return command === 'done';
  if (failsAnywhere(session, run)) return relayStatement(session, run, session.homeShard);
  const { lookups } = session.database;
  const shards = await lookups.evaluate(() => statementShards(session, run));
  const [shard, ...others] = shards;
  if (shard === undefined || others.length > 0) return runWide(session, run, shards);
  if (!isLate(session, plan, shard)) return relayStatement(session, run, shard);
  await runLate(session, run, shard);
  return true;
}

/** On one shard, with the time of the transaction, which began before on another. */
async function runLate(session: SessionContext, run: StatementRun, shard: number): Promise<void> {
  if (run.cached.plan.tag === 'SELECT') return runSelect(session, run, [shard]);
  const sql = await sqlInTime(session, run.cached, shard);
  try {
    if (run.cached.plan.tag === 'COPY') return await runCopyOutOn(session, run, sql, shard);
    await runScatter(session, run, { kind: 'scatter', tag: 'sum', sql }, [shard]);
  } catch (error) {
    throw await inItsPlace(session, run, [shard], error);
  }
}

/** Runs it as planned by a catalog that has its relations. */
async function runFound(session: SessionContext, run: StatementRun): Promise<boolean> {
  const cached = await withRelations(session, run.cached, run.parameterTypes);
  const found: StatementRun = { ...run, cached };
  try {
    return await runStatement(session, found);
  } finally {
    run.copyBegan = found.copyBegan === true;
  }
}

/** What PostgreSQL refuses whatever the tables hold: any shard says it in PostgreSQL's words. */
function failsAnywhere(session: SessionContext, run: StatementRun): boolean {
  const { plan, parameters } = run.cached;
  // Parameters in a simple query; LOCK TABLE outside a block.
  if (parameters > 0 && run.bind === null) return true;
  return plan.tag === 'LOCK TABLE' && session.transaction.mode === 'none';
}

/** Runs on several shards at once. */
async function runWide(
  session: SessionContext,
  run: StatementRun,
  shards: readonly number[],
): Promise<boolean> {
  const { wide } = run.cached.plan;
  if (wide.kind === 'evaluated-insert') {
    return runStatement(session, await evaluatedInsert(session, run, wide));
  }
  refuseSeveral(session, shards);
  if (wide.kind === 'refusal') throw refusal(wide);
  if (wide.kind === 'evaluated-write') {
    await runEvaluatedWrite(session, run, wide);
    return true;
  }
  if (asksForMoment(wide)) return runWide(session, await runAtMoment(session, run, shards), shards);
  switch (wide.kind) {
    case 'merge':
    case 'locked-limit':
    case 'collect':
      await runSelect(session, run, shards);
      return true;
    case 'scatter':
      await runScatter(session, run, wide, shards);
      return true;
    case 'split-insert':
      await runSplitInsert(session, run, wide);
      return true;
    case 'copy-out':
      await runCopyOut(session, run, wide, shards);
      return true;
    default:
      await runCopy(session, run, wide, shards);
      return true;
  }
}
