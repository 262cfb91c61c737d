// The life of workers: a stop that waits for all of them, a worker that dies and is replaced.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { connect, type TestDatabase } from '../support/cluster.ts';
import { createItems } from '../support/items.ts';
import { eventually } from '../support/settled.ts';
import { clientOnEach, processIdOf, startWorkers, type Workers } from '../support/workers.ts';

let database: TestDatabase;

before(async () => {
  database = await createItems('workers_life');
});

after(() => database.drop());

async function withWorkers(
  count: number,
  general: string,
  work: (workers: Workers) => Promise<void>,
) {
  const lines = `workers = ${count}\n${general}`;
  const workers = await startWorkers({ database, sharded: ['items.id'], general: lines });
  try {
    await work(workers);
  } finally {
    await workers.close();
  }
}

const endAll = (clients: readonly pg.Client[]) => Promise.all(clients.map(one => one.end()));

/** Resolves with what ends the client. */
const goodbye = (client: pg.Client) =>
  new Promise<Error & { code?: string }>(resolve => client.once('error', resolve));

async function workersShown(boss: pg.Client): Promise<number> {
  return new Set((await boss.query('SHOW SERVERS')).rows.map(row => row.worker)).size;
}

test('a stop waits for the transactions of all workers and tells idle clients', async () => {
  await withWorkers(3, 'shutdown_timeout = 20000', async workers => {
    const [busy, idle] = [await clientOnEach(workers), await clientOnEach(workers)];
    for (const [i, client] of busy.entries()) {
      await client.query('BEGIN');
      await client.query('INSERT INTO items VALUES ($1, $2), ($3, $2)', [i, 'busy', i + 10]);
    }
    const ends = idle.map(goodbye);
    const stopped = workers.pgpack.close({ drain: true });
    for (const end of ends) assert.equal((await end).code, '57P01');
    await assert.rejects(connect(workers.address), { code: '57P01' });
    for (const client of busy) {
      const end = goodbye(client);
      await client.query('COMMIT');
      assert.equal((await end).code, '57P01');
    }
    await stopped;
    await assert.rejects(connect(workers.address), { code: 'ECONNREFUSED' });
    let count = 0;
    for (const shard of database.shards) {
      const direct = await connect(shard);
      count += (await direct.query('SELECT count(*)::int AS n FROM items')).rows[0].n;
      await direct.query('TRUNCATE items');
      await direct.end();
    }
    assert.equal(count, 6);
  });
});

test('transactions that do not end by shutdown_timeout are cut at all workers', async () => {
  await withWorkers(2, 'shutdown_timeout = 100', async workers => {
    const clients = await clientOnEach(workers);
    for (const client of clients) await client.query('BEGIN');
    const ends = clients.map(goodbye);
    await workers.pgpack.close({ drain: true });
    for (const end of ends) assert.equal((await end).code, '57P01');
  });
});

test('SHUTDOWN at one worker asks for the stop of all', async () => {
  await withWorkers(2, '', async workers => {
    const boss = await connect(workers.admin);
    await boss.query('SHUTDOWN');
    assert.equal(await workers.pgpack.stopRequested, 'now');
    await boss.end();
  });
});

/** Ends the thread of worker `number`, as an error that nobody caught does. */
async function kill(workers: Workers, number: number): Promise<void> {
  const before = workers.threads.length;
  const thread = workers.threads.findLast(one => one.threadName?.endsWith(` ${number}`));
  await thread!.terminate();
  await eventually('another is started', () => workers.threads.length > before);
}

test('a worker that dies is reported and replaced; clients of others notice nothing', async () => {
  await withWorkers(3, 'max_client_conn = 6\nmax_user_client_connections = 6', async workers => {
    const clients = await clientOnEach(workers);
    const [first, lost, third] = clients as [pg.Client, pg.Client, pg.Client];
    await third.query('BEGIN');
    await lost.query('BEGIN');
    await lost.query("INSERT INTO items VALUES (1, 'lost')");
    const end = goodbye(lost);
    await kill(workers, 1);
    await end;
    assert.match(workers.log.join(''), /"worker":1,.*a worker has died and is started again/);
    await first.query('SELECT 1');
    await third.query('COMMIT');
    // Its clients count no more, and what they had not committed is gone.
    const more: pg.Client[] = [];
    await eventually('it serves again', async () => {
      const client = await connect(workers.address);
      if (processIdOf(client) % 3 === 1) more.push(client);
      else await client.end();
      return more.length === 1;
    });
    for (let i = 0; i < 3; i++) more.push(await connect(workers.address));
    await assert.rejects(connect(workers.address), { code: '53300' });
    await eventually('the server has rolled back', async () => {
      const { rows } = await more[0]!.query('SELECT id FROM items');
      return rows.length === 0;
    });
    const boss = await connect(workers.admin);
    await first.query('SELECT 1');
    assert.equal((await boss.query('SHOW CLIENTS')).rows.length, 6);
    assert.equal(await workersShown(boss), 3);
    await endAll([first, third, ...more, boss]);
  });
});

test('a worker that is replaced is in the state that commands have put the others in', async () => {
  await withWorkers(3, 'checkout_timeout = 20000', async workers => {
    const boss = await connect(workers.admin);
    const bossWorker = processIdOf(boss) % 3;
    const victim = (bossWorker + 1) % 3;
    await boss.query(`PAUSE ${database.name}`);
    workers.change({ general: 'workers = 3\ndefault_pool_size = 6\ncheckout_timeout = 20000' });
    await boss.query('RELOAD');
    await kill(workers, victim);
    const [settings] = (await boss.query('SHOW CONFIG')).rows.filter(
      row => row.key === 'default_pool_size',
    );
    assert.equal(settings.value, '6');
    const shown = (await boss.query('SHOW POOLS')).rows;
    assert.ok(
      shown.every(row => row.paused && Number(row.pool_size) === 6),
      JSON.stringify(shown),
    );
    assert.equal((await boss.query('SHOW SERVERS')).rows.length, 0);
    await boss.query('RESUME');
    await endAll(await clientOnEach(workers));
    await boss.query('MAINTENANCE ON');
    await boss.query(`DISABLE ${database.name}`);
    await kill(workers, victim);
    // It answers as soon as the new one does.
    assert.deepEqual((await boss.query('SHOW SERVERS')).rows, []);
    const refused = /not currently accepting connections/;
    for (let i = 0; i < 8; i++) await assert.rejects(connect(workers.address), refused);
    await boss.query(`ENABLE ${database.name}`);
    await boss.query('MAINTENANCE OFF');
    for (const client of await clientOnEach(workers)) {
      await client.query('SELECT 1');
      await client.end();
    }
    await boss.end();
  });
});

test('a worker that dies again is replaced again', async () => {
  await withWorkers(2, '', async workers => {
    const boss = await connect(workers.admin);
    const victim = (processIdOf(boss) + 1) % 2;
    for (let round = 0; round < 2; round++) {
      await kill(workers, victim);
    }
    await eventually('all serve', async () => {
      const clients = await clientOnEach(workers).catch(() => null);
      await endAll(clients ?? []);
      return clients !== null;
    });
    assert.equal(workers.log.filter(line => line.includes('has died')).length, 2);
    await boss.end();
  });
});
