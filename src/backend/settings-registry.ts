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

/** Statements that turn the settings in force on `server` into `wanted`, or null when none are
 *  needed. */
export function settingsDifference(server: ServerConnection, wanted: Settings): string | null {
  const statements: string[] = [];
  for (const name of server.settings.keys()) {
    if (!wanted.has(name)) statements.push(resetStatement(name));
  }
  for (const [name, sql] of wanted) {
    if (server.settings.get(name) !== sql) statements.push(sql);
  }
  return statements.length === 0 ? null : statements.join(';');
}

/** What is set by statements of another form is a setting too, with a RESET of its own. */
function resetStatement(name: string): string {
  if (name === 'role') return 'RESET ROLE';
  if (name === 'session_authorization') return 'RESET SESSION AUTHORIZATION';
  if (name === 'session characteristics') {
    return ['isolation', 'read_only', 'deferrable']
      .map(part => `RESET default_transaction_${part}`)
      .join(';');
  }
  const quoted = name
    .split('.')
    .map(part => `"${part.replaceAll('"', '""')}"`)
    .join('.');
  return `RESET ${quoted}`;
}
