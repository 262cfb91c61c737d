// The harness itself: databases on shards and oracle, PgPack in front of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from './cluster.ts';
import { createItems } from './items.ts';
import { startPgPack } from './pgpack.ts';

test('what goes through PgPack is on the shards, each row on one', async () => {
  const database = await createItems('harness', 3);
  const pgpack = await startPgPack({ database, sharded: ['items.id'] });

  const client = await connect(pgpack.address);
  for (let id = 0; id < 30; id++) {
    await client.query('INSERT INTO items (id, name) VALUES ($1, $2)', [id, `item ${id}`]);
  }
  const { rows } = await client.query('SELECT count(*) AS items FROM items');
  await client.end();
  await pgpack.close();

  const counts = await Promise.all(database.shards.map(countItems));
  assert.deepEqual(rows, [{ items: '30' }]);
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    30,
  );
  assert.ok(
    counts.every(count => count > 0),
    `rows per shard: ${counts}`,
  );
  assert.equal(await countItems(database.oracle), 0);
  await database.drop();
});

async function countItems(address: Parameters<typeof connect>[0]): Promise<number> {
  const client = await connect(address);
  try {
    const { rows } = await client.query('SELECT count(*)::int AS items FROM items');
    return rows[0].items as number;
  } finally {
    await client.end();
  }
}
