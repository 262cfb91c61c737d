// The prepared statements and portals of one client, by the names the client gave them.

import { errors } from '../common/error-catalogue.ts';
import { LazyMap } from '../common/lazy-map.ts';
import { PgError } from '../common/pg-error.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import type { BindMessage } from '../protocol/client-frame.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import type { CachedStatement } from './cached-statement.ts';
import { PreparedStatement, type StatementRegistry } from './prepared-statement.ts';
import type { SqlStatement, SqlStatements } from './sql-statement.ts';
import type { StatementForm } from './statement-form.ts';
import { withClientsName } from './statement-names.ts';

/** What is gone when a savepoint before it is rolled back. */
interface BehindSavepoints {
  /** So many were set when it was made. */
  savepoints: number;
}

/** A portal whose rows do not come from one server. */
export interface HeldPortal extends BehindSavepoints {
  readonly plan: StatementPlan;
  readonly bind: BindMessage;
  /** The client was told to send COPY data. */
  readonly copyBegan: boolean;
  /** `name` is the client's, `rowsMax` 0: all. Answers false when the server's error went to the
   *  client. */
  execute(name: string, rowsMax: number): Promise<boolean>;
  close(): Promise<void>;
}

/** A cursor of SQL whose rows come from shards. */
export interface HeldCursor extends BehindSavepoints {
  /** In the format of its rows. */
  readonly columns: readonly ColumnDescription[];
  /** It was declared BINARY: simple queries get its rows in binary format. */
  readonly binary: boolean;
  /** It was declared in the transaction behind so many others. */
  readonly transaction: number;
  /** WITH HOLD: it outlives its transaction if that commits. */
  readonly hold: boolean;
  /** Moves as FETCH does and hands out the rows it comes by, `take` null: none. Resolves with their
   *  number. `count` null: all there are. */
  fetch(
    direction: 'forward' | 'backward' | 'absolute' | 'relative',
    count: number | null,
    take: ((rows: Buffer) => Promise<void>) | null,
  ): Promise<number>;
  /** Resolves when its servers are free. */
  close(): Promise<void>;
}

/** A portal: bound on a server, or held here because its rows come from several shards. */
export interface Portal {
  readonly statement: PreparedStatement;
  /** Where the portal is, when it is on one server; else -1. */
  readonly shard: number;
  /** null: the portal is on the server that answered its Bind. */
  readonly wide: HeldPortal | null;
}

/** A name that a client gave up, and the statement that it had. */
export interface ClosedStatement {
  readonly name: string;
  readonly statement: PreparedStatement;
}

/** As PostgreSQL keeps names: cut to 63 bytes, without a word (dynahash.c, NAMEDATALEN). */
function kept(name: string): string {
  if (name.length <= 21 || Buffer.byteLength(name) <= 63) return name;
  return Buffer.from(name).subarray(0, 63).toString();
}

/** Names one client may hold. */
const statementsMax = 100_000;

export class SessionStatements {
  readonly #registry: StatementRegistry;
  readonly #settings: { readonly id: number };
  /** Prepared in SQL, not by messages; the names are the same space. */
  readonly sql: SqlStatements = new LazyMap();
  readonly #named = new LazyMap<string, PreparedStatement>();
  readonly #portals = new LazyMap<string, Portal>();
  /** By name. */
  readonly cursors = new Map<string, HeldCursor>();
  /** The unnamed statement. */
  unnamed: PreparedStatement | null = null;
  /** Takes back what a unit registered that has not gone to a server yet. */
  registered: { undo(): void } | null = null;

  constructor(registry: StatementRegistry, settings: { readonly id: number }) {
    this.#registry = registry;
    this.#settings = settings;
  }

  /** Named statements. */
  get size(): number {
    return this.#named.size;
  }

  /** Throws `preparedStatementExists`. */
  add(
    name: string,
    sql: string,
    parameterTypes: readonly number[],
    cached: CachedStatement,
  ): PreparedStatement {
    if (name === '') {
      const same =
        this.unnamed !== null &&
        this.unnamed.sql === sql &&
        sameTypes(this.unnamed.parameterTypes, parameterTypes);
      if (!same) this.unnamed = new PreparedStatement(sql, parameterTypes, cached);
      return this.unnamed!;
    }
    if (this.has(name)) throw new PgError(errors.preparedStatementExists, { name });
    if (this.#named.size >= statementsMax) {
      const what = 'number of prepared statements of one client';
      throw new PgError(errors.memoryLimit, { what, limit: statementsMax });
    }
    const settingsId = this.#settings.id;
    const statement = this.#registry.acquire(sql, parameterTypes, cached, settingsId);
    this.#named.set(kept(name), statement);
    return statement;
  }

  find(name: string): PreparedStatement | null {
    return (name === '' ? this.unnamed : this.#named.get(kept(name))) ?? null;
  }

  /** Prepared in either way. */
  has(name: string): boolean {
    return this.find(name) !== null || this.hasSql(name);
  }

  /** Prepared in SQL. */
  hasSql(name: string): boolean {
    return this.sql.size > 0 && this.sql.has(kept(name));
  }

  /** Closed by a message. Answers what it was. */
  deleteSql(name: string): SqlStatement | null {
    const statement = this.sql.get(kept(name)) ?? null;
    this.sql.delete(kept(name));
    return statement;
  }

  /** Throws `preparedStatementMissing` or `unnamedStatementMissing`. */
  get(name: string): PreparedStatement {
    const statement = this.find(name);
    if (statement !== null) return statement;
    if (name === '') throw new PgError(errors.unnamedStatementMissing);
    throw new PgError(errors.preparedStatementMissing, { name });
  }

  /** Answers the statement that had the name. */
  delete(name: string): PreparedStatement | null {
    const statement = this.find(name);
    if (name === '') this.unnamed = null;
    else if (statement !== null) {
      this.#named.delete(kept(name));
      this.#registry.release(statement);
    }
    return statement;
  }

  /** Closes that did not happen after all, the last one first. */
  restore(closed: readonly ClosedStatement[]): void {
    for (const { name, statement } of closed) {
      this.delete(name);
      if (name === '') this.unnamed = statement;
      else {
        this.#named.set(kept(name), statement);
        this.#registry.retain(statement);
      }
    }
  }

  /** A server described what the client has just prepared: if others were told something else of
   *  that statement, the client gets another one. */
  settle(name: string, statement: PreparedStatement, form: StatementForm): void {
    if (name === '' || statement.settles(form)) return;
    if (this.find(name) !== statement) return;
    this.#named.set(kept(name), this.#registry.renew(statement, form));
  }

  /** The unit failed before it went to a server: what it prepared does not exist. */
  takeBack(): void {
    this.registered?.undo();
    this.registered = null;
  }

  /** A server's error with the client's name for a statement in place of ours; null: it has none. */
  inClientsWords(buffer: Buffer, start: number, end: number): Buffer | null {
    return withClientsName(buffer.subarray(start, end), name => this.#nameOf(name));
  }

  #nameOf(serverName: string): string | null {
    for (const [name, statement] of this.#named) {
      if (statement.serverName === serverName) return name;
    }
    return null;
  }

  /** Parse of these names failed at the server: the client does not have them. */
  deleteAll(names: readonly string[]): void {
    for (const name of names) this.delete(name);
  }

  clear(): void {
    this.sql.clear();
    for (const name of [...this.#named.keys()]) this.delete(name);
    this.unnamed = null;
  }

  setPortal(name: string, portal: Portal): void {
    if (name !== '' && this.#portals.has(name)) throw new PgError(errors.portalExists, { name });
    this.#portals.set(name, portal);
  }

  portal(name: string): Portal | null {
    return this.#portals.get(name) ?? null;
  }

  /** Without a word to servers: what it has there goes with its transaction. */
  dropPortal(name: string): void {
    this.#portals.delete(name);
  }

  async closePortal(name: string): Promise<void> {
    const portal = this.#portals.get(name);
    this.#portals.delete(name);
    await portal?.wide?.close();
  }

  /** Portals live until their transaction ends, as cursors do without hold. */
  closePortals(): void {
    if (this.cursors.size > 0) {
      for (const [name, { hold }] of this.cursors) if (!hold) this.cursors.delete(name);
    }
    if (this.#portals.size > 0) this.#portals.clear();
  }

  /** Cursors that were declared in this transaction, which is rolled back. */
  dropCursors(transaction: number): void {
    for (const [name, cursor] of this.cursors) {
      if (cursor.transaction === transaction) this.cursors.delete(name);
    }
  }

  /** What was made behind a savepoint is gone with it (portalmem.c, AtSubAbort_Portals). */
  rolledBackTo(savepoints: number): void {
    for (const [name, cursor] of this.cursors) {
      if (cursor.savepoints > savepoints) this.cursors.delete(name);
    }
    for (const [name, { wide }] of this.#portals) {
      if (wide !== null && wide.savepoints > savepoints) this.#portals.delete(name);
    }
  }

  releasedTo(savepoints: number): void {
    const portals = [...this.#portals.values()].flatMap(({ wide }) => wide ?? []);
    for (const one of [...this.cursors.values(), ...portals]) {
      one.savepoints = Math.min(one.savepoints, savepoints);
    }
  }
}

function sameTypes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((oid, i) => oid === b[i]);
}
