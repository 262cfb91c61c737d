// One statement that cannot simply be relayed: decides by its plan and its route which way it
// goes, and sends everything of its answer but ReadyForQuery.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { Refusal, StatementPlan } from '../plan/statement-plan.ts';
import { runCopy } from './copy-in.ts';
import { runExplain } from './explain.ts';
import { runMerge } from './merge.ts';
import { relayStatement } from './relay-statement.ts';
import { runScatter } from './scatter.ts';
import { runSessionCommand } from './session-command.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { anyShard, chooseShard, executionOf, targetShards } from './shard-choice.ts';
import { runSplitInsert } from './split-insert.ts';

/** Answers false when the server's error went to the client. Rejects with what PgPack refuses. */
export async function runStatement(session: SessionContext, run: StatementRun): Promise<boolean> {
  const { plan } = run.cached;
  refuseInFailedBlock(session, plan);
  if (plan.wide.kind === 'refusal' && plan.wide.always) throw refusal(plan.wide);
  if (plan.effect?.kind === 'explain') return runExplain(session, run);
  const command = await runSessionCommand(session, run);
  if (command !== 'none') return command === 'done';
  const shards = statementShards(session, run);
  if (shards.length === 1) return relayStatement(session, run, shards[0]!);
  return runWide(session, run, shards);
}

/** The shards it runs on, ascending. Throws when they cannot be told with certainty. */
export function statementShards(session: SessionContext, run: StatementRun): readonly number[] {
  const { database, transaction } = session;
  const { plan } = run.cached;
  if (database.shardCount === 1) return [0];
  const execution = executionOf(database, run);
  const shard = chooseShard(plan.route, execution);
  if (shard >= 0) return [shard];
  if (shard === anyShard) {
    if (plan.groupless === 'any') return [transaction.openShard ?? session.homeShard];
    return Array.from({ length: database.shardCount }, (_, i) => i);
  }
  const shards = targetShards(plan.route, execution);
  if (shards !== null) return shards;
  const construct = plan.wide.kind === 'refusal' ? plan.wide.construct : 'keys of several shards';
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

/** The shards of a statement that runs on several; null when one does, or none of the kind. */
export function wideShards(session: SessionContext, run: StatementRun): readonly number[] | null {
  const { plan } = run.cached;
  if (plan.effect !== null || plan.wide.kind === 'refusal') return null;
  const shards = statementShards(session, run);
  return shards.length === 1 ? null : shards;
}

/** Runs on several shards at once. */
export async function runWide(
  session: SessionContext,
  run: StatementRun,
  shards: readonly number[],
): Promise<boolean> {
  const { wide } = run.cached.plan;
  if (wide.kind === 'refusal') throw refusal(wide);
  if (session.database.crossShardDisabled) throw new PgError(errors.crossShardDisabled);
  switch (wide.kind) {
    case 'merge':
      await runMerge(session, run, wide, shards);
      return true;
    case 'scatter':
      await runScatter(session, run, wide, shards);
      return true;
    case 'split-insert':
      await runSplitInsert(session, run, wide);
      return true;
    default:
      await runCopy(session, run, wide, shards);
      return true;
  }
}

export function refusal({ construct, hint }: Refusal): PgError {
  return new PgError(errors.unsupportedAcrossShards, { construct }, hint === null ? {} : { hint });
}

/** PostgreSQL only takes the end of the block then (postgres.c, IsTransactionExitStmt). */
export function refuseInFailedBlock(session: SessionContext, plan: StatementPlan): void {
  const { transaction } = session;
  if (!transaction.failed || session.database.shardCount === 1) return;
  const kind = plan.effect?.kind;
  if (kind === 'commit' || kind === 'rollback' || kind === 'rollback-to') return;
  throw new PgError(errors.inFailedTransaction);
}
