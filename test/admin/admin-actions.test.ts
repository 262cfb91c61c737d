// What the commands of the admin database do to clients and server connections, and when admin
// clients get in where others do not.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { startApp } from '../../src/app.ts';
import { silentLogger } from '../../src/common/logger.ts';
import { freePort } from '../../src/embedded/free-port.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';

let database: TestDatabase;
const login = '[admin]\nname = "console"\nuser = "boss"\npassword = "secret"\n';

before(async () => {
  database = await createTestDatabase('admin_actions', 1);
});

after(() => database.drop());

interface Endpoint {
  readonly pgpack: PgPack;
  readonly boss: pg.Client;
  /** First column of the first row. */
  one(sql: string): Promise<unknown>;
  close(): Promise<void>;
}

async function start(general = '', more = '', users?: string): Promise<Endpoint> {
  const options = { database, general, more: login + more };
  const pgpack = await startPgPack(users === undefined ? options : { ...options, users });
  const boss = await connect(adminOf(pgpack));
  return {
    pgpack,
    boss,
    one: async sql => {
      const { rows } = await boss.query({ text: sql, rowMode: 'array' });
      return (rows as unknown[][])[0]?.[0];
    },
    close: async () => {
      await boss.end();
      await pgpack.close();
    },
  };
}

const adminOf = ({ address }: PgPack, name = 'console') => ({
  ...address,
  user: 'boss',
  password: 'secret',
  database: name,
});

const pidOf = async (client: pg.Client) =>
  (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;

test('the configured name is one more name of the admin database', async () => {
  const { pgpack, close } = await start();
  for (const name of ['console', 'admin', 'pgbouncer', 'pgcat']) {
    const admin = await connect(adminOf(pgpack, name));
    assert.equal((await admin.query('SHOW VERSION')).rows.length, 1);
    await admin.end();
  }
  await close();
});

test('a configured database named like the admin database comes first', async () => {
  const [{ host, port, user, password }] = database.shards as [(typeof database.shards)[0]];
  const server = `host = "${host}"\nport = ${port}\nuser = "${user}"\npassword = "${password}"`;
  const entry = `[[databases]]\nname = "pgcat"\ndatabase_name = "${database.name}"\n${server}\n`;
  const names = `databases = ["${database.name}", "pgcat"]`;
  const users = `[[users]]\nname = "test"\npassword = "test"\n${names}\n`;
  const { pgpack, close } = await start('', entry, users);
  const client = await connect({ ...pgpack.address, database: 'pgcat' });
  assert.equal((await client.query('SELECT 1 AS x')).rows[0].x, 1);
  await client.end();
  await assert.rejects(connect(adminOf(pgpack, 'pgcat')), { code: '28P01' });
  await close();
});

test('admin clients get in when max_client_conn is reached', async () => {
  const { pgpack, close } = await start('max_client_conn = 1');
  const only = await connect(pgpack.address);
  await assert.rejects(connect(pgpack.address), { code: '53300' });
  const admin = await connect(adminOf(pgpack));
  assert.equal((await admin.query('SHOW CLIENTS')).rows.length, 1);
  await admin.end();
  await only.end();
  await close();
});

test('RECONNECT replaces server connections, WAIT_CLOSE waits for those in use', async () => {
  const { pgpack, boss, close } = await start('default_pool_size = 1');
  const client = await connect(pgpack.address);
  await client.query('BEGIN');
  const before = await pidOf(client);
  await boss.query('RECONNECT');
  assert.equal(await pidOf(client), before);
  let closed = false;
  const waiting = boss.query('WAIT_CLOSE').then(() => {
    closed = true;
  });
  await client.query('SELECT 1');
  assert.equal(closed, false);
  await client.query('COMMIT');
  await waiting;
  assert.notEqual(await pidOf(client), before);
  await client.end();
  await close();
});

test('MAINTENANCE lets transactions end and holds the next ones back', async () => {
  const { pgpack, boss, one, close } = await start();
  const client = await connect(pgpack.address);
  await client.query('BEGIN');
  await boss.query('MAINTENANCE ON');
  assert.equal(await one("SHOW STATE value WHERE key = 'maintenance'"), 'yes');
  assert.equal((await client.query('SELECT 1 AS x')).rows[0].x, 1);
  await client.query('COMMIT');
  let answered = false;
  const held = client.query('SELECT 2 AS x').then(({ rows }) => {
    answered = true;
    return rows[0].x;
  });
  while ((await one("SHOW CLIENTS state WHERE state = 'waiting'")) !== 'waiting');
  assert.equal(answered, false);
  await boss.query('MAINTENANCE OFF');
  assert.equal(await held, 2);
  assert.equal(await one("SHOW STATE value WHERE key = 'maintenance'"), 'no');
  await client.end();
  await close();
});

test('KILL cuts clients and servers, the next ones wait for RESUME', async () => {
  const { pgpack, boss, one, close } = await start();
  const victim = await connect(pgpack.address);
  await victim.query('SELECT 1');
  await boss.query(`KILL ${database.name}`);
  await assert.rejects(victim.query('SELECT 1'));
  assert.equal(await one('SHOW DATABASES paused'), 1);
  while (Number(await one('SHOW POOLS sv_total')) > 0);
  const next = connect(pgpack.address);
  await boss.query(`RESUME ${database.name}`);
  const client = await next;
  assert.equal((await client.query('SELECT 3 AS x')).rows[0].x, 3);
  assert.equal(await one('SHOW DATABASES paused'), 0);
  await client.end();
  await close();
});

test('an admin client that goes away in PAUSE ends it', async () => {
  const { pgpack, one, close } = await start();
  const client = await connect(pgpack.address);
  await client.query('BEGIN');
  await client.query('SELECT 1');
  const impatient = await connect(adminOf(pgpack));
  const pausing = impatient.query('PAUSE').catch(() => 'cut');
  while ((await one('SHOW POOLS paused')) !== true);
  (
    impatient as unknown as { connection: { stream: { destroy(): void } } }
  ).connection.stream.destroy();
  assert.equal(await pausing, 'cut');
  while ((await one('SHOW POOLS paused')) !== false);
  await client.query('COMMIT');
  await client.end();
  await close();
});

test('RELOAD of wrong files says what is wrong, and the old configuration stays', async () => {
  const { pgpack, close } = await start();
  const readConfig = () => {
    throw new Error('users.toml:3: users[0].name: is missing');
  };
  const app = await startApp(pgpack.config, { log: silentLogger, readConfig });
  const admin = await connect({ ...adminOf(pgpack), port: app.port });
  await assert.rejects(admin.query('RELOAD'), { code: 'F0000', message: /users\.toml:3/ });
  assert.equal((await admin.query('SHOW USERS')).rows.length, 1);
  await admin.end();
  await app.close({ drain: false });
  await close();
});

test('SHUTDOWN is answered before the connection ends', async () => {
  const { pgpack, boss } = await start();
  const stopped = pgpack.app.stopRequested.then(mode => pgpack.app.close({ drain: true, mode }));
  const ended = new Promise(resolve => boss.once('end', resolve));
  assert.equal((await boss.query('SHUTDOWN')).command, 'SHUTDOWN');
  await stopped;
  await ended;
});

test('a stop ends admin clients with 57P01', async () => {
  const { pgpack, boss } = await start();
  const ended = new Promise<Error & { code?: string }>(resolve => boss.once('error', resolve));
  await pgpack.close();
  assert.equal((await ended).code, '57P01');
});

test('a port of the metrics that is taken keeps PgPack from starting', async () => {
  const port = await freePort();
  const general = `openmetrics_host = "127.0.0.1"\nopenmetrics_port = ${port}`;
  const { close } = await start(general);
  await assert.rejects(startPgPack({ database, general }), { code: 'EADDRINUSE' });
  await close();
});
