// Where in the client's text an error of a rewritten statement belongs: what is wrong with a
// statement itself PostgreSQL says of the client's own text too, with its place there.

import { ServerError } from '../protocol/server-error.ts';
import { describeStatement } from './describe-statement.ts';
import { onOtherConnection } from './other-connection.ts';
import type { SessionContext, StatementRun } from './session-context.ts';

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

/** The error has ended what could be asked of the transaction. */
async function askBeside(
  session: SessionContext,
  run: StatementRun,
  shard: number,
): Promise<ServerError | null> {
  return onOtherConnection(session, shard, async server => {
    try {
      await describeStatement(server, run.cached.sql, run.parameterTypes);
    } catch (error) {
      return error instanceof ServerError ? error : null;
    }
    return null;
  });
}
