// set_config() with the arguments of one execution, followed as SET is.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { ownSettings } from '../plan/directive.ts';
import type { SetConfigArgument, SetConfigCall, StatementPlan } from '../plan/statement-plan.ts';
import { ofTransaction } from '../planner/plan-set.ts';
import { unfollowedCall } from '../planner/set-config.ts';
import { type BindMessage, parameterFormat, parameterOffset } from '../protocol/client-frame.ts';
import { setConfigStatement, settingName } from '../sql/setting.ts';
import { refuseSetting } from './refuse-setting.ts';
import type { SessionContext } from './session-context.ts';

/** The plan with the values of the portal's Bind among `items`; see `resolved`. */
export function withArguments(
  plan: StatementPlan,
  items: readonly { readonly bind: BindMessage | null }[],
  portal: string,
): StatementPlan {
  if (plan.effect?.kind !== 'set-config') return plan;
  return resolved(plan, items.findLast(({ bind }) => bind?.portal === portal)?.bind ?? null);
}

/** The plan with values in the place of parameters. Without them the client has to keep its
 *  connection (`pinsSession`): what was set is not known. */
export function resolved(plan: StatementPlan, bind: BindMessage | null): StatementPlan {
  if (plan.effect?.kind !== 'set-config') return plan;
  const calls: SetConfigCall[] = [];
  for (const call of plan.effect.calls) {
    const name = read(call.name, bind, false);
    const value = read(call.value, bind, false);
    const local = read(call.local, bind, true);
    if (name === null || value === null || local === null) {
      return { ...plan, effect: null, pinsSession: 'function set_config()' };
    }
    calls.push({ ...call, name, value, local });
  }
  const kept = unfollowedCall(calls);
  if (kept !== null) return { ...plan, effect: null, pinsSession: kept };
  return { ...plan, effect: { kind: 'set-config', calls } };
}

/** null: it cannot be told. */
function read(
  argument: SetConfigArgument,
  bind: BindMessage | null,
  isBoolean: boolean,
): SetConfigArgument | null {
  if (argument.kind === 'text') return argument;
  const { index } = argument;
  const at = bind === null ? -1 : parameterOffset(bind, index);
  if (bind === null || at < 0) return null;
  const length = bind.buffer.readInt32BE(at);
  if (length < 0) return { kind: 'text', text: null };
  // boolsend: one byte; the other types' binary form is their text.
  if (isBoolean && parameterFormat(bind, index) === 1) {
    return { kind: 'text', text: String(bind.buffer[at + 4] !== 0) };
  }
  return { kind: 'text', text: bind.buffer.toString('utf8', at + 4, at + 4 + length) };
}

export interface ConfigChange {
  /** As the client wrote it. */
  readonly name: string;
  /** null: the setting's default. */
  readonly value: string | null;
  readonly local: boolean;
}

/** Of calls without parameters. NULL as a name fails in PostgreSQL, as the last argument it is
 *  false (guc_funcs.c, set_config_by_name). */
export function configChanges(calls: readonly SetConfigCall[]): ConfigChange[] {
  return calls.map(({ name, value, local }) => ({
    name: textOf(name) ?? '',
    value: textOf(value),
    local: isTrue(textOf(local)) || ofTransaction.has(settingName(textOf(name) ?? '')),
  }));
}

function textOf(argument: SetConfigArgument): string | null {
  return argument.kind === 'text' ? argument.text : null;
}

/** parse_bool of bool.c: prefixes count. */
function isTrue(text: string | null): boolean {
  const word = text?.trim().toLowerCase() ?? '';
  return word === '1' || word === 'on' || (word !== '' && /^(t(r(ue?)?)?|y(es?)?)$/.test(word));
}

/** After a statement of these calls succeeded on every open branch. */
export function applySetConfig(session: SessionContext, calls: readonly SetConfigCall[]): void {
  const { transaction } = session;
  const { settings } = transaction;
  for (const { name, value, local } of configChanges(calls)) {
    const key = settingName(name);
    const sql = setConfigStatement(name, value, local);
    if (local) settings.setLocal(key, sql);
    else settings.set(key, sql);
    if (local && session.database.shardCount > 1 && transaction.mode !== 'none') {
      transaction.addLocal(key, sql);
    }
  }
  transaction.settingsApplied();
}

/** Throws `unsupported` for what would make answers wrong on several shards. */
export function refuseConfig(calls: readonly SetConfigCall[]): void {
  for (const { name, value } of configChanges(calls)) {
    if (name.toLowerCase() === 'seed' || ownSettings.has(name.toLowerCase())) {
      throw new PgError(errors.unsupported, { construct: `set_config() of ${name}` });
    }
    if (value !== null) refuseSetting(name, value);
  }
}
