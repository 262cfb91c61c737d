// Databases, shards, servers, sharded tables and users as the rest of PgPack sees them: names
// resolved, defaults filled in, overrides settled by `poolSettings`. Immutable after loading.

import type { DataType } from './data-type.ts';
import type { DatabaseEntry, UserEntry } from './database-keys.ts';
import type { General } from './general-keys.ts';
import type { MappedBound, MappedValue } from './mapped-key.ts';
import type { ShardedTableEntry } from './sharding-keys.ts';

/** One PostgreSQL server of a shard. `user` and `password` come before the client's own. */
export interface Server extends Omit<DatabaseEntry, 'name' | 'reshardingOnly' | 'role'> {
  readonly role: 'primary' | 'replica';
  /** The database's name at the server. */
  readonly databaseName: string;
}

export interface Shard {
  readonly number: number;
  /** The primary first. So far only the primary is used. */
  readonly servers: readonly Server[];
}

export interface ListMapping {
  /** null: rows whose key is NULL. */
  readonly values: readonly (MappedValue | null)[];
  readonly shard: number;
}

/** Keys from `start` (included) up to `end` (not included); null: unbounded. */
export interface RangeMapping {
  readonly start: MappedBound | null;
  readonly end: MappedBound | null;
  readonly shard: number;
}

/** Lists first, then ranges, then the default; a key that nothing maps is an error. */
export interface Mapping {
  readonly lists: readonly ListMapping[];
  readonly ranges: readonly RangeMapping[];
  readonly defaultShard: number | null;
}

type PlainKeys = Pick<
  ShardedTableEntry,
  | 'name'
  | 'schema'
  | 'primary'
  | 'hasher'
  | 'centroids'
  | 'centroidProbes'
  | 'lookupQuery'
  | 'lookupResult'
>;

/** A table whose rows lie on the shard that `columns` name. `name` null: every table that has the
 *  columns; `schema` null: the table of any schema. */
export interface ShardedTable extends PlainKeys {
  /** The key, in the order in which its columns are hashed or compared. */
  readonly columns: readonly string[];
  /** Words of `data_type`, one for each column; null: the column's own type. */
  readonly dataTypes: readonly (DataType | null)[];
  readonly mapping: Mapping | null;
}

/** A table that every shard has whole. */
export interface OmnishardedTable {
  /** null: any schema. */
  readonly schema: string | null;
  readonly name: string;
  readonly sticky: boolean;
}

export interface ShardedSchema {
  readonly name: string | null;
  readonly shard: number;
  readonly all: boolean;
}

export interface Database {
  readonly name: string;
  /** By number: `shards[n].number === n`. */
  readonly shards: readonly Shard[];
  readonly shardedTables: readonly ShardedTable[];
  readonly omnishardedTables: readonly OmnishardedTable[];
  readonly shardedSchemas: readonly ShardedSchema[];
}

export interface User
  extends Omit<UserEntry, 'database' | 'allDatabases' | 'password' | 'databases' | 'passwords'> {
  /** Names of databases the user may connect to, each known. */
  readonly databases: readonly string[];
  /** Any of them lets a client in; tried in order at servers. Empty: see `passwordHash`. */
  readonly passwords: readonly string[];
}

/** What one pool (a user at a server) does, overrides resolved. Times in ms; `Infinity`: none. */
export interface PoolSettings {
  readonly poolSize: number;
  readonly minPoolSize: number;
  readonly reservePoolSize: number;
  readonly reservePoolTimeoutMs: number;
  readonly poolerMode: 'transaction' | 'session' | 'statement';
  readonly idleTimeoutMs: number;
  readonly serverLifetimeMs: number;
  readonly serverLifetimeJitterMs: number;
  readonly checkoutTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly connectAttempts: number;
  readonly connectAttemptDelayMs: number;
  readonly rollbackTimeoutMs: number;
  readonly connectionRecovery: 'recover' | 'rollback_only' | 'drop';
  readonly healthcheckIntervalMs: number;
  readonly healthcheckTimeoutMs: number;
  /** Reads of several clients that one server connection runs one behind the other; 1: none. */
  readonly pipelineDepth: number;
  /** Settings of server connections; null: the server's own. */
  readonly statementTimeoutMs: number | null;
  readonly lockTimeoutMs: number | null;
  readonly readOnly: boolean;
  /** Login at the server. `passwords` are tried in order; empty: none is known. */
  readonly serverUser: string;
  readonly serverPasswords: readonly string[];
}

/**
 * Settings of the pool of `user` at `server`, which is one of `database`'s. The user's override
 * comes before the server's, that before [general]; at each of them one for the role (`…_primary`)
 * before the plain one. Credentials of [[databases]] come before the user's.
 */
export function poolSettings(
  config: { readonly general: General },
  user: User,
  _database: Database,
  server: Server,
): PoolSettings {
  const { general } = config;
  const sizes = [sizesFor(user, server.role), sizesFor(server, server.role)] as const;
  const poolSize = sizes[0].poolSize ?? sizes[1].poolSize ?? general.defaultPoolSize;
  const minPoolSize = sizes[0].minPoolSize ?? sizes[1].minPoolSize ?? general.minPoolSize;
  return {
    poolSize,
    minPoolSize: Math.min(minPoolSize, poolSize),
    reservePoolSize: user.reservePoolSize ?? server.reservePoolSize ?? general.reservePoolSize,
    reservePoolTimeoutMs: general.reservePoolTimeoutMs,
    poolerMode: user.poolerMode ?? server.poolerMode ?? general.poolerMode,
    idleTimeoutMs: sizes[0].idleTimeoutMs ?? sizes[1].idleTimeoutMs ?? general.idleTimeoutMs,
    serverLifetimeMs: user.serverLifetimeMs ?? server.serverLifetimeMs ?? general.serverLifetimeMs,
    serverLifetimeJitterMs:
      user.serverLifetimeJitterMs ??
      server.serverLifetimeJitterMs ??
      general.serverLifetimeJitterMs,
    checkoutTimeoutMs: user.checkoutTimeoutMs ?? general.checkoutTimeoutMs,
    connectTimeoutMs: general.connectTimeoutMs,
    connectAttempts: general.connectAttempts,
    connectAttemptDelayMs: general.connectAttemptDelayMs,
    rollbackTimeoutMs: general.rollbackTimeoutMs,
    connectionRecovery: general.connectionRecovery,
    healthcheckIntervalMs: general.healthcheckIntervalMs,
    healthcheckTimeoutMs: general.healthcheckTimeoutMs,
    pipelineDepth: general.pipelineDepth,
    statementTimeoutMs: user.statementTimeoutMs ?? server.statementTimeoutMs,
    lockTimeoutMs: user.lockTimeoutMs ?? server.lockTimeoutMs,
    readOnly: user.readOnly ?? server.readOnly ?? false,
    ...serverLogin(user, server),
  };
}

type Sizes = Pick<
  UserEntry,
  | 'poolSize'
  | 'poolSizePrimary'
  | 'poolSizeReplica'
  | 'minPoolSize'
  | 'minPoolSizePrimary'
  | 'minPoolSizeReplica'
  | 'idleTimeoutMs'
  | 'idleTimeoutPrimaryMs'
  | 'idleTimeoutReplicaMs'
>;

function sizesFor(from: Sizes, role: 'primary' | 'replica') {
  const primary = role === 'primary';
  return {
    poolSize: (primary ? from.poolSizePrimary : from.poolSizeReplica) ?? from.poolSize,
    minPoolSize: (primary ? from.minPoolSizePrimary : from.minPoolSizeReplica) ?? from.minPoolSize,
    idleTimeoutMs:
      (primary ? from.idleTimeoutPrimaryMs : from.idleTimeoutReplicaMs) ?? from.idleTimeoutMs,
  };
}

function serverLogin(user: User, server: Server) {
  const password = server.password ?? user.serverPassword;
  return {
    serverUser: server.user ?? user.serverUser ?? user.name,
    serverPasswords: password === null ? user.passwords : [password],
  };
}
