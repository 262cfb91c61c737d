// A statement that clients prepared. The same text with the same parameter types is one statement
// for all clients of a database, under one name of ours on every server connection, as long as
// PostgreSQL describes it the same: a client that prepares it after its tables have changed gets
// another one, as it would get by itself.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { CachedStatement } from './cached-statement.ts';
import type { StatementCache } from './statement-cache.ts';
import type { StatementForm } from './statement-form.ts';

/** Names that begin so are PgPack's on its servers. */
export const serverNamePrefix = 'pgpack_';

/** Other clients' statements are known by such names, but not to SQL. */
export function isServerName(name: string): boolean {
  return name.startsWith(serverNamePrefix);
}

const unnamed = { serverName: '', key: '' };

export class PreparedStatement {
  readonly sql: string;
  /** OIDs the client declared. */
  readonly parameterTypes: readonly number[];
  /** Types of the columns that clients were told (`columnTypes`); null: nobody asked yet. */
  described: string | null = null;
  /** What a server said of it when a client prepared it; null: no answer yet. */
  form: StatementForm | null = null;
  #cached: CachedStatement;
  /** Its name on servers; empty for the unnamed statement. */
  readonly serverName: string;
  /** What it is registered under. */
  readonly key: string;

  constructor(
    sql: string,
    parameterTypes: readonly number[],
    cached: CachedStatement,
    registered: { readonly serverName: string; readonly key: string } = unnamed,
  ) {
    this.sql = sql;
    this.parameterTypes = parameterTypes;
    this.#cached = cached;
    this.serverName = registered.serverName;
    this.key = registered.key;
  }

  get cached(): CachedStatement {
    return this.#cached;
  }

  /** Takes over what a server said first; false: its users were told something else. */
  settles(form: StatementForm): boolean {
    this.form ??= form;
    return this.form.text === form.text;
  }

  /** As many values as it has parameters, as far as those are known. */
  takes(bind: { readonly parameters: number }): boolean {
    return this.form === null || this.form.parameterTypes.length === bind.parameters;
  }

  /** OIDs to prepare it with again: those PostgreSQL inferred, since a plan keeps them when its
   *  tables change (plancache.c, RevalidateCachedQuery). */
  get settledTypes(): readonly number[] {
    return this.form?.parameterTypes ?? this.parameterTypes;
  }

  /** Its plan under a session's present catalog and search path. Throws what planning raises. */
  planIn(cache: StatementCache): CachedStatement {
    if (this.#cached.scope !== cache.scope) this.#cached = cache.statement(this.sql);
    return this.#cached;
  }

  isOn(server: ServerConnection): boolean {
    return this.serverName === '' ? server.unnamed === this : server.prepared.use(this.serverName);
  }

  preparedOn(server: ServerConnection): void {
    server.stats.parses += 1;
    if (this.serverName === '') server.unnamed = this;
    else server.prepared.add(this.serverName);
  }
}

/** All named statements of one database, by text and parameter types. Those no client has any
 *  more are dropped when there are more than `max`. */
export class StatementRegistry {
  readonly #max: number;
  readonly #statements = new Map<string, PreparedStatement>();
  readonly #users = new Map<PreparedStatement, number>();
  #next = 1;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#statements.size;
  }

  /** `users`: clients that have it. */
  *all(): Generator<{ readonly statement: PreparedStatement; readonly users: number }> {
    for (const statement of this.#statements.values()) {
      yield { statement, users: this.#users.get(statement) ?? 0 };
    }
  }

  /** The shared statement; the caller is counted as a user until it calls `release`. */
  acquire(
    sql: string,
    parameterTypes: readonly number[],
    cached: CachedStatement,
    settingsId: number,
  ): PreparedStatement {
    // PostgreSQL reads literals when it parses (DateStyle, TimeZone …), so clients share a
    // statement only if their settings are the same.
    const key = `${parameterTypes.join(',')};${cached.scope};${settingsId};${sql}`;
    let statement = this.#statements.get(key);
    if (statement === undefined) {
      statement = new PreparedStatement(sql, parameterTypes, cached, this.#registered(key));
      this.#statements.set(key, statement);
      this.#evict();
    }
    this.retain(statement);
    return statement;
  }

  /** The statement in the form that a server has just described; the caller becomes its user
   *  instead of the other's. */
  renew(statement: PreparedStatement, form: StatementForm): PreparedStatement {
    const { key, sql, parameterTypes, cached } = statement;
    let renewed = this.#statements.get(key);
    if (renewed?.form?.text !== form.text) {
      renewed = new PreparedStatement(sql, parameterTypes, cached, this.#registered(key));
      renewed.form = form;
      this.#statements.set(key, renewed);
    }
    this.retain(renewed);
    this.release(statement);
    return renewed;
  }

  /** One more client uses it. */
  retain(statement: PreparedStatement): void {
    this.#users.set(statement, (this.#users.get(statement) ?? 0) + 1);
  }

  release(statement: PreparedStatement): void {
    const users = (this.#users.get(statement) ?? 1) - 1;
    if (users > 0) this.#users.set(statement, users);
    else this.#users.delete(statement);
  }

  #registered(key: string): { serverName: string; key: string } {
    return { serverName: `${serverNamePrefix}${this.#next++}`, key };
  }

  #evict(): void {
    if (this.#statements.size <= this.#max) return;
    for (const [key, statement] of this.#statements) {
      if (this.#users.has(statement)) continue;
      this.#statements.delete(key);
      if (this.#statements.size <= this.#max) return;
    }
  }
}
