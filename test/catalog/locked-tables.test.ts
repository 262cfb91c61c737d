// A table that somebody has locked against everybody does not keep the catalog from being read,
// not even by whoever waits for the catalog with that lock in hand.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { query } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';

let database: TestDatabase;
let pgpack: PgPack;

before(async () => {
  database = await createTestDatabase('locked_tables', 2);
  await database.runEverywhere(`
    CREATE TABLE items (id bigint PRIMARY KEY, name text DEFAULT 'none');
    CREATE TABLE notes (id int, made int DEFAULT 1);
    CREATE VIEW named AS SELECT id, made FROM notes;
    CREATE VIEW indirect AS SELECT id FROM named;`);
  pgpack = await startPgPack({ database, sharded: ['items.id'] });
});

after(async () => {
  await pgpack.close();
  await database.drop();
});

test('a client that has locked a table goes on after another has changed the schema', async () => {
  const holder = await RawClient.login(pgpack.address);
  const other = await connect(pgpack.address);
  await holder.ask(query('BEGIN'));
  await holder.ask(query('LOCK TABLE notes IN ACCESS EXCLUSIVE MODE'));
  await other.query('CREATE TABLE more (id bigint)');
  const answer = await holder.ask(query('SELECT count(*) FROM items'));
  assert.deepEqual(answer.slice(-2), ['C SELECT 1', 'Z T']);
  await other.query('SELECT count(*) FROM items');
  await holder.ask(query('ROLLBACK'));
  holder.destroy();
  await other.end();
});

test('what could not be read is read when the lock is gone', async () => {
  const shard = await connect(database.shards[0]!);
  const client = await connect(pgpack.address);
  await shard.query('BEGIN');
  await shard.query('LOCK TABLE notes IN ACCESS EXCLUSIVE MODE');
  await client.query('CREATE TABLE yet_more (id bigint)');
  // An omnisharded table's copies stay equal only if the default is known to be a constant.
  const insert = 'INSERT INTO notes (id) VALUES (1)';
  await assert.rejects(client.query(insert), { code: '0A000' });
  await shard.query('ROLLBACK');
  await eventually('the default is known', () =>
    client.query(insert).then(
      () => true,
      () => false,
    ),
  );
  await Promise.all([shard.end(), client.end()]);
});
