// Servers whose own extra_float_digits is below 1 print floats that are not the values: what compares
// or adds them up is done by a shard, over the values themselves.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '../support/cluster.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;

before(async () => {
  const schema = `DO $$ BEGIN
    EXECUTE 'ALTER DATABASE ' || quote_ident(current_database()) || ' SET extra_float_digits = -3';
  END $$; CREATE TABLE items (id bigint, f float8)`;
  wire = await startWire('rounded_floats', 2, schema, { sharded: ['items.id'] });
  for (const address of [wire.pgpack.address, wire.database.oracle]) {
    const client = await connect(address);
    const rows = Array.from({ length: 40 }, (_, i) => `(${i}, 0.1::float8 + ${i % 5} * 1e-16)`);
    await client.query(`INSERT INTO items VALUES ${rows.join(', ')}`);
    await client.end();
  }
});

after(() => wire.close());

for (const sql of [
  'SELECT f, count(*) FROM items GROUP BY f ORDER BY f',
  'SELECT DISTINCT f FROM items ORDER BY f',
  'SELECT id, f FROM items ORDER BY f DESC, id',
  'SELECT count(*), min(f), max(f) FROM items',
]) {
  test(sql, async () => {
    const client = await connect(wire.pgpack.address);
    const oracle = await connect(wire.database.oracle);
    assert.deepEqual((await client.query(sql)).rows, (await oracle.query(sql)).rows);
    await client.end();
    await oracle.end();
  });
}
