// A statement that clients prepared. The same text with the same parameter types is one statement
// for all clients of a database, under one name of ours on every server connection.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { CachedStatement } from './cached-statement.ts';
import type { StatementCache } from './statement-cache.ts';

export class PreparedStatement {
  readonly sql: string;
  /** OIDs the client declared. */
  readonly parameterTypes: readonly number[];
  /** Types of the columns that clients were told (`columnTypes`); null: nobody asked yet. */
  described: string | null = null;
  #cached: CachedStatement;
  /** Its name on servers; empty for the unnamed statement. */
  readonly serverName: string;

  constructor(
    sql: string,
    parameterTypes: readonly number[],
    cached: CachedStatement,
    serverName: string,
  ) {
    this.sql = sql;
    this.parameterTypes = parameterTypes;
    this.#cached = cached;
    this.serverName = serverName;
  }

  get cached(): CachedStatement {
    return this.#cached;
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
      const name = `pgpack_${this.#next++}`;
      statement = new PreparedStatement(sql, parameterTypes, cached, name);
      this.#statements.set(key, statement);
      this.#evict();
    }
    this.#users.set(statement, (this.#users.get(statement) ?? 0) + 1);
    return statement;
  }

  release(statement: PreparedStatement): void {
    const users = (this.#users.get(statement) ?? 1) - 1;
    if (users > 0) this.#users.set(statement, users);
    else this.#users.delete(statement);
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
