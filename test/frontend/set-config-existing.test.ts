// `SELECT set_config(name, …) FROM pg_settings WHERE name = …`, by which pg_dump sets what older
// servers do not have: followed on all shards where there is such a setting, nothing elsewhere.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '../support/cluster.ts';
import { itemsTable, shardedItems } from '../support/items.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;

before(async () => {
  wire = await startWire('set_config_existing', 3, itemsTable, shardedItems);
  const client = await connect(wire.pgpack.address);
  const values = Array.from({ length: 20 }, (_, id) => `(${id}, 'x')`);
  await client.query(`INSERT INTO items VALUES ${values.join(', ')}`);
  await client.end();
});

after(() => wire.close());

const set = (name: string, value: string, local = false) =>
  `SELECT set_config(name, '${value}', ${local}) FROM pg_settings WHERE name = '${name}'`;
const seen = "SELECT DISTINCT current_setting('work_mem') AS v FROM items";

for (const inBlock of [false, true]) {
  const where = inBlock ? 'in a block' : 'outside a block';

  test(`it holds on every shard (${where})`, async () => {
    const client = await connect(wire.pgpack.address);
    if (inBlock) await client.query('BEGIN');
    await client.query('SELECT count(*) FROM items');
    const { rows } = await client.query(set('work_mem', '1234kB', inBlock));
    assert.deepEqual(rows, [{ set_config: '1234kB' }]);
    assert.deepEqual((await client.query(seen)).rows, [{ v: '1234kB' }]);
    if (inBlock) {
      await client.query('ROLLBACK');
      assert.notDeepEqual((await client.query(seen)).rows, [{ v: '1234kB' }]);
    }
    await client.end();
  });

  test(`a setting that there is not changes nothing (${where})`, async () => {
    const client = await connect(wire.pgpack.address);
    if (inBlock) await client.query('BEGIN');
    await client.query('SELECT count(*) FROM items');
    assert.deepEqual((await client.query(set('no_such_setting', 'x'))).rows, []);
    assert.equal((await client.query('SELECT count(*) AS n FROM items')).rows[0].n, '20');
    await client.end();
  });
}

test('a value that is none is PostgreSQL’s error', async () => {
  const client = await connect(wire.pgpack.address);
  await assert.rejects(client.query(set('work_mem', 'lots')), { code: '22023' });
  await client.end();
});
