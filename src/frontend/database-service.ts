// One user's view of one database: its pools, its catalog, its plans. Never shared wider, since
// search path, privileges and catalog belong to the user.

import { buildCatalog, type CatalogRows, catalogQueries } from '../backend/catalog-query.ts';
import type { Cluster } from '../backend/cluster.ts';
import { internalQuery } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { type Settings, SettingsRegistry } from '../backend/settings-registry.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { BoundedCache } from '../common/bounded-cache.ts';
import { errors } from '../common/error-catalogue.ts';
import type { Logger } from '../common/logger.ts';
import { PgError } from '../common/pg-error.ts';
import type { Config } from '../config/config.ts';
import type { Database, User } from '../config/topology.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { planStatement } from '../planner/plan-statement.ts';
import type { ShardingKeyType } from '../sharding/sharding-key.ts';
import { hasParameters, type SyntaxNode } from '../sql/syntax-tree.ts';
import { hasUnresolvedRelation } from '../sql/unresolved-relations.ts';
import { ClientTransaction } from '../transaction/client-transaction.ts';
import { SessionSettings } from '../transaction/session-settings.ts';
import { StatementRegistry } from './prepared-statement.ts';
import { StatementCache } from './statement-cache.ts';

/** What a text that our parser cannot read becomes where there is only one server to ask. */
const passThrough: StatementPlan = {
  tag: '',
  route: { groups: [] },
  groupless: 'any',
  wide: { kind: 'refusal', construct: 'statement', hint: null, always: false },
  effect: null,
  writes: true,
  changesSchema: false,
  pinsSession: 'a statement that PgPack could not read',
  outsideTransaction: false,
};

/** How long a catalog is believed that lacks a relation a statement names. */
const catalogTrustMs = 1_000;

/** Search paths whose plans are kept. */
const searchPathsMax = 100;

export class DatabaseService {
  readonly config: Config;
  readonly database: Database;
  readonly user: User;
  readonly cluster: Cluster;
  readonly registry: StatementRegistry;
  readonly settings = new SettingsRegistry();
  readonly rules: readonly { readonly type: ShardingKeyType }[];
  /** ParameterStatus values by the number of the settings they follow from. */
  readonly parameters = new BoundedCache<number, ReadonlyMap<string, string>>(1_000);
  /** Tells the services of other users of the database that tables changed. */
  onSchemaChanged: () => void = () => {};

  readonly log: Logger;
  #catalog: Catalog | null = null;
  #loading: Promise<Catalog> | null = null;
  #version = 0;
  #generation = 0;
  #caches = new Map<string, StatementCache>();
  #nextHome = 0;
  #sessions = 0;
  #onUnused: (() => void) | null = null;
  #loadedAtMs = 0;

  constructor(config: Config, database: Database, user: User, cluster: Cluster, log: Logger) {
    this.config = config;
    this.database = database;
    this.user = user;
    this.cluster = cluster;
    this.log = log;
    this.registry = new StatementRegistry(config.general.queryCacheLimit);
    this.rules = database.shardedTables.map(table => ({ type: table.dataType as ShardingKeyType }));
  }

  get shardCount(): number {
    return this.cluster.shardCount;
  }

  get crossShardDisabled(): boolean {
    return this.user.crossShardDisabled ?? this.config.general.crossShardDisabled;
  }

  /** A client uses it. */
  enter(): void {
    this.#sessions += 1;
  }

  leave(): void {
    this.#sessions -= 1;
    if (this.#sessions === 0) this.#onUnused?.();
  }

  /** New clients get another service: this one's pools close with its last client. */
  retire(onClosed: () => void): void {
    this.#onUnused = () => {
      this.cluster.close();
      onClosed();
    };
    if (this.#sessions === 0) this.#onUnused();
  }

  /** Sessions are spread over the shards for statements that any shard can answer. */
  nextHomeShard(): number {
    this.#nextHome = (this.#nextHome + 1) % this.shardCount;
    return this.#nextHome;
  }

  /** Plans for a search path (null: the server's own), or null while the catalog is not loaded. */
  cache(searchPath: readonly string[] | null): StatementCache | null {
    if (this.#catalog === null) return null;
    const key = searchPath === null ? '' : JSON.stringify(searchPath);
    let cache = this.#caches.get(key);
    if (cache === undefined) {
      if (this.#caches.size >= searchPathsMax) this.#caches.clear();
      cache = this.newCache(this.#catalog, searchPath);
      this.#caches.set(key, cache);
    }
    return cache;
  }

  newCache(catalog: Catalog, searchPath: readonly string[] | null): StatementCache {
    const { shardCount } = this;
    const rules = this.database.shardedTables;
    const path = searchPath ?? catalog.searchPath;
    const plan = (sql: string, stmt: SyntaxNode) => ({
      plan: planStatement({ sql, stmt, catalog, rules, shardCount, searchPath: path }),
      parameters: hasParameters(stmt),
      unresolved: shardCount > 1 && hasUnresolvedRelation(stmt, catalog, path),
    });
    const fallback = this.shardCount === 1 ? passThrough : null;
    return new StatementCache(this.config.general.queryCacheLimit, plan, fallback);
  }

  /** Loads the catalog if it is not there. Rejects with what kept it from being read. */
  loadCatalog(): Promise<Catalog> {
    if (this.#catalog !== null) return Promise.resolve(this.#catalog);
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** What a server reports to a client with these settings. Rejects with the server's error for
   *  a setting it refuses. */
  async parametersFor(startup: Settings): Promise<ReadonlyMap<string, string>> {
    const settings = new SessionSettings(this.settings, startup);
    const known = this.parameters.get(settings.id);
    if (known !== undefined) return known;
    const transaction = new ClientTransaction(this.cluster, settings);
    try {
      const server = await transaction.open(0);
      const parameters = new Map(server.parameters);
      this.parameters.set(settings.id, parameters);
      return parameters;
    } finally {
      transaction.release();
    }
  }

  /** The catalog as one server connection sees it: also what its open transaction changed. */
  async readCatalog(server: ServerConnection): Promise<Catalog> {
    const rows: Record<string, unknown> = {};
    for (const [name, sql] of Object.entries(catalogQueries)) {
      rows[name] = await internalQuery(server, sql);
    }
    this.#version += 1;
    return buildCatalog(rows as unknown as CatalogRows, this.#version);
  }

  /** Tables changed: every plan is stale, for all users of the database. */
  schemaChanged(): void {
    this.forgetCatalog();
    this.onSchemaChanged();
  }

  /** A statement names a relation that the catalog does not know: true when the catalog was old
   *  enough to be in doubt, and is forgotten now. */
  doubtCatalog(): boolean {
    if (Date.now() - this.#loadedAtMs < catalogTrustMs) return false;
    this.forgetCatalog();
    return true;
  }

  /** The catalog is read again before the next statement. */
  forgetCatalog(): void {
    this.#generation += 1;
    this.#catalog = null;
    this.#loading = null;
    this.#caches.clear();
  }

  /** PostgreSQL hashes text in the database's encoding, PgPack in UTF-8. */
  #checkEncoding(server: ServerConnection): void {
    const encoding = server.parameters.get('server_encoding') ?? 'UTF8';
    if (encoding === 'UTF8' || this.shardCount === 1) return;
    if (!this.rules.some(rule => rule.type === 'varchar')) return;
    const construct = `a varchar sharding key in a database with encoding ${encoding}`;
    throw new PgError(errors.unsupported, { construct });
  }

  async #load(): Promise<Catalog> {
    const generation = this.#generation;
    const pool = this.cluster.pools[0]!;
    const server = await pool.acquire();
    try {
      this.#checkEncoding(server);
      const catalog = await this.readCatalog(server);
      // Tables may have changed while it was read: then whoever asked asks again.
      if (generation === this.#generation) this.#catalog = catalog;
      this.#loadedAtMs = Date.now();
      this.log.debug({ database: this.database.name, tables: catalog.tables.size }, 'catalog read');
      return catalog;
    } finally {
      pool.release(server);
    }
  }
}
