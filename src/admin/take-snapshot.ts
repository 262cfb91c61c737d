// Reads the counters of sessions, services and pools into a `Snapshot`. Pools and services that a
// reload has replaced count with those in their place: they share counters.

import type { Pool } from '../backend/pool.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { poolSettings } from '../config/topology.ts';
import type { ClientSession } from '../frontend/client-session.ts';
import type { DatabaseService } from '../frontend/database-service.ts';
import { mergeMemory } from '../frontend/merge-memory.ts';
import { errorCounts } from '../metrics/error-counts.ts';
import { publicId } from '../metrics/public-id.ts';
import type {
  ClientSnapshot,
  ClientState,
  ClientTotals,
  DatabaseSnapshot,
  DryRunSnapshot,
  PoolSnapshot,
  PreparedSnapshot,
  ServerSnapshot,
  ServerTotals,
  Snapshot,
  SnapshotDetail,
} from '../metrics/snapshot.ts';
import { TransactionStatus } from '../protocol/message-codes.ts';
import type { Transport } from '../transport/transport.ts';
import { sumOf } from './group-by.ts';
import { schemaSnapshots } from './schema-snapshots.ts';

export interface Observed {
  /** From 0; of so many. */
  readonly worker: number;
  readonly workers: number;
  readonly version: string;
  readonly startedAtMs: number;
  /** Those in use first; those that a reload has replaced behind them. */
  readonly services: readonly DatabaseService[];
  readonly sessions: Iterable<ClientSession>;
  /** Clients that have not logged in yet. */
  readonly logins: number;
  readonly maintenance: boolean;
  readonly isPaused: (database: string) => boolean;
  readonly isDisabled: (database: string) => boolean;
}

export function takeSnapshot(observed: Observed, detail: SnapshotDetail): Snapshot {
  const sessions = [...observed.sessions];
  const now = Date.now();
  const isAll = detail === 'all';
  const services = groupByObject(observed.services, service => service.stats);
  const allPools = groupByObject(
    observed.services.flatMap(service => service.cluster.pools.map(pool => ({ pool, service }))),
    ({ pool }) => pool.stats,
  );
  const pools = [...allPools.values()];
  const holders = isAll ? holdersOf(sessions, observed) : new Map<ServerConnection, number>();
  const sessionsOf = groupByObject(sessions, session => session.database.stats);
  return {
    version: observed.version,
    startedAtMs: observed.startedAtMs,
    logins: observed.logins,
    maintenance: observed.maintenance,
    memory: {
      ...process.memoryUsage(),
      merges: mergeMemory.held,
      mergesPeak: mergeMemory.peak,
    },
    databases: [...services].map(([stats, group]) =>
      databaseSnapshot(group, sessionsOf.get(stats) ?? [], observed),
    ),
    pools: pools.map(group => poolSnapshot(group, observed)),
    clients: isAll ? sessions.map(session => clientSnapshot(session, observed, now)) : [],
    servers: isAll
      ? pools.flatMap(group => group.flatMap(one => serverSnapshots(one, holders, observed.worker)))
      : [],
    errors: [...errorCounts()].map(([id, count]) => ({ id, count })),
    schemas: detail === 'schema' ? schemaSnapshots(observed.services) : [],
    dryRuns: isAll ? observed.services.flatMap(dryRunSnapshots) : [],
    prepared: isAll ? observed.services.flatMap(preparedSnapshots) : [],
  };
}

/** In the order of the first of each. */
function groupByObject<T, K extends object>(
  all: readonly T[],
  keyOf: (one: T) => K,
): Map<K, [T, ...T[]]> {
  const groups = new Map<K, [T, ...T[]]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

/** Ids of the clients that hold server connections. */
function holdersOf(
  sessions: readonly ClientSession[],
  observed: Observed,
): Map<ServerConnection, number> {
  const holders = new Map<ServerConnection, number>();
  for (const { transaction, stats } of sessions) {
    if (!transaction.holdsServers) continue;
    for (const server of transaction.servers) holders.set(server, publicId(stats.id, observed));
  }
  return holders;
}

function clientSnapshot(session: ClientSession, observed: Observed, now: number): ClientSnapshot {
  const { stats, client, database, transaction } = session;
  const { waitingSinceMs } = transaction;
  return {
    id: publicId(stats.id, observed),
    worker: observed.worker,
    user: database.user.name,
    database: database.database.name,
    ...peerOf(client),
    applicationName: applicationName(session),
    state: clientState(session),
    connectedAtMs: stats.connectedAtMs,
    lastRequestAtMs: Math.min(session.sinceMs, Date.now()),
    waitingMs: waitingSinceMs === 0 ? 0 : Math.max(0, now - waitingSinceMs),
    pinnedBy: session.pinnedBy,
    preparedStatements: session.statements.size,
    serverProcessIds: transaction.servers.map(server => server.processId),
    encrypted: client.encrypted,
    ...clientTotals(session),
  };
}

function clientTotals({ stats, client, transaction }: ClientSession): ClientTotals {
  return {
    queries: stats.queries,
    transactions: stats.transactions,
    errors: stats.errors,
    parses: stats.parses,
    binds: stats.binds,
    queryMs: stats.queryMs,
    transactionMs: stats.transactionMs,
    waitMs: transaction.waitMs,
    bytesReceived: client.bytesRead,
    bytesSent: client.bytesWritten,
  };
}

function clientState(session: ClientSession): ClientState {
  if (session.transaction.waitingSinceMs > 0) return 'waiting';
  if (session.busy) return 'active';
  return session.inTransaction ? 'idle in transaction' : 'idle';
}

/** From the statement that set it; a string constant ends it. */
function applicationName({ transaction }: ClientSession): string {
  const sql = transaction.settings.current.get('application_name') ?? '';
  const [, quoted = ''] = /'((?:[^']|'')*)'\s*;?\s*$/.exec(sql) ?? [];
  return quoted.replaceAll("''", "'");
}

function peerOf({ remoteAddress }: Transport): { address: string; port: number } {
  const colon = remoteAddress.lastIndexOf(':');
  if (colon < 0) return { address: remoteAddress, port: 0 };
  return { address: remoteAddress.slice(0, colon), port: Number(remoteAddress.slice(colon + 1)) };
}

function databaseSnapshot(
  services: readonly [DatabaseService, ...DatabaseService[]],
  sessions: readonly ClientSession[],
  { isPaused, isDisabled }: Observed,
): DatabaseSnapshot {
  const [{ user, database, stats }] = services;
  const totals = addClients([stats.left, ...sessions.map(clientTotals)]);
  const isWaiting = ({ transaction }: ClientSession) => transaction.waitingSinceMs > 0;
  const waiting = sessions.filter(isWaiting).length;
  return {
    user: user.name,
    database: database.name,
    logins: stats.logins,
    clients: sessions.length,
    clientsPinned: sessions.filter(session => session.pinned).length,
    clientsWaiting: waiting,
    clientsActive: sessions.length - waiting,
    preparedStatements: sumOf(services, service => service.registry.size),
    cachedPlans: sumOf(services, service => service.cachedPlans),
    planned: stats.planned,
    paused: isPaused(database.name),
    disabled: isDisabled(database.name),
    queryDuration: stats.queryDuration.snapshot(),
    transactionDuration: stats.transactionDuration.snapshot(),
    ...totals,
  };
}

function addClients(all: readonly ClientTotals[]): ClientTotals {
  const sum = (name: keyof ClientTotals) => sumOf(all, one => one[name]);
  return {
    queries: sum('queries'),
    transactions: sum('transactions'),
    errors: sum('errors'),
    parses: sum('parses'),
    binds: sum('binds'),
    queryMs: sum('queryMs'),
    transactionMs: sum('transactionMs'),
    waitMs: sum('waitMs'),
    bytesReceived: sum('bytesReceived'),
    bytesSent: sum('bytesSent'),
  };
}

interface OwnedPool {
  readonly pool: Pool;
  readonly service: DatabaseService;
}

function poolSnapshot(
  group: readonly [OwnedPool, ...OwnedPool[]],
  { isPaused }: Observed,
): PoolSnapshot {
  const [{ pool, service }] = group;
  const { stats, address } = pool;
  const { user, database, config } = service;
  const server = database.shards[address.shard]!.servers[0]!;
  const settings = poolSettings(config, user, database, server);
  const servers = group.flatMap(one => [...one.pool.servers]);
  const idle = sumOf(group, one => one.pool.idle);
  return {
    id: stats.id,
    user: user.name,
    database: database.name,
    shard: address.shard,
    role: server.role,
    address: address.host,
    port: address.port,
    serverDatabase: address.database,
    mode: settings.poolerMode,
    poolSize: settings.poolSize,
    minPoolSize: settings.minPoolSize,
    serverLifetimeMs: settings.serverLifetimeMs,
    paused: isPaused(database.name),
    waiting: sumOf(group, one => one.pool.waiting),
    maxWaitMs: Math.max(...group.map(one => one.pool.longestWaitMs)),
    idle,
    active: servers.length - idle,
    idleInTransaction: servers.filter(isIdleInTransaction).length,
    opening: sumOf(group, one => one.pool.opening),
    assignments: stats.assignments,
    waits: stats.waits,
    waitMs: stats.waitMs,
    waitTimeouts: stats.waitTimeouts,
    connects: stats.connects,
    connectMs: stats.connectMs,
    connectErrors: stats.connectErrors,
    cleaned: stats.cleaned,
    rollbacks: stats.rollbacks,
    waitDuration: stats.waitDuration.snapshot(),
    ...addServers([stats.closed, ...servers.map(serverTotals)]),
  };
}

function isIdleInTransaction(server: ServerConnection): boolean {
  return server.transactionStatus !== TransactionStatus.idle && server.readyDue === 0;
}

function serverSnapshots(
  { pool, service }: OwnedPool,
  holders: ReadonlyMap<ServerConnection, number>,
  worker: number,
): ServerSnapshot[] {
  const idle = new Set(pool.idleServers);
  return [...pool.servers].map(server => ({
    poolId: pool.stats.id,
    worker,
    user: service.user.name,
    database: service.database.name,
    shard: server.address.shard,
    address: server.address.host,
    port: server.address.port,
    processId: server.processId,
    state: isIdleInTransaction(server)
      ? 'idle in transaction'
      : idle.has(server)
        ? 'idle'
        : 'active',
    connectedAtMs: server.connectedAtMs,
    lastUsedAtMs: Math.min(server.idleSinceMs, Date.now()),
    clientId: holders.get(server) ?? null,
    applicationName: server.parameters.get('application_name') ?? '',
    preparedStatements: server.prepared.size,
    encrypted: server.transport.encrypted,
    closeNeeded: server.closeNeeded,
    ...serverTotals(server),
  }));
}

function serverTotals({ stats, transport }: ServerConnection): ServerTotals {
  return {
    queries: stats.queries,
    transactions: stats.transactions,
    errors: stats.errors,
    parses: stats.parses,
    bytesReceived: transport.bytesRead,
    bytesSent: transport.bytesWritten,
  };
}

function addServers(all: readonly ServerTotals[]): ServerTotals {
  const sum = (name: keyof ServerTotals) => sumOf(all, one => one[name]);
  return {
    queries: sum('queries'),
    transactions: sum('transactions'),
    errors: sum('errors'),
    parses: sum('parses'),
    bytesReceived: sum('bytesReceived'),
    bytesSent: sum('bytesSent'),
  };
}

function dryRunSnapshots({ user, database, dryRun }: DatabaseService): DryRunSnapshot[] {
  return [...dryRun.records].map(one => ({ user: user.name, database: database.name, ...one }));
}

function preparedSnapshots({ user, database, registry }: DatabaseService): PreparedSnapshot[] {
  return [...registry.all()].map(({ statement, users }) => ({
    user: user.name,
    database: database.name,
    name: statement.serverName,
    sql: statement.sql,
    clients: users,
  }));
}
