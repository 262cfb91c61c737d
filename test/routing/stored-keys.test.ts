// Keys that are rounded on their way into a column, and rows without a place, in statements that read
// and write at once: as one PostgreSQL does it, or refused, never on another shard.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '../support/cluster.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;

before(async () => {
  wire = await startWire(
    'stored_keys',
    2,
    `CREATE TABLE whole (k numeric(10, 0) NOT NULL, n int);
     CREATE TABLE exact (k numeric NOT NULL, n int);
     CREATE TABLE short (k varchar(3) NOT NULL, n int);
     CREATE TABLE long (k text NOT NULL, n int);
     CREATE SCHEMA one;
     CREATE TABLE one.place (k int NOT NULL, n int);
     CREATE TABLE place (k int NOT NULL, n int)`,
    {
      sharded: [
        ...['whole.k numeric', 'exact.k numeric', 'short.k varchar', 'long.k varchar'],
        'place.k bigint',
      ],
    },
  );
});

after(() => wire.close());

const statements = [
  ...Array.from({ length: 8 }, (_, i) => `INSERT INTO exact VALUES (${i}.6, ${i})`),
  ...Array.from({ length: 8 }, (_, i) => `INSERT INTO exact VALUES (${i}, ${i})`),
  ...Array.from(
    { length: 8 },
    (_, i) => `INSERT INTO whole SELECT k, 1 FROM exact WHERE k = ${i}.6`,
  ),
  ...Array.from(
    { length: 8 },
    (_, i) => `WITH i AS (INSERT INTO whole VALUES (${i}.4, 2) RETURNING *) SELECT * FROM i`,
  ),
  "INSERT INTO long VALUES ('abc  ', 1), ('abc', 2), ('xyz  ', 3), ('xyz', 4)",
  "INSERT INTO short SELECT k, n FROM long WHERE k = 'abc  '",
  "INSERT INTO short SELECT k, n FROM long WHERE k = 'xyz  '",
  "WITH i AS (INSERT INTO short VALUES ('def   ', 5) RETURNING *) SELECT * FROM i",
];
const checks = [
  'SELECT k, n FROM whole ORDER BY k, n',
  ...Array.from({ length: 8 }, (_, i) => `SELECT count(*) FROM whole WHERE k = ${i}`),
  ...['abc', 'xyz', 'def'].map(key => `SELECT count(*) FROM short WHERE k = '${key}'`),
];

test('rows are found by the keys that were stored', async () => {
  const client = await connect(wire.pgpack.address);
  const oracle = await connect(wire.database.oracle);
  let refused = 0;
  for (const sql of statements) {
    const error = await client.query(sql).then(
      () => null,
      error => error.code as string,
    );
    if (error === '0A000') refused += 1;
    else {
      assert.equal(error, null, sql);
      await oracle.query(sql);
    }
  }
  for (const sql of checks) {
    const expected = (await oracle.query(sql)).rows;
    assert.deepEqual((await client.query(sql)).rows, expected, sql);
  }
  assert.ok(refused < statements.length / 2 + 4, `${refused} refused`);
  await Promise.all([client.end(), oracle.end()]);
});

test('what a RESET behind a SET LOCAL would leave is refused, a SET counts', async () => {
  const client = await connect(wire.pgpack.address);
  for (const behind of [
    'RESET search_path',
    'RESET ALL',
    "SELECT set_config('search_path', 'public', false)",
  ]) {
    await client.query('BEGIN');
    await client.query('SET LOCAL search_path = one');
    await assert.rejects(client.query(behind), { code: '0A000' }, behind);
    await client.query('ROLLBACK');
  }
  await client.query('BEGIN');
  await client.query('SET LOCAL search_path = one');
  await client.query("SET work_mem = '5MB'");
  await client.query('SET search_path = public');
  await client.query('INSERT INTO place VALUES (1, 1), (2, 2), (3, 3)');
  await client.query('COMMIT');
  await client.query("SET work_mem = '6MB'");
  const { rows } = await client.query('SELECT count(*) AS n FROM public.place');
  assert.deepEqual(rows, [{ n: '3' }]);
  await client.end();
});
