// Transactions that touch several shards in different orders, while every pool is full of those that
// wait for a connection of another: each gets its turn, none waits for its time limit.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { shardOfText } from '../sharding/one-key.ts';
import { query } from '../support/client-bytes.ts';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';

const shards = 3;
const poolSize = 2;
let database: TestDatabase;
let pgpack: PgPack;

before(async () => {
  database = await createTestDatabase('pool_rescue', shards);
  await database.runEverywhere('CREATE TABLE items (id bigint PRIMARY KEY, name text)');
  pgpack = await startPgPack({
    database,
    sharded: ['items.id'],
    general: `default_pool_size = ${poolSize}\nmin_pool_size = 0\ncheckout_timeout = 10000`,
  });
});

after(async () => {
  await pgpack.close();
  await database.drop();
});

const keyOn = Array.from({ length: shards }, (_, shard) =>
  Array.from({ length: 50 }, (_, key) => key).find(
    key => shardOfText('bigint', `${key}`, shards) === shard,
  ),
);

const read = (shard: number) => query(`SELECT name FROM items WHERE id = ${keyOn[shard % shards]}`);

test('transactions that wait for each other’s connections all end', async () => {
  const holders = await Promise.all(
    Array.from({ length: shards * poolSize }, async (_, first) => {
      const client = await RawClient.login(pgpack.address);
      await client.ask(query('BEGIN'));
      await client.ask(read(first));
      return { client, first };
    }),
  );
  assert.equal(pgpack.app.counts.serverConnections, shards * poolSize);
  const errors = await Promise.all(
    holders.map(async ({ client, first }) => {
      const answers: string[] = [];
      for (let step = 1; step < shards; step++) {
        answers.push(...(await client.ask(read(first + step))));
      }
      answers.push(...(await client.ask(query('COMMIT'))));
      client.destroy();
      return answers.filter(line => line.startsWith('E'));
    }),
  );
  assert.deepEqual(errors.flat(), []);
  await eventually('no more connections than the pools may have', () => {
    const { serverConnections, idleServerConnections } = pgpack.app.counts;
    return serverConnections <= shards * poolSize && idleServerConnections === serverConnections;
  });
});

test('a transaction that others do not wait for waits like anybody', async () => {
  const holders = await Promise.all(
    Array.from({ length: poolSize }, () => RawClient.login(pgpack.address)),
  );
  for (const holder of holders) {
    await holder.ask(query('BEGIN'));
    await holder.ask(read(1));
  }
  const waiter = await RawClient.login(pgpack.address);
  await waiter.ask(query('BEGIN'));
  await waiter.ask(read(0));
  waiter.send(read(1));
  await eventually('it waits', () => pgpack.app.counts.waitingClients === 1);
  const before = pgpack.app.counts.serverConnections;
  await new Promise(resolve => setTimeout(resolve, 300));
  assert.equal(pgpack.app.counts.waitingClients, 1);
  assert.equal(pgpack.app.counts.serverConnections, before);
  await holders[0]!.ask(query('COMMIT'));
  assert.match((await waiter.until('Z')).map(shown).join('\n'), /SELECT 0/);
  for (const client of [...holders, waiter]) client.destroy();
});
