// The same rows by two doors: PgPack, and on an ordinary server a table PARTITION BY HASH whose
// partitions are the shards' tables (postgres_fdw). A row that was written through the one is found
// by its key through the other, where only the partition of the key is looked into.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { type Random, seededRandom } from '../sharding/seeded-random.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { startPgPack } from '../support/pgpack.ts';
import { type KeyColumn, keyColumns } from './key-columns.ts';
import { type ShardTrace, startShardTrace } from './shard-trace.ts';

interface KeyTable {
  readonly name: string;
  readonly columns: readonly KeyColumn[];
}

type Key = readonly string[];

const shardCount = 3;
const rowsPerDoor = 60;
const seed = Number(process.env.SEED ?? 20_261_121);

const tables: readonly KeyTable[] = [
  { name: 'by_bigint', columns: [keyColumns.bigint] },
  { name: 'by_text', columns: [keyColumns.text] },
  { name: 'by_uuid', columns: [keyColumns.uuid] },
  { name: 'by_numeric', columns: [keyColumns.numeric] },
  { name: 'by_timestamptz', columns: [keyColumns.timestamptz] },
  { name: 'by_two', columns: [keyColumns.bigint, keyColumns.text] },
];

const opened: { close(): Promise<void> | void }[] = [];
let traces: ShardTrace[];
let pgpack: pg.Client;
let parent: pg.Client;
let marks = 0;

before(async () => {
  const database = await createTestDatabase('fdw', shardCount);
  opened.push({ close: () => database.drop() });
  await createTables(database);
  traces = await Promise.all(database.shards.map(startShardTrace));
  opened.push(...traces);
  const endpoint = await startPgPack({
    database: { ...database, shards: traces.map(({ address }) => address) },
    more: tables.map(table => shardedTable(database.name, table)).join(''),
  });
  opened.push(endpoint);
  pgpack = await connect(endpoint.address);
  parent = await connect(database.oracle);
  opened.push({ close: () => pgpack.end() }, { close: () => parent.end() });
});

after(async () => {
  for (const one of opened.reverse()) await one.close();
});

async function createTables({ name, shards, oracle }: TestDatabase): Promise<void> {
  const servers = shards.map(
    ({ host, port, user, password }, shard) => `
CREATE SERVER shard_${shard} FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host '${host}', port '${port}', dbname '${name}');
CREATE USER MAPPING FOR CURRENT_USER SERVER shard_${shard}
  OPTIONS (user '${user}', password '${password}');`,
  );
  const parents = tables.map(table => {
    const partitions = shards.map(
      (_, shard) => `
CREATE FOREIGN TABLE ${table.name}_${shard} PARTITION OF ${table.name}
  FOR VALUES WITH (MODULUS ${shards.length}, REMAINDER ${shard})
  SERVER shard_${shard} OPTIONS (table_name '${table.name}');`,
    );
    const key = table.columns.map((_, at) => `k${at}`).join(', ');
    return `CREATE TABLE ${definition(table)} PARTITION BY HASH (${key});${partitions.join('')}`;
  });
  await runOn(oracle, ['CREATE EXTENSION postgres_fdw;', ...servers, ...parents].join('\n'));
  const plain = tables.map(table => `CREATE TABLE ${definition(table)};`).join('\n');
  for (const shard of shards) await runOn(shard, plain);
}

function definition({ name, columns }: KeyTable): string {
  return `${name} (${columns.map(({ type }, at) => `k${at} ${type}, `).join('')}n int)`;
}

async function runOn(address: Parameters<typeof connect>[0], sql: string): Promise<void> {
  const client = await connect(address);
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function shardedTable(database: string, { name, columns }: KeyTable): string {
  const types = JSON.stringify(columns.map(({ dataType }) => dataType));
  const key =
    columns.length === 1
      ? `column = "k0"\ndata_type = "${columns[0]!.dataType}"`
      : `columns = ${keyNames(columns)}\ndata_types = ${types}`;
  return `
[[sharded_tables]]
database = "${database}"
name = "${name}"
${key}
`;
}

function keyNames(columns: readonly KeyColumn[]): string {
  return JSON.stringify(columns.map((_, at) => `k${at}`));
}

for (const table of tables) {
  const types = table.columns.map(({ type }) => type).join(', ');
  describe(`a key of ${types} (seed ${seed})`, () => {
    const keys = distinctKeys(table, seededRandom(seed + table.name.length));
    const half = keys.length / 2;

    test('what PgPack wrote is where the parent looks for it', async t => {
      const written = keys.slice(0, half);
      await writeByPgPack(table, written);
      const partitions = await findByParent(table, written, 0);
      t.diagnostic(`${types}: ${written.length} rows, ${spread(partitions)} per partition`);
      assert.ok(partitions.every(count => count > 0));
    });

    test('what the parent wrote is found by PgPack on one shard', async t => {
      const written = keys.slice(half);
      for (const [at, key] of written.entries()) {
        await parent.query(`INSERT INTO ${table.name} VALUES (${slots(table, 1)})`, [
          ...key,
          half + at,
        ]);
      }
      const shards = await findByPgPack(table, written, half);
      t.diagnostic(`${types}: ${written.length} rows, ${spread(shards)} per shard`);
      assert.ok(shards.every(count => count > 0));
    });

    test('both show all rows', async () => {
      const sql = `SELECT *, 'x' FROM ${table.name} ORDER BY n`;
      const [ours, theirs] = await Promise.all([pgpack, parent].map(client => client.query(sql)));
      assert.equal(ours!.rows.length, keys.length);
      assert.deepEqual(ours!.rows, theirs!.rows);
    });
  });
}

/** An even number of keys, each once; the edges first, so that both doors see some of them. */
function distinctKeys({ columns }: KeyTable, random: Random): readonly Key[] {
  const edges = Math.max(...columns.map(column => column.edges.length));
  const keys = new Map<string, Key>();
  for (let n = 0; keys.size < 2 * rowsPerDoor; n++) {
    const key = columns.map(column =>
      n < edges ? column.edges[n % column.edges.length]! : column.random(random),
    );
    keys.set(JSON.stringify(key), key);
  }
  const all = [...keys.values()];
  return [...all.filter((_, n) => n % 2 === 0), ...all.filter((_, n) => n % 2 === 1)];
}

/** `$1::bigint, $2::text, $3` beginning at `$first`. */
function slots({ columns }: KeyTable, first: number): string {
  return [
    ...columns.map(({ type }, at) => `$${first + at}::${type}`),
    `$${first + columns.length}`,
  ].join(', ');
}

/** One row or several at once. */
async function writeByPgPack(table: KeyTable, keys: readonly Key[]): Promise<void> {
  const width = table.columns.length + 1;
  for (let at = 0; at < keys.length; ) {
    const rows = keys.slice(at, at + 1 + (at % 4));
    const lists = rows.map((_, row) => {
      const numbers = Array.from({ length: width }, (_, column) => `$${row * width + column + 1}`);
      return `(${numbers.join(', ')})`;
    });
    const values = rows.flatMap((key, row) => [...key, at + row]);
    await pgpack.query(`INSERT INTO ${table.name} VALUES ${lists.join(', ')}`, values);
    at += rows.length;
  }
}

function predicate({ columns }: KeyTable): string {
  return columns.map(({ type }, at) => `k${at} = $${at + 1}::${type}`).join(' AND ');
}

/** Each key as a constant, so that the plan has one partition only. Answers rows per partition. */
async function findByParent(
  table: KeyTable,
  keys: readonly Key[],
  first: number,
): Promise<number[]> {
  const counts = new Array<number>(shardCount).fill(0);
  for (const [at, key] of keys.entries()) {
    const where = table.columns
      .map(({ type }, column) => `k${column} = ${pg.escapeLiteral(key[column]!)}::${type}`)
      .join(' AND ');
    const sql = `SELECT n, tableoid::regclass::text AS place FROM ${table.name} WHERE ${where}`;
    const { rows } = await parent.query<{ n: number; place: string }>(sql);
    assert.deepEqual(
      rows.map(({ n }) => n),
      [first + at],
      `${where}`,
    );
    counts[Number(rows[0]!.place.at(-1))]! += 1;
  }
  return counts;
}

/** Answers rows per shard. */
async function findByPgPack(
  table: KeyTable,
  keys: readonly Key[],
  first: number,
): Promise<number[]> {
  const counts = new Array<number>(shardCount).fill(0);
  for (const [at, key] of keys.entries()) {
    const mark = `/*fdw-${++marks}.*/`;
    const sql = `${mark}SELECT n FROM ${table.name} WHERE ${predicate(table)}`;
    const { rows } = await pgpack.query<{ n: number }>(sql, [...key]);
    assert.deepEqual(rows, [{ n: first + at }], JSON.stringify(key));
    const asked = traces.flatMap((trace, shard) => (trace.executions(mark) > 0 ? [shard] : []));
    assert.equal(asked.length, 1, `${JSON.stringify(key)} was looked for on ${asked}`);
    counts[asked[0]!]! += 1;
  }
  return counts;
}

function spread(counts: readonly number[]): string {
  return counts.join(' + ');
}
