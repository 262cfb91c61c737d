// A statement for several shards takes its connections one after the other. One that is lost while
// the next is waited for is an error, and not a client that waits for ever; so is a COPY that one
// shard refuses before another has begun it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { shardOfText } from '../sharding/one-key.ts';
import { query } from '../support/client-bytes.ts';
import { connect, type TestDatabase } from '../support/cluster.ts';
import { itemsTable, shardedItems } from '../support/items.ts';
import type { PgPack } from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;
let database: TestDatabase;
let pgpack: PgPack;
const onSecondShard = [1, 2, 3, 4, 5, 6, 7, 8].find(id => shardOfText('bigint', `${id}`, 2) === 1)!;

before(async () => {
  const general = 'default_pool_size = 1\nmin_pool_size = 0\ncheckout_timeout = 20000';
  wire = await startWire('lost_waiting', 2, itemsTable, { ...shardedItems, general });
  ({ database, pgpack } = wire);
});

after(() => wire.close());

async function killFirstShard(): Promise<void> {
  const killer = await connect(database.shards[0]!);
  await killer.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await killer.end();
}

for (const sql of ['SELECT id FROM items ORDER BY id LIMIT 3', 'COPY items (id) FROM STDIN']) {
  test(`${sql}: a connection lost while another is waited for is told to the client`, async () => {
    const holder = await RawClient.login(pgpack.address);
    const client = await RawClient.login(pgpack.address);
    await client.ask(query('SELECT count(*) FROM items'));
    await holder.ask(query('BEGIN'));
    await holder.ask(query(`SELECT name FROM items WHERE id = ${onSecondShard}`));
    client.send(query(sql));
    await eventually('the client waits', () => pgpack.app.counts.waitingClients === 1);
    const before = pgpack.app.counts.serverConnections;
    await killFirstShard();
    await eventually('lost', () => pgpack.app.counts.serverConnections < before);
    await holder.ask(query('COMMIT'));
    const messages = await client.until('Z');
    const kinds = messages.map(({ type }) => type).join('');
    // With rows: it was given another one, and never noticed.
    assert.match(kinds, /^(?:EZ|TCZ)$/);
    client.destroy();
    holder.destroy();
  });
}

test('a COPY that one shard refuses ends on the others, whichever answers first', async () => {
  const [first, second] = await Promise.all(database.shards.map(connect));
  await second!.query('ALTER TABLE items RENAME TO renamed');
  const client = await RawClient.login(pgpack.address);
  // The second shard has refused it long before the first, which waits for a lock, has begun.
  await first!.query('BEGIN; LOCK TABLE items');
  client.send(query('COPY items (id) FROM STDIN'));
  await eventually('the first shard waits for the lock', async () => {
    const { rows } = await first!.query('SELECT FROM pg_locks WHERE NOT granted');
    return rows.length > 0;
  });
  await first!.query('COMMIT');
  const answer = (await client.until('Z')).map(shown);
  assert.match(answer.join('\n'), /C=42P01 .*Z I$/s);
  await second!.query('ALTER TABLE renamed RENAME TO items');
  client.destroy();
  await Promise.all([first!.end(), second!.end()]);
});

test('a server that is lost in the midst of a COPY is named, and the client goes on', async () => {
  const client = await RawClient.login(pgpack.address);
  client.send(query('COPY items (id) FROM STDIN'));
  await client.until('G');
  await killFirstShard();
  const answer = (await client.until('Z')).map(shown).join('\n');
  assert.match(
    answer,
    /V=ERROR C=08006 M=connection to shard 0 at .* was lost: terminating .*Z I$/s,
  );
  assert.match((await client.ask(query('SELECT count(*) FROM items'))).join(), /C SELECT 1,Z I/);
  client.destroy();
});
