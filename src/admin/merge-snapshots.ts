// The snapshots of several workers as one: what each has for itself stands side by side, pools and
// users of databases of the same name are added up.

import { addHistograms } from '../metrics/latency-histogram.ts';
import type {
  DatabaseSnapshot,
  HistogramSnapshot,
  PoolSnapshot,
  Snapshot,
} from '../metrics/snapshot.ts';
import { groupBy, sumOf } from './group-by.ts';

/** `snapshots` are of the same configuration. */
export function mergeSnapshots(snapshots: readonly [Snapshot, ...Snapshot[]]): Snapshot {
  const [first] = snapshots;
  const memory = snapshots.map(one => one.memory);
  const pools = merged(
    snapshots.flatMap(one => one.pools),
    poolName,
    mergePools,
  );
  const poolIds = new Map(pools.map(pool => [poolName(pool), pool.id]));
  return {
    version: first.version,
    startedAtMs: Math.min(...snapshots.map(one => one.startedAtMs)),
    clients: snapshots.flatMap(one => one.clients),
    servers: snapshots
      .flatMap(one => one.servers)
      .map(server => ({ ...server, poolId: poolIds.get(poolName(server)) ?? server.poolId })),
    prepared: snapshots.flatMap(one => one.prepared),
    dryRuns: merged(
      snapshots.flatMap(one => one.dryRuns),
      ({ user, database, sql }) => JSON.stringify([user, database, sql]),
      group => ({ ...group[0], planned: sumOf(group, one => one.planned) }),
    ),
    pools,
    schemas: merged(
      snapshots.flatMap(one => one.schemas),
      ({ database, schema, name }) => JSON.stringify([database, schema, name]),
      group => group.find(one => one.drift !== null) ?? group[0],
    ),
    databases: merged(
      snapshots.flatMap(one => one.databases),
      ({ user, database }) => JSON.stringify([user, database]),
      mergeDatabases,
    ),
    errors: merged(
      snapshots.flatMap(one => one.errors),
      ({ id }) => id,
      group => ({ id: group[0].id, count: sumOf(group, one => one.count) }),
    ),
    logins: sumOf(snapshots, one => one.logins),
    maintenance: snapshots.some(one => one.maintenance),
    memory: {
      // Of the whole process in every worker; heaps are each one's own.
      rss: Math.max(...memory.map(one => one.rss)),
      heapTotal: sumOf(memory, one => one.heapTotal),
      heapUsed: sumOf(memory, one => one.heapUsed),
      external: sumOf(memory, one => one.external),
      arrayBuffers: sumOf(memory, one => one.arrayBuffers),
      merges: sumOf(memory, one => one.merges),
      mergesPeak: sumOf(memory, one => one.mergesPeak),
    },
  };
}

function merged<T>(
  all: readonly T[],
  nameOf: (one: T) => string,
  merge: (group: readonly [T, ...T[]]) => T,
): T[] {
  return [...groupBy(all, nameOf).values()].map(merge);
}

type PoolName = Pick<PoolSnapshot, 'user' | 'database' | 'shard' | 'address' | 'port'>;

/** Workers number their pools each for itself. */
function poolName({ user, database, shard, address, port }: PoolName): string {
  return JSON.stringify([user, database, shard, address, port]);
}

function mergePools(group: readonly [PoolSnapshot, ...PoolSnapshot[]]): PoolSnapshot {
  return {
    ...group[0],
    ...sums(group, ['id', 'shard', 'port', 'serverLifetimeMs']),
    paused: group.some(one => one.paused),
    maxWaitMs: Math.max(...group.map(one => one.maxWaitMs)),
    waitDuration: histograms(group, one => one.waitDuration),
  };
}

function mergeDatabases(
  group: readonly [DatabaseSnapshot, ...DatabaseSnapshot[]],
): DatabaseSnapshot {
  return {
    ...group[0],
    ...sums(group, []),
    paused: group.some(one => one.paused),
    disabled: group.some(one => one.disabled),
    queryDuration: histograms(group, one => one.queryDuration),
    transactionDuration: histograms(group, one => one.transactionDuration),
  };
}

/** Sums of all numbers but those that are no counts. */
function sums<T extends object>(
  group: readonly [T, ...T[]],
  but: readonly (keyof T)[],
): Partial<T> {
  const total: Partial<Record<keyof T, number>> = {};
  for (const name of Object.keys(group[0]) as (keyof T)[]) {
    if (typeof group[0][name] !== 'number' || but.includes(name)) continue;
    total[name] = sumOf(group, one => one[name] as number);
  }
  return total as Partial<T>;
}

function histograms<T>(
  group: readonly T[],
  read: (one: T) => HistogramSnapshot,
): HistogramSnapshot {
  return addHistograms(group.map(read));
}
