// Cancel requests reach the query of the client they name and no other, however the server
// connections change hands meanwhile.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cancelRequest } from '../../src/protocol/frontend-messages.ts';
import { query } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

let database: TestDatabase;
let pgpack: PgPack;

before(async () => {
  database = await createTestDatabase('cancel', 2);
  await database.runEverywhere(`CREATE TABLE items (id bigint PRIMARY KEY, name text);
    INSERT INTO items VALUES (1, 'on every shard')`);
  pgpack = await startPgPack({
    database,
    sharded: ['items.id'],
    general: 'default_pool_size = 1\ncheckout_timeout = 20000',
  });
});

after(async () => {
  await pgpack.close();
  await database.drop();
});

async function cancel(client: RawClient): Promise<void> {
  const canceler = await RawClient.dial(pgpack.address);
  canceler.send(cancelRequest(client.processId, client.secret));
  await canceler.ended();
}

test('a cancel never reaches another client of the same connection', async () => {
  const victim = await RawClient.login(pgpack.address);
  const others = await Promise.all([1, 2].map(() => RawClient.login(pgpack.address)));
  let going = true;
  const innocent = others.map(async other => {
    let queries = 0;
    while (going) {
      const answer = await other.ask(query('SELECT pg_sleep(0.001)'));
      assert.deepEqual(answer.slice(-2), ['C SELECT 1', 'Z I']);
      queries += 1;
    }
    return queries;
  });
  let cancelled = 0;
  for (let round = 0; round < 40; round++) {
    victim.send(query(round % 2 === 0 ? 'SELECT pg_sleep(0.1)' : 'SELECT 1'));
    const answered = victim.until('Z');
    // Early ones find the query waiting or running, late ones find it gone.
    await new Promise(resolve => setTimeout(resolve, round));
    await Promise.all(Array.from({ length: 1 + (round % 3) }, () => cancel(victim)));
    const messages = await answered;
    if (messages.some(({ type }) => type === 'E')) cancelled += 1;
  }
  going = false;
  const queries = await Promise.all(innocent);
  assert.ok(cancelled > 0, 'no cancel request reached its query');
  assert.ok(queries.every(count => count > 0));
  for (const client of [victim, ...others]) client.destroy();
  await allReturned(pgpack);
});

test('a cancel request stops a query on all its shards', async () => {
  const client = await RawClient.login(pgpack.address);
  const locker = await connect(database.shards[1]!);
  await locker.query('BEGIN');
  await locker.query('LOCK TABLE items');
  client.send(query('SELECT id FROM items ORDER BY id'));
  const answered = client.until('Z');
  await eventually('it waits for the lock', async () => {
    const { rows } = await locker.query('SELECT 1 FROM pg_locks WHERE NOT granted');
    return rows.length > 0;
  });
  await cancel(client);
  assert.match((await answered).map(shown).join('\n'), /^E .* C=57014 .*\nZ I$/m);
  await locker.end();
  client.destroy();
  await allReturned(pgpack);
});
