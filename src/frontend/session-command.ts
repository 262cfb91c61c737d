// Statements about the session and its transaction, on a database of several shards: PgPack
// itself begins and ends blocks, and keeps what has to be repeated on branches opened later.

import { runCommand } from '../backend/internal-query.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { SessionEffect } from '../plan/statement-plan.ts';
import { commandComplete, noticeResponse } from '../protocol/backend-messages.ts';
import { refuseSet } from './refuse-setting.ts';
import { relayStatement } from './relay-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';

/** `none`: the statement is none of these and goes its way to the shards. `failed`: the client
 *  has the server's error. */
export async function runSessionCommand(
  session: SessionContext,
  run: StatementRun,
): Promise<'done' | 'failed' | 'none'> {
  const { effect, tag } = run.cached.plan;
  if (effect === null) return 'none';
  if (effect.kind === 'deallocate') return deallocate(session, effect.name) ? 'done' : 'none';
  if (session.database.shardCount === 1) return 'none';
  switch (effect.kind) {
    case 'begin':
      await begin(session, effect.sql, tag);
      return 'done';
    case 'commit':
    case 'rollback':
      await endBlock(session, effect);
      return 'done';
    case 'savepoint':
    case 'release':
    case 'rollback-to':
      await savepoint(session, effect, run.cached.sql, tag);
      return 'done';
    case 'set':
    case 'reset':
    case 'reset-all':
      if (effect.kind === 'set') refuseSet(effect.sql);
      return (await onEveryBranch(session, run)) ? 'done' : 'failed';
    case 'set-local':
      refuseSet(effect.sql);
      if (!(await onEveryBranch(session, run))) return 'failed';
      if (session.transaction.mode !== 'none') session.transaction.addLocal(effect.sql);
      return 'done';
    default:
      return 'none';
  }
}

/** Named statements of the protocol live under other names on the servers. */
function deallocate(session: SessionContext, name: string | null): boolean {
  const { client, statements } = session;
  if (session.pinned && (name === null || statements.find(name) === null)) return false;
  if (name === null) {
    statements.clear();
    client.write(commandComplete('DEALLOCATE ALL'));
    return true;
  }
  statements.get(name);
  statements.delete(name);
  client.write(commandComplete('DEALLOCATE'));
  return true;
}

async function begin(session: SessionContext, sql: string, tag: string): Promise<void> {
  const { client, transaction } = session;
  if (transaction.mode === 'explicit') {
    const text = 'there is already a transaction in progress';
    client.write(noticeResponse('WARNING', '25001', text));
  } else {
    await transaction.begin(sql);
  }
  client.write(commandComplete(tag));
}

async function endBlock(
  session: SessionContext,
  effect: Extract<SessionEffect, { kind: 'commit' | 'rollback' }>,
): Promise<void> {
  const { client, transaction } = session;
  if (transaction.mode !== 'explicit') {
    if (effect.chain) {
      const command = effect.kind === 'commit' ? 'COMMIT AND CHAIN' : 'ROLLBACK AND CHAIN';
      throw new PgError(errors.noActiveTransaction, { command });
    }
    client.write(noticeResponse('WARNING', '25P01', 'there is no transaction in progress'));
  }
  const { beginSql } = transaction;
  const committed = await transaction.end(effect.kind === 'commit');
  session.blockEnded();
  if (effect.chain) await transaction.begin(beginSql);
  client.write(commandComplete(committed ? 'COMMIT' : 'ROLLBACK'));
}

async function savepoint(
  session: SessionContext,
  effect: Extract<SessionEffect, { kind: 'savepoint' | 'release' | 'rollback-to' }>,
  sql: string,
  tag: string,
): Promise<void> {
  const { client, transaction } = session;
  if (transaction.mode === 'none') {
    const command = effect.kind === 'rollback-to' ? 'ROLLBACK TO SAVEPOINT' : tag;
    const name = effect.kind === 'release' ? 'RELEASE SAVEPOINT' : command;
    throw new PgError(errors.noActiveTransaction, { command: name });
  }
  if (effect.kind !== 'savepoint' && !transaction.hasSavepoint(effect.name)) {
    throw new PgError(errors.savepointMissing, { name: effect.name });
  }
  await Promise.all(transaction.servers.map(server => runCommand(server, sql)));
  if (effect.kind === 'savepoint') transaction.addSavepoint(effect.name, sql);
  else if (effect.kind === 'release') transaction.releaseSavepoint(effect.name);
  else transaction.rolledBackTo(effect.name);
  client.write(commandComplete(tag));
}

/** One branch answers the client, the others follow it. False: it answered with an error. */
async function onEveryBranch(session: SessionContext, run: StatementRun): Promise<boolean> {
  const { transaction } = session;
  const first = transaction.openShard ?? session.homeShard;
  const others = transaction.servers.filter(server => server.address.shard !== first);
  if (!(await relayStatement(session, run, first))) return false;
  await Promise.all(others.map(server => runCommand(server, run.cached.sql)));
  return true;
}
