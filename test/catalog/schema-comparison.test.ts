// When shards are compared, and what is said of it: one that is down keeps nobody waiting, what is
// known of it is not forgotten, and each difference is logged once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { pino } from 'pino';
import { type App, startApp } from '../../src/app.ts';
import { freePort } from '../../src/embedded/free-port.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { configOf, startPgPack } from '../support/pgpack.ts';
import { eventually } from '../support/settled.ts';

let database: TestDatabase;
let first: pg.Client;
let second: pg.Client;

before(async () => {
  database = await createTestDatabase('schema_comparison', 2);
  await database.runEverywhere(`
    CREATE TABLE items (id bigint PRIMARY KEY, v int);
    CREATE TABLE other (id bigint, v int);
    INSERT INTO items SELECT n, n FROM generate_series(1, 40) n`);
  [first, second] = [await connect(database.shards[0]!), await connect(database.shards[1]!)];
});

after(async () => {
  await Promise.all([first.end(), second.end()]);
  await database.drop();
});

const sharded = ['items.id', 'other.id'];

test('a shard that cannot be reached keeps no statement of the others waiting', async () => {
  await second.query('ALTER TABLE other DROP v');
  const dead = { ...database.shards[1]!, port: await freePort() };
  const withDead = { ...database, shards: [...database.shards, dead] };
  const pgpack = await startPgPack({ database: withDead, sharded });
  const client = await connect(pgpack.address);
  let found = 0;
  for (let id = 0; id < 12; id++) {
    const answer = client.query(`SELECT v FROM items WHERE id = ${id}`);
    found += await answer.then(
      () => 1,
      () => 0,
    );
  }
  // Those of the dead shard fail.
  assert.ok(found > 0 && found < 12, `${found} answers`);
  // What was found on the other shards counts all the same.
  await assert.rejects(client.query('SELECT * FROM other'), {
    code: '0A000',
    message: /on shard 1: it has no column "v"/,
  });
  await client.end();
  await pgpack.close();
  await second.query('ALTER TABLE other ADD v int');
});

test('a difference is logged once, and so is its end', async () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'info' },
    { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  await second.query('ALTER TABLE other ALTER v TYPE text');
  const app: App = await startApp(configOf({ database, sharded }), { log });
  const address = { host: '127.0.0.1', port: app.port, user: 'test', password: 'test' };
  const client = await connect({ ...address, database: database.name });
  const told = () => lines.filter(({ name }) => name === 'other');
  await client.query('SELECT count(*) FROM items');
  for (const table of ['one', 'two']) {
    await client.query(`CREATE TABLE ${table} (id bigint)`);
    await client.query('SELECT count(*) FROM items');
  }
  assert.deepEqual(
    told().map(({ level, msg, database: of, user, drift }) => [level, msg, of, user, drift]),
    [
      [
        ...[40, 'shards differ in their schema', database.name, 'test'],
        'on shard 1: column "v" is text, not integer',
      ],
    ],
  );
  await second.query('ALTER TABLE other ALTER v TYPE int USING v::int');
  await client.query('CREATE TABLE three (id bigint)');
  await client.query('SELECT count(*) FROM items');
  await eventually('its end is told', () => told().length === 2);
  assert.equal(told()[1]?.msg, 'shards agree in their schema again');
  await client.end();
  await app.close({ drain: false });
});

test('shards that have agreed are compared again after a change of tables', async () => {
  const pgpack = await startPgPack({ database, sharded });
  const client = await connect(pgpack.address);
  assert.equal((await client.query('SELECT * FROM other')).rows.length, 0);
  await second.query('ALTER TABLE other ADD w int');
  await client.query('CREATE TABLE four (id bigint)');
  await eventually('the difference is known', () =>
    client.query('SELECT * FROM other').then(
      () => false,
      (error: { code?: string }) => error.code === '0A000',
    ),
  );
  await client.end();
  await pgpack.close();
});
