// Statements about the session and its transaction, on a database of several shards: PgPack
// itself begins and ends blocks, and keeps what has to be repeated on branches opened later.

import { runCommand } from '../backend/internal-query.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { SessionEffect } from '../plan/statement-plan.ts';
import { commandComplete, noticeResponse } from '../protocol/backend-messages.ts';
import { setConfigStatement, settingName } from '../sql/setting.ts';
import { isCursorEffect, runCursorCommand } from './cursor-command.ts';
import { deallocate, executeNamed, isNamed } from './named-statement.ts';
import { runNotification } from './notification-gate.ts';
import { isOwnEffect, runOwn } from './own-settings.ts';
import { reportChanges, reportedBy } from './parameter-changes.ts';
import { refuseSet } from './refuse-setting.ts';
import { relayStatement } from './relay-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { refuseResets, resetsToStartup, runReset } from './session-reset.ts';
import { configChanges, refuseConfig, resolved } from './set-config-call.ts';
import { runSetConfigDefaults } from './set-config-default.ts';
import { checkSqlName, prepareSql } from './sql-statements.ts';

/** `none`: the statement is none of these and goes its way to the shards. `failed`: the client
 *  has the server's error. */
export async function runSessionCommand(
  session: SessionContext,
  run: StatementRun,
): Promise<'done' | 'failed' | 'none'> {
  const { effect, tag } = run.cached.plan;
  if (effect === null) return 'none';
  if (isOwnEffect(effect)) {
    await runOwn(session, run, effect);
    return 'done';
  }
  if (isCursorEffect(effect)) {
    await runCursorCommand(session, run, effect);
    return 'done';
  }
  if (effect.kind === 'deallocate') return deallocate(session, effect.name) ? 'done' : 'none';
  if (effect.kind === 'prepare') checkSqlName(session, effect.name);
  if (effect.kind === 'execute' && isNamed(session, effect)) {
    return (await executeNamed(session, run, effect)) ? 'done' : 'failed';
  }
  if (session.database.shardCount > 1) {
    refuseBehindLocal(session, resolved(run.cached.plan, run.bind).effect ?? effect);
  }
  if (effect.kind === 'sequence-state') return refuseForeignState(session, effect.construct);
  if (resetsToStartup(session, effect)) {
    await runReset(session, run);
    return 'done';
  }
  if (effect.kind === 'block-resets') return refuseResets(session, effect.names);
  if (effect.kind === 'set-config') {
    const defaults = await runSetConfigDefaults(session, run);
    if (defaults !== 'none') return defaults;
  }
  // A server that is the whole database does the rest by itself, unless its block is PgPack's.
  const { shardCount } = session.database;
  if (shardCount === 1 && session.transaction.mode !== 'implicit') return 'none';
  switch (effect.kind) {
    case 'begin':
      await begin(session, effect.sql, tag);
      return 'done';
    case 'commit':
    case 'rollback':
      await endBlock(session, effect);
      return 'done';
    case 'prepare-transaction':
      // Of a failed block it is ROLLBACK (xact.c, PrepareTransactionBlock).
      if (!session.transaction.failed) return 'none';
      await endBlock(session, { kind: 'rollback', chain: false });
      return 'done';
    case 'savepoint':
    case 'release':
    case 'rollback-to':
      await savepoint(session, effect, run.cached.sql, tag);
      return 'done';
    default:
      return shardCount === 1 ? 'none' : onShards(session, run, effect);
  }
}

/** Branches opened later begin with the session's settings and repeat each SET LOCAL, which would come
 *  last there. */
function refuseBehindLocal({ transaction }: SessionContext, effect: SessionEffect): void {
  const refused = settingsOf(effect).find(name => transaction.repeatsLocal(name));
  if (refused === undefined) return;
  const construct = `setting ${refused ?? 'anything'} for the session behind SET LOCAL of it`;
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

/** What a statement puts back or calls set_config() for, for the session; null: anything. */
function settingsOf(effect: SessionEffect): readonly (string | null)[] {
  switch (effect.kind) {
    case 'reset':
      return [effect.name];
    case 'reset-all':
      return [null];
    case 'set-config':
      return configChanges(effect.calls)
        .filter(({ local }) => !local)
        .map(({ name }) => settingName(name));
    default:
      return [];
  }
}

/** Outside the transaction that called nextval() the connection is another client's, or was. */
function refuseForeignState({ transaction, pinned }: SessionContext, construct: string): 'none' {
  if (transaction.mode !== 'none' || pinned) return 'none';
  throw new PgError(errors.sequenceState, { construct });
}

/** What changes the session, on every branch. */
async function onShards(
  session: SessionContext,
  run: StatementRun,
  effect: SessionEffect,
): Promise<'done' | 'failed' | 'none'> {
  switch (effect.kind) {
    case 'set': {
      for (const { sql } of effect.changes) refuseSet(sql);
      const result = await onEveryBranch(session, run, run.cached.sql);
      // It comes last on branches opened later too.
      for (const { name, sql } of effect.changes) {
        if (result === 'done' && session.transaction.repeatsLocal(name)) {
          session.transaction.addLocal(name, sql);
        }
      }
      return result;
    }
    case 'reset':
    case 'reset-all':
      return onEveryBranch(session, run, run.cached.sql);
    case 'set-local': {
      refuseSet(effect.sql);
      const result = await onEveryBranch(session, run, run.cached.sql);
      const open = session.transaction.mode !== 'none';
      if (result === 'done' && open) session.transaction.addLocal(effect.name, effect.sql);
      return result;
    }
    case 'set-config':
      return setConfig(session, run);
    case 'prepare':
      await prepareSql(session, run, effect);
      return 'done';
    case 'listen':
    case 'unlisten':
    case 'notify':
      return runNotification(session, run);
    default:
      return 'none';
  }
}

async function setConfig(session: SessionContext, run: StatementRun): Promise<'done' | 'failed'> {
  const plan = resolved(run.cached.plan, run.bind);
  if (plan.effect?.kind !== 'set-config') {
    throw new PgError(errors.unsupportedAcrossShards, { construct: 'function set_config()' });
  }
  const { calls } = plan.effect;
  refuseConfig(calls);
  const sql = configChanges(calls).map(one => setConfigStatement(one.name, one.value, one.local));
  const known = { ...run, cached: { ...run.cached, plan } };
  const repeated = calls.some(call => call.ifExists) ? run.cached.sql : sql.join(';');
  return onEveryBranch(session, known, repeated);
}

async function begin(session: SessionContext, sql: string, tag: string): Promise<void> {
  const { client, transaction } = session;
  if (transaction.mode === 'explicit') {
    const text = 'there is already a transaction in progress';
    client.writeSoon(noticeResponse('WARNING', '25001', text));
  } else {
    await transaction.begin(sql);
  }
  client.writeSoon(commandComplete(tag));
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
    client.writeSoon(noticeResponse('WARNING', '25P01', 'there is no transaction in progress'));
  }
  const { beginSql } = transaction;
  const [server] = transaction.servers;
  const before = server === undefined ? null : reportedBy(server);
  await session.notifications?.commitBegins();
  const committed = await transaction.end(effect.kind === 'commit');
  if (!committed) session.statements.dropCursors(transaction.ended - 1);
  session.blockEnded();
  if (effect.chain) await transaction.begin(beginSql);
  client.writeSoon(commandComplete(committed ? 'COMMIT' : 'ROLLBACK'));
  if (server !== undefined) reportChanges(session, before!, server);
}

async function savepoint(
  session: SessionContext,
  effect: Extract<SessionEffect, { kind: 'savepoint' | 'release' | 'rollback-to' }>,
  sql: string,
  tag: string,
): Promise<void> {
  const { client, transaction, statements } = session;
  // Several statements in one message are no block for them (xact.c, DefineSavepoint).
  if (transaction.mode !== 'explicit') {
    const command = effect.kind === 'rollback-to' ? 'ROLLBACK TO SAVEPOINT' : tag;
    const name = effect.kind === 'release' ? 'RELEASE SAVEPOINT' : command;
    throw new PgError(errors.noActiveTransaction, { command: name });
  }
  if (effect.kind !== 'savepoint' && transaction.savepointsBefore(effect.name) < 0) {
    throw new PgError(errors.savepointMissing, { name: effect.name });
  }
  const [first] = transaction.servers;
  const reported = first === undefined ? null : reportedBy(first);
  await Promise.all(transaction.servers.map(server => runCommand(server, sql)));
  const before = transaction.savepointsBefore(effect.name);
  if (effect.kind === 'savepoint') transaction.addSavepoint(effect.name, sql);
  else if (effect.kind === 'release') {
    transaction.releaseSavepoint(effect.name);
    statements.releasedTo(before);
  } else {
    transaction.rolledBackTo(effect.name);
    statements.rolledBackTo(before);
  }
  client.writeSoon(commandComplete(tag));
  if (first !== undefined) reportChanges(session, reported!, first);
}

/** One branch answers the client, the others follow it with `sql`. */
async function onEveryBranch(
  session: SessionContext,
  run: StatementRun,
  sql: string,
): Promise<'done' | 'failed'> {
  const { transaction } = session;
  const first = transaction.openShard ?? session.homeShard;
  const others = transaction.servers.filter(server => server.address.shard !== first);
  if (!(await relayStatement(session, run, first))) return 'failed';
  await Promise.all(others.map(server => runCommand(server, sql)));
  return 'done';
}
