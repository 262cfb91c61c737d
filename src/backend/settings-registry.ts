// Session settings (SET, startup parameters) as values: equal sets get equal numbers, so that a
// checkout compares one number, and a set knows how to bring a server connection to itself.

import type { ServerConnection } from './server-connection.ts';

/** Name of the setting in lower case → statement that sets it. Sorted by name when interned. */
export type Settings = ReadonlyMap<string, string>;

/** Sets remembered by number; beyond that numbers are given anew, which only costs a comparison
 *  of the sets themselves. */
const setsMax = 10_000;

export class SettingsRegistry {
  readonly #ids = new Map<string, number>();
  #next = 1;

  /** The number of a set; 0 is the empty one. */
  idOf(settings: Settings): number {
    if (settings.size === 0) return 0;
    const key = JSON.stringify([...settings].sort(([a], [b]) => (a < b ? -1 : 1)));
    let id = this.#ids.get(key);
    if (id === undefined) {
      if (this.#ids.size >= setsMax) this.#ids.clear();
      id = this.#next++;
      this.#ids.set(key, id);
    }
    return id;
  }
}

const identity = ['session_authorization', 'role'];

/** Statements that turn the settings in force on `server` into `wanted`, or null when none are
 *  needed. Who the client is comes last: another role may lack the right to the rest, and the
 *  login user is the one whose rights are known. */
export function settingsDifference(server: ServerConnection, wanted: Settings): string | null {
  const have = server.settings;
  const statements: string[] = [];
  for (const name of have.keys()) {
    if (!wanted.has(name) && !identity.includes(name)) statements.push(resetStatement(name));
  }
  for (const [name, sql] of wanted) {
    if (have.get(name) !== sql && !identity.includes(name)) statements.push(sql);
  }
  const same = identity.every(name => have.get(name) === wanted.get(name));
  if (same && statements.length === 0) return null;
  // This resets the role too.
  const isOther = identity.some(name => have.has(name));
  if (isOther) statements.unshift('RESET SESSION AUTHORIZATION', 'RESET ROLE');
  if (isOther || !same) {
    for (const name of identity) if (wanted.has(name)) statements.push(wanted.get(name)!);
  }
  return statements.length === 0 ? null : statements.join(';');
}

function resetStatement(name: string): string {
  const quoted = name
    .split('.')
    .map(part => `"${part.replaceAll('"', '""')}"`)
    .join('.');
  return `RESET ${quoted}`;
}
