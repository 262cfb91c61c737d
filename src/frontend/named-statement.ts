// SQL's view of statements that were prepared by protocol messages: PostgreSQL has one space of
// names for both, but on its servers PgPack gives the latter names of its own.

import { readAnswersWith } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import type { SessionEffect } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { syncMessage } from '../protocol/frontend-messages.ts';
import { quoteName } from '../sql/quote-name.ts';
import { splice } from '../sql/splice.ts';
import { ownParse } from './prepare-on-server.ts';
import { isServerName, type PreparedStatement } from './prepared-statement.ts';
import { relayStatement } from './relay-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';

type Execute = Extract<SessionEffect, { readonly kind: 'execute' }>;

/** EXECUTE of a statement of the protocol, which one server can do under its name there; or of one
 *  that only the server has, and not for this client. */
export function isNamed({ database, statements }: SessionContext, { name }: Execute): boolean {
  if (database.shardCount > 1 || statements.sql.has(name)) return false;
  return statements.find(name) !== null || isServerName(name);
}

/** Answers false when the server's error went to the client. */
export async function executeNamed(
  session: SessionContext,
  run: StatementRun,
  { name, nameStart, nameEnd }: Execute,
): Promise<boolean> {
  const statement = session.statements.get(name);
  const server = await session.transaction.open(0);
  if (!statement.isOn(server)) await prepareOn(server, statement);
  const text = quoteName(statement.serverName);
  const sql = splice(run.cached.sql, [{ start: nameStart, end: nameEnd, text }]);
  return relayStatement(session, { ...run, cached: { ...run.cached, sql } }, 0);
}

async function prepareOn(server: ServerConnection, statement: PreparedStatement): Promise<void> {
  server.send(ownParse(statement, server).bytes(syncMessage).take(), 1);
  await readAnswersWith(server, () => {});
  statement.preparedOn(server);
}

/** DEALLOCATE is for the server: it has statements of SQL (null: ALL), or a procedure of a client
 *  that keeps its connection may have prepared some. */
export function isOnServer(session: SessionContext, name: string | null): boolean {
  const { database, statements, pinned } = session;
  if (database.shardCount > 1) return false;
  if (name === null) return pinned || statements.sql.size > 0;
  if (statements.sql.has(name)) return true;
  return pinned && statements.find(name) === null && !isServerName(name);
}

/** False: it is for the server. Throws `preparedStatementMissing`. */
export function deallocate(session: SessionContext, name: string | null): boolean {
  const { client, statements } = session;
  if (isOnServer(session, name)) return false;
  if (name === null) {
    statements.clear();
    client.writeSoon(commandComplete('DEALLOCATE ALL'));
    return true;
  }
  if (!statements.sql.delete(name)) {
    statements.get(name);
    statements.delete(name);
  }
  client.writeSoon(commandComplete('DEALLOCATE'));
  return true;
}
