// One user's view of one database: its pools, its catalog, its plans. Never shared wider, since
// search path, privileges and catalog belong to the user.

import { buildCatalog, type CatalogRows, catalogQueries } from '../backend/catalog-query.ts';
import type { Cluster } from '../backend/cluster.ts';
import { internalQuery } from '../backend/internal-query.ts';
import { unreadable } from '../backend/leftovers.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { type Settings, SettingsRegistry } from '../backend/settings-registry.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { withDrifts } from '../catalog/drift.ts';
import { withListedFunctions } from '../catalog/listed-functions.ts';
import { BoundedCache } from '../common/bounded-cache.ts';
import { errors } from '../common/error-catalogue.ts';
import type { Logger } from '../common/logger.ts';
import { PgError } from '../common/pg-error.ts';
import { type ClientTimeouts, clientTimeouts } from '../config/client-limits.ts';
import type { Config } from '../config/config.ts';
import { type Database, poolSettings, type User } from '../config/topology.ts';
import { DatabaseStats } from '../metrics/database-stats.ts';
import { type Directive, directiveText } from '../plan/directive.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { planStatement } from '../planner/plan-statement.ts';
import { checkTenant } from '../planner/tenant-guard.ts';
import type { Placement } from '../sharding/placement.ts';
import { settledDirective } from '../sql/directive-shard.ts';
import { Placements, ShardingScheme } from '../sql/sharding-scheme.ts';
import { parameterCount, type SyntaxNode } from '../sql/syntax-tree.ts';
import { ClientTransaction } from '../transaction/client-transaction.ts';
import { SessionSettings } from '../transaction/session-settings.ts';
import { CatalogRetry } from './catalog-retry.ts';
import { DryRun } from './dry-run.ts';
import { StatementRegistry } from './prepared-statement.ts';
import { SchemaComparison } from './schema-comparison.ts';
import { ShardCatalogs, schemaNamesQuery } from './shard-catalogs.ts';
import { StatementCache } from './statement-cache.ts';
import { orderOf } from './statement-order.ts';

/** What a text that our parser cannot read becomes where there is only one server to ask. */
const passThrough: StatementPlan = {
  tag: '',
  route: { groups: [] },
  groupless: 'any',
  wide: { kind: 'refusal', construct: 'statement', hint: null, always: false },
  effect: null,
  writes: true,
  repeatable: false,
  changesSchema: false,
  pinsSession: unreadable,
  outsideTransaction: false,
};

/** How long a catalog is believed that lacks a relation which some server has. */
const catalogTrustMs = 1_000;

/** Such relations that are remembered. */
const lackingMax = 1_000;

/** Search paths whose plans are kept. */
const searchPathsMax = 100;

/** In statement mode a connection goes back after every statement: no block can be opened. */
function inMode(plan: StatementPlan, mode: DatabaseService['poolerMode']): StatementPlan {
  if (mode !== 'statement' || plan.effect?.kind !== 'begin') return plan;
  throw new PgError(errors.blockInStatementMode);
}

export interface KnownSchema {
  readonly catalog: Catalog;
  readonly scheme: ShardingScheme;
  readonly shards: Pick<ShardCatalogs, 'isPlaced'>;
}

export class DatabaseService {
  readonly cluster: Cluster;
  readonly registry: StatementRegistry;
  readonly stats: DatabaseStats;
  readonly settings = new SettingsRegistry();
  readonly dryRun: DryRun;
  /** The functions that plans name by their number. */
  readonly placements: readonly Placement[];
  /** ParameterStatus values by the number of the settings they follow from. */
  readonly parameters = new BoundedCache<number, ReadonlyMap<string, string>>(1_000);
  /** Tells the services of other users of the database that tables changed. */
  onSchemaChanged: () => void = () => {};
  /** Forgets the catalog if another worker has changed tables; null: there is no other. */
  lookAtOthers: (() => void) | null = null;

  readonly log: Logger;
  readonly comparison: SchemaComparison;
  readonly #retry = new CatalogRetry(() => this.forgetCatalog());
  #config: Config;
  #database: Database;
  #user: User;
  #timeouts: ClientTimeouts;
  readonly #placements = new Placements();
  readonly #shards: ShardCatalogs;
  readonly #schemes = new WeakMap<Catalog, ShardingScheme>();
  #catalog: Catalog | null = null;
  #loading: Promise<Catalog> | null = null;
  #version = 0;
  #generation = 0;
  #directives = new WeakMap<Directive, Directive>();
  #caches = new Map<string, StatementCache>();
  #nextHome = 0;
  #sessions = 0;
  #onUnused: (() => void) | null = null;
  /** Relations that the catalog lacked when it had been read for their sake, and when that was. */
  readonly #lacking = new BoundedCache<string, number>(lackingMax);

  constructor(
    config: Config,
    database: Database,
    user: User,
    cluster: Cluster,
    log: Logger,
    stats = new DatabaseStats(),
  ) {
    this.#config = config;
    this.#database = database;
    this.#user = user;
    this.#timeouts = clientTimeouts(config.general, user);
    this.cluster = cluster;
    this.log = log;
    const named = log.child({ database: database.name, user: user.name });
    const everywhere = (schema: string) => !this.#shards.isPlaced(schema);
    this.comparison = new SchemaComparison(cluster, named, everywhere, () => {
      if (this.#catalog !== null) this.forgetCatalog();
    });
    this.stats = stats;
    this.registry = new StatementRegistry(config.general.queryCacheLimit);
    this.placements = this.#placements.list;
    this.#shards = new ShardCatalogs(database);
    this.dryRun = new DryRun(database);
  }

  get config(): Config {
    return this.#config;
  }

  get database(): Database {
    return this.#database;
  }

  get user(): User {
    return this.#user;
  }

  get timeouts(): ClientTimeouts {
    return this.#timeouts;
  }

  get shardCount(): number {
    return this.cluster.shardCount;
  }

  /** Takes over a configuration in which the database is sharded as before. */
  update(config: Config, database: Database, user: User): void {
    this.#config = config;
    this.#database = database;
    this.#user = user;
    this.#timeouts = clientTimeouts(config.general, user);
    // Servers may be others now, and tell clients other things.
    this.parameters.clear();
    this.comparison.startOver();
    this.forgetCatalog();
  }

  get crossShardDisabled(): boolean {
    return this.user.crossShardDisabled ?? this.config.general.crossShardDisabled;
  }

  get inUse(): boolean {
    return this.#sessions > 0;
  }

  /** Entries of all caches of plans. */
  get cachedPlans(): number {
    let plans = 0;
    for (const cache of this.#caches.values()) plans += cache.size;
    return plans;
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

  get retired(): boolean {
    return this.#onUnused !== null;
  }

  /** Sessions are spread over the shards for statements that any shard can answer. */
  nextHomeShard(): number {
    this.#nextHome = (this.#nextHome + 1) % this.shardCount;
    return this.#nextHome;
  }

  /** Plans for a search path (null: the server's own), or null while the catalog is not loaded. */
  cache(
    searchPath: readonly string[] | null,
    directive: Directive | null = null,
  ): StatementCache | null {
    if (this.lookAtOthers !== null) this.lookAtOthers();
    if (this.#catalog === null) return null;
    const path = searchPath === null ? '' : JSON.stringify(searchPath);
    const settled = directive === null ? null : this.#settled(directive);
    const key = settled === null ? path : `${directiveText(settled)}\0${path}`;
    let cache = this.#caches.get(key);
    if (cache === undefined) {
      if (this.#caches.size >= searchPathsMax) this.#caches.clear();
      cache = this.newCache(this.#catalog, searchPath, settled);
      this.#caches.set(key, cache);
    }
    return cache;
  }

  /** As `settle`, once for each directive; what is wrong with it statements are told. */
  #settled(directive: Directive): Directive {
    let settled = this.#directives.get(directive);
    if (settled === undefined) {
      try {
        settled = this.settle(directive);
      } catch (error) {
        if (!(error instanceof PgError)) throw error;
        settled = directive;
      }
      this.#directives.set(directive, settled);
    }
    return settled;
  }

  /** The directive with its key placed where that can be done once for all statements, which then
   *  share their plans. Needs the catalog. Throws as `settledDirective`. */
  settle(directive: Directive): Directive {
    const catalog = this.#catalog;
    if (directive.kind === 'shard' || catalog === null) return directive;
    const { shardCount } = this;
    return settledDirective(directive, { catalog, scheme: this.#schemeOf(catalog), shardCount });
  }

  newCache(
    catalog: Catalog,
    searchPath: readonly string[] | null,
    directive: Directive | null = null,
  ): StatementCache {
    const { shardCount } = this;
    const scheme = this.#schemeOf(catalog);
    const path = searchPath ?? catalog.searchPath;
    const listenPins = this.#listenPins;
    const { poolerMode } = this;
    const { stats } = this;
    const schemas = this.#shards.schemas;
    const plan = (sql: string, stmt: SyntaxNode, around: string) => {
      stats.planned += 1;
      const { general, multiTenant } = this.config;
      const order = orderOf(around, general, directive);
      const input = {
        sql,
        stmt,
        catalog,
        scheme,
        shardCount,
        searchPath: path,
        listenPins,
        schemas,
        ...order,
      };
      if (general.dryRun && shardCount === 1) this.dryRun.note(input);
      if (multiTenant !== null) checkTenant(input, multiTenant.column);
      return {
        plan: inMode(planStatement(input), poolerMode),
        parameters: stmt.PrepareStmt === undefined ? parameterCount(stmt) : 0,
      };
    };
    // What cannot be read cannot be seen to name a tenant.
    const guarded = this.config.multiTenant !== null;
    const fallback = this.shardCount === 1 && !guarded ? passThrough : null;
    return new StatementCache(this.config.general.queryCacheLimit, plan, fallback);
  }

  /** How long clients keep server connections. */
  get poolerMode(): 'transaction' | 'session' | 'statement' {
    const [server] = this.database.shards[0]!.servers;
    return poolSettings(this.config, this.user, this.database, server!).poolerMode;
  }

  /** LISTEN is the server connection's own, which the client keeps or, in session mode, has. */
  get #listenPins(): boolean {
    if (this.config.general.pubSubChannelSize === 0) return true;
    return this.poolerMode === 'session' && this.shardCount === 1;
  }

  /** What is known of the database's tables now; null: nothing yet, or not any more. */
  get knownSchema(): KnownSchema | null {
    const catalog = this.#catalog;
    if (catalog === null) return null;
    return { catalog, scheme: this.#schemeOf(catalog), shards: this.#shards };
  }

  /** Schemas lie on different shards. */
  get hasSchemas(): boolean {
    return this.#shards.schemas !== null;
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
    const read = await this.#readShard(server);
    return withDrifts(this.#shards.with(read, server.address.shard), this.comparison.drifts);
  }

  async #readShard(server: ServerConnection): Promise<Catalog> {
    const rows: Record<string, unknown> = {};
    for (const [name, sql] of Object.entries(catalogQueries)) {
      rows[name] = await internalQuery(server, sql);
    }
    if (this.#shards.schemas !== null) {
      const names = await internalQuery(server, schemaNamesQuery);
      this.#shards.note(
        server.address.shard,
        names.map(([name]) => name ?? ''),
      );
    }
    this.#version += 1;
    const { writeFunctions: writing, readOnlyFunctions: readOnly } = this.config.general;
    const catalog = buildCatalog(rows as unknown as CatalogRows, this.#version);
    return withListedFunctions(catalog, { writing, readOnly });
  }

  /** Another number: what was read of the catalog is stale. */
  get generation(): number {
    if (this.lookAtOthers !== null) this.lookAtOthers();
    return this.#generation;
  }

  /** Tables changed: every plan is stale, for all users of the database. */
  schemaChanged(): void {
    this.forgetCatalog();
    this.onSchemaChanged();
  }

  /** A server has a relation that the catalog lacks: true when the catalog is forgotten now, false
   *  when it was just read again for that relation, in vain. */
  doubtCatalog(relation: string): boolean {
    const triedAtMs = this.#lacking.get(relation);
    if (triedAtMs !== undefined && Date.now() - triedAtMs < catalogTrustMs) return false;
    this.forgetCatalog();
    return true;
  }

  /** The catalog was read again, in vain. */
  lacks(relation: string): void {
    this.#lacking.set(relation, Date.now());
  }

  /** The catalog is read again before the next statement. */
  forgetCatalog(): void {
    this.#generation += 1;
    this.#catalog = null;
    this.#loading = null;
    this.#directives = new WeakMap();
    this.#caches.clear();
  }

  #schemeOf(catalog: Catalog): ShardingScheme {
    let scheme = this.#schemes.get(catalog);
    if (scheme === undefined) {
      const { shardedTables } = this.database;
      scheme = new ShardingScheme(catalog, shardedTables, this.shardCount, this.#placements);
      this.#schemes.set(catalog, scheme);
    }
    return scheme;
  }

  /** PostgreSQL hashes text in the database's encoding, PgPack in UTF-8. */
  #checkEncoding(server: ServerConnection, catalog: Catalog): Catalog {
    const encoding = server.parameters.get('server_encoding') ?? 'UTF8';
    if (encoding === 'UTF8' || this.shardCount === 1) return catalog;
    if (!this.#schemeOf(catalog).hasTextKeys()) return catalog;
    const construct = `a sharding key with text in a database with encoding ${encoding}`;
    throw new PgError(errors.unsupported, { construct });
  }

  async #load(): Promise<Catalog> {
    const generation = this.#generation;
    const compared = this.comparison.begin();
    const read = await this.#shards.read(shard => this.#readBesideClients(shard));
    await compared;
    await this.comparison.sees(read);
    this.#retry.sees(read);
    const catalog = withDrifts(read, this.comparison.drifts);
    // Tables may have changed while it was read: then whoever asked asks again.
    if (generation === this.#generation) this.#catalog = catalog;
    this.log.debug({ database: this.database.name, tables: catalog.tables.size }, 'catalog read');
    return catalog;
  }

  /** Clients in transactions may hold every connection of the pool and wait for the catalog: then
   *  it is read over another one, unless nobody is to have any (PAUSE). */
  async #readBesideClients(shard: number): Promise<Catalog> {
    const pool = this.cluster.pools[shard]!;
    if ((pool.idle === 0 || pool.waiting > 0) && !this.cluster.atRest) {
      const server = await this.cluster.openAside(shard);
      try {
        return this.#checkEncoding(server, await this.#readShard(server));
      } finally {
        server.close();
      }
    }
    // In the server's own settings: search path and role are part of what is read.
    const settings = new SessionSettings(this.settings, new Map());
    const transaction = new ClientTransaction(this.cluster, settings);
    try {
      const server = await transaction.open(shard);
      return this.#checkEncoding(server, await this.#readShard(server));
    } finally {
      transaction.release();
    }
  }
}
