// A SELECT over several shards, by whichever way its plan goes: whole, or in portions.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { MergePlan } from '../plan/merge-plan.ts';
import type { StatementPlan, WidePlan } from '../plan/statement-plan.ts';
import { startCollect } from './collect.ts';
import { inItsPlace } from './error-place.ts';
import { startLockedLimit } from './locked-limit.ts';
import { startMerge } from './merge.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { refusal, refuseSeveral } from './statement-shards.ts';
import { asksForMoment, runAtMoment, sqlInTime } from './transaction-moment.ts';
import { inBlock } from './wide-block.ts';
import { type WideRows, WideRun } from './wide-run.ts';

/** Runs it whole, for the simple protocol or an Execute without a row limit. */
export async function runSelect(
  session: SessionContext,
  run: StatementRun,
  shards: readonly number[],
): Promise<void> {
  const select = async () => {
    const rows = await startSelect(session, run, shards, false);
    if (run.bind === null) await rows.describe();
    return rows.emitRows();
  };
  try {
    // Rows stay locked on every shard until the statement has ended on all.
    const isBlock = shards.length > 1 && locksRows(run.cached.plan.wide);
    session.client.writeSoon(await (isBlock ? inBlock(session, select) : select()));
  } catch (error) {
    throw await inItsPlace(session, run, shards, error);
  }
}

/** Throws where shards would lock rows ahead of those that are asked for. `inTurn`: they are read one
 *  after the other where that can be. */
export function refuseLocksInPortions(
  { wide }: StatementPlan,
  shards: readonly number[],
  inTurn: boolean,
): void {
  if (shards.length === 1 || !locksRows(wide)) return;
  if (inTurn && wide.kind === 'merge' && wide.root.kind === 'gather') return;
  const construct = 'reading rows in portions, in an order and with FOR UPDATE or FOR SHARE,';
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

export function locksRows(wide: WidePlan): boolean {
  return wide.kind === 'locked-limit' || (wide.kind === 'merge' && wide.locks === true);
}

/** `held`: rows are read in portions, between which other statements of the transaction run. */
export async function startSelect(
  session: SessionContext,
  run: StatementRun,
  shards: readonly number[],
  held: boolean,
): Promise<WideRun> {
  const { tag } = run.cached.plan;
  return new WideRun(session, await startRows(session, run, shards, held), tag);
}

export async function startRows(
  session: SessionContext,
  given: StatementRun,
  shards: readonly number[],
  held: boolean,
): Promise<WideRows> {
  if (shards.length === 1) {
    const sql = await sqlInTime(session, given.cached, shards[0]!);
    return startMerge(session, given, asWritten(sql), shards, held);
  }
  refuseSeveral(session, shards);
  const asks = asksForMoment(given.cached.plan.wide);
  const run = asks ? await runAtMoment(session, given, shards) : given;
  const { wide } = run.cached.plan;
  if (wide.kind === 'merge') return startMerge(session, run, wide, shards, held);
  if (wide.kind === 'locked-limit') return startLockedLimit(session, run, wide, shards);
  if (wide.kind === 'collect') return startCollect(session, run, wide, shards, held);
  const hint = null;
  const construct = wide.kind === 'refusal' ? wide.construct : 'reading this in portions';
  throw refusal(
    wide.kind === 'refusal' ? wide : { kind: 'refusal', construct, hint, always: false },
  );
}

function asWritten(sql: string): MergePlan {
  const root = { kind: 'gather', sql, hiddenColumns: 0 } as const;
  return { kind: 'merge', root, otherwise: null };
}
