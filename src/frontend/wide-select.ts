// A SELECT over several shards, by whichever way its plan goes: whole, or in portions.

import type { MergePlan } from '../plan/merge-plan.ts';
import { startCollect } from './collect.ts';
import { inItsPlace } from './error-place.ts';
import { startMerge } from './merge.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { refusal, refuseSeveral } from './statement-shards.ts';
import { asksForMoment, runAtMoment, sqlInTime } from './transaction-moment.ts';
import { type WideRows, WideRun } from './wide-run.ts';

/** Runs it whole, for the simple protocol or an Execute without a row limit. */
export async function runSelect(
  session: SessionContext,
  run: StatementRun,
  shards: readonly number[],
): Promise<void> {
  try {
    const rows = await startSelect(session, run, shards, false);
    if (run.bind === null) await rows.describe();
    await rows.emit(0);
  } catch (error) {
    throw await inItsPlace(session, run, shards, error);
  }
}

/** `held`: rows are read in portions, between which other statements of the transaction run. */
export async function startSelect(
  session: SessionContext,
  run: StatementRun,
  shards: readonly number[],
  held: boolean,
): Promise<WideRun> {
  return new WideRun(session, await startRows(session, run, shards, held));
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
