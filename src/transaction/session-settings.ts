// The settings of one client's session (startup parameters and SET), with PostgreSQL's
// transaction semantics: what a rolled back transaction or subtransaction set is undone
// (src/backend/utils/misc/guc.c, AtEOXact_GUC).

import type { Settings, SettingsRegistry } from '../backend/settings-registry.ts';
import { dateStyle, dateStyleAfter } from '../sql/date-style.ts';
import { ManualSettings, type ManualState, nothingManual } from './manual-settings.ts';

interface Snapshot {
  /** null: the transaction's own beginning. */
  readonly savepoint: string | null;
  readonly settings: Settings;
  readonly locals: Locals;
  readonly manual: ManualState;
}

/** What SET LOCAL put in force until the transaction ends, of what planning has to know. */
interface Locals {
  /** The statement that set the search path; null: none. */
  readonly path: string | null;
  /** The statements that set role and session authorization; empty: none. */
  readonly role: string;
  /** As `dateStyleAfter` makes it: a SET behind it may keep a part. */
  readonly dateStyle: string | null;
}

const noLocals: Locals = { path: null, role: '', dateStyle: null };

/** Who follows the client's transactions beside its settings. */
export interface TransactionFollower {
  begin(): void;
  savepoint(name: string): void;
  release(name: string): void;
  rollbackTo(name: string): void;
  end(committed: boolean): void;
}

const authorization = 'session_authorization';

export class SessionSettings {
  readonly registry: SettingsRegistry;
  readonly startup: Settings;
  /** Those that no server hears of. */
  readonly manual: ManualSettings;
  #current: Settings;
  #id: number;
  #locals = noLocals;
  /** The statement that set the search path in force; null: it is the server's own. */
  searchPath: string | null = null;
  /** The statements that make the client another than its login says; empty: it is none. */
  role = '';
  #snapshots: Snapshot[] = [];
  #follower: TransactionFollower | null = null;

  /** `startup`: what RESET goes back to. */
  constructor(registry: SettingsRegistry, startup: Settings, manual = nothingManual) {
    this.registry = registry;
    this.startup = startup;
    this.manual = new ManualSettings(manual);
    this.#current = startup;
    this.#id = registry.idOf(startup);
    this.#update();
  }

  get current(): Settings {
    return this.#current;
  }

  /** Equal numbers are equal settings. */
  get id(): number {
    return this.#id;
  }

  set(name: string, sql: string): void {
    const settings = new Map(this.#current);
    // Behind the others: they are repeated in the order in which the client made them.
    settings.delete(name);
    settings.set(name, name === dateStyle ? this.#dateStyleAfter(sql) : sql);
    // SQL's rule: the role is none from here on.
    if (name === authorization) settings.delete('role');
    if (name === authorization && this.startup.has('role')) settings.set('role', 'SET ROLE NONE');
    this.#overrideLocal(name);
    this.#replace(settings);
  }

  /** Until the end of the transaction, if one is open. */
  setLocal(name: string, sql: string): void {
    if (this.#snapshots.length === 0) return;
    if (name === 'search_path') this.#locals = { ...this.#locals, path: sql };
    else if (name === 'role' || name === authorization)
      this.#locals = { ...this.#locals, role: `${this.#locals.role}${sql};` };
    else if (name === dateStyle)
      this.#locals = { ...this.#locals, dateStyle: this.#dateStyleAfter(sql) };
    this.#update();
  }

  #dateStyleAfter(sql: string): string {
    return dateStyleAfter(this.#locals.dateStyle ?? this.#current.get(dateStyle), sql);
  }

  reset(name: string): void {
    const settings = new Map(this.#current);
    const startup = this.startup.get(name);
    settings.delete(name);
    if (startup !== undefined) settings.set(name, startup);
    // With it the role goes back to its own default (guc.c, set_config_with_handle).
    const role = this.startup.get('role');
    if (name === authorization) settings.delete('role');
    if (name === authorization && role !== undefined) settings.set('role', role);
    this.#overrideLocal(name);
    this.#replace(settings);
  }

  /** RESET ALL leaves role and session authorization alone, DISCARD ALL does not. */
  resetAll(keepRole: boolean): void {
    const settings = new Map(this.startup);
    for (const name of keepRole ? [authorization, 'role'] : []) {
      const sql = this.#current.get(name);
      settings.delete(name);
      if (sql !== undefined) settings.set(name, sql);
    }
    this.#locals = noLocals;
    this.manual.resetAll();
    this.#replace(settings);
  }

  /** From here on `follower` is told of what happens to the block, and first of the open one. */
  follow(follower: TransactionFollower): void {
    this.#follower = follower;
    for (const { savepoint } of this.#snapshots) {
      if (savepoint === null) follower.begin();
      else follower.savepoint(savepoint);
    }
  }

  /** True when this begins a block; false when one is open. */
  begin(): boolean {
    if (this.#snapshots.length > 0) return false;
    this.#snapshot(null);
    this.#follower?.begin();
    return true;
  }

  savepoint(name: string): void {
    this.#snapshot(name);
    this.#follower?.savepoint(name);
  }

  release(name: string): void {
    const at = this.#find(name);
    if (at >= 0) this.#snapshots.length = at;
    this.#follower?.release(name);
  }

  /** False when there is no such savepoint. */
  rollbackTo(name: string): boolean {
    const at = this.#find(name);
    if (at < 0) return false;
    const { settings, locals, manual } = this.#snapshots[at]!;
    this.#locals = locals;
    this.manual.restore(manual);
    this.#replace(settings);
    this.#snapshots.length = at + 1;
    this.#follower?.rollbackTo(name);
    return true;
  }

  /** Answers whether a block was open at all. */
  end(committed: boolean): boolean {
    const first = this.#snapshots[0];
    if (first === undefined) return false;
    this.#snapshots = [];
    this.#locals = noLocals;
    this.manual.end(committed, first.manual);
    this.#replace(committed ? this.#current : first.settings);
    this.#follower?.end(committed);
    return true;
  }

  #snapshot(savepoint: string | null): void {
    const { state: manual } = this.manual;
    this.#snapshots.push({ savepoint, settings: this.#current, locals: this.#locals, manual });
  }

  #find(name: string): number {
    return this.#snapshots.findLastIndex(snapshot => snapshot.savepoint === name);
  }

  /** SET takes the place of an earlier SET LOCAL. */
  #overrideLocal(name: string): void {
    if (name === 'search_path') this.#locals = { ...this.#locals, path: null };
    if (name === 'role' || name === authorization) this.#locals = { ...this.#locals, role: '' };
    if (name === dateStyle) this.#locals = { ...this.#locals, dateStyle: null };
  }

  #replace(settings: Settings): void {
    if (settings !== this.#current) this.#id = this.registry.idOf(settings);
    this.#current = settings;
    this.#update();
  }

  #update(): void {
    const { path, role } = this.#locals;
    this.searchPath = path ?? this.#current.get('search_path') ?? null;
    const roles = [this.#current.get(authorization), this.#current.get('role'), role];
    this.role = roles.filter(Boolean).join(';');
  }
}
