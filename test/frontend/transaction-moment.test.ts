// now() and its kin in statements on several shards: one moment for all rows, the same to the end of
// the transaction, under the names and types that PostgreSQL gives them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '../support/cluster.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;

before(async () => {
  const schema = 'CREATE TABLE items (id bigint PRIMARY KEY, made timestamptz)';
  wire = await startWire('transaction_moment', 3, schema, { sharded: ['items.id'] });
  for (const address of [wire.pgpack.address, wire.database.oracle]) {
    const client = await connect(address);
    const made = "'2020-01-01'::timestamptz + i * interval '1 day'";
    const values = Array.from({ length: 30 }, (_, i) => `(${i}, ${made.replace('i *', `${i} *`)})`);
    await client.query(`INSERT INTO items VALUES ${values.join(', ')}`);
    await client.end();
  }
});

after(() => wire.close());

const asked =
  'now(), transaction_timestamp() AS t, current_timestamp(3), current_date, localtime(0), ' +
  "current_time, localtimestamp - interval '1 day' AS before";

test('all rows have one moment, and columns as PostgreSQL has them', async () => {
  const client = await connect(wire.pgpack.address);
  const oracle = await connect(wire.database.oracle);
  const sql = `SELECT ${asked}, id FROM items ORDER BY id`;
  for (const values of [[], [1]]) {
    const text = values.length === 0 ? sql : sql.replace('ORDER', 'WHERE id > $1 ORDER');
    const { rows, fields } = await client.query({ text, values, rowMode: 'array' });
    const moments = new Set(rows.map(row => JSON.stringify(row.slice(0, 7))));
    assert.equal(moments.size, 1);
    const expected = await oracle.query({ text, values, rowMode: 'array' });
    const shown = (one: typeof fields) =>
      one.map(({ name, dataTypeID, dataTypeModifier }) => [name, dataTypeID, dataTypeModifier]);
    assert.deepEqual(shown(fields), shown(expected.fields));
    assert.equal(rows.length, expected.rows.length);
    const [mine, theirs] = [rows, expected.rows].map(one => (one[0]![0] as Date).getTime());
    const seconds = Math.abs(mine! - theirs!) / 1000;
    assert.ok(seconds < 60, `${seconds} s apart`);
  }
  await client.end();
  await oracle.end();
});

test('it is the same until the transaction ends, and another in the next', async () => {
  const client = await connect(wire.pgpack.address);
  const ask = async () => {
    const { rows } = await client.query('SELECT DISTINCT now()::text AS now FROM items');
    assert.equal(rows.length, 1);
    return rows[0].now as string;
  };
  await client.query("BEGIN; SET LOCAL TimeZone = 'Asia/Kathmandu'");
  const first = await ask();
  assert.match(first, /\+05:45$/);
  await client.query('SELECT pg_sleep(0.01)');
  assert.equal(await ask(), first);
  await client.query('COMMIT; BEGIN');
  const second = await ask();
  assert.notEqual(second, first);
  assert.equal(await ask(), second);
  await client.query('ROLLBACK');
  await client.end();
});

test('a condition on it is the shards’ own, and right', async () => {
  const client = await connect(wire.pgpack.address);
  const oracle = await connect(wire.database.oracle);
  const sql = "SELECT count(*) AS n FROM items WHERE made > now() - interval '1 century'";
  assert.deepEqual((await client.query(sql)).rows, (await oracle.query(sql)).rows);
  const lines = (await client.query(`EXPLAIN ${sql}`)).rows.map(row => row['QUERY PLAN']);
  assert.match(lines.join('\n'), /^Aggregate: count 1/);
  await client.end();
  await oracle.end();
});

test('statements for one shard have the time of the block that they are in', async () => {
  const client = await connect(wire.pgpack.address);
  const ids = [0, 1, 2, 3, 4, 5];
  const writes = ids.map(id => `UPDATE items SET made = now() WHERE id = ${id}`);
  const moments = async () => {
    const { rows } = await client.query('SELECT DISTINCT made FROM items WHERE id < 6');
    return rows.length;
  };
  await client.query('BEGIN');
  for (const sql of writes) await client.query(sql);
  assert.equal(await moments(), 1);
  for (const id of ids) {
    const text = 'SELECT made = now() AS same, now() - $2::interval < made AS before FROM items';
    const asked = { name: 'asked', text: `${text} WHERE id = $1`, values: [id, '1 s'] };
    assert.deepEqual((await client.query(asked)).rows, [{ same: true, before: true }]);
  }
  await client.query('ROLLBACK');
  await client.query(writes.join(';'));
  assert.equal(await moments(), 1);
  const wrong = "made = 'soon' AND id = ";
  for (const id of ids) {
    await client.query('BEGIN');
    await client.query('SELECT now() FROM items WHERE id = 0');
    const failing = client.query(`UPDATE items SET made = now() WHERE ${wrong}${id}`);
    await assert.rejects(failing, { code: '22007', position: '44' });
    await client.query('ROLLBACK');
  }
  await client.end();
});

test('the time of a block is not one that was asked for before it', async () => {
  const client = await connect(wire.pgpack.address);
  const sql = 'SELECT DISTINCT now()::text AS now FROM items';
  const before = await client.query(sql);
  await client.query('SELECT pg_sleep(0.01)');
  await client.query('BEGIN');
  assert.notDeepEqual((await client.query(sql)).rows, before.rows);
  await client.query('ROLLBACK');
  await client.end();
});
