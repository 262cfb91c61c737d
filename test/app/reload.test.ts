// A reload changes what can change and leaves alone the connections that would be opened the same
// way again.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { startApp } from '../../src/app.ts';
import { silentLogger } from '../../src/common/logger.ts';
import type { Config } from '../../src/config/config.ts';
import { query } from '../support/client-bytes.ts';
import { connect, firstShards, type TestDatabase } from '../support/cluster.ts';
import { createItems } from '../support/items.ts';
import {
  configOf,
  databaseEntry,
  type PgPack,
  type PgPackOptions,
  startPgPack,
} from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

let database: TestDatabase;

before(async () => {
  database = await createItems('reload');
});

after(() => database.drop());

interface Reloadable extends PgPack {
  /** Takes over a configuration that differs from the first in these. */
  reload(change: Partial<PgPackOptions>): void;
}

async function withPgPack(
  options: Partial<PgPackOptions>,
  work: (pgpack: Reloadable) => Promise<void>,
): Promise<void> {
  const all = { database: firstShards(database), ...options };
  const pgpack = await startPgPack(all);
  const reload = (change: Partial<PgPackOptions>) =>
    pgpack.app.reload(configOf({ ...all, ...change }));
  try {
    await work({ ...pgpack, reload });
    await allReturned(pgpack);
  } finally {
    await pgpack.close();
  }
}

const userLines = (name: string, more = '') =>
  `[[users]]\nname = "${name}"\nall_databases = true\npassword = "test"\n${more}\n`;

/** Another name for the same database, with settings of its own. */
const otherDatabase = (more = '') => {
  const lines = `database_name = "${database.name}"\n${more}`;
  return databaseEntry('other', database.shards[0]!, 0, lines);
};

async function pidOf(client: pg.Client): Promise<number> {
  return (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
}

test('a reload that changes nothing changes no connection', async () => {
  await withPgPack({}, async pgpack => {
    const client = await connect(pgpack.address);
    const pid = await pidOf(client);
    pgpack.reload({});
    assert.equal(await pidOf(client), pid);
    assert.equal(pgpack.app.counts.serverConnections, 1);
    await client.end();
  });
});

test('pool sizes change and connections stay', async () => {
  await withPgPack({ general: 'default_pool_size = 1' }, async pgpack => {
    const [first, second] = [await connect(pgpack.address), await connect(pgpack.address)];
    const pid = await pidOf(first);
    await first.query('BEGIN');
    assert.equal(await pidOf(first), pid);
    const waiting = pidOf(second);
    await eventually('it waits', () => pgpack.app.counts.waitingClients === 1);
    pgpack.reload({ general: 'default_pool_size = 2' });
    assert.notEqual(await waiting, pid);
    assert.equal(await pidOf(first), pid);
    pgpack.reload({ general: 'default_pool_size = 1\nmin_pool_size = 1' });
    await first.query('COMMIT');
    await eventually('one is left', () => pgpack.app.counts.serverConnections === 1);
    await Promise.all([first.end(), second.end()]);
  });
});

test('what a connection is made of changes: old ones go when returned, clients stay', async () => {
  const users = (ms: number) => ({ users: userLines('test', `statement_timeout = ${ms}`) });
  await withPgPack({ ...users(10_000), general: 'default_pool_size = 2' }, async pgpack => {
    const [busy, idle] = [await connect(pgpack.address), await connect(pgpack.address)];
    const timeout = async (client: pg.Client) =>
      (await client.query('SHOW statement_timeout')).rows[0].statement_timeout;
    await busy.query('BEGIN');
    const pid = await pidOf(busy);
    assert.deepEqual([await timeout(busy), await timeout(idle)], ['10s', '10s']);
    pgpack.reload(users(20_000));
    assert.deepEqual([await timeout(busy), await timeout(idle)], ['10s', '20s']);
    assert.equal(await pidOf(busy), pid);
    await busy.query('COMMIT');
    assert.equal(await timeout(busy), '20s');
    await Promise.all([busy.end(), idle.end()]);
  });
});

test('a change of one database leaves the connections of another alone', async () => {
  const users = userLines('test');
  await withPgPack({ users, more: otherDatabase('lock_timeout = 1000') }, async pgpack => {
    const same = await connect(pgpack.address);
    const changed = await connect({ ...pgpack.address, database: 'other' });
    const pids = [await pidOf(same), await pidOf(changed)];
    pgpack.reload({ more: otherDatabase('lock_timeout = 2000') });
    assert.equal(await pidOf(same), pids[0]);
    assert.notEqual(await pidOf(changed), pids[1]);
    assert.equal((await changed.query('SHOW lock_timeout')).rows[0].lock_timeout, '2s');
    await Promise.all([same.end(), changed.end()]);
  });
});

test('another server: the next transaction is there, the open one ends where it is', async () => {
  const [one, two] = database.shards.map(shard => ({ ...database, shards: [shard] }));
  await withPgPack({ database: one! }, async pgpack => {
    const [busy, idle] = [await connect(pgpack.address), await connect(pgpack.address)];
    const port = async (client: pg.Client) =>
      (await client.query("SELECT current_setting('port')::int AS port")).rows[0].port as number;
    const ports = database.shards.map(shard => shard.port);
    await busy.query('BEGIN');
    assert.deepEqual([await port(busy), await port(idle)], [ports[0], ports[0]]);
    pgpack.reload({ database: two! });
    assert.deepEqual([await port(busy), await port(idle)], [ports[0], ports[1]]);
    await busy.query('COMMIT');
    assert.equal(await port(busy), ports[1]);
    await Promise.all([busy.end(), idle.end()]);
  });
});

test('limits of clients change for those that are connected', async () => {
  await withPgPack({}, async pgpack => {
    const client = await RawClient.login(pgpack.address);
    await client.ask(query('SELECT 1'));
    pgpack.reload({ general: 'client_idle_timeout = 50' });
    assert.match((await client.ended()).map(shown).join(), /C=57P05/);
    pgpack.reload({ general: 'query_timeout = 50' });
    const slow = await RawClient.login(pgpack.address);
    assert.match((await slow.ask(query('SELECT pg_sleep(30)'))).join(), /C=57014/);
    slow.destroy();
  });
});

const terminated =
  'E S=FATAL V=FATAL C=57P01 M=terminating connection due to administrator command';

test('clients of a database that is sharded otherwise leave after their transaction', async () => {
  await withPgPack({ database, sharded: ['items.id'] }, async pgpack => {
    const [idle, busy] = [
      await RawClient.login(pgpack.address),
      await RawClient.login(pgpack.address),
    ];
    await busy.ask(query('BEGIN'));
    await busy.ask(query("INSERT INTO items VALUES (1, 'a')"));
    pgpack.reload({ sharded: [], omnisharded: ['items'] });
    assert.deepEqual((await idle.ended()).map(shown), [terminated]);
    const next = await connect(pgpack.address);
    await next.query("INSERT INTO items VALUES (5, 'everywhere')");
    assert.deepEqual(await busy.ask(query('ROLLBACK')), ['C ROLLBACK', 'Z I']);
    assert.deepEqual((await busy.ended()).map(shown), [terminated]);
    for (const shard of database.shards) {
      const direct = await connect(shard);
      assert.equal((await direct.query('SELECT id FROM items')).rows.length, 1);
      await direct.query('TRUNCATE items');
      await direct.end();
    }
    await next.end();
  });
});

test('clients of a user or a database that is gone leave; others stay', async () => {
  const both = userLines('test') + userLines('former');
  await withPgPack({ users: both, more: otherDatabase() }, async pgpack => {
    const staying = await connect(pgpack.address);
    const pid = await pidOf(staying);
    const former = await RawClient.login({ ...pgpack.address, user: 'former' });
    const elsewhere = await RawClient.login({ ...pgpack.address, database: 'other' });
    pgpack.reload({ users: userLines('test'), more: '' });
    for (const client of [former, elsewhere]) {
      assert.deepEqual((await client.ended()).map(shown), [terminated]);
    }
    assert.equal(await pidOf(staying), pid);
    await assert.rejects(RawClient.login({ ...pgpack.address, user: 'former' }), /C=28P01/);
    await staying.end();
    await eventually('their pools are gone', () => pgpack.app.counts.serverConnections === 1);
  });
});

test('RELOAD reads the files again; what is wrong with them changes nothing', async () => {
  const [good, next] = [
    configOf({ database: firstShards(database), general: 'max_client_conn = 1' }),
    configOf({ database: firstShards(database), general: 'max_client_conn = 2' }),
  ];
  let read = (): Config => {
    throw new Error('pgdog.toml line 3: unknown key');
  };
  const app = await startApp(good, { log: silentLogger, readConfig: () => read() });
  const address = { ...database.shards[0]!, port: app.port, user: 'test', password: 'test' };
  try {
    const client = await RawClient.login(address);
    await assert.rejects(app.controls.reload(), /unknown key/);
    await assert.rejects(RawClient.login(address), /C=53300/);
    await eventually('it is gone', () => app.counts.clients === 1);
    read = () => next;
    await app.controls.reload();
    (await RawClient.login(address)).destroy();
    assert.deepEqual((await client.ask(query('SELECT 1'))).slice(-2), ['C SELECT 1', 'Z I']);
    client.destroy();
  } finally {
    await app.close({ drain: false });
  }
});

test('a paused database stays paused over a reload', async () => {
  await withPgPack({ general: 'checkout_timeout = 20000' }, async pgpack => {
    const { controls } = pgpack.app;
    const client = await connect(pgpack.address);
    const watcher = await connect(database.shards[0]!);
    await controls.pause(database.name);
    pgpack.reload({ general: 'checkout_timeout = 20000\ndefault_pool_size = 3' });
    const answer = pidOf(client);
    await eventually('it waits', () => pgpack.app.counts.waitingClients === 1);
    assert.equal(pgpack.app.counts.serverConnections, 0);
    const { rows } = await watcher.query(
      `SELECT 1 FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    assert.deepEqual(rows, [], 'nor is there a connection beside the pool');
    await watcher.end();
    await controls.resume(database.name);
    assert.equal(typeof (await answer), 'number');
    await client.end();
  });
});
