// Which shards a statement runs on, and what keeps it from running at all.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { Refusal, StatementPlan } from '../plan/statement-plan.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { anyShard, chooseShard, executionOf, targetShards } from './shard-choice.ts';

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
  const rows = plan.wide.kind === 'copy-out' ? plan.wide.rows : plan.wide;
  const goesOn = rows?.kind === 'collect' || rows?.kind === 'evaluated-write';
  if (goesOn) return Array.from({ length: database.shardCount }, (_, i) => i);
  const construct = plan.wide.kind === 'refusal' ? plan.wide.construct : 'keys of several shards';
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

export function refusal({ construct, hint }: Refusal): PgError {
  return new PgError(errors.unsupportedAcrossShards, { construct }, hint === null ? {} : { hint });
}

/** Throws what is refused even on one shard. What ends a failed block is not: PREPARE TRANSACTION. */
export function refuseAlways({ transaction }: SessionContext, { wide }: StatementPlan): void {
  if (wide.kind === 'refusal' && wide.always && !transaction.failed) throw refusal(wide);
}

/** Throws `crossShardDisabled` where statements may run on one shard only. */
export function refuseSeveral({ database }: SessionContext, shards: readonly number[]): void {
  if (!database.crossShardDisabled || shards.length === 1) return;
  const detail = `The statement would run on shards ${shards.join(', ')}.`;
  throw new PgError(errors.crossShardDisabled, {}, { detail });
}

/** Throws `inFailedTransaction` for everything but the end of a failed block. */
export function refuseInFailedBlock(session: SessionContext, plan: StatementPlan): void {
  const { transaction } = session;
  if (!transaction.failed || session.database.shardCount === 1) return;
  if (!leavesFailedBlock(plan)) throw new PgError(errors.inFailedTransaction);
}

/** What PostgreSQL takes in a failed block (postgres.c, IsTransactionExitStmt). */
function leavesFailedBlock({ effect }: StatementPlan): boolean {
  switch (effect?.kind) {
    case 'commit':
    case 'rollback':
    case 'rollback-to':
    case 'prepare-transaction':
      return true;
    default:
      return false;
  }
}
