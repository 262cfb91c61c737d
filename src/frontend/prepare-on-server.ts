// Named statements on server connections: what a client's own Parse becomes, and statements that a
// client prepared earlier, on a connection that does not have them. Those are prepared ahead, in an
// exchange of PgPack's own, so that what they return is known before anything of them runs.

import { readAnswers } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import {
  syncMessage,
  writeClose,
  writeDescribe,
  writeParse,
} from '../protocol/frontend-messages.ts';
import { Backend, Frontend } from '../protocol/message-codes.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import type { RelayStep } from './relay-step.ts';
import type { SessionContext } from './session-context.ts';
import { FormReader, type StatementForm } from './statement-form.ts';
import type { Item } from './unit-plan.ts';

/** The client's own Parse. A named statement is prepared anew even where the connection has it
 *  from another client: its tables may have changed since, and this client would be spared the
 *  error that the other one gets. */
export function writeClientParse(
  out: ByteWriter,
  steps: RelayStep[],
  statement: PreparedStatement,
  server: ServerConnection,
  client: {
    readonly session: SessionContext;
    readonly name: string;
    readonly replaced: PreparedStatement | null;
  },
): void {
  const { serverName, sql, parameterTypes } = statement;
  if (serverName !== '') makeRoom(out, steps, statement, server);
  writeParse(out, serverName, sql, parameterTypes);
  statement.preparedOn(server);
  steps.push({ kind: 'parse', statement, replaced: client.replaced });
  if (serverName === '') return;
  const { session, name } = client;
  describe(out, steps, session, form => {
    if (!statement.settles(form)) server.prepared.addDoubtful(serverName);
    session.statements.settle(name, statement, form);
  });
}

/** Within an exchange, where nothing can be asked ahead. */
export function prepareWhereMissing(
  out: ByteWriter,
  steps: RelayStep[],
  statement: PreparedStatement,
  server: ServerConnection,
  session: SessionContext,
): void {
  if (statement.isOn(server)) return;
  const { serverName, sql } = statement;
  if (serverName !== '') makeRoom(out, steps, statement, server);
  writeParse(out, serverName, sql, statement.settledTypes);
  statement.preparedOn(server);
  steps.push({ kind: 'swallow', statement });
  if (serverName === '') return;
  describe(out, steps, session, form => {
    if (!statement.settles(form)) server.prepared.addDoubtful(serverName);
  });
}

/** Some named statement that is to be prepared ahead is not on the server. */
export function lacksStatement(items: readonly Item[], server: ServerConnection): boolean {
  for (const { type, statement } of items) {
    if (type === Frontend.execute) return false;
    if (type === Frontend.parse || type === 0) return missing(items, server).length > 0;
    if (statement !== null && statement.serverName !== '' && !statement.isOn(server)) return true;
  }
  return false;
}

/** Rejects with the server's error, or with `cachedPlanChanged`, PostgreSQL's error for a statement
 *  whose tables changed under the client that has it. */
export async function prepareAhead(
  session: SessionContext,
  items: readonly Item[],
  server: ServerConnection,
): Promise<void> {
  for (const statement of missing(items, server)) await prepareOn(session, statement, server);
}

/** Those bound or described before the unit's first Execute: what later ones are may depend on
 *  what that does. */
function missing(items: readonly Item[], server: ServerConnection): PreparedStatement[] {
  const parsed = new Set<PreparedStatement>();
  const found = new Set<PreparedStatement>();
  for (const { type, statement } of items) {
    if (type === Frontend.execute) break;
    if (statement === null || statement.serverName === '' || type === 0) continue;
    if (type === Frontend.parse) parsed.add(statement);
    else if (!parsed.has(statement) && !statement.isOn(server)) found.add(statement);
  }
  return [...found];
}

/** A Parse in an exchange of PgPack's own; what stands in its way is closed. */
export function ownParse(
  { serverName, sql, settledTypes }: PreparedStatement,
  { prepared }: ServerConnection,
): ByteWriter {
  const out = new ByteWriter(sql.length + 128);
  const inTheWay = prepared.inTheWayOf(serverName);
  if (inTheWay !== null) {
    writeClose(out, 'S', inTheWay);
    prepared.delete(inTheWay);
  }
  return writeParse(out, serverName, sql, settledTypes);
}

async function prepareOn(
  session: SessionContext,
  statement: PreparedStatement,
  server: ServerConnection,
): Promise<void> {
  const { serverName } = statement;
  const out = writeDescribe(ownParse(statement, server), 'S', serverName);
  const reader = new FormReader(session.database.shardCount);
  let form: StatementForm | null = null;
  server.send(out.bytes(syncMessage).take(), 1);
  const error = await readAnswers(server, undefined, (type, message) => {
    if (type === Backend.parameterDescription) reader.onParameters(message);
    else if (type === Backend.rowDescription || type === Backend.noData) {
      form = reader.onColumns(message);
    }
  });
  if (error !== null) throw error;
  statement.preparedOn(server);
  if (form === null || statement.settles(form) || !isPlanned(statement)) return;
  server.prepared.addDoubtful(serverName);
  throw new PgError(errors.cachedPlanChanged);
}

/** Other statements have no plan that could change (plancache.c, StmtPlanRequiresRevalidation). */
function isPlanned({ cached }: PreparedStatement): boolean {
  return ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(cached.plan.tag);
}

/** Asks what was just prepared; nobody else hears the answer. */
function describe(
  out: ByteWriter,
  steps: RelayStep[],
  session: SessionContext,
  onForm: (form: StatementForm) => void,
): void {
  const { statement } = steps.at(-1) as Extract<RelayStep, { kind: 'parse' | 'swallow' }>;
  writeDescribe(out, 'S', statement!.serverName);
  steps.push({ kind: 'form', reader: new FormReader(session.database.shardCount), onForm });
}

/** Closes what stands in the way of preparing the statement. */
function makeRoom(
  out: ByteWriter,
  steps: RelayStep[],
  { serverName }: PreparedStatement,
  server: ServerConnection,
): void {
  const name = server.prepared.inTheWayOf(serverName);
  if (name === null) return;
  const sure = server.prepared.use(name);
  writeClose(out, 'S', name);
  server.prepared.delete(name);
  steps.push({ kind: 'closed', name, sure });
}
