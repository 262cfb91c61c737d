// Reading the catalog again must not wait for clients that wait for the catalog: a client inside a
// transaction holds the server connections that the reader would need.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { query } from '../support/client-bytes.ts';
import { itemsTable, shardedItems } from '../support/items.ts';
import type { PgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;
let pgpack: PgPack;

before(async () => {
  const general = 'default_pool_size = 1\ncheckout_timeout = 3000';
  wire = await startWire('catalog_reload', 2, itemsTable, { ...shardedItems, general });
  ({ pgpack } = wire);
});

after(() => wire.close());

const forgetting = {
  'a table that nobody knows': 'SELECT * FROM no_such_table',
  'a change of tables': 'CREATE TABLE IF NOT EXISTS another (id bigint)',
};

for (const [what, sql] of Object.entries(forgetting)) {
  test(`a transaction that holds the only connection goes on after ${what}`, async () => {
    const [holder, other] = [
      await RawClient.login(pgpack.address),
      await RawClient.login(pgpack.address),
    ];
    await holder.ask(query('BEGIN'));
    // Every shard's only connection is held.
    await holder.ask(query('SELECT count(*) FROM items'));
    // A catalog is believed for a second.
    await new Promise(resolve => setTimeout(resolve, 1_100));
    other.send(query(sql));
    await eventually('the other waits', () => pgpack.app.counts.waitingClients > 0);
    const answer = await holder.ask(query('SELECT count(*) FROM items'));
    assert.deepEqual(answer.slice(-2), ['C SELECT 1', 'Z T']);
    assert.deepEqual(await holder.ask(query('COMMIT')), ['C COMMIT', 'Z I']);
    await other.until('Z');
    holder.destroy();
    other.destroy();
  });
}
