// The tables of the merge part: rows of about a hundred bytes on the wire, on the single server and,
// through PgPack, on the shards; one of them with as few rows as shards.

import { type BenchServers, endpointOf } from './bench-servers.ts';
import { copyTable } from './pgbench-rounds.ts';
import { startPgPack } from './proxies.ts';
import { RawClient } from './raw-client.ts';

/** All are sharded by `id`. */
export const mergeTables = {
  /** As many rows for each shard as are asked for. */
  all: 'merge_rows',
  /** A tenth of them, for what one shard finishes. */
  tenth: 'merge_tenth',
  /** Of the same columns, to warm up on. */
  few: 'merge_few',
  /** One row on each shard. */
  one: 'merge_one',
} as const;

const fewRows = 6_000;
const oneRows = 60;

/** Columns that are not `id` repeat: 10 times, 10,000 times, and once for each shard. */
export async function createMergeTables(
  servers: BenchServers,
  { rows, poolSize }: { readonly rows: number; readonly poolSize: number },
  say: (line: string) => void,
): Promise<void> {
  const { single, shards } = servers;
  const sizes = [
    [mergeTables.all, rows],
    [mergeTables.tenth, Math.ceil(rows / 10)],
    [mergeTables.few, fewRows],
    [mergeTables.one, oneRows],
  ] as const;
  for (const [table, size] of sizes) {
    for (const server of [single, ...shards]) await run(server, [create(table)]);
    await run(single, [fill(table, shards.length, size)]);
  }
  const proxy = await startPgPack({
    ...{ name: 'load-merge', poolSize, bigRows: [], profile: null },
    ...{ shards: shards.map(({ port }) => port), tables: Object.values(mergeTables) },
  });
  for (const [table] of sizes) say(await copyTable(single, proxy.endpoint, table));
  await proxy.stop();
  const { one } = mergeTables;
  for (const shard of shards) {
    await run(shard, [`DELETE FROM ${one} WHERE id <> (SELECT min(id) FROM ${one})`]);
  }
  for (const server of [single, ...shards]) {
    for (const [table] of sizes) await run(server, [`VACUUM ANALYZE ${table}`]);
    await run(server, ['CHECKPOINT']);
  }
}

function create(table: string): string {
  return `CREATE TABLE ${table} (id bigint PRIMARY KEY, few integer, many integer, most integer,
    other bigint, amount numeric(12,2), name text COLLATE "C", note text)`;
}

/** `other` is the id of another row; `name` and `amount` are in no order that `id` is in. */
function fill(table: string, shards: number, rows: number): string {
  const all = rows * shards;
  return `INSERT INTO ${table}
    SELECT i, i % 10, i % 10000, i % ${rows}, 1 + i * 7919 % ${all},
      (i * 48271 % 99999989)::numeric / 100, left(md5(i::text), 12), left(md5((-i)::text), 8)
    FROM generate_series(1::bigint, ${all}) i`;
}

async function run(server: { readonly port: number }, statements: readonly string[]) {
  const client = await RawClient.connect(endpointOf(server));
  for (const sql of statements) await client.query(sql);
  client.close();
}
