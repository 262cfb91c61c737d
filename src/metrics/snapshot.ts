// All numbers of one moment as plain data: what SHOW and the OpenMetrics endpoint both print, and
// what workers send each other. Times of day are ms since 1970, durations ms.

/** Requests of clients, from the first message up to ReadyForQuery, and what they moved. */
export interface ClientTotals {
  readonly queries: number;
  readonly transactions: number;
  /** ErrorResponses that clients got. */
  readonly errors: number;
  readonly parses: number;
  readonly binds: number;
  readonly queryMs: number;
  readonly transactionMs: number;
  /** Waiting for server connections. */
  readonly waitMs: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** What server connections did for clients; PgPack's own statements are not in it. */
export interface ServerTotals {
  readonly queries: number;
  readonly transactions: number;
  readonly errors: number;
  readonly parses: number;
  /** From the server. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

export type ClientState = 'idle' | 'active' | 'waiting' | 'idle in transaction';

export interface ClientSnapshot extends ClientTotals {
  readonly id: number;
  readonly worker: number;
  readonly user: string;
  readonly database: string;
  readonly address: string;
  readonly port: number;
  readonly applicationName: string;
  readonly state: ClientState;
  readonly connectedAtMs: number;
  /** When the current request began, or the last one ended. */
  readonly lastRequestAtMs: number;
  /** So long it has been waiting for a server connection; 0: it does not wait. */
  readonly waitingMs: number;
  /** The construct that keeps its server connection for it, or null. */
  readonly pinnedBy: string | null;
  readonly preparedStatements: number;
  /** Process ids of the server connections it holds. */
  readonly serverProcessIds: readonly number[];
  readonly encrypted: boolean;
}

export type ServerState = 'idle' | 'active' | 'idle in transaction';

export interface ServerSnapshot extends ServerTotals {
  readonly poolId: number;
  readonly worker: number;
  readonly user: string;
  readonly database: string;
  readonly shard: number;
  readonly address: string;
  readonly port: number;
  readonly processId: number;
  readonly state: ServerState;
  readonly connectedAtMs: number;
  /** When it was last given to a client or returned. */
  readonly lastUsedAtMs: number;
  /** Of the client that holds it; null: nobody, or several share it. */
  readonly clientId: number | null;
  readonly applicationName: string;
  readonly preparedStatements: number;
  readonly encrypted: boolean;
  /** It is closed when its client returns it. */
  readonly closeNeeded: boolean;
}

export interface PoolSnapshot extends ServerTotals {
  readonly id: number;
  readonly user: string;
  readonly database: string;
  readonly shard: number;
  readonly role: 'primary' | 'replica';
  readonly address: string;
  readonly port: number;
  /** The database's name at the server. */
  readonly serverDatabase: string;
  readonly mode: string;
  readonly poolSize: number;
  readonly minPoolSize: number;
  readonly serverLifetimeMs: number;
  readonly paused: boolean;
  readonly waiting: number;
  /** Of the client that waits longest. */
  readonly maxWaitMs: number;
  readonly idle: number;
  readonly active: number;
  /** Those of `active` that are inside a transaction and do nothing. */
  readonly idleInTransaction: number;
  readonly opening: number;
  readonly assignments: number;
  readonly waits: number;
  readonly waitMs: number;
  readonly waitTimeouts: number;
  readonly connects: number;
  readonly connectMs: number;
  readonly connectErrors: number;
  /** Connections returned in a transaction or with session state. */
  readonly cleaned: number;
  readonly rollbacks: number;
  readonly waitDuration: HistogramSnapshot;
}

/** One user's use of one database. */
export interface DatabaseSnapshot extends ClientTotals {
  readonly user: string;
  readonly database: string;
  readonly logins: number;
  readonly clients: number;
  readonly clientsPinned: number;
  readonly clientsWaiting: number;
  readonly clientsActive: number;
  readonly preparedStatements: number;
  readonly cachedPlans: number;
  /** Statements that were in no cache. */
  readonly planned: number;
  readonly paused: boolean;
  readonly disabled: boolean;
  readonly queryDuration: HistogramSnapshot;
  readonly transactionDuration: HistogramSnapshot;
}

export interface PreparedSnapshot {
  readonly user: string;
  readonly database: string;
  readonly name: string;
  readonly sql: string;
  /** Clients that have it. */
  readonly clients: number;
}

/** A statement that `dry_run` looked at. */
export interface DryRunSnapshot {
  readonly user: string;
  readonly database: string;
  readonly sql: string;
  readonly decision: 'direct' | 'multi' | 'refused';
  readonly reason: string;
  readonly planned: number;
}

/** A relation, or a function or extension that shards have differently. */
export interface SchemaSnapshot {
  readonly database: string;
  /** Empty for an extension. */
  readonly schema: string;
  readonly name: string;
  /** `table`, `view`, `function` … */
  readonly kind: string;
  /** By what its rows are placed: `hash`, `list`, `range` …; `schema`: its schema is on one shard;
   *  `omni`: every shard has it whole; `children`: its partitions or children are sharded;
   *  `unplaced`: the configuration's function does not fit; `no`. */
  readonly sharded: string;
  readonly keyColumns: readonly string[];
  /** Tables of equal number keep equal keys on equal shards; null: it is not sharded. */
  readonly colocation: number | null;
  /** Foreign keys whose rows may be on other shards, which no shard can check. */
  readonly crossingForeignKeys: readonly string[];
  /** How shards differ in it. */
  readonly drift: string | null;
  /** Statements on several shards are refused because of it. */
  readonly refused: boolean;
}

/** Of the error catalogue. */
export interface ErrorSnapshot {
  readonly id: string;
  readonly count: number;
}

export interface HistogramSnapshot {
  /** By bucket; see `bucketBoundsMs`. */
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** How much of a snapshot is asked for: `totals` leaves out what there is one of per client, server
 *  connection or statement, `schema` is `totals` and what there is one of per table. */
export type SnapshotDetail = 'totals' | 'all' | 'schema';

export interface Snapshot {
  readonly version: string;
  readonly startedAtMs: number;
  readonly clients: readonly ClientSnapshot[];
  readonly servers: readonly ServerSnapshot[];
  readonly pools: readonly PoolSnapshot[];
  readonly databases: readonly DatabaseSnapshot[];
  readonly prepared: readonly PreparedSnapshot[];
  readonly schemas: readonly SchemaSnapshot[];
  readonly dryRuns: readonly DryRunSnapshot[];
  /** Errors that PgPack itself raised. */
  readonly errors: readonly ErrorSnapshot[];
  /** Clients that have not logged in yet. */
  readonly logins: number;
  readonly maintenance: boolean;
  readonly memory: MemorySnapshot;
}

/** Bytes; `process.memoryUsage()`. */
export interface MemorySnapshot {
  readonly rss: number;
  /** What merges hold, and the most they ever held. */
  readonly merges: number;
  readonly mergesPeak: number;
  readonly heapTotal: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
}
