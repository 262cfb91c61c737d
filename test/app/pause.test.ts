// PAUSE, RESUME, RECONNECT, maintenance mode, KILL and DISABLE as the admin database calls them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { query } from '../support/client-bytes.ts';
import { connect, firstShards, type TestDatabase } from '../support/cluster.ts';
import { createItems, shardedItems } from '../support/items.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';
import { type UsePgPack, usePgPack } from '../support/wire.ts';

let database: TestDatabase;

before(async () => {
  database = await createItems('pause');
});

after(() => database.drop());

const withPgPack: UsePgPack = (options, work) =>
  usePgPack({ database, ...shardedItems, ...options }, work);

const oneShard = () => ({ database: firstShards(database) });

const selected = ['C SELECT 1', 'Z I'];

/** Resolves with true when `promise` does, with false when it is still pending a moment later. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise<false>(resolve => setTimeout(resolve, 50, false as const));
  return Promise.race([promise.then(() => true), later]);
}

test('PAUSE waits for transactions, also where they touch another shard only now', async () => {
  await withPgPack({}, async pgpack => {
    const { controls } = pgpack.app;
    const client = await RawClient.login(pgpack.address);
    await client.ask(query('BEGIN'));
    await client.ask(query('SELECT name FROM items WHERE id = 1'));
    const paused = controls.pause(null);
    assert.equal(await isSettled(paused), false);
    const all = await client.ask(query("INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c')"));
    assert.deepEqual(all, ['C INSERT 0 3', 'Z T']);
    assert.equal(await isSettled(paused), false);
    assert.deepEqual(await client.ask(query('ROLLBACK')), ['C ROLLBACK', 'Z I']);
    await paused;
    assert.equal(pgpack.app.counts.serverConnections, 0);
    client.send(query('SELECT count(*) FROM items'));
    await eventually('it waits', () => pgpack.app.counts.waitingClients > 0);
    await controls.resume(null);
    assert.deepEqual((await client.until('Z')).map(shown).slice(-2), selected);
    client.destroy();
  });
});

test('while paused, clients log in and wait, bounded by checkout_timeout', async () => {
  await withPgPack({ ...oneShard(), general: 'checkout_timeout = 700' }, async pgpack => {
    const { controls } = pgpack.app;
    const before = await RawClient.login(pgpack.address);
    await before.ask(query('SELECT 1'));
    await controls.pause(database.name);
    const clients = [before, await RawClient.login(pgpack.address)];
    for (const client of clients) {
      assert.match((await client.ask(query('SELECT 1'))).join('\n'), /C=53300 .*\nZ I$/);
    }
    assert.equal(pgpack.app.counts.serverConnections, 0);
    await controls.resume(database.name);
    for (const client of clients) {
      assert.deepEqual((await client.ask(query('SELECT 1'))).slice(-2), selected);
      client.destroy();
    }
  });
});

test('PAUSE comes to an end under constant traffic, which goes on after RESUME', async () => {
  const general = 'default_pool_size = 3\ncheckout_timeout = 20000';
  await withPgPack({ ...oneShard(), general }, async pgpack => {
    const { controls } = pgpack.app;
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => RawClient.login(pgpack.address)),
    );
    let going = true;
    const traffic = clients.map(async client => {
      let answers = 0;
      for (; going; answers++) {
        assert.deepEqual((await client.ask(query('SELECT 1'))).slice(-2), selected);
      }
      return answers;
    });
    for (let round = 0; round < 5; round++) {
      await new Promise(resolve => setTimeout(resolve, 30));
      await controls.pause(null);
      assert.equal(pgpack.app.counts.serverConnections, 0);
      await controls.resume(null);
    }
    going = false;
    for (const answers of await Promise.all(traffic)) assert.ok(answers > 0);
    for (const client of clients) client.destroy();
  });
});

test('the server may be restarted during PAUSE and nobody notices', async () => {
  await withPgPack({ ...oneShard(), general: 'checkout_timeout = 20000' }, async pgpack => {
    const { controls } = pgpack.app;
    const client = await connect(pgpack.address);
    await client.query('SELECT 1');
    await controls.pause(null);
    const answer = client.query('SELECT pg_backend_pid() AS pid');
    const direct = await connect(database.shards[0]!);
    const { rows } = await direct.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    assert.equal(rows[0].n, 0, 'no connection is left on the server');
    await direct.end();
    await controls.resume(null);
    assert.equal(typeof (await answer).rows[0].pid, 'number');
    await client.end();
  });
});

test('RECONNECT replaces connections when their clients return them', async () => {
  await withPgPack({ ...oneShard(), general: 'default_pool_size = 2' }, async pgpack => {
    const { controls } = pgpack.app;
    const client = await connect(pgpack.address);
    const pid = async () =>
      (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;
    const first = await pid();
    await controls.reconnect(null);
    await controls.waitClose(null);
    await client.query('BEGIN');
    const second = await pid();
    assert.notEqual(second, first);
    await controls.reconnect(null);
    const closed = controls.waitClose(null);
    assert.equal(await pid(), second);
    assert.equal(await isSettled(closed), false);
    await client.query('COMMIT');
    await closed;
    assert.notEqual(await pid(), second);
    await client.end();
  });
});

test('in maintenance mode clients wait as long as it lasts; transactions go on', async () => {
  await withPgPack({ general: 'checkout_timeout = 50' }, async pgpack => {
    const { controls } = pgpack.app;
    const [inside, outside] = [
      await RawClient.login(pgpack.address),
      await RawClient.login(pgpack.address),
    ];
    await inside.ask(query('BEGIN'));
    await inside.ask(query('SELECT count(*) FROM items'));
    await controls.maintenance(true);
    outside.send(query('SELECT 1'));
    const answered = outside.until('Z');
    await new Promise(resolve => setTimeout(resolve, 300));
    assert.equal(await isSettled(answered), false);
    assert.equal((await inside.ask(query('SELECT count(*) FROM items'))).at(-1), 'Z T');
    assert.deepEqual(await inside.ask(query('COMMIT')), ['C COMMIT', 'Z I']);
    await controls.maintenance(false);
    assert.deepEqual((await answered).map(shown).slice(-2), selected);
    for (const client of [inside, outside]) client.destroy();
  });
});

test('KILL cuts the clients of a database and pauses it', async () => {
  await withPgPack({ ...oneShard(), general: 'checkout_timeout = 20000' }, async pgpack => {
    const { controls } = pgpack.app;
    const busy = await RawClient.login(pgpack.address);
    await busy.ask(query('BEGIN'));
    await busy.ask(query('SELECT 1'));
    await controls.kill(database.name);
    const message = 'terminating connection due to administrator command';
    assert.deepEqual((await busy.ended()).map(shown), [`E S=FATAL V=FATAL C=57P01 M=${message}`]);
    await eventually('cut', () => pgpack.app.counts.serverConnections === 0);
    const next = await RawClient.login(pgpack.address);
    next.send(query('SELECT 1'));
    await eventually('it waits', () => pgpack.app.counts.waitingClients === 1);
    await controls.resume(database.name);
    assert.deepEqual((await next.until('Z')).map(shown).slice(-2), selected);
    next.destroy();
  });
});

test('DISABLE refuses new clients of a database and keeps those it has', async () => {
  await withPgPack(oneShard(), async pgpack => {
    const { controls } = pgpack.app;
    const staying = await RawClient.login(pgpack.address);
    await controls.enable(database.name, false);
    const message = `database "${database.name}" is not currently accepting connections`;
    await assert.rejects(
      RawClient.login(pgpack.address),
      new RegExp(`S=FATAL V=FATAL C=55000 M=${message}`),
    );
    assert.deepEqual((await staying.ask(query('SELECT 1'))).slice(-2), selected);
    await controls.enable(database.name, true);
    (await RawClient.login(pgpack.address)).destroy();
    staying.destroy();
  });
});
