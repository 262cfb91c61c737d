// The PostgreSQL servers of a benchmark: one that holds all rows, and three shards with a third of
// them each. They trust everybody, and do not wait for the disk.

import { type EmbeddedServer, startServer } from '../src/embedded/embedded-server.ts';
import { runPgbench } from './pgbench.ts';
import { type Endpoint, RawClient } from './raw-client.ts';

export const database = 'postgres';
export const user = 'postgres';
const shardCount = 3;

export interface BenchServers {
  readonly single: EmbeddedServer;
  readonly shards: readonly EmbeddedServer[];
}

export async function startBenchServers(): Promise<BenchServers> {
  const names = ['single', ...Array.from({ length: shardCount }, (_, shard) => `shard-${shard}`)];
  const [single, ...shards] = await Promise.all(
    names.map(name =>
      startServer({
        name: `bench-${name}`,
        user,
        password: 'bench',
        authMethod: 'trust',
        durable: false,
        settings: {
          max_connections: 300,
          shared_buffers: '320MB',
          max_wal_size: '4GB',
          autovacuum: false,
        },
      }),
    ),
  );
  return { single: single!, shards };
}

export function endpointOf({ port }: { readonly port: number }): Endpoint {
  return { host: '127.0.0.1', port, user, database };
}

/** Runs statements on a server, one after the other. */
async function runOn(endpoint: Endpoint, statements: readonly string[]): Promise<void> {
  const client = await RawClient.connect(endpoint);
  for (const sql of statements) await client.query(sql);
  client.close();
}

/** pgbench's tables: filled on the single server, empty and without indexes on the shards. */
export async function createPgbenchTables(
  pgbench: string,
  { single, shards }: BenchServers,
  scale: number,
): Promise<void> {
  await runPgbench(pgbench, endpointOf(single), ['-i', '-q', '-I', 'dtgvp', '-s', String(scale)]);
  for (const shard of shards) {
    await runPgbench(pgbench, endpointOf(shard), ['-i', '-q', '-I', 'dt']);
  }
}

export async function finishPgbenchTables(
  pgbench: string,
  { shards }: BenchServers,
): Promise<void> {
  for (const shard of shards) {
    await runPgbench(pgbench, endpointOf(shard), ['-i', '-q', '-I', 'vp']);
    await runOn(endpointOf(shard), ['ANALYZE']);
  }
}

export function bigTable(rows: number): string {
  return `big_${rows}`;
}

/** A table of rows of about a hundred bytes: filled on the single server, empty on the shards. */
export async function createBigTable({ single, shards }: BenchServers, rows: number) {
  const table = bigTable(rows);
  const create = `CREATE TABLE ${table} (id bigint PRIMARY KEY, owner integer, note text)`;
  for (const server of [single, ...shards]) await runOn(endpointOf(server), [create]);
  await runOn(endpointOf(single), [
    `INSERT INTO ${table} SELECT i, i % 1000, repeat(md5(i::text), 2) || 'abcdefgh'
       FROM generate_series(1, ${rows}) i`,
    `VACUUM ANALYZE ${table}`,
  ]);
}

export async function finishBigTable({ shards }: BenchServers, rows: number): Promise<void> {
  for (const shard of shards) await runOn(endpointOf(shard), [`VACUUM ANALYZE ${bigTable(rows)}`]);
}
