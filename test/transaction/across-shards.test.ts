// A client's transaction over three shards: branches open when they are touched and end together;
// what one PostgreSQL shows of savepoints, failure and settings is shown here.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type pg from 'pg';
import { extended, query } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned } from '../support/settled.ts';

let database: TestDatabase;
let pgpack: PgPack;
let client: pg.Client;
/** A key of each shard. */
let keys: readonly number[];

before(async () => {
  database = await createTestDatabase('across_shards', 3);
  await database.runEverywhere(`
    CREATE TABLE items (id bigint PRIMARY KEY, name text);
    CREATE TABLE parents (id bigint PRIMARY KEY);
    CREATE TABLE children (id bigint REFERENCES parents DEFERRABLE INITIALLY DEFERRED)`);
  pgpack = await startPgPack({
    database,
    sharded: ['items.id', 'parents.id', 'children.id'],
    general: 'min_pool_size = 0',
  });
  keys = await keysOfShards();
});

after(async () => {
  await pgpack.close();
  await database.drop();
});

beforeEach(async () => {
  client = await connect(pgpack.address);
});

afterEach(async () => {
  await client.query('ROLLBACK');
  await client.query('DELETE FROM items');
  await client.end();
  await allReturned(pgpack);
});

async function keysOfShards(): Promise<number[]> {
  const filler = await connect(pgpack.address);
  for (let id = 1; id <= 30; id++) await filler.query('INSERT INTO items VALUES ($1)', [id]);
  const found = await Promise.all(database.shards.map((_, shard) => idsOn(shard)));
  await filler.query('DELETE FROM items');
  await filler.end();
  return found.map(ids => ids[0]!);
}

/** What one shard has, past PgPack. */
async function idsOn(shard: number): Promise<number[]> {
  const direct = await connect(database.shards[shard]!);
  const { rows } = await direct.query('SELECT id::int FROM items ORDER BY id');
  await direct.end();
  return rows.map(row => row.id as number);
}

const run = async (...texts: readonly string[]): Promise<void> => {
  for (const sql of texts) await client.query(sql);
};
const insert = (key: number) => client.query('INSERT INTO items VALUES ($1)', [key]);
const count = async () => (await client.query('SELECT count(*) AS n FROM items')).rows[0].n;
const counts = async () =>
  (await Promise.all(database.shards.map((_, shard) => idsOn(shard)))).map(ids => ids.length);

/** Open transactions of each shard. */
async function branches(): Promise<number[]> {
  return Promise.all(
    database.shards.map(async shard => {
      const direct = await connect(shard);
      const { rows } = await direct.query(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database()
           AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'`,
      );
      await direct.end();
      return rows[0].n as number;
    }),
  );
}

test('a branch is opened on a shard when it is touched, and only there', async () => {
  await run('BEGIN');
  assert.deepEqual(await branches(), [0, 0, 0]);
  await insert(keys[1]!);
  assert.deepEqual(await branches(), [0, 1, 0]);
  await insert(keys[2]!);
  assert.deepEqual(await branches(), [0, 1, 1]);
  await run('COMMIT');
  assert.deepEqual(await branches(), [0, 0, 0]);
  assert.deepEqual(await counts(), [0, 1, 1]);
});

test('what is not committed nobody else sees, and ROLLBACK undoes it', async () => {
  const other = await connect(pgpack.address);
  await run('BEGIN');
  for (const key of keys) await insert(key);
  assert.equal(await count(), '3');
  assert.equal((await other.query('SELECT count(*) AS n FROM items')).rows[0].n, '0');
  await run('ROLLBACK');
  assert.equal(await count(), '0');
  await other.end();
});

test('a savepoint holds for branches that were opened behind it', async () => {
  await run('BEGIN');
  await insert(keys[0]!);
  await run('SAVEPOINT a');
  await insert(keys[1]!);
  await run('SAVEPOINT b');
  await insert(keys[2]!);
  await run('ROLLBACK TO b');
  assert.equal(await count(), '2');
  await run('ROLLBACK TO a');
  assert.equal(await count(), '1');
  await insert(keys[2]!);
  await run('RELEASE a', 'COMMIT');
  assert.deepEqual(await counts(), [1, 0, 1]);
});

test('a savepoint of the same name hides the older one until it is released', async () => {
  await run('BEGIN', 'SAVEPOINT a');
  await insert(keys[0]!);
  await run('SAVEPOINT a');
  await insert(keys[1]!);
  await run('ROLLBACK TO a');
  assert.equal(await count(), '1');
  await run('RELEASE a', 'ROLLBACK TO a');
  assert.equal(await count(), '0');
  await assert.rejects(client.query('ROLLBACK TO b'), { code: '3B001' });
});

test('an error on one shard aborts the transaction on all until it is rolled back', async () => {
  await run('BEGIN');
  await insert(keys[0]!);
  await insert(keys[1]!);
  await assert.rejects(insert(keys[1]!), { code: '23505' });
  await assert.rejects(insert(keys[2]!), { code: '25P02' });
  await assert.rejects(client.query('SELECT 1'), { code: '25P02' });
  const { command } = await client.query('COMMIT');
  assert.equal(command, 'ROLLBACK');
  assert.deepEqual(await counts(), [0, 0, 0]);
});

test('a savepoint brings a transaction that failed back to life on all shards', async () => {
  await run('BEGIN');
  await insert(keys[0]!);
  await run('SAVEPOINT a');
  await insert(keys[1]!);
  await assert.rejects(insert(keys[0]!), { code: '23505' });
  await run('ROLLBACK TO a');
  await insert(keys[2]!);
  await run('COMMIT');
  assert.deepEqual(await counts(), [1, 0, 1]);
});

test('a statement that PgPack refuses fails the transaction like any error', async () => {
  await run('BEGIN');
  await insert(keys[0]!);
  const refused = 'SELECT id FROM items ORDER BY id FETCH FIRST ROW WITH TIES FOR UPDATE';
  await assert.rejects(client.query(refused), { code: '0A000' });
  await assert.rejects(client.query('SELECT 1'), { code: '25P02' });
  assert.equal((await client.query('COMMIT')).command, 'ROLLBACK');
  assert.deepEqual(await counts(), [0, 0, 0]);
});

test('isolation level and SET LOCAL hold on every branch', async () => {
  const settingsOf = `SELECT current_setting('work_mem') AS w,
    current_setting('transaction_isolation') AS i FROM items WHERE id = $1`;
  await run('BEGIN ISOLATION LEVEL REPEATABLE READ', "SET LOCAL work_mem = '9MB'");
  for (const key of keys) await insert(key);
  for (const key of keys) {
    const { rows } = await client.query(settingsOf, [key]);
    assert.deepEqual(rows, [{ w: '9MB', i: 'repeatable read' }]);
  }
  await run('COMMIT');
  for (const key of keys) {
    const { rows } = await client.query(settingsOf, [key]);
    assert.deepEqual(rows, [{ w: '4MB', i: 'read committed' }]);
  }
});

test('a read-only transaction writes nowhere', async () => {
  await run('BEGIN READ ONLY');
  for (const key of keys) {
    await run('SAVEPOINT a');
    await assert.rejects(insert(key), { code: '25006' });
    await run('ROLLBACK TO a');
  }
});

test('a deferred constraint that fails on one shard commits on none', async () => {
  await run('BEGIN');
  for (const key of keys) await insert(key);
  await client.query('INSERT INTO children VALUES ($1)', [keys[2]!]);
  await assert.rejects(client.query('COMMIT'), { code: '23503' });
  assert.deepEqual(await counts(), [0, 0, 0]);
});

test('the statements of one simple query are one transaction over all shards', async () => {
  const values = keys.map(key => `INSERT INTO items VALUES (${key})`);
  await assert.rejects(client.query(`${values.join(';')}; SELECT 1/0`), { code: '22012' });
  assert.deepEqual(await counts(), [0, 0, 0]);
  await client.query(values.join(';'));
  assert.deepEqual(await counts(), [1, 1, 1]);
});

test('what is pipelined before one Sync is one transaction over all shards', async () => {
  const raw = await RawClient.login(pgpack.address);
  const inserts = keys.map(key =>
    extended('INSERT INTO items VALUES ($1)', [String(key)]).subarray(0, -5),
  );
  const failing = await raw.ask([...inserts, extended('SELECT 1/0')]);
  assert.match(failing.join('\n'), /C=22012 M=division by zero\nZ I$/);
  assert.deepEqual(await counts(), [0, 0, 0]);
  const fine = await raw.ask([...inserts, extended('SELECT 1')]);
  assert.equal(fine.at(-1), 'Z I');
  assert.deepEqual(await counts(), [1, 1, 1]);
  raw.destroy();
});

test('a pipeline with Describe on every shard in both orders is one transaction', async () => {
  for (const order of [keys, keys.toReversed()]) {
    const raw = await RawClient.login(pgpack.address);
    const statements = order.map(key =>
      extended(`INSERT INTO items VALUES ($1) RETURNING name`, [String(key)]).subarray(0, -5),
    );
    await raw.ask([...statements, extended('SELECT 1/0')]);
    assert.deepEqual(await counts(), [0, 0, 0]);
    raw.destroy();
  }
});

test('COMMIT AND CHAIN begins the next transaction on the shards it touches', async () => {
  await run('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await insert(keys[0]!);
  await run('COMMIT AND CHAIN');
  await insert(keys[0]! + 1_000);
  await insert(keys[1]!);
  assert.equal(
    (await client.query('SHOW transaction_isolation')).rows[0].transaction_isolation,
    'repeatable read',
  );
  await run('ROLLBACK');
  assert.deepEqual(await counts(), [1, 0, 0]);
});

test('a BEGIN that is described is a block on the shard that was asked', async () => {
  const raw = await RawClient.login(pgpack.address);
  assert.equal((await raw.ask(extended('BEGIN'))).at(-1), 'Z T');
  for (const key of keys) {
    const answer = await raw.ask(extended('INSERT INTO items VALUES ($1)', [String(key)]));
    assert.equal(answer.at(-1), 'Z T');
  }
  assert.deepEqual(await counts(), [0, 0, 0]);
  assert.equal((await raw.ask(query('ROLLBACK'))).at(-1), 'Z I');
  assert.deepEqual(await counts(), [0, 0, 0]);
  raw.destroy();
});
