// RESET and DISCARD ALL: a session goes back to what it began with. Its server knows only what the
// pool began with, so the startup parameters are set again before the client has its answer.

import { readAnswersWith } from '../backend/internal-query.ts';
import { isDiscarded } from '../backend/leftovers.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import type { SessionEffect } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { queryMessage } from '../protocol/frontend-messages.ts';
import { Backend } from '../protocol/message-codes.ts';
import { reportChanges, reportedBy } from './parameter-changes.ts';
import type { SessionContext, StatementRun } from './session-context.ts';

/** The server's own answer would be another than the session's. */
export function resetsToStartup(session: SessionContext, effect: SessionEffect): boolean {
  const { startup } = session.transaction.settings;
  if (effect.kind === 'discard-all') return true;
  if (effect.kind === 'reset') {
    return (
      startup.has(effect.name) || (effect.name === 'session_authorization' && startup.has('role'))
    );
  }
  return effect.kind === 'reset-all' && startup.size > 0;
}

/** Sends everything of the answer but ReadyForQuery. Rejects with the server's error. */
export async function runReset(session: SessionContext, run: StatementRun): Promise<void> {
  const { transaction, client } = session;
  const { plan, sql } = run.cached;
  const first = transaction.openShard ?? session.homeShard;
  const server = await transaction.open(first);
  const before = reportedBy(server);
  for (const [i, one] of transaction.servers.entries()) {
    await runOn(session, one, sql.trim(), i === 0);
  }
  session.applyEffect(plan, plan.tag);
  if (plan.effect?.kind === 'discard-all') discard(session);
  for (const one of transaction.servers) await transaction.open(one.address.shard);
  client.write(commandComplete(plan.tag));
  reportChanges(session, before, server);
}

/** `told`: the client gets its notices. */
async function runOn(
  session: SessionContext,
  server: ServerConnection,
  sql: string,
  told: boolean,
): Promise<void> {
  server.unnamed = null;
  server.send(queryMessage(sql), 1);
  await readAnswersWith(server, (type, message) => {
    if (told && type === Backend.notice) session.client.write(message);
  });
}

function discard(session: SessionContext): void {
  for (const server of session.transaction.servers) {
    if (server.dirty !== null && isDiscarded(server.dirty)) server.dirty = null;
  }
  session.discarded();
}
