// The parameters of a StartupMessage as settings of the session (postgres.c, process_postgres_switches;
// backend_startup.c): every name that is not the connection's own is a setting.

import type { Settings } from '../backend/settings-registry.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { dateStyle, dateStyleAfter } from '../sql/date-style.ts';
import { setConfigStatement, settingName } from '../sql/setting.ts';

const notSettings = new Set(['user', 'database', 'options', 'replication']);

/** Settings by lower-case name. Throws PgError for switches that are not settings. */
export function startupSettings(parameters: ReadonlyMap<string, string>): Map<string, string> {
  const settings = new Map<string, string>();
  for (const [name, value] of readOptions(parameters.get('options') ?? '')) {
    settings.set(name.toLowerCase(), value);
  }
  for (const [name, value] of parameters) {
    if (notSettings.has(name) || name.startsWith('_pq_.')) continue;
    settings.set(name.toLowerCase(), value);
  }
  return settings;
}

const noSettings: Settings = new Map();

/** Statements that bring a server connection to these settings. As set_config(): a value is what the
 *  client sent, a list of names not taken apart. */
export function settingStatements(settings: ReadonlyMap<string, string>): Settings {
  if (settings.size === 0) return noSettings;
  const statements = new Map<string, string>();
  for (const [name, value] of settings) {
    const key = settingName(name);
    const sql = setConfigStatement(name, value, false);
    statements.set(key, key === dateStyle ? dateStyleAfter(undefined, sql) : sql);
  }
  return statements;
}

/** `-c name=value`, `-cname=value`, `--name=value`; a backslash escapes a blank (pg_split_opts). */
function* readOptions(options: string): Generator<[string, string]> {
  const words = (options.match(/(?:\\.|\S)+/g) ?? []).map(word => word.replace(/\\(.)/g, '$1'));
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    let assignment: string;
    if (word === '-c') assignment = words[++i] ?? '';
    else if (word.startsWith('-c')) assignment = word.slice(2);
    else if (word.startsWith('--')) assignment = word.slice(2);
    else throw invalidSwitch(word);
    const equals = assignment.indexOf('=');
    if (equals <= 0) throw invalidSwitch(assignment);
    yield [assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1)];
  }
}

function invalidSwitch(word: string): PgError {
  return new PgError(errors.syntaxErrorFatal, {
    what: `invalid command-line argument for server process: ${word}`,
  });
}
