// RESET and DISCARD ALL: a session goes back to what it began with. Its server knows only what the
// pool began with, so the startup parameters are set again before the client has its answer.

import { readAnswersWith } from '../backend/internal-query.ts';
import { isDiscarded } from '../backend/leftovers.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { SessionEffect } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { queryMessage } from '../protocol/frontend-messages.ts';
import { Backend } from '../protocol/message-codes.ts';
import { localStatement } from '../sql/setting.ts';
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
  if (effect.kind === 'set-local') return effect.toDefault === true && startup.has(effect.name);
  return effect.kind === 'reset-all' && startup.size > 0;
}

/** The startup parameter that `names`, of which `all` is every one, goes back to; null: none. */
export function startupAmong(
  { transaction }: SessionContext,
  names: readonly string[],
): string | null {
  const { startup } = transaction.settings;
  const found = names.find(name => startup.has(name) || (name === 'all' && startup.size > 0));
  return found ?? null;
}

/** Throws `unsupported` for a block that resets a startup parameter by itself. */
export function refuseResets(session: SessionContext, names: readonly string[]): 'none' {
  const name = startupAmong(session, names);
  if (name === null) return 'none';
  const what =
    name === 'all' ? 'RESET ALL' : `RESET of ${name}, a startup parameter of the client,`;
  throw new PgError(errors.unsupported, { construct: `${what} in a DO block` });
}

/** Sends everything of the answer but ReadyForQuery. Rejects with the server's error. */
export async function runReset(session: SessionContext, run: StatementRun): Promise<void> {
  const { transaction, client } = session;
  const { plan, sql } = run.cached;
  const first = transaction.openShard ?? session.homeShard;
  const server = await transaction.open(first);
  const before = reportedBy(server);
  const local = startupLocal(session, plan.effect);
  for (const [i, one] of transaction.servers.entries()) {
    await runOn(session, one, local ?? sql.trim(), i === 0);
  }
  if (local !== null && session.database.shardCount > 1) {
    const name = plan.effect?.kind === 'set-local' ? plan.effect.name : '';
    transaction.addLocal(name, local);
  }
  session.applyEffect(plan, plan.tag);
  if (plan.effect?.kind === 'discard-all') discard(session);
  for (const one of transaction.servers) await transaction.open(one.address.shard);
  client.writeSoon(commandComplete(plan.tag));
  reportChanges(session, before, server);
}

/** SET LOCAL … TO DEFAULT with the startup value; null: it is something else, or the server only
 *  says that it does nothing outside a block. */
function startupLocal({ transaction }: SessionContext, effect: SessionEffect | null) {
  if (effect?.kind !== 'set-local' || transaction.mode === 'none') return null;
  const sql = transaction.settings.startup.get(effect.name);
  return sql === undefined ? null : localStatement(sql);
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
    if (told && type === Backend.notice) session.client.writeSoon(message);
  });
}

function discard(session: SessionContext): void {
  for (const server of session.transaction.servers) {
    if (server.dirty !== null && isDiscarded(server.dirty)) server.dirty = null;
  }
  session.discarded();
}
