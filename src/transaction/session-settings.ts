// The settings of one client's session (startup parameters and SET), with PostgreSQL's
// transaction semantics: what a rolled back transaction or subtransaction set is undone
// (src/backend/utils/misc/guc.c, AtEOXact_GUC).

import type { Settings, SettingsRegistry } from '../backend/settings-registry.ts';

interface Snapshot {
  /** null: the transaction's own beginning. */
  readonly savepoint: string | null;
  readonly settings: Settings;
}

export class SessionSettings {
  readonly registry: SettingsRegistry;
  readonly #startup: Settings;
  #current: Settings;
  #id: number;
  #snapshots: Snapshot[] = [];

  /** `startup`: what RESET goes back to. */
  constructor(registry: SettingsRegistry, startup: Settings) {
    this.registry = registry;
    this.#startup = startup;
    this.#current = startup;
    this.#id = registry.idOf(startup);
  }

  get current(): Settings {
    return this.#current;
  }

  /** Equal numbers are equal settings. */
  get id(): number {
    return this.#id;
  }

  set(name: string, sql: string): void {
    this.#replace(new Map(this.#current).set(name, sql));
  }

  reset(name: string): void {
    const settings = new Map(this.#current);
    const startup = this.#startup.get(name);
    if (startup === undefined) settings.delete(name);
    else settings.set(name, startup);
    this.#replace(settings);
  }

  /** RESET ALL leaves role and session authorization alone, DISCARD ALL does not. */
  resetAll(keepRole: boolean): void {
    const settings = new Map(this.#startup);
    for (const name of keepRole ? ['role', 'session_authorization'] : []) {
      const sql = this.#current.get(name);
      if (sql !== undefined) settings.set(name, sql);
    }
    this.#replace(settings);
  }

  begin(): void {
    if (this.#snapshots.length === 0) {
      this.#snapshots.push({ savepoint: null, settings: this.#current });
    }
  }

  savepoint(name: string): void {
    this.#snapshots.push({ savepoint: name, settings: this.#current });
  }

  release(name: string): void {
    const at = this.#find(name);
    if (at >= 0) this.#snapshots.length = at;
  }

  rollbackTo(name: string): void {
    const at = this.#find(name);
    if (at < 0) return;
    this.#replace(this.#snapshots[at]!.settings);
    this.#snapshots.length = at + 1;
  }

  /** Answers whether a block was open at all. */
  end(committed: boolean): boolean {
    const first = this.#snapshots[0];
    if (first === undefined) return false;
    this.#snapshots = [];
    if (!committed) this.#replace(first.settings);
    return true;
  }

  #find(name: string): number {
    return this.#snapshots.findLastIndex(snapshot => snapshot.savepoint === name);
  }

  #replace(settings: Settings): void {
    if (settings === this.#current) return;
    this.#current = settings;
    this.#id = this.registry.idOf(settings);
  }
}
