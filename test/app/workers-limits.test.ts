// Limits hold for all workers together: server connections are divided between them, clients are
// counted together. What cannot be divided makes fewer workers.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import type { PgPackOptions } from '../support/pgpack.ts';
import { eventually } from '../support/settled.ts';
import { clientOnEach, processIdOf, startWorkers, type Workers } from '../support/workers.ts';

let database: TestDatabase;

before(async () => {
  database = await createTestDatabase('workers_limits', 1);
});

after(() => database.drop());

async function withWorkers(
  options: Partial<PgPackOptions>,
  work: (workers: Workers) => Promise<void>,
): Promise<void> {
  const workers = await startWorkers({ database, ...options });
  try {
    await work(workers);
  } finally {
    await workers.close();
  }
}

const open = ({ address }: Workers, many: number) =>
  Promise.all(Array.from({ length: many }, () => connect(address)));

const endAll = (clients: readonly pg.Client[]) => Promise.all(clients.map(one => one.end()));

/** Server connections to the database, counted by the server. */
async function serverConnections(): Promise<number> {
  const direct = await connect({
    ...database.oracle,
    ...database.shards[0]!,
    database: 'postgres',
  });
  const { rows } = await direct.query(
    'SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1',
    [database.name],
  );
  await direct.end();
  return rows[0].n;
}

test('all workers together open no more server connections than a pool may have', async () => {
  const general = 'workers = 3\ndefault_pool_size = 5\nmin_pool_size = 4\nreserve_pool_size = 1';
  await withWorkers({ general: `${general}\nreserve_pool_timeout = 0` }, async workers => {
    await eventually('the minimum is open', async () => (await serverConnections()) === 4);
    const clients = await open(workers, 40);
    const answers = clients.map(client => client.query('SELECT pg_sleep(0.05)'));
    let most = 0;
    const watched = (async () => {
      for (let i = 0; i < 10; i++) most = Math.max(most, await serverConnections());
    })();
    await Promise.all([...answers, watched]);
    assert.ok(most <= 6, `${most} server connections at once`);
    const boss = await connect(workers.admin);
    const [pool] = (await boss.query('SHOW POOLS')).rows;
    assert.equal(Number(pool.pool_size), 5);
    await endAll([...clients, boss]);
  });
});

test('max_client_conn counts the clients of all workers', async () => {
  await withWorkers({ general: 'workers = 2\nmax_client_conn = 7' }, async workers => {
    for (let round = 0; round < 3; round++) {
      const clients = await open(workers, 7);
      for (let i = 0; i < 6; i++) {
        await assert.rejects(connect(workers.address), { code: '53300' });
      }
      await endAll(clients);
      await eventually('there is room again', async () => {
        const client = await connect(workers.address).catch(() => null);
        await client?.end();
        return client !== null;
      });
    }
  });
});

test('limits per user and per database count the clients of all workers', async () => {
  for (const [limit, message] of [
    ['max_user_client_connections', /too many connections for role "test"/],
    ['max_db_client_connections', /too many connections for database/],
  ] as const) {
    await withWorkers({ general: `workers = 2\n${limit} = 4` }, async workers => {
      const clients = await open(workers, 4);
      for (let i = 0; i < 5; i++) {
        await assert.rejects(connect(workers.address), (error: Error & { code: string }) => {
          assert.match(error.message, message);
          return error.code === '53300';
        });
      }
      await clients.pop()!.end();
      await eventually('there is room for one', async () => {
        const client = await connect(workers.address).catch(() => null);
        if (client !== null) clients.push(client);
        return client !== null;
      });
      await endAll(clients);
    });
  }
});

test('a pool smaller than the number of workers means fewer workers, which is logged', async () => {
  const general = 'workers = 4\ndefault_pool_size = 2';
  await withWorkers({ general }, async workers => {
    assert.equal(workers.pgpack.workers, 2);
    assert.match(
      workers.log.join(''),
      /pool size of user \\"test\\" in database \\"workers_limits.*\\" is 2: fewer workers/,
    );
    await endAll(await clientOnEach(workers));
  });
  await withWorkers({ general: 'workers = 4\ndefault_pool_size = 1' }, async workers => {
    assert.deepEqual([workers.pgpack.workers, workers.threads.length], [1, 0]);
    await endAll(await open(workers, 2));
  });
});

test('a port on which somebody listens is refused, also when that is PgPack', async () => {
  await withWorkers({ general: 'workers = 2' }, async workers => {
    const { port } = workers.pgpack;
    const again = startWorkers({ database, general: 'workers = 2', more: '', port });
    await assert.rejects(again, { code: 'EADDRINUSE' });
    await endAll(await open(workers, 1));
  });
  const other = createServer();
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  await assert.rejects(startWorkers({ database, general: 'workers = 2', port }), {
    code: 'EADDRINUSE',
  });
  other.close();
});

test('a start that fails in the workers fails as a whole', async () => {
  const general = 'workers = 2\nunix_socket_dir = "/nonexistent-directory"';
  await assert.rejects(startWorkers({ database, general }), /ENOENT|EACCES|no such file/);
});

test('clients of the Unix socket are served by the first worker', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pgpack-workers-'));
  try {
    const general = `workers = 2\nunix_socket_dir = "${directory}"`;
    await withWorkers({ general }, async workers => {
      const { port, user, password, database: name } = workers.address;
      for (let i = 0; i < 4; i++) {
        const client = new pg.Client({ host: directory, port, user, password, database: name });
        await client.connect();
        assert.equal(processIdOf(client) % 2, 0);
        await client.query('SELECT 1');
        await client.end();
      }
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
