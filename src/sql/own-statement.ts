// Statements that are PgPack's own: PgDog's settings in PostgreSQL's SET and SHOW, and PgCat's
// commands, most of which PostgreSQL's grammar does not know. No server hears of them.

import { type OwnSetting, type OwnVariable, ownSettings } from '../plan/directive.ts';
import type { SessionEffect } from '../plan/statement-plan.ts';
import { invalidDirective, shardDirective } from './comment-directives.ts';
import type { SyntaxNode } from './syntax-tree.ts';

export type OwnEffect = Extract<SessionEffect, { readonly kind: 'set-own' | 'show-own' }>;

export interface OwnStatement {
  readonly tag: string;
  readonly effect: OwnEffect;
}

type Form = readonly [body: string, tag: string, effect: (value: string) => OwnEffect];

const forms: readonly Form[] = [
  ["SET SHARD TO '?(\\d+|ANY)'?", 'SET SHARD', value => set('pgdog.shard', value.toLowerCase())],
  ["SET SHARDING KEY TO (?:'([^']+)'|(\\d+))", 'SET SHARDING KEY', key],
  ['SHOW SHARD', 'SELECT 1', () => show('shard')],
  ["SET SERVER ROLE TO '(PRIMARY|REPLICA|ANY|AUTO|DEFAULT)'", 'SET SERVER ROLE', role],
  ['SHOW SERVER ROLE', 'SELECT 1', () => show('server role')],
  ["SET PRIMARY READS TO '?(ON|OFF|DEFAULT)'?", 'SET PRIMARY READS', primaryReads],
  ['SHOW PRIMARY READS', 'SELECT 1', () => show('primary_reads')],
];

const commands = forms.map(([body, tag, effect]) => {
  const words = body.replaceAll(' ', '\\s+');
  return { pattern: new RegExp(`^\\s*${words}\\s*;?\\s*$`, 'i'), tag, effect };
});

/** One of PgCat's commands; null: the text is none. */
export function pgcatStatement(sql: string): OwnStatement | null {
  // Longest with a key of a few hundred bytes.
  if (sql.length > 1_000 || !/^\s*(?:SET|SHOW)\s/i.test(sql)) return null;
  for (const { pattern, tag, effect } of commands) {
    const match = pattern.exec(sql);
    if (match !== null) return { tag, effect: effect(match[1] ?? match[2] ?? '') };
  }
  return null;
}

function key(value: string): OwnEffect {
  return set('pgdog.sharding_key', value);
}

function role(value: string): OwnEffect {
  const word = value.toLowerCase();
  return set('pgdog.role', word === 'default' ? null : word);
}

function primaryReads(value: string): OwnEffect {
  const word = value.toLowerCase();
  return set('primary_reads', word === 'default' ? null : word);
}

function set(name: OwnSetting, value: string | null): OwnEffect {
  return { kind: 'set-own', name, value, local: false };
}

function show(name: OwnVariable): OwnEffect {
  return { kind: 'show-own', name };
}

type VariableSetStmt = NonNullable<SyntaxNode['VariableSetStmt']>;

/** SET and RESET of PgPack's own settings; null: it is a server's. Throws `directiveInvalid`. */
export function ownSetEffect(stmt: VariableSetStmt): OwnEffect | null {
  const name = (stmt.name ?? '').toLowerCase();
  if (!ownSettings.has(name)) return null;
  const setting = name as OwnSetting;
  const local = stmt.is_local ?? false;
  if (stmt.kind === 'VAR_RESET' || stmt.kind === 'VAR_SET_DEFAULT') {
    return { kind: 'set-own', name: setting, value: null, local };
  }
  if (stmt.kind !== 'VAR_SET_VALUE') return null;
  const values = ((stmt.args ?? []) as readonly SyntaxNode[]).map(constantText);
  const value = values.join(', ');
  if (values.length !== 1) throw invalidDirective(name, value);
  return { kind: 'set-own', name: setting, value: checkedOwn(setting, value), local };
}

/** The value as it is kept, '' being none. Throws `directiveInvalid`. */
export function checkedOwn(name: OwnSetting, value: string): string {
  if (name === 'pgdog.shard' && value !== '') shardDirective(name, value);
  if (name !== 'pgdog.role') return value;
  const word = value.toLowerCase();
  if (!['primary', 'replica', 'auto', ''].includes(word)) throw invalidDirective(name, value);
  return word;
}

function constantText(node: SyntaxNode): string {
  const { sval, ival, fval, boolval } = node.A_Const ?? {};
  if (sval !== undefined) return sval.sval ?? '';
  if (fval !== undefined) return fval.fval ?? '';
  return boolval === undefined ? String(ival?.ival ?? 0) : String(boolval.boolval ?? false);
}

/** SHOW of something that PgPack answers itself; null: a server does. */
export function ownShowEffect(name: string | undefined): OwnEffect | null {
  const variable = (name ?? '').toLowerCase();
  if (!ownSettings.has(variable) && variable !== 'pgdog.shards') return null;
  return show(variable as OwnVariable);
}
