// LISTEN in transaction mode when something goes wrong: the connection that listens is lost, clients
// do not read, servers cannot be reached. Whoever may have missed a notification is told.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as wire from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

const shards = 3;
let database: TestDatabase;
let pgpack: PgPack;

before(async () => {
  database = await createTestDatabase('listen_failure', shards);
  pgpack = await startPgPack({ database, general: 'pub_sub_channel_size = 100' });
});

after(async () => {
  await pgpack.close();
  await database.drop();
});

const login = () => RawClient.login(pgpack.address);

function ask(client: RawClient, sql: string): Promise<string[]> {
  return client.ask(wire.query(sql));
}

/** Ends the connections that listen on one shard, as an administrator would; how many. */
async function killListeners(shard: number): Promise<number> {
  const direct = await connect(database.shards[shard]!);
  const { rowCount } = await direct.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND query LIKE '/* PgPack%'`,
  );
  await direct.end();
  return rowCount ?? 0;
}

describe('the connection that listens is lost', () => {
  for (const shard of [0, shards - 1]) {
    test(`on shard ${shard}: listeners get 57P01, others live, LISTEN works`, async () => {
      const [listener, other] = await Promise.all([login(), login()]);
      await ask(listener, 'LISTEN gone');
      assert.ok((await killListeners(shard)) >= 1);
      const messages = await listener.ended();
      assert.equal(messages.length, 1);
      assert.match(shown(messages[0]!), /^E S=FATAL V=FATAL C=57P01 .*may have been lost/);
      assert.equal((await ask(other, 'SELECT 1')).at(-1), 'Z I');
      assert.deepEqual(await ask(other, 'LISTEN gone'), ['C LISTEN', 'Z I']);
      await ask(other, 'NOTIFY gone');
      other.destroy();
      await allReturned(pgpack);
    });
  }

  test('a client in the middle of an answer gets it whole, then the error', async () => {
    const client = await login();
    await ask(client, 'LISTEN gone');
    client.send(wire.query('SELECT pg_sleep(1)'));
    await eventually('the connection is ended', async () => (await killListeners(0)) > 0);
    const messages = (await client.ended()).map(shown);
    assert.deepEqual(
      messages.map(line => line.slice(0, 3)),
      ['T p', 'D 0', 'C S', 'Z I', 'E S'],
    );
    await allReturned(pgpack);
  });

  test('a client in an idle transaction block gets the error when the block ends', async () => {
    const client = await login();
    await ask(client, 'LISTEN gone');
    await ask(client, 'BEGIN');
    await killListeners(0);
    const other = await login();
    await ask(other, 'SELECT 1');
    client.send(wire.query('COMMIT'));
    const messages = (await client.ended()).map(shown);
    assert.match(messages.at(-1)!, /C=57P01/);
    other.destroy();
    await allReturned(pgpack);
  });
});

describe('notifications that wait are bounded', () => {
  test('a client that stays in its block ends with 53400 at its limit', async () => {
    const [client, sender] = await Promise.all([login(), login()]);
    await ask(client, 'LISTEN flood');
    await ask(client, 'BEGIN');
    await ask(sender, "SELECT pg_notify('flood', i::text) FROM generate_series(1, 101) i");
    await ask(sender, 'LISTEN fence; NOTIFY fence');
    client.send(wire.query('COMMIT'));
    const messages = (await client.ended()).map(shown);
    assert.match(messages.at(-1)!, /^E S=FATAL V=FATAL C=53400 .*pub_sub_channel_size/);
    assert.equal(
      messages.some(line => line.startsWith('A')),
      false,
    );
    sender.destroy();
    await allReturned(pgpack);
  });

  test('an idle client that reads gets more at once than may wait', async () => {
    const [client, sender] = await Promise.all([login(), login()]);
    await ask(client, 'LISTEN burst');
    await ask(sender, "SELECT pg_notify('burst', i::text) FROM generate_series(1, 2000) i");
    const messages = await client.until('A', 2000);
    assert.equal(messages.at(-1)!.body.toString('utf8', 4), 'burst\u{0}2000\u{0}');
    client.destroy();
    sender.destroy();
    await allReturned(pgpack);
  });

  test('a client that does not read is ended, the others get everything', async () => {
    const [slow, reader, sender] = await Promise.all([login(), login(), login()]);
    await ask(slow, 'LISTEN flood');
    await ask(reader, 'LISTEN flood');
    slow.pause();
    const payload = 'x'.repeat(7000);
    let sent = 0;
    await eventually('the slow client is gone', async () => {
      const sql = `SELECT pg_notify('flood', i || '${payload}') FROM generate_series(1, 50) i`;
      await ask(sender, sql);
      sent += 50;
      await reader.until('A', 50);
      return pgpack.app.counts.clients === 2;
    });
    assert.ok(sent > 100);
    await ask(sender, "NOTIFY flood, 'last'");
    const last = await reader.next();
    assert.match(last!.body.toString('utf8', 4), /^flood\0last\0$/);
    slow.destroy();
    reader.destroy();
    sender.destroy();
    await allReturned(pgpack);
  });
});

test('LISTEN fails when a shard cannot be reached, and the session goes on', async () => {
  const broken = await createTestDatabase('listen_broken', 2);
  const [first, second] = broken.shards;
  const unreachable = { ...second!, port: 1 };
  const small = await startPgPack({
    database: { ...broken, shards: [first!, unreachable] },
    general: 'connect_attempts = 1',
  });
  const client = await RawClient.login(small.address);
  const [error, ready] = await ask(client, 'LISTEN a');
  assert.match(error!, /^E S=ERROR V=ERROR C=08006 /);
  assert.equal(ready, 'Z I');
  assert.deepEqual(await ask(client, 'UNLISTEN *'), ['C UNLISTEN', 'Z I']);
  client.destroy();
  await small.close();
  await broken.drop();
});

describe('pub_sub_channel_size = 0', () => {
  test('LISTEN binds the client to its server connection', async () => {
    const one = await createTestDatabase('listen_pinned', 1);
    const pinned = await startPgPack({ database: one, general: 'pub_sub_channel_size = 0' });
    const [listener, sender] = await Promise.all([1, 2].map(() => RawClient.login(pinned.address)));
    assert.deepEqual(await ask(listener!, 'LISTEN direct'), ['C LISTEN', 'Z I']);
    assert.deepEqual(await ask(sender!, 'NOTIFY direct'), ['C NOTIFY', 'Z I']);
    assert.equal((await listener!.next())?.type, 'A');
    const own = await ask(listener!, 'NOTIFY direct');
    const number = listener!.processId.toString(16).padStart(8, '0');
    assert.match(own[1]!, new RegExp(`^A ${number}`));
    const channels = await ask(listener!, 'SELECT pg_listening_channels()');
    assert.equal(channels.at(-2), 'C SELECT 1');
    listener!.destroy();
    sender!.destroy();
    await allReturned(pinned);
    await pinned.close();
    await one.drop();
  });
});

test('what is about one server connection is refused', async () => {
  const one = await createTestDatabase('listen_refused', 1);
  const single = await startPgPack({ database: one });
  const [client, sharded] = await Promise.all([RawClient.login(single.address), login()]);
  assert.equal((await ask(client, 'SELECT pg_listening_channels()')).at(-2), 'C SELECT 0');
  await ask(client, 'LISTEN a');
  const [refused] = await ask(client, 'SELECT pg_listening_channels()');
  assert.match(refused!, /C=0A000 .*pg_listening_channels/);
  for (const call of ['pg_listening_channels()', 'pg_notification_queue_usage()']) {
    assert.match((await ask(sharded, `SELECT ${call}`))[0]!, /C=0A000/, call);
  }
  client.destroy();
  sharded.destroy();
  await single.close();
  await one.drop();
});
