// now() on several shards: one of them says when the client's transaction began, and all of them get
// that moment, for as long as the transaction goes on.

import { internalQuery } from '../backend/internal-query.ts';
import { atMoment, momentMark } from '../plan/moment.ts';
import type { StatementPlan, WidePlan } from '../plan/statement-plan.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { CachedStatement } from './cached-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';

/** Of open blocks, by the number of the transaction: that of the shard where it began first. */
const moments = new WeakMap<
  ClientTransaction,
  { readonly number: number; readonly text: string }
>();

// Read alike under any TimeZone and DateStyle.
const question = `SELECT pg_catalog.to_char(
  pg_catalog.timezone('UTC', pg_catalog.now()), 'YYYY-MM-DD HH24:MI:SS.US') || '+00'`;

export function asksForMoment(wide: WidePlan): boolean {
  return 'moment' in wide && wide.moment === true;
}

/** The run with the moment in its plan; itself where that does not ask. */
export async function runAtMoment(
  session: SessionContext,
  run: StatementRun,
  shards: readonly number[],
): Promise<StatementRun> {
  const { plan } = run.cached;
  const { wide } = plan;
  if (!('moment' in wide) || wide.moment !== true) return run;
  const { moment, ...others } = atMoment(wide, await momentOf(session, shards[0]!));
  return { ...run, cached: { ...run.cached, plan: { ...plan, wide: others } } };
}

/** Whether now() on this shard is later than what statements of the transaction have seen. */
export function isLate(
  { transaction }: SessionContext,
  plan: StatementPlan,
  shard: number,
): boolean {
  if (plan.momentSql === null || transaction.mode === 'none') return false;
  const first = transaction.openShard;
  return first !== null && first !== shard;
}

/** Its text as it goes to this shard: as written unless it would be late there. */
export async function sqlInTime(
  session: SessionContext,
  { sql, plan }: CachedStatement,
  shard: number,
): Promise<string> {
  const { momentSql } = plan;
  if (momentSql === null || !isLate(session, plan, shard)) return sql;
  return momentSql.replaceAll(momentMark, await momentOf(session, shard));
}

async function momentOf({ transaction, pinned }: SessionContext, shard: number): Promise<string> {
  const known = moments.get(transaction);
  const inBlock = transaction.mode !== 'none';
  if (inBlock && known?.number === transaction.ended) return known.text;
  const server = await transaction.open((inBlock ? transaction.openShard : null) ?? shard);
  const [row] = await internalQuery(server, question);
  const text = row![0]!;
  if (inBlock) moments.set(transaction, { number: transaction.ended, text });
  // A connection that is held while another is waited for could make clients wait in a circle.
  if (transaction.mode === 'none' && !pinned) transaction.release();
  return text;
}
