// SET, RESET and SHOW of the settings that are PgPack's own: where the session's statements go by
// hand. Answered here; the plans they concern are other plans (`SessionCatalog`), so that a
// statement under a directive costs no more than one without.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { Directive, OwnVariable, RoleDirective } from '../plan/directive.ts';
import type { SessionEffect, StatementPlan } from '../plan/statement-plan.ts';
import { commandComplete, dataRow, noticeResponse } from '../protocol/backend-messages.ts';
import { type ColumnDescription, rowDescription, textColumn } from '../protocol/row-description.ts';
import { shardDirective } from '../sql/comment-directives.ts';
import { checkShard } from '../sql/directive-shard.ts';
import { checkedOwn, type OwnEffect } from '../sql/own-statement.ts';
import { fieldOf, type ManualValues, nothingManual } from '../transaction/manual-settings.ts';
import type { SessionContext, StatementRun } from './session-context.ts';

export function isOwnEffect(effect: SessionEffect | null): effect is OwnEffect {
  return effect !== null && (effect.kind === 'set-own' || effect.kind === 'show-own');
}

/** Sends everything of the answer but ReadyForQuery. Throws what is wrong with the value. */
export async function runOwn(
  session: SessionContext,
  run: StatementRun,
  effect: OwnEffect,
): Promise<void> {
  const { client } = session;
  const { tag } = run.cached.plan;
  // On one shard the block is the server's, which is not asked.
  if (session.transaction.failed) throw new PgError(errors.inFailedTransaction);
  if (effect.kind === 'show-own') {
    if (session.cache === null) await session.loadCache();
    // The columns of an extended query were told by Describe.
    if (run.bind === null) client.writeSoon(rowDescription(ownColumns(run.cached.plan)!));
    client.writeSoon(dataRow([shown(session, effect.name)]));
  } else {
    if (effect.kind === 'set-own') await setOwn(session, effect);
  }
  client.writeSoon(commandComplete(tag));
}

/** The columns of the answer; null: it is none of these statements, or has no rows. */
export function ownColumns({ effect }: StatementPlan): readonly ColumnDescription[] | null {
  return effect?.kind === 'show-own' ? [textColumn(effect.name.replace('_reads', ' reads'))] : null;
}

async function setOwn(
  session: SessionContext,
  effect: Extract<OwnEffect, { readonly kind: 'set-own' }>,
): Promise<void> {
  const { client, transaction } = session;
  const { name, value, local } = effect;
  if (local && transaction.mode === 'none') {
    const text = 'SET LOCAL can only be used in transaction blocks';
    client.writeSoon(noticeResponse('WARNING', '25P01', text));
  }
  const { manual } = transaction.settings;
  const lasts = !local || transaction.mode !== 'none';
  if (value === null) {
    if (lasts) manual.reset(name, local);
    return;
  }
  const set = ownValue(name, value, session.homeShard);
  if (set.directive !== undefined && set.directive !== null) {
    await checkDirective(session, set.directive);
  }
  if (!lasts) return;
  const field = fieldOf(name);
  manual.set(field, set[field] as ManualValues[typeof field], local);
}

/** A key that no table can have is refused when it is set, as a shard that does not exist. */
async function checkDirective(session: SessionContext, directive: Directive): Promise<void> {
  const { database } = session;
  if (directive.kind === 'shard') return checkShard(directive.shard, database.shardCount);
  if (session.cache === null) await session.loadCache();
  database.settle(directive);
}

type OwnName = Extract<OwnEffect, { readonly kind: 'set-own' }>['name'];

/** One value by the field it belongs to. Throws `directiveInvalid`. */
function ownValue(name: OwnName, value: string, homeShard: number): Partial<ManualValues> {
  switch (name) {
    case 'pgdog.shard':
      if (value === '') return { directive: null };
      if (value === 'any') return { directive: { kind: 'shard', shard: homeShard } };
      return { directive: shardDirective(name, value) };
    case 'pgdog.sharding_key':
      return { directive: value === '' ? null : { kind: 'key', value } };
    case 'pgdog.role':
      return { role: value === '' ? null : (value as RoleDirective) };
    default:
      return { primaryReads: value === 'on' };
  }
}

function shown(session: SessionContext, name: OwnVariable): string {
  const { directive, role, primaryReads } = session.transaction.settings.manual.values;
  switch (name) {
    case 'pgdog.shards':
      return String(session.database.shardCount);
    case 'pgdog.shard':
      return directive?.kind === 'shard' ? String(directive.shard) : '';
    case 'pgdog.sharding_key':
      return directive?.kind === 'key' ? directive.value : '';
    case 'shard':
      return shardInForce(session, directive);
    case 'primary_reads':
      return primaryReads === false ? 'off' : 'on';
    default:
      return role ?? 'auto';
  }
}

/** PgCat's SHOW SHARD: also the shard that a key names. */
function shardInForce({ database }: SessionContext, directive: Directive | null): string {
  if (directive === null) return 'unset';
  const settled = database.settle(directive);
  return settled.kind === 'shard' ? String(settled.shard) : 'unset';
}

/** Takes the settings of a StartupMessage that are PgPack's own out of `settings`. Throws a fatal
 *  error for a value that is none, or a shard that does not exist. */
export function takeOwnSettings(settings: Map<string, string>, shardCount: number): ManualValues {
  let values = nothingManual;
  for (const name of ['pgdog.sharding_key', 'pgdog.shard', 'pgdog.role'] as const) {
    const value = settings.get(name);
    if (value === undefined) continue;
    settings.delete(name);
    try {
      values = { ...values, ...ownValue(name, checkedOwn(name, value), 0) };
      const { directive } = values;
      if (directive?.kind === 'shard') checkShard(directive.shard, shardCount);
    } catch (error) {
      throw new PgError(errors.invalidParameter, { what: (error as PgError).message });
    }
  }
  return values;
}
