// The catalog is one for all clients of a user: what one of them has set must not be read into it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, createTestDatabase } from '../support/cluster.ts';
import { startPgPack } from '../support/pgpack.ts';

test("a catalog that is read while a client has its own search path is everybody's", async () => {
  const database = await createTestDatabase('catalog_reading', 3);
  await database.runEverywhere('CREATE TABLE items (id bigint PRIMARY KEY)');
  const pgpack = await startPgPack({ database, sharded: ['items.id'] });
  const [changer, other] = [await connect(pgpack.address), await connect(pgpack.address)];
  try {
    const ids = Array.from({ length: 30 }, (_, id) => `(${id})`).join();
    await changer.query(`INSERT INTO items VALUES ${ids}`);
    await changer.query('SET search_path = pg_catalog');
    // Every server connection has the setting now, and the next statement reads the catalog.
    await changer.query('SELECT count(*) FROM public.items');
    await changer.query('CREATE TABLE public.more (id bigint)');
    const { rows } = await other.query('SELECT count(*) AS items FROM items WHERE id >= 0');
    assert.deepEqual(rows, [{ items: '30' }]);
  } finally {
    await Promise.all([changer.end(), other.end()]);
    await pgpack.close();
    await database.drop();
  }
});
