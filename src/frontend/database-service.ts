// One user's view of one database: its pools, its catalog, its plans. Never shared wider, since
// search path, privileges and catalog belong to the user.

import { buildCatalog } from '../backend/catalog-query.ts';
import type { Cluster } from '../backend/cluster.ts';
import { internalQuery } from '../backend/internal-query.ts';
import { unreadable } from '../backend/leftovers.ts';
import { readCatalogRows } from '../backend/read-catalog-rows.ts';
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
import { besideClients } from './beside-clients.ts';
import { CatalogRetry } from './catalog-retry.ts';
import { DryRun } from './dry-run.ts';
import { BuiltCatalogs, KnownCatalog } from './known-catalog.ts';
import { LackingRelations } from './lacking-relations.ts';
import { Lookups } from './lookups.ts';
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
  momentSql: null,
};

/** How long changes wait that concern no plan. */
const readLaterMs = 1_000;

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
  readonly lacking = new LackingRelations();
  /** Keys that a query translates. */
  readonly lookups: Lookups;
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
  readonly #built = new BuiltCatalogs();
  #known: KnownCatalog | null = null;
  /** What was known when it was forgotten: it may still be so. */
  #former: KnownCatalog | null = null;
  #loading: Promise<Catalog> | null = null;
  #readingLater: NodeJS.Timeout | null = null;
  #version = 0;
  #generation = 0;
  #nextHome = 0;
  #sessions = 0;
  #onUnused: (() => void) | null = null;

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
    this.comparison = new SchemaComparison(cluster, this.settings, named, everywhere, () => {
      if (this.#known !== null) this.forgetCatalog();
    });
    this.stats = stats;
    this.registry = new StatementRegistry(config.general.queryCacheLimit);
    this.placements = this.#placements.list;
    this.#shards = new ShardCatalogs(database);
    this.dryRun = new DryRun(database);
    this.lookups = new Lookups(this, this.#placements.lookups);
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
    this.#former = null;
    this.#loading = null;
    this.#built.clear();
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
    for (const cache of this.#known?.caches.values() ?? []) plans += cache.size;
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
    if (this.#known === null) return null;
    const { caches, catalog } = this.#known;
    const path = searchPath === null ? '' : JSON.stringify(searchPath);
    const settled = directive === null ? null : this.#settled(directive, this.#known);
    const key = settled === null ? path : `${directiveText(settled)}\0${path}`;
    let cache = caches.get(key);
    if (cache === undefined) {
      if (caches.size >= searchPathsMax) caches.clear();
      cache = this.newCache(catalog, searchPath, settled);
      caches.set(key, cache);
    }
    return cache;
  }

  /** As `settle`, once for each directive; what is wrong with it statements are told. */
  #settled(directive: Directive, { directives }: KnownCatalog): Directive {
    let settled = directives.get(directive);
    if (settled === undefined) {
      try {
        settled = this.settle(directive);
      } catch (error) {
        if (!(error instanceof PgError)) throw error;
        settled = directive;
      }
      directives.set(directive, settled);
    }
    return settled;
  }

  /** The directive with its key placed where that can be done once for all statements, which then
   *  share their plans. Needs the catalog. Throws as `settledDirective`. */
  settle(directive: Directive): Directive {
    if (directive.kind === 'shard' || this.#known === null) return directive;
    const { catalog } = this.#known;
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
    const hidden = catalog.hiddenSchemas ?? [];
    const path = (searchPath ?? catalog.searchPath).filter(name => !hidden.includes(name));
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
        parameters: isAnalysed(stmt) ? parameterCount(stmt) : 0,
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
    if (this.#known === null) return null;
    const { catalog } = this.#known;
    return { catalog, scheme: this.#schemeOf(catalog), shards: this.#shards };
  }

  /** Schemas lie on different shards. */
  get hasSchemas(): boolean {
    return this.#shards.schemas !== null;
  }

  /** Loads the catalog if it is not there. Rejects with what kept it from being read. */
  loadCatalog(): Promise<Catalog> {
    return this.#known !== null ? Promise.resolve(this.#known.catalog) : this.#startLoading();
  }

  /** One at a time: what was read while tables changed is not taken, and whoever waits for it comes
   *  again. */
  #startLoading(): Promise<Catalog> {
    if (this.#loading !== null) return this.#loading;
    const loading = this.#load().finally(() => {
      if (this.#loading === loading) this.#loading = null;
    });
    this.#loading = loading;
    return loading;
  }

  /** Reads the catalog again. Others go on with what is known meanwhile. */
  async reread(): Promise<void> {
    if (this.#loading !== null) await this.#loading.catch(() => {});
    // What somebody has begun to read since is as good.
    if (this.#loading === null) this.#generation += 1;
    await this.#startLoading();
  }

  /** A change of tables that spares all plans need not be known at once: on one shard, whose server
   *  sees to the rest. What a tenant may see is read from the catalog. */
  get readsLater(): boolean {
    return this.shardCount === 1 && this.config.multiTenant === null;
  }

  /** The catalog is read again within a second, while everybody goes on with what is known. */
  readLater(): void {
    if (this.#readingLater !== null) return;
    this.#readingLater = setTimeout(() => {
      this.#readingLater = null;
      const before = this.#known;
      if (before === null || !this.inUse) return;
      const tell = () => {
        if (this.#known !== null && this.#known !== before) this.onSchemaChanged();
      };
      this.reread().then(tell, error => this.log.debug({ err: error }, 'catalog not read again'));
    }, readLaterMs).unref();
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
    const read = await this.#readShard(server, false);
    return withDrifts(this.#shards.with(read, server.address.shard), this.comparison.drifts);
  }

  async #readShard(server: ServerConnection, shared: boolean): Promise<Catalog> {
    const rows = await readCatalogRows(sql => internalQuery(server, sql));
    if (this.#shards.schemas !== null) {
      const names = await internalQuery(server, schemaNamesQuery);
      this.#shards.note(
        server.address.shard,
        names.map(([name]) => name ?? ''),
      );
    }
    return this.#built.get(server.address.shard, rows, shared, () => {
      this.#version += 1;
      const { writeFunctions: writing, readOnlyFunctions: readOnly } = this.config.general;
      const catalog = buildCatalog(rows, this.#version);
      return withListedFunctions(catalog, { writing, readOnly });
    });
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

  /** The catalog is read again before the next statement. */
  forgetCatalog(): void {
    this.#generation += 1;
    this.#former = this.#known ?? this.#former;
    this.#known = null;
    this.lookups.clear();
  }

  #schemeOf(catalog: Catalog): ShardingScheme {
    let scheme = this.#schemes.get(catalog);
    if (scheme === undefined) {
      const { shardedTables, omnishardedTables: whole } = this.database;
      const placements = this.#placements;
      scheme = new ShardingScheme(catalog, shardedTables, this.shardCount, placements, whole);
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
    const known = KnownCatalog.of(read, this.comparison.drifts, this.#known ?? this.#former);
    // Tables may have changed while it was read: then whoever asked asks again.
    if (generation === this.#generation) this.#known = known;
    const { catalog } = known;
    this.log.debug({ database: this.database.name, tables: catalog.tables.size }, 'catalog read');
    return catalog;
  }

  /** In the server's own settings: search path and role are part of what is read. */
  #readBesideClients(shard: number): Promise<Catalog> {
    return besideClients(this, shard, async server =>
      this.#checkEncoding(server, await this.#readShard(server, true)),
    );
  }
}

/** PostgreSQL finds its parameters when it is prepared: PREPARE has its own, and what COPY copies is
 *  looked at when it runs (transformStmt, analyze.c). */
function isAnalysed({ PrepareStmt, CopyStmt }: SyntaxNode): boolean {
  return PrepareStmt === undefined && CopyStmt === undefined;
}
