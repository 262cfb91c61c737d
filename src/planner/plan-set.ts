// SET and RESET in all their forms: which settings they change, so that the session can bring any
// server connection to them (guc_funcs.c, ExecSetVariableStmt).

import type { SettingChange, StatementPlan } from '../plan/statement-plan.ts';
import { ownSetEffect } from '../sql/own-statement.ts';
import { settingName } from '../sql/setting.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { type PlanInput, refuse } from './plan-input.ts';

/** These belong to the transaction, whatever SET says (guc_tables.c, check_transaction_…). */
export const ofTransaction: ReadonlySet<string> = new Set([
  'transaction',
  'transaction snapshot',
  'transaction_isolation',
  'transaction_read_only',
  'transaction_deferrable',
]);

const utf8 = /^(utf-?8|unicode)$/i;
const on = /^(on|true|yes|1|t|y|tr|tru|ye)$/i;

/** `sql`: the statement's own text. `plan`: what all statements share, its tag set. */
export function planSet(input: PlanInput, plan: StatementPlan, sql: string): StatementPlan {
  const set = input.stmt.VariableSetStmt ?? {};
  const own = ownSetEffect(set);
  if (own !== null) return { ...plan, effect: own };
  const name = settingName(set.name ?? '');
  const kept = unfollowed(set, name, sql, input.shardCount);
  if (kept !== null) {
    return input.shardCount > 1 ? { ...plan, wide: refuse(kept) } : { ...plan, pinsSession: kept };
  }
  if (set.kind === 'VAR_RESET_ALL') return { ...plan, effect: { kind: 'reset-all' } };
  if (name === 'transaction snapshot' && input.shardCount > 1) {
    return { ...plan, wide: refuse('SET TRANSACTION SNAPSHOT') };
  }
  if (ofTransaction.has(name) || set.is_local) {
    const toDefault = set.kind === 'VAR_SET_DEFAULT' ? { toDefault: true as const } : {};
    return { ...plan, effect: { kind: 'set-local', name, sql, ...toDefault } };
  }
  if (set.kind === 'VAR_RESET' || set.kind === 'VAR_SET_DEFAULT') {
    return { ...plan, effect: { kind: 'reset', name } };
  }
  const changes = name === 'session characteristics' ? characteristics(set) : [{ name, sql }];
  return { ...plan, effect: { kind: 'set', changes } };
}

type VariableSetStmt = NonNullable<SyntaxNode['VariableSetStmt']>;

/** What a client has to keep its connection for: it cannot be repeated on another, or what comes
 *  after it cannot be read for certain. */
function unfollowed(
  set: VariableSetStmt,
  name: string,
  sql: string,
  shardCount: number,
): string | null {
  if (set.kind === 'VAR_SET_CURRENT') return `SET ${name} FROM CURRENT`;
  // DISCARD ALL does not undo it.
  if (name === 'seed') return 'SET seed';
  // Bytes that were no UTF-8.
  if (sql.includes('\ufffd')) return 'SET with bytes that are no UTF-8';
  if (set.kind !== 'VAR_SET_VALUE' || shardCount > 1) return null;
  const value = textOf((set.args as readonly SyntaxNode[] | undefined)?.[0]);
  return unreadableAfter(name, value);
}

/** What a client of one shard has to keep its connection for when it sets this; null: nothing. */
export function unfollowedSetting(name: string, value: string | null): string | null {
  const setting = settingName(name);
  if (setting === 'seed') return 'SET seed';
  return value === null ? null : unreadableAfter(setting, value);
}

/** Settings under which PostgreSQL reads statements in another way than PgPack; null: it is none.
 *  Several shards refuse them (`frontend/refuse-setting.ts`). */
export function unreadableAfter(name: string, value: string): string | null {
  if (name === 'client_encoding' && !utf8.test(value.trim())) return `client_encoding = ${value}`;
  if (name !== 'standard_conforming_strings' || on.test(value.trim())) return null;
  return `standard_conforming_strings = ${value}`;
}

function textOf(node: SyntaxNode | undefined): string {
  const { sval, ival, boolval } = node?.A_Const ?? {};
  if (boolval !== undefined) return String(boolval.boolval ?? false);
  return sval === undefined ? String(ival?.ival ?? 0) : (sval.sval ?? '');
}

/** SET SESSION CHARACTERISTICS AS TRANSACTION sets a default for each mode it names. */
function characteristics(set: VariableSetStmt): SettingChange[] {
  return ((set.args ?? []) as readonly SyntaxNode[]).flatMap(({ DefElem: mode }) => {
    if (mode === undefined) return [];
    const name = `default_${mode.defname ?? ''}`;
    return [{ name, sql: `SET ${name} TO '${textOf(mode.arg as SyntaxNode | undefined)}'` }];
  });
}
