// Who may log in, and what proves it: users.toml, then the database's auth_query, then the server
// itself (passthrough_auth). What others than the file say is remembered for auth_cache_ttl.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import PQueue from 'p-queue';
import { AuthQuery } from '../backend/auth-query.ts';
import type { ShardTarget } from '../backend/cluster.ts';
import { provePassword } from '../backend/prove-password.ts';
import { BoundedCache } from '../common/bounded-cache.ts';
import { errors } from '../common/error-catalogue.ts';
import type { Logger } from '../common/logger.ts';
import { PgError } from '../common/pg-error.ts';
import { authQuerySettings } from '../config/auth-query.ts';
import type { Config } from '../config/config.ts';
import type { General } from '../config/general-keys.ts';
import type { Database, User } from '../config/topology.ts';
import { unlistedUser } from '../config/unlisted-user.ts';
import { ServerError } from '../protocol/server-error.ts';

export interface UserDirectoryOptions {
  readonly config: () => Config;
  /** The primaries of the shards; see `ServiceDirectory`. */
  readonly targets: (user: User, database: Database) => readonly ShardTarget[];
  readonly log: Logger;
}

export interface FoundUser {
  /** null: nobody of that name; the login fails at its end. */
  readonly user: User | null;
  readonly authType: General['authType'];
  /** As `AuthenticationRequest` has them. */
  readonly passwords: readonly string[];
  readonly passwordHash: string | null;
  readonly judge?: (password: string) => Promise<boolean>;
}

/** Passwords that are tried at servers at once. */
const provedAtOnce = 8;
/** What was found and did not let the client in is asked for again, but not more often. */
const doubtedAfterMs = 1_000;

interface Remembered<T> {
  readonly value: T;
  readonly atMs: number;
}

export class UserDirectory {
  readonly #options: UserDirectoryOptions;
  readonly #queue = new PQueue({ concurrency: provedAtOnce });
  readonly #secret = randomBytes(32);
  readonly #queries = new Map<string, AuthQuery>();
  #closed = false;
  /** Stored passwords; null: nobody of that name. */
  #stored: BoundedCache<string, Remembered<Promise<string | null>> | null>;
  /** Digests of passwords that a server took. */
  #proved: BoundedCache<string, Remembered<Buffer> | null>;

  constructor(options: UserDirectoryOptions) {
    this.#options = options;
    const { authCacheSize } = options.config().general;
    this.#stored = new BoundedCache(authCacheSize);
    this.#proved = new BoundedCache(authCacheSize);
  }

  /** `safe`: nobody can listen in, so that a password may be asked for in clear. Rejects with
   *  `authenticationUnavailable`. */
  async find(name: string, databaseName: string, safe: boolean): Promise<FoundUser> {
    const { users, databases, general } = this.#options.config();
    const ofName = users.filter(one => one.name === name);
    const listed = ofName.find(one => one.databases.includes(databaseName)) ?? ofName[0] ?? null;
    const database = databases.get(databaseName);
    const passes = passesThrough(general, safe);
    // With passthrough everybody is asked alike, so that it does not show who is listed.
    const authType = passes && general.authType !== 'trust' ? 'plain' : general.authType;
    const { passwords, passwordHash } = listed ?? { passwords: [], passwordHash: null };
    const own = { user: listed, authType, passwords, passwordHash };
    if (listed !== null && (hasPassword(listed) || authType === 'trust')) return own;
    if (database === undefined) {
      return passes ? { ...own, judge: async () => false } : own;
    }
    const user = listed ?? unlistedUser(name, databaseName);
    if (authQuerySettings(general, database.shards[0]!.servers[0]!) !== null) {
      const stored = await this.#lookUp(name, database);
      if (stored !== null) return { ...own, user, passwords: [stored] };
      // Who has no password fails as most of the others would.
      return { ...own, authType: authType === 'md5' ? 'scram' : authType };
    }
    if (!passes) return own;
    return { ...own, user, judge: password => this.#prove(user, database, password) };
  }

  /** What is remembered of the user did not let it in. */
  doubt(name: string, databaseName: string): void {
    const key = keyOf(name, databaseName);
    const known = this.#stored.get(key);
    if (known && Date.now() - known.atMs >= doubtedAfterMs) this.#stored.set(key, null);
  }

  /** A server did not take the password that is remembered. */
  forget(name: string, databaseName: string): void {
    const key = keyOf(name, databaseName);
    this.#stored.set(key, null);
    this.#proved.set(key, null);
  }

  /** After a change of the configuration nothing is remembered. */
  reload(): void {
    const { authCacheSize } = this.#options.config().general;
    this.#stored = new BoundedCache(authCacheSize);
    this.#proved = new BoundedCache(authCacheSize);
    this.#closeQueries();
  }

  maintain(nowMs: number): void {
    for (const query of this.#queries.values()) query.maintain(nowMs);
  }

  close(): void {
    this.#closed = true;
    this.#closeQueries();
  }

  #closeQueries(): void {
    for (const query of this.#queries.values()) query.close();
    this.#queries.clear();
  }

  #lookUp(name: string, database: Database): Promise<string | null> {
    const key = keyOf(name, database.name);
    const known = this.#stored.get(key);
    if (known && this.#isFresh(known)) return known.value;
    const value = this.#ask(name, database).catch(error => {
      this.#stored.set(key, null);
      throw this.#unavailable(error, name, database);
    });
    this.#stored.set(key, { value, atMs: Date.now() });
    return value;
  }

  async #ask(name: string, database: Database): Promise<string | null> {
    const query = this.#query(database);
    try {
      return await query.find(name);
    } catch (error) {
      // A reload closed it under those who waited for a connection.
      const current = this.#options.config().databases.get(database.name);
      const replaced = this.#queries.get(database.name) !== query && !this.#closed;
      if (!replaced || current === undefined) throw error;
      return this.#query(current).find(name);
    }
  }

  #query(database: Database): AuthQuery {
    const known = this.#queries.get(database.name);
    if (known !== undefined) return known;
    const { general, users } = this.#options.config();
    const server = database.shards[0]!.servers[0]!;
    const { sql, user, password, database: name } = authQuerySettings(general, server)!;
    const [target] = this.#options.targets(unlistedUser(user ?? '', database.name), database);
    const listed = users.find(one => one.name === user && one.databases.includes(database.name));
    const passwords = password === null ? (listed?.passwords ?? []) : [password];
    const { secrets: _, ...address } = target!.address;
    const asked = { ...address, database: name ?? address.database };
    const runner = user === null ? asked : { ...asked, user, passwords };
    const query = new AuthQuery(sql, { ...target!, address: runner }, this.#queue);
    this.#queries.set(database.name, query);
    return query;
  }

  /** As whoever is `server_user` of the user: the client's password is that one's. */
  async #prove(user: User, database: Database, password: string): Promise<boolean> {
    const key = keyOf(user.name, database.name);
    const digest = createHmac('sha256', this.#secret).update(password).digest();
    const known = this.#proved.get(key);
    if (known && this.#isFresh(known)) {
      if (timingSafeEqual(known.value, digest)) return true;
      if (!this.#options.config().general.passthroughAuth.endsWith('_allow_change')) return false;
    }
    const [target] = this.#options.targets(user, database);
    const name = user.serverUser ?? user.name;
    try {
      const proved = await this.#queue.add(() => provePassword(target!, name, password));
      if (proved) this.#proved.set(key, { value: digest, atMs: Date.now() });
      return proved;
    } catch (error) {
      // The server took the password and then something else was wrong, which the client may know.
      if (error instanceof ServerError) throw error;
      throw this.#unavailable(error, user.name, database);
    }
  }

  #isFresh({ atMs }: Remembered<unknown>): boolean {
    return Date.now() - atMs < this.#options.config().general.authCacheTtlMs;
  }

  /** Addresses and queries are not for somebody who has not logged in. */
  #unavailable(error: unknown, user: string, database: Database): PgError {
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.log.error({ user, database: database.name, reason }, 'cannot check a password');
    return new PgError(errors.authenticationUnavailable, { user }, { cause: error });
  }
}

function passesThrough({ passthroughAuth }: General, safe: boolean): boolean {
  if (passthroughAuth === 'disabled') return false;
  return safe || passthroughAuth.startsWith('enabled_plain');
}

function hasPassword({ passwords, passwordHash }: User): boolean {
  return passwords.length > 0 || passwordHash !== null;
}

function keyOf(name: string, database: string): string {
  return JSON.stringify([name, database]);
}
