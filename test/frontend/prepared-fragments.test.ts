// Merged statements that come often run as prepared statements on the shards: nobody may see it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { connect, connectWith } from '../support/cluster.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;
let client: pg.Client;

/** More than it takes until a statement is prepared. */
const times = 5;
const ids = Array.from({ length: 12 }, (_, i) => i + 1);

before(async () => {
  wire = await startWire(
    'prepared_fragments',
    3,
    `CREATE TABLE items (id bigint PRIMARY KEY, kind text COLLATE "C", day date, number int);
     CREATE TABLE empty (id bigint PRIMARY KEY)`,
    { sharded: ['items.id', 'empty.id'], general: 'default_pool_size = 1' },
  );
  client = await connect(wire.pgpack.address);
  const rows = ids.map(i => `(${i}, 'k${i}', '2026-01-${i + 10}', ${i})`);
  await client.query(`INSERT INTO items VALUES ${rows.join()}`);
});

after(async () => {
  await client.end();
  await wire.close();
});

/** Rows of each of several executions. */
async function often(sql: string, by = client): Promise<unknown[][]> {
  const results: unknown[][] = [];
  for (let i = 0; i < times; i++)
    results.push((await by.query({ text: sql, rowMode: 'array' })).rows);
  return results;
}

async function prepared(): Promise<string[]> {
  const sql = "SELECT statement FROM pg_prepared_statements WHERE name LIKE 'pgpack_merge%'";
  return (await client.query(sql)).rows.map(({ statement }) => statement);
}

test('a statement is prepared when it comes often, and only then', async () => {
  const sql = 'SELECT id FROM items ORDER BY id';
  const { rows } = await client.query(sql);
  assert.deepEqual(await prepared(), []);
  for (const result of await often(sql)) assert.equal(result.length, rows.length);
  assert.equal((await prepared()).length, 1);
});

test('one with parameters, one of a block and one of a moment are not', async () => {
  const before = await prepared();
  await client.query('BEGIN');
  await often('SELECT id FROM items WHERE number > 3');
  await client.query('COMMIT');
  await often("SELECT id FROM items WHERE now() > timestamptz 'epoch'");
  for (let i = 0; i < times; i++) {
    await client.query('SELECT id FROM items WHERE number > $1', [3]);
  }
  assert.deepEqual(await prepared(), before);
});

test('one with a literal that is read as the present is not', async () => {
  const before = await prepared();
  for (const text of ["day < ANY ('{today EST}')", "day < E'to\\144ay'", "day < 'Sun tomorrow'"]) {
    await often(`SELECT id FROM items WHERE ${text}`);
  }
  assert.deepEqual(await prepared(), before);
});

test('a table that changed past PgPack is no error of a statement sent as text', async () => {
  const sql = 'SELECT kind, number FROM items ORDER BY id';
  const [before] = await often(sql);
  await wire.database.runEverywhere('ALTER TABLE items ALTER number TYPE bigint');
  const after = await often(sql);
  for (const rows of after) {
    assert.deepEqual(
      rows,
      before!.map(row => [(row as unknown[])[0], String((row as unknown[])[1])]),
    );
  }
  await wire.database.runEverywhere('ALTER TABLE items ALTER number TYPE int');
  for (const rows of await often(sql)) assert.deepEqual(rows, before);
});

test('a column that is gone is the error that PostgreSQL gives, in its place', async () => {
  await wire.database.runEverywhere('ALTER TABLE items ADD COLUMN extra int');
  const sql = 'SELECT id, extra FROM items';
  await often(sql);
  await wire.database.runEverywhere('ALTER TABLE items DROP COLUMN extra');
  for (let i = 0; i < 2; i++) {
    await assert.rejects(client.query(sql), { code: '42703', position: '12' });
  }
});

test('each client reads literals by its own settings', async () => {
  const other = await connectWith(wire.pgpack.address, { options: '-c DateStyle=ISO,DMY' });
  try {
    const sql = "SELECT id FROM items WHERE day < '02/01/2027'::date - 350 ORDER BY id";
    const american = await often(sql);
    const european = await often(sql, other);
    const again = await often(sql);
    // Before 2026-02-16, and before 2026-01-17.
    for (const rows of [...american, ...again]) assert.equal(rows.length, 12);
    for (const rows of european) assert.equal(rows.length, 6);
    await client.query("SET DateStyle = 'ISO, DMY'");
    for (const rows of await often(sql)) assert.equal(rows.length, 6);
    await client.query("SET DateStyle = 'ISO, MDY'");
    for (const rows of await often(sql)) assert.equal(rows.length, 12);
  } finally {
    await other.end();
  }
});

test('an error of one shard is one each time, and the next statement is answered', async () => {
  const sql = 'SELECT 100 / (number - 7) FROM items WHERE number < 8';
  for (let i = 0; i < times; i++) await assert.rejects(client.query(sql), { code: '22012' });
  assert.equal((await client.query('SELECT id FROM items')).rows.length, ids.length);
  await client.query('UPDATE items SET number = 20 WHERE number = 7');
  for (const rows of await often(sql)) assert.equal(rows.length, 6);
  await client.query('UPDATE items SET number = 7 WHERE number = 20');
});

test('LIMIT leaves connections that the same statement can use again', async () => {
  for (const rows of await often('SELECT id FROM items LIMIT 1')) assert.equal(rows.length, 1);
  for (const rows of await often('SELECT id FROM items ORDER BY id LIMIT 2 OFFSET 1')) {
    assert.deepEqual(rows, [['2'], ['3']]);
  }
});

test('statements that DISCARD ALL took away are prepared again', async () => {
  const sql = 'SELECT sum(number), count(*) FROM items';
  const results = await often(sql);
  await client.query('DISCARD ALL');
  for (const rows of await often(sql)) assert.deepEqual(rows, results[0]);
});

test('more statements than a connection keeps are answered as ever', async () => {
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 40; i++) {
      const { rows } = await client.query(`SELECT id FROM items WHERE number = ${i} OR id = 999`);
      assert.equal(rows.length, i >= 1 && i <= 12 ? 1 : 0);
    }
  }
  assert.ok((await prepared()).length <= 32);
});

test('a table without rows has columns', async () => {
  for (let i = 0; i < times; i++) {
    const { fields, rows } = await client.query('SELECT id AS number FROM empty ORDER BY id');
    assert.deepEqual([fields.map(({ name }) => name), rows], [['number'], []]);
  }
});
