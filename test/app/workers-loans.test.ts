// Workers lend each other server connections: clients do not wait while another worker has what
// they need, and together workers never have more than a pool's size.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { eventually } from '../support/settled.ts';
import { processIdOf, startWorkers, type Workers } from '../support/workers.ts';

let database: TestDatabase;
let direct: pg.Client;

before(async () => {
  database = await createTestDatabase('workers_loans', 1);
  direct = await connect({ ...database.shards[0]!, database: 'postgres' });
});

after(async () => {
  await direct.end();
  await database.drop();
});

const poolSize = 6;

async function withWorkers(
  general: string,
  work: (workers: Workers, boss: pg.Client) => Promise<void>,
): Promise<void> {
  const lines = `workers = 3\ndefault_pool_size = ${poolSize}\n${general}`;
  const workers = await startWorkers({ database, general: lines });
  const boss = await connect(workers.admin);
  try {
    await work(workers, boss);
  } finally {
    await boss.end();
    await workers.close();
  }
}

/** So many clients of one worker. */
async function clientsOn({ address }: Workers, worker: number, many: number): Promise<pg.Client[]> {
  const clients: pg.Client[] = [];
  for (let i = 0; i < 300 && clients.length < many; i++) {
    const client = await connect(address);
    if (processIdOf(client) % 3 === worker) clients.push(client);
    else await client.end();
  }
  assert.equal(clients.length, many);
  return clients;
}

const endAll = (clients: readonly pg.Client[]) => Promise.all(clients.map(one => one.end()));

/** Server connections of each worker. */
async function servers(boss: pg.Client): Promise<number[]> {
  const counts = [0, 0, 0];
  for (const { worker } of (await boss.query('SHOW SERVERS')).rows) counts[worker]! += 1;
  return counts;
}

/** As the server counts them. */
async function serverConnections(): Promise<number> {
  const sql = 'SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1';
  return (await direct.query(sql, [database.name])).rows[0].n;
}

test('in session mode clients of one worker get what the others do not use', async () => {
  await withWorkers('pooler_mode = "session"\ncheckout_timeout = 20000', async (workers, boss) => {
    // The last connection of a worker is its own.
    const first = await clientsOn(workers, 0, 4);
    await Promise.all(first.map(client => client.query('SELECT 1')));
    assert.equal((await servers(boss))[0], 4);
    const [other] = await clientsOn(workers, 1, 1);
    await other!.query('SELECT 1');
    assert.ok((await serverConnections()) <= poolSize);
    const [pool] = (await boss.query('SHOW POOLS')).rows;
    assert.equal(Number(pool.pool_size), poolSize);
    // It gets the rest of its share as soon as one of the borrowers leaves.
    const [late] = await clientsOn(workers, 1, 1);
    const answer = late!.query('SELECT 1');
    await first.pop()!.end();
    await answer;
    assert.ok((await serverConnections()) <= poolSize);
    await endAll([...first, other!, late!]);
  });
});

test('busy borrowers give back what its owner’s clients need', async () => {
  await withWorkers('checkout_timeout = 20000', async (workers, boss) => {
    let most = 0;
    let going = true;
    const run = async (client: pg.Client) => {
      while (going) await client.query('SELECT pg_sleep(0.02)');
    };
    const first = await clientsOn(workers, 0, 10);
    const second = await clientsOn(workers, 1, 10);
    const running = first.map(run);
    await eventually('it has borrowed', async () => (await servers(boss))[0]! >= 4);
    running.push(...second.map(run));
    await eventually('the other has its share again', async () => {
      most = Math.max(most, await serverConnections());
      return (await servers(boss))[1]! >= 2;
    });
    going = false;
    await Promise.all(running);
    assert.ok(most <= poolSize, `${most} server connections`);
    await endAll([...first, ...second]);
  });
});

test('a reload ends all loans; a worker that is replaced has those it had before', async () => {
  await withWorkers('pooler_mode = "session"\ncheckout_timeout = 20000', async (workers, boss) => {
    const first = await clientsOn(workers, 0, 4);
    await Promise.all(first.map(client => client.query('SELECT 1')));
    const lender = workers.threads.findLast(thread => thread.threadName?.endsWith(' 1'))!;
    const threads = workers.threads.length;
    const isBossCut = processIdOf(boss) % 3 === 1;
    await lender.terminate();
    await eventually('another is started', () => workers.threads.length > threads);
    const second = await clientsOn(workers, 1, 2);
    await second[0]!.query('SELECT 1');
    const answer = second[1]!.query('SELECT 1');
    await new Promise(resolve => setTimeout(resolve, 300));
    assert.ok((await serverConnections()) <= poolSize);
    await endAll(first);
    await answer;
    workers.change({ general: `workers = 3\ndefault_pool_size = ${poolSize}` });
    const operator = isBossCut ? await connect(workers.admin) : boss;
    await operator.query('RELOAD');
    const third = await clientsOn(workers, 2, 2);
    await Promise.all(third.map(client => client.query('BEGIN')));
    assert.equal((await servers(operator))[2], 2);
    await endAll([...second, ...third, ...(isBossCut ? [operator] : [])]);
  });
});
