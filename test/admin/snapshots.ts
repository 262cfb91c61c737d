// Snapshots for tests: plausible numbers, all different, that a test overrides where it looks.

import { LatencyHistogram } from '../../src/metrics/latency-histogram.ts';
import type {
  ClientSnapshot,
  DatabaseSnapshot,
  HistogramSnapshot,
  PoolSnapshot,
  Snapshot,
} from '../../src/metrics/snapshot.ts';

export function durations(...ms: readonly number[]): HistogramSnapshot {
  const histogram = new LatencyHistogram();
  for (const one of ms) histogram.record(one);
  return histogram.snapshot();
}

export function databaseSnapshot(more: Partial<DatabaseSnapshot> = {}): DatabaseSnapshot {
  return {
    user: 'app',
    database: 'shop',
    logins: 7,
    clients: 3,
    clientsPinned: 1,
    clientsWaiting: 1,
    clientsActive: 2,
    preparedStatements: 4,
    cachedPlans: 5,
    planned: 6,
    paused: false,
    disabled: false,
    queries: 100,
    transactions: 90,
    errors: 2,
    parses: 11,
    binds: 12,
    queryMs: 1_500,
    transactionMs: 2_500,
    waitMs: 250,
    bytesReceived: 1_000,
    bytesSent: 2_000,
    queryDuration: durations(0.01, 1, 100_000),
    transactionDuration: durations(2),
    ...more,
  };
}

export function poolSnapshot(more: Partial<PoolSnapshot> = {}): PoolSnapshot {
  return {
    id: 1,
    user: 'app',
    database: 'shop',
    shard: 2,
    role: 'primary',
    address: '10.0.0.1',
    port: 5432,
    serverDatabase: 'shop',
    mode: 'transaction',
    poolSize: 10,
    minPoolSize: 1,
    serverLifetimeMs: 1_000,
    paused: true,
    waiting: 4,
    maxWaitMs: 1_250,
    idle: 1,
    active: 2,
    idleInTransaction: 1,
    opening: 1,
    assignments: 50,
    waits: 5,
    waitMs: 500,
    waitTimeouts: 1,
    connects: 3,
    connectMs: 30,
    connectErrors: 1,
    cleaned: 2,
    rollbacks: 1,
    queries: 60,
    transactions: 55,
    errors: 3,
    parses: 8,
    bytesReceived: 3_000,
    bytesSent: 4_000,
    waitDuration: durations(5, 6),
    ...more,
  };
}

export function clientSnapshot(id: number, more: Partial<ClientSnapshot> = {}): ClientSnapshot {
  return {
    id,
    worker: 0,
    user: 'app',
    database: 'shop',
    address: '10.0.0.7',
    port: 1_000 + id,
    applicationName: 'psql',
    state: 'idle',
    connectedAtMs: 1_700_000_000_000,
    lastRequestAtMs: 1_700_000_001_000,
    waitingMs: 0,
    pinnedBy: null,
    preparedStatements: 0,
    serverProcessIds: [],
    encrypted: false,
    queries: 10 * id,
    transactions: id,
    errors: 0,
    parses: 0,
    binds: 0,
    queryMs: 0.5,
    transactionMs: 0,
    waitMs: 0,
    bytesReceived: 0,
    bytesSent: 0,
    ...more,
  };
}

export function wholeSnapshot(more: Partial<Snapshot> = {}): Snapshot {
  return {
    version: '1.2.3',
    startedAtMs: 1_700_000_000_000,
    clients: [],
    servers: [],
    prepared: [],
    dryRuns: [],
    schemas: [],
    errors: [{ id: 'checkoutTimeout', count: 3 }],
    databases: [],
    pools: [],
    logins: 1,
    maintenance: false,
    memory: {
      rss: 1,
      heapTotal: 2,
      heapUsed: 3,
      external: 4,
      arrayBuffers: 5,
      merges: 0,
      mergesPeak: 1_000,
    },
    ...more,
  };
}
