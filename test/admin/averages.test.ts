// Averages over a period, and the snapshots of several workers as one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Averages } from '../../src/admin/averages.ts';
import { mergeSnapshots } from '../../src/admin/merge-snapshots.ts';
import { statsView } from '../../src/admin/views/stats.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Snapshot } from '../../src/metrics/snapshot.ts';
import {
  clientSnapshot,
  databaseSnapshot,
  durations,
  poolSnapshot,
  wholeSnapshot,
} from './snapshots.ts';

const { config } = loadConfig({
  configPath: null,
  usersPath: null,
  databaseUrls: ['postgres://app:secret@127.0.0.1:1/shop'],
  env: {},
});

function statsOf(snapshot: Snapshot, averages: Averages): Record<string, unknown> {
  const [row] = statsView.rows({ snapshot, config, averages, summed: false });
  return Object.fromEntries(statsView.columns.map(column => [column.name, column.read(row!)]));
}

test('averages are of the last whole period: per second, or per one of what took the time', () => {
  const at = (queries: number, queryMs: number, bytesReceived: number) =>
    wholeSnapshot({ databases: [databaseSnapshot({ queries, queryMs, bytesReceived })] });
  const averages = new Averages(0);
  averages.tick(at(100, 1_000, 5_000), 10_000);
  averages.tick(at(300, 1_600, 25_000), 20_000);
  const stats = statsOf(at(900, 9_000, 99_000), averages);
  assert.equal(stats['total_query_count'], 900);
  assert.equal(stats['avg_query_count'], 20);
  assert.equal(stats['avg_recv'], 2_000);
  assert.equal(stats['avg_query_time'], 3_000);
  assert.equal(stats['avg_xact_count'], 0);
  assert.equal(stats['avg_xact_time'], 0);
});

test('before a period has ended averages are since the start', () => {
  const averages = new Averages(Date.now() - 1_000_000);
  const stats = statsOf(wholeSnapshot({ databases: [databaseSnapshot()] }), averages);
  assert.equal(stats['avg_query_time'], 15_000);
  assert.equal(stats['avg_recv'], 1);
});

test('workers’ snapshots add up, and keep apart what is each one’s own', () => {
  const one = wholeSnapshot({
    clients: [clientSnapshot(2)],
    databases: [databaseSnapshot({ queryDuration: durations(1) })],
    pools: [poolSnapshot({ id: 5 }), poolSnapshot({ id: 6, shard: 3, paused: false })],
    startedAtMs: 20,
  });
  const other = wholeSnapshot({
    clients: [clientSnapshot(3, { worker: 1 })],
    databases: [
      databaseSnapshot({ user: 'guest' }),
      databaseSnapshot({ queryDuration: durations(1, 2), disabled: true }),
    ],
    pools: [poolSnapshot({ id: 1, maxWaitMs: 9_000 })],
    startedAtMs: 10,
    maintenance: true,
  });
  const both = mergeSnapshots([one, other]);
  assert.deepEqual([both.startedAtMs, both.maintenance, both.logins], [10, true, 2]);
  assert.deepEqual(
    both.clients.map(({ id, worker }) => [id, worker]),
    [
      [2, 0],
      [3, 1],
    ],
  );
  assert.deepEqual(both.errors, [{ id: 'checkoutTimeout', count: 6 }]);
  assert.equal(both.databases.length, 2);
  const [shop] = both.databases;
  assert.deepEqual([shop!.queries, shop!.clients, shop!.disabled], [200, 6, true]);
  assert.deepEqual(shop!.queryDuration, durations(1, 1, 2));
  assert.equal(both.pools.length, 2);
  const [pool] = both.pools;
  assert.deepEqual([pool!.id, pool!.shard, pool!.port, pool!.poolSize], [5, 2, 5432, 20]);
  assert.deepEqual([pool!.maxWaitMs, pool!.waiting, pool!.paused], [9_000, 8, true]);
});
