// A stop that waits: what is in a transaction ends it, everybody else is told 57P01.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cancelRequest } from '../../src/protocol/frontend-messages.ts';
import {
  bind,
  copyData,
  copyDone,
  execute,
  flush,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { connect, firstShards, type TestDatabase } from '../support/cluster.ts';
import { createItems, shardedItems } from '../support/items.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';

let database: TestDatabase;

before(async () => {
  database = await createItems('drain');
});

after(() => database.drop());

const goodbye = 'E S=FATAL V=FATAL C=57P01 M=PgPack is shutting down';

async function start(general = '', shards = 2): Promise<PgPack> {
  return startPgPack({ database: firstShards(database, shards), ...shardedItems, general });
}

const told = async (client: RawClient) => (await client.ended()).map(shown);

/** Rows of the table on all shards, past PgPack. */
async function rowCount(): Promise<number> {
  let sum = 0;
  for (const shard of database.shards) {
    const client = await connect(shard);
    sum += Number((await client.query('SELECT count(*) AS n FROM items')).rows[0].n);
    await client.query('TRUNCATE items');
    await client.end();
  }
  return sum;
}

for (const shards of [1, 2]) {
  test(`idle clients are told at once, transactions end first (${shards} shards)`, async () => {
    const pgpack = await start('', shards);
    const [idle, busy] = [
      await RawClient.login(pgpack.address),
      await RawClient.login(pgpack.address),
    ];
    await busy.ask(query('BEGIN'));
    await busy.ask(query("INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c')"));
    const stopped = pgpack.app.close({ drain: true });
    assert.deepEqual(await told(idle), [goodbye]);
    const refused = new RegExp(goodbye.slice(2));
    await assert.rejects(RawClient.login(pgpack.address), refused);
    assert.equal((await busy.ask(query("INSERT INTO items VALUES (4, 'd')"))).at(-1), 'Z T');
    assert.deepEqual(await busy.ask(query('COMMIT')), ['C COMMIT', 'Z I']);
    assert.deepEqual(await told(busy), [goodbye]);
    await stopped;
    await assert.rejects(RawClient.dial(pgpack.address), { code: 'ECONNREFUSED' });
    assert.equal(await rowCount(), 4);
  });
}

test('a COPY and an exchange without Sync end first', async () => {
  const pgpack = await start();
  const copying = await RawClient.login(pgpack.address);
  await copying.ask(query('COPY items FROM STDIN'), 'G');
  copying.send(copyData('1\ta\n2\tb\n'));
  const exchanging = await RawClient.login(pgpack.address);
  const insert = "INSERT INTO items VALUES (7, 'g')";
  await exchanging.ask([parse('', insert), bind(), execute(), flush], 'C');
  const stopped = pgpack.app.close({ drain: true });
  copying.send(copyData('3\tc\n'), copyDone);
  assert.deepEqual(await told(copying), ['C COPY 3', 'Z I', goodbye]);
  exchanging.send(sync);
  assert.deepEqual(await told(exchanging), ['Z I', goodbye]);
  await stopped;
  assert.equal(await rowCount(), 4);
});

test('a client that waits for a connection is served first', async () => {
  const pgpack = await start('default_pool_size = 1', 1);
  const [holder, waiter] = [
    await RawClient.login(pgpack.address),
    await RawClient.login(pgpack.address),
  ];
  await holder.ask(query('BEGIN'));
  await holder.ask(query('SELECT 1'));
  waiter.send(query('SELECT 2'));
  await eventually('it waits', () => pgpack.app.counts.waitingClients === 1);
  const stopped = pgpack.app.close({ drain: true });
  await holder.ask(query('COMMIT'));
  assert.deepEqual((await told(waiter)).slice(-3), ['C SELECT 1', 'Z I', goodbye]);
  await stopped;
});

test('a cancel request is obeyed while clients are drained', async () => {
  const pgpack = await start('', 1);
  const client = await RawClient.login(pgpack.address);
  await client.ask(query('BEGIN'));
  client.send(query('SELECT pg_sleep(30)'));
  const stopped = pgpack.app.close({ drain: true });
  const messages = told(client);
  const timer = setInterval(async () => {
    const canceler = await RawClient.dial(pgpack.address);
    canceler.send(cancelRequest(client.processId, client.secret));
    await canceler.ended();
    client.send(query('ROLLBACK'));
  }, 100);
  assert.match((await messages).join('\n'), /C=57014 .*\nZ E\n(.*\n)*C ROLLBACK\nZ I\n/);
  clearInterval(timer);
  await stopped;
});

test('what is not over at shutdown_timeout is cut, and rolled back', async () => {
  const pgpack = await start('shutdown_timeout = 100');
  const client = await RawClient.login(pgpack.address);
  await client.ask(query('BEGIN'));
  await client.ask(query("INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c')"));
  await pgpack.app.close({ drain: true });
  assert.deepEqual(await told(client), [goodbye]);
  assert.equal(await rowCount(), 0);
});

test('SHUTDOWN for clients waits until they leave by themselves', async () => {
  const pgpack = await start('shutdown_timeout = 50');
  const clients = [await RawClient.login(pgpack.address), await RawClient.login(pgpack.address)];
  pgpack.app.controls.shutdown('clients');
  assert.equal(await pgpack.app.stopRequested, 'clients');
  const stopped = pgpack.app.close({ drain: true, mode: 'clients' });
  await assert.rejects(RawClient.login(pgpack.address), /C=57P01/);
  await new Promise(resolve => setTimeout(resolve, 150));
  for (const client of clients) {
    assert.equal((await client.ask(query('SELECT 1'))).at(-1), 'Z I');
    client.destroy();
  }
  await stopped;
});
