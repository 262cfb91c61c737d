// A text that our parser refuses on a database of several shards: PostgreSQL says what is wrong
// with it in its own words. It is only prepared there, never run.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { ServerError } from '../protocol/server-error.ts';
import { describeStatement } from './describe-statement.ts';
import type { SessionContext } from './session-context.ts';

/** Always rejects: with PostgreSQL's error, or with a refusal when PostgreSQL takes the text. */
export async function raiseParseError(
  session: SessionContext,
  sql: string,
  ours: PgError,
): Promise<never> {
  if (ours.id !== errors.syntaxError.id) throw ours;
  const { transaction, homeShard } = session;
  const server = await transaction.open(transaction.openShard ?? homeShard);
  try {
    await describeStatement(server, sql, []);
  } catch (error) {
    // Several statements in one text cannot be prepared: that much was parsed.
    const severalStatements =
      error instanceof ServerError && /multiple commands/.test(error.message);
    throw severalStatements ? ours : error;
  }
  const construct = `a statement that PgPack cannot parse (${ours.message})`;
  throw new PgError(errors.unsupportedAcrossShards, { construct }, { cause: ours });
}
