// Deadlocks that no server sees, because each of its halves is on another shard: one of the clients
// gets PostgreSQL's error and the others get on, as soon as it has it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { allReturned, eventually } from '../support/settled.ts';
import { clientOnEach, startWorkers } from '../support/workers.ts';

const shards = 3;
const general = 'deadlock_timeout = 100';
const sharded = ['accounts.id'];

let database: TestDatabase;
let pgpack: PgPack;
/** By shard, the ids of two rows on it. */
const ids: [number, number][] = [];

before(async () => {
  database = await createTestDatabase('deadlocks', shards);
  await database.runEverywhere('CREATE TABLE accounts (id bigint PRIMARY KEY, balance int)');
  pgpack = await startPgPack({ database, sharded, general });
  const client = await connect(pgpack.address);
  const rows = Array.from({ length: 60 }, (_, i) => `(${i + 1}, 0)`);
  await client.query(`INSERT INTO accounts VALUES ${rows.join()}`);
  await client.end();
  for (const address of database.shards) {
    const direct = await connect(address);
    const { rows } = await direct.query('SELECT id::int FROM accounts ORDER BY id LIMIT 2');
    ids.push([rows[0].id, rows[1].id]);
    await direct.end();
  }
});

after(async () => {
  await pgpack.close();
  await database.drop();
});

async function withClients(
  count: number,
  work: (...clients: pg.Client[]) => Promise<void>,
): Promise<void> {
  const clients = await Promise.all(Array.from({ length: count }, () => connect(pgpack.address)));
  try {
    await work(...clients);
  } finally {
    await Promise.all(clients.map(client => client.end()));
  }
  await allReturned(pgpack);
}

function change(client: pg.Client, shard: number, second = 0): Promise<pg.QueryResult> {
  const text = 'UPDATE accounts SET balance = balance + 1 WHERE id = $1';
  return client.query(text, [ids[shard]![second]]);
}

/** What came of it, without a rejection that nobody handles yet. */
function outcome(pending: Promise<pg.QueryResult>): Promise<pg.QueryResult | pg.DatabaseError> {
  return pending.catch(error => error);
}

function assertVictim(what: unknown): void {
  const { code, message, severity, detail } = what as pg.DatabaseError;
  assert.deepEqual([code, message, severity], ['40P01', 'deadlock detected', 'ERROR']);
  assert.match(detail!, /client \d+ \(process \d+ of [^)]+\) waits for client \d+ \(/);
}

/** So that transactions that begin before and after are told apart. */
function later(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 120));
}

/** So many wait for locks, on all servers together. */
async function waiting(count: number): Promise<void> {
  const byServer = new Map(database.shards.map(one => [`${one.host}:${one.port}`, one]));
  const servers = await Promise.all([...byServer.values()].map(connect));
  await eventually(`${count} wait for locks`, async () => {
    const asked = servers.map(one => one.query('SELECT FROM pg_locks WHERE NOT granted'));
    const answers = await Promise.all(asked);
    return answers.reduce((sum, { rows }) => sum + rows.length, 0) >= count;
  });
  await Promise.all(servers.map(one => one.end()));
}

test('of two blocks that wait for each other on two shards the younger fails', async () => {
  await withClients(2, async (first, second) => {
    await first.query('BEGIN');
    await change(first, 0);
    await later();
    await second.query('BEGIN');
    await change(second, 1);
    const gotOn = change(first, 1);
    assertVictim(await outcome(change(second, 0)));
    // What it had locked on its other shard is free before it says ROLLBACK.
    assert.equal((await gotOn).rowCount, 1);
    await assert.rejects(second.query('SELECT 1'), { code: '25P02' });
    assert.equal((await second.query('COMMIT')).command, 'ROLLBACK');
    await first.query('COMMIT');
    const { rows } = await second.query('SELECT sum(balance)::int FROM accounts');
    assert.equal(rows[0].sum, 2);
  });
});

test('an UPDATE of many rows may be the victim, and by itself', async () => {
  await withClients(2, async (first, second) => {
    await first.query('BEGIN');
    await change(first, 2);
    const everything = outcome(second.query('UPDATE accounts SET balance = balance + 1'));
    await waiting(1);
    const gotOn = change(first, 0);
    assertVictim(await everything);
    assert.equal((await gotOn).rowCount, 1);
    await first.query('ROLLBACK');
    assert.equal((await second.query('UPDATE accounts SET balance = 0')).rowCount, 60);
  });
});

test('three in a circle over three shards: one fails, the others get on', async () => {
  await withClients(3, async (...clients) => {
    for (const [shard, client] of clients.entries()) {
      await client.query('BEGIN');
      await change(client, shard);
      await later();
    }
    const waits = clients.map((client, shard) => outcome(change(client, (shard + 1) % 3)));
    assertVictim(await waits[2]);
    assert.equal(((await waits[1]) as pg.QueryResult).rowCount, 1);
    await clients[1]!.query('COMMIT');
    assert.equal(((await waits[0]) as pg.QueryResult).rowCount, 1);
    await clients[0]!.query('COMMIT');
  });
});

test('the circle may lead through a transaction on one shard only', async () => {
  await withClients(3, async (first, second, between) => {
    await first.query('BEGIN');
    await change(first, 0);
    await between.query('BEGIN');
    await change(between, 1, 1);
    await later();
    await second.query('BEGIN');
    await change(second, 1);
    const waits = change(first, 1, 1);
    await waiting(1);
    const betweenWaits = change(between, 1);
    await waiting(2);
    assertVictim(await outcome(change(second, 0)));
    await betweenWaits;
    await between.query('COMMIT');
    await waits;
    await first.query('COMMIT');
  });
});

test('the victim goes on from its savepoint, without what it had locked since', async () => {
  await withClients(2, async (first, second) => {
    await first.query('BEGIN');
    await change(first, 0);
    await later();
    await second.query('BEGIN');
    await change(second, 2);
    await second.query('SAVEPOINT here');
    await change(second, 1);
    const gotOn = change(first, 1);
    assertVictim(await outcome(change(second, 0)));
    assert.equal((await gotOn).rowCount, 1);
    await second.query('ROLLBACK TO here');
    await first.query('COMMIT');
    await change(second, 0);
    await second.query('COMMIT');
    const { rows } = await second.query('SELECT balance FROM accounts WHERE id = $1', [ids[2]![0]]);
    assert.ok(rows[0].balance > 0);
  });
});

test('in a message of several statements the victim is told once, and undone', async () => {
  await withClients(2, async (first, second) => {
    const [a, b] = [ids[0]![1], ids[1]![1]];
    await first.query('BEGIN');
    await change(first, 0, 1);
    await later();
    const batch = outcome(
      second.query(
        `BEGIN; UPDATE accounts SET balance = -1 WHERE id = ${b};
         UPDATE accounts SET balance = -1 WHERE id = ${a}; COMMIT`,
      ),
    );
    await waiting(1);
    const gotOn = change(first, 1, 1);
    assertVictim(await batch);
    await gotOn;
    await first.query('COMMIT');
    await second.query('ROLLBACK');
    const { rows } = await second.query('SELECT FROM accounts WHERE balance = -1');
    assert.equal(rows.length, 0);
  });
});

test('who waits long for somebody who is idle, or works, is left alone', async () => {
  await withClients(3, async (first, second, third) => {
    await first.query('BEGIN');
    await change(first, 0);
    await second.query('BEGIN');
    await change(second, 1);
    const waits = change(second, 0);
    await third.query('BEGIN');
    await change(third, 2);
    const chain = change(third, 1);
    // Several looks.
    await first.query('SELECT pg_sleep(0.5)');
    await first.query('COMMIT');
    assert.equal((await waits).rowCount, 1);
    await second.query('COMMIT');
    assert.equal((await chain).rowCount, 1);
    await third.query('COMMIT');
  });
});

test('a circle on one shard is found by its server', async () => {
  await withClients(2, async (first, second) => {
    for (const client of [first, second]) {
      await client.query('BEGIN');
      await change(client, 2, client === first ? 0 : 1);
    }
    const both = await Promise.all([outcome(change(first, 2, 1)), outcome(change(second, 2, 0))]);
    const failed = both.filter(one => one instanceof Error) as pg.DatabaseError[];
    assert.deepEqual(
      failed.map(({ code }) => code),
      ['40P01'],
    );
    assert.match(failed[0]!.detail!, /^Process \d+ waits for ShareLock on transaction/);
    await Promise.all([first.query('ROLLBACK'), second.query('ROLLBACK')]);
  });
});

test('clients of different workers are seen together', async () => {
  const workers = await startWorkers({ database, sharded, general: `${general}\nworkers = 2` });
  const [first, second] = (await clientOnEach(workers)) as [pg.Client, pg.Client];
  try {
    await first.query('BEGIN');
    await change(first, 0);
    await later();
    await second.query('BEGIN');
    await change(second, 1);
    const gotOn = change(first, 1);
    assertVictim(await outcome(change(second, 0)));
    await gotOn;
    await first.query('COMMIT');
    assert.ok(workers.log.some(line => line.includes('deadlock between shards')));
  } finally {
    await first.end();
    await second.end();
    await workers.close();
  }
});
