// Where in the client's text an error of a rewritten statement belongs: what is wrong with a
// statement itself PostgreSQL says of the client's own text too, with its place there.

import { cancelQuery } from '../backend/cancel-query.ts';
import { ServerError } from '../protocol/server-error.ts';
import { ClientTransaction } from '../transaction/client-transaction.ts';
import { describeStatement } from './describe-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';

/** A transaction may keep a table locked that it cannot be asked about itself. */
const patienceMs = 500;

/** The error as it is where its place is known, or cannot be found out. */
export async function inItsPlace(
  session: SessionContext,
  run: StatementRun,
  shards: readonly number[],
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof ServerError) || !error.isMisplaced || session.closed) return error;
  const { mode } = session.transaction;
  const own = await (mode === 'none' ? ask : askBeside)(session, run, shards[0]!);
  return own?.sqlstate === error.sqlstate ? own : error;
}

async function ask(
  { transaction, pinned }: SessionContext,
  run: StatementRun,
  shard: number,
): Promise<ServerError | null> {
  try {
    const server = await transaction.open(shard);
    await describeStatement(server, run.cached.sql, run.parameterTypes);
  } catch (error) {
    return error instanceof ServerError ? error : null;
  } finally {
    if (!pinned) transaction.release();
  }
  return null;
}

/** The error has ended what could be asked of the transaction. Another connection is asked if there is
 *  one to be had: who holds some must not wait for those of others. */
async function askBeside(
  { transaction, database }: SessionContext,
  run: StatementRun,
  shard: number,
): Promise<ServerError | null> {
  const { cluster } = database;
  const pool = cluster.pools[shard]!;
  const isFree = pool.idle > 0 || pool.size + pool.opening < pool.sizeMax;
  if (!isFree || pool.waiting > 0 || pool.held) return null;
  const beside = new ClientTransaction(cluster, transaction.settings);
  let stopped = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  try {
    const server = await beside.open(shard);
    timer = setTimeout(() => {
      stopped = cancelQuery(server);
    }, patienceMs);
    await describeStatement(server, run.cached.sql, run.parameterTypes);
  } catch (error) {
    return error instanceof ServerError ? error : null;
  } finally {
    clearTimeout(timer);
    await stopped;
    beside.release();
  }
  return null;
}
