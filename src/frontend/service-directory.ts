// All services of the process, one per user and database: made when first needed, carried over a
// reload, paused and resumed together.

import type PQueue from 'p-queue';
import { Cluster, type ShardTarget } from '../backend/cluster.ts';
import { errors } from '../common/error-catalogue.ts';
import type { Logger } from '../common/logger.ts';
import { PgError } from '../common/pg-error.ts';
import { admitsUnlisted } from '../config/auth-query.ts';
import type { Config } from '../config/config.ts';
import type { Database, User } from '../config/topology.ts';
import { isUnlisted } from '../config/unlisted-user.ts';
import { StatsStore } from '../metrics/stats-store.ts';
import { DatabaseService } from './database-service.ts';
import type { Peers } from './peers.ts';
import { SchemaWatch } from './schema-watch.ts';

export interface ServiceDirectoryOptions {
  readonly config: () => Config;
  /** The primaries of the shards, as the configuration has them now. */
  readonly targets: (user: User, database: Database) => readonly ShardTarget[];
  readonly connectQueue: PQueue;
  /** null: this event loop is the only one. */
  readonly peers: Peers | null;
  /** The service is not for new clients any more; those it has are to leave. */
  readonly onRetired: (service: DatabaseService) => void;
  /** Nobody has used it for a while, and its user may never come back. */
  readonly onDropped: (service: DatabaseService) => void;
  readonly log: Logger;
}

export class ServiceDirectory {
  readonly #options: ServiceDirectoryOptions;
  readonly #stats = new StatsStore();
  readonly #services = new Map<string, DatabaseService>();
  /** Left with clients that are in a transaction. */
  readonly #retired = new Set<DatabaseService>();
  readonly #paused = new Set<string>();
  readonly #disabled = new Set<string>();
  readonly #schemaWatches = new Map<string, SchemaWatch>();
  #maintenance = false;

  constructor(options: ServiceDirectoryOptions) {
    this.#options = options;
  }

  /** Those that are retired included. */
  get all(): DatabaseService[] {
    return [...this.#services.values(), ...this.#retired];
  }

  /** Those that are not retired. */
  get inUse(): DatabaseService[] {
    return [...this.#services.values()];
  }

  get maintenance(): boolean {
    return this.#maintenance;
  }

  isPaused(database: string): boolean {
    return this.#paused.has(database);
  }

  isDisabled(database: string): boolean {
    return this.#disabled.has(database);
  }

  /** For a client that logs in. Throws PgError `databaseDisabled`. */
  forClient(user: User, databaseName: string): DatabaseService {
    if (this.#disabled.has(databaseName)) {
      throw new PgError(errors.databaseDisabled, { database: databaseName });
    }
    return this.get(user, databaseName);
  }

  get(user: User, databaseName: string): DatabaseService {
    const key = JSON.stringify([user.name, databaseName]);
    let service = this.#services.get(key);
    if (service === undefined) {
      service = this.#create(user, databaseName);
      this.#services.set(key, service);
    }
    return service;
  }

  /** Pools of users with known passwords open their minimum at once. */
  openAll(): void {
    for (const user of this.#options.config().users) {
      for (const database of user.databases) this.get(user, database);
    }
    this.maintain(Date.now());
  }

  maintain(nowMs: number): void {
    for (const service of this.#services.values()) service.cluster.maintain(nowMs);
    this.#dropUnused();
  }

  /** Services of users that users.toml does not name go when nothing is left of them. */
  #dropUnused(): void {
    for (const [key, service] of this.#services) {
      if (!isUnlisted(service.user) || service.inUse) continue;
      if (service.cluster.pools.some(pool => pool.size > 0 || pool.waiting > 0)) continue;
      this.#services.delete(key);
      this.#retire(service);
      this.#options.onDropped(service);
    }
  }

  /** Takes over the configuration that is in force now. A service whose database is sharded as
   *  before keeps its clients, and those connections that would be opened the same way again. */
  reload(): void {
    const config = this.#options.config();
    for (const [key, service] of [...this.#services]) {
      const database = config.databases.get(service.database.name);
      const user =
        userOf(config, service.user.name, service.database.name) ??
        (stillAdmitted(config, service) ? service.user : null);
      if (database !== undefined && user !== null && sameSharding(database, service.database)) {
        service.update(config, database, user);
        service.cluster.reconfigure(this.#options.targets(user, database));
      } else {
        this.#services.delete(key);
        this.#retire(service);
      }
    }
  }

  /** Resolves when no connection of the database is left; null: of any. */
  async pause(database: string | null): Promise<void> {
    for (const name of this.#names(database)) this.#paused.add(name);
    await Promise.all(this.#of(database).map(service => service.cluster.pause()));
  }

  resume(database: string | null): void {
    for (const name of this.#names(database)) this.#paused.delete(name);
    for (const service of this.#of(database)) service.cluster.resume();
  }

  reconnect(database: string | null): void {
    for (const service of this.#of(database)) {
      service.cluster.reconnect();
      service.lookups.clear();
    }
  }

  async waitClose(database: string | null): Promise<void> {
    await Promise.all(this.#of(database).map(service => service.cluster.givenUpClosed()));
  }

  setMaintenance(on: boolean): void {
    this.#maintenance = on;
    for (const service of this.all) service.cluster.setMaintenance(on);
  }

  /** Cuts every server connection, then does as `pause`. */
  kill(database: string | null): void {
    void this.pause(database);
    for (const service of this.#of(database)) service.cluster.cut();
  }

  enable(database: string, on: boolean): void {
    if (on) this.#disabled.delete(database);
    else this.#disabled.add(database);
  }

  destroy(): void {
    for (const service of this.all) service.cluster.destroy();
  }

  #create(user: User, databaseName: string): DatabaseService {
    const { config, targets, connectQueue, peers, log } = this.#options;
    const database = config().databases.get(databaseName)!;
    const statsOf = (shard: number) => this.#stats.pool(user.name, databaseName, shard);
    const cluster = new Cluster(targets(user, database), connectQueue, statsOf);
    if (this.#paused.has(databaseName)) void cluster.pause();
    if (this.#maintenance) cluster.setMaintenance(true);
    const stats = this.#stats.database(user.name, databaseName);
    const service = new DatabaseService(config(), database, user, cluster, log, stats);
    service.onSchemaChanged = () => this.#schemaChanged(databaseName);
    if (peers !== null) service.lookAtOthers = this.#schemaWatch(databaseName, peers).look;
    return service;
  }

  #retire(service: DatabaseService): void {
    this.#retired.add(service);
    service.cluster.reconnect();
    service.retire(() => this.#retired.delete(service));
    this.#options.onRetired(service);
  }

  #schemaWatch(databaseName: string, peers: Peers): SchemaWatch {
    let watch = this.#schemaWatches.get(databaseName);
    if (watch === undefined) {
      const forget = () => this.#forgetCatalogs(databaseName);
      watch = new SchemaWatch(peers.schemaVersion(databaseName), forget);
      this.#schemaWatches.set(databaseName, watch);
    }
    return watch;
  }

  #schemaChanged(databaseName: string): void {
    this.#forgetCatalogs(databaseName);
    this.#schemaWatches.get(databaseName)?.tell();
  }

  #forgetCatalogs(databaseName: string): void {
    for (const service of this.all) {
      if (service.database.name === databaseName) service.forgetCatalog();
    }
  }

  #names(database: string | null): string[] {
    return database === null ? [...this.#options.config().databases.keys()] : [database];
  }

  #of(database: string | null): DatabaseService[] {
    return this.all.filter(service => database === null || service.database.name === database);
  }
}

/** The entry of [[users]] that lets `name` into `database`, or null. */
function userOf(config: Config, name: string, database: string): User | null {
  return config.users.find(user => user.name === name && user.databases.includes(database)) ?? null;
}

/** A user that users.toml does not name and need not. */
function stillAdmitted({ general, databases }: Config, { user, database }: DatabaseService) {
  const server = databases.get(database.name)?.shards[0]?.servers[0];
  return isUnlisted(user) && server !== undefined && admitsUnlisted(general, server);
}

/** The same statements go to the same shards. */
function sameSharding(a: Database, b: Database): boolean {
  const text = ({ shards, shardedTables, omnishardedTables, shardedSchemas }: Database) =>
    JSON.stringify(
      [shards.length, shardedTables, omnishardedTables, shardedSchemas],
      (_, member) => (typeof member === 'bigint' ? `${member}n` : member),
    );
  return text(a) === text(b);
}
