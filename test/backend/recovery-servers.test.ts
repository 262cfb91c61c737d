// Servers that go away, in every state a client can be in and in every way a network knows: never
// half an answer that looks whole, a clear error, and the next statement gets a connection that
// works. Each case prints what it tried.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { type EmbeddedServer, startServer } from '../../src/embedded/embedded-server.ts';
import { bind, copyData, copyDone, execute, flush, parse, query } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { type Message, RawClient, shown } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

let database: TestDatabase;
/** They hold a lock that queries wait for. */
const lockers: pg.Client[] = [];

before(async () => {
  database = await createTestDatabase('server_loss', 2);
  await database.runEverywhere(`CREATE TABLE items (id bigint PRIMARY KEY, name text);
    CREATE TABLE locked (id bigint, name text)`);
  for (const shard of database.shards) {
    const locker = await connect(shard);
    await locker.query("SET application_name = 'locker'; BEGIN; LOCK TABLE locked");
    lockers.push(locker);
  }
});

after(async () => {
  await Promise.all(lockers.map(locker => locker.end()));
  await database.drop();
});

interface Setting {
  readonly pgpack: PgPack;
  readonly proxies: readonly FaultProxy[];
}

async function withProxies(
  shards: number,
  general: string,
  work: (setting: Setting) => Promise<void>,
): Promise<void> {
  const behind = database.shards.slice(0, shards);
  const proxies = await Promise.all(behind.map(startFaultProxy));
  const own = behind.map((shard, i) => ({ ...shard, port: proxies[i]!.port }));
  const pgpack = await startPgPack({
    database: { ...database, shards: own },
    sharded: ['items.id', 'locked.id'],
    general,
  });
  try {
    await work({ pgpack, proxies });
    await allReturned(pgpack);
  } finally {
    await pgpack.close();
    await Promise.all(proxies.map(proxy => proxy.close()));
  }
}

// ------------------------------------------------------------------ states of a client

const largeRows = "SELECT repeat('x', 100000) FROM generate_series(1, 2000)";

/** Brings a client to the state, and says how it goes on there. */
const states: Readonly<Record<string, (client: RawClient) => Promise<(() => void) | undefined>>> = {
  'a query runs': async client => {
    client.send(query('UPDATE locked SET name = name'));
    const watcher = await connect(database.shards[0]!);
    await eventually('it waits for the lock', async () => {
      const { rows } = await watcher.query('SELECT 1 FROM pg_locks WHERE NOT granted');
      return rows.length > 0;
    });
    await watcher.end();
    return undefined;
  },
  'in mid-result': async client => {
    client.send(query(largeRows));
    await client.until('D');
    client.pause();
    return () => client.resume();
  },
  'in COPY TO STDOUT': async client => {
    client.send(query(`COPY (${largeRows}) TO STDOUT`));
    await client.until('d');
    client.pause();
    return () => client.resume();
  },
  'in COPY FROM STDIN': async client => {
    await client.ask(query('COPY items FROM STDIN'), 'G');
    client.send(copyData('1\ta\n2\tb\n3\tc\n4\td\n'));
    return () => client.send(copyDone);
  },
  'idle in a transaction': async client => {
    await client.ask(query('BEGIN'));
    await client.ask(query("INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')"));
    return undefined;
  },
  'in an exchange without Sync': async client => {
    const insert = "INSERT INTO items VALUES (1, 'a')";
    await client.ask([parse('', insert), bind(), execute(), flush], 'C');
    return () => client.send(execute(), flush);
  },
};

/** Ends the servers' ends of PgPack's connections. */
async function terminateAll(): Promise<void> {
  for (const shard of database.shards) {
    const killer = await connect(shard);
    await killer.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND application_name <> 'locker'`,
    );
    await killer.end();
  }
}

/** What was on its way to a server when nobody waited for it any more may still arrive, and a
 *  server that waits for a lock does not notice that its client is gone. */
async function clear(): Promise<void> {
  await terminateAll();
  for (const shard of database.shards) {
    const direct = await connect(shard);
    await direct.query('TRUNCATE items');
    await direct.end();
  }
}

const losses: Readonly<Record<string, (proxies: readonly FaultProxy[]) => Promise<void>>> = {
  'terminated by an administrator': terminateAll,
  'cut by the network': async proxies => {
    for (const proxy of proxies) proxy.cut();
  },
};

/** Rows are what the server sent, and no statement ends as if it were complete. */
function assertInterrupted(messages: readonly Message[], label: string): void {
  for (const { type, body } of messages) {
    assert.notEqual(type, 'C', `${label}: a statement completed`);
    if (type !== 'D' && type !== 'd') continue;
    const text = body.subarray(type === 'D' ? 6 : 0, type === 'D' ? undefined : -1);
    assert.ok(
      text.every(byte => byte === 0x78),
      `${label}: a damaged row`,
    );
  }
}

for (const shards of [1, 2]) {
  for (const [loss, lose] of Object.entries(losses)) {
    for (const [state, reach] of Object.entries(states)) {
      test(`connections ${loss} while ${state} (${shards} shards)`, async t => {
        await withProxies(shards, 'default_pool_size = 2', async ({ pgpack, proxies }) => {
          const client = await RawClient.login(pgpack.address);
          await client.ask(query('SELECT count(*) FROM items'));
          const goOn = await reach(client);
          await lose(proxies);
          goOn?.();
          const messages = await client.until('Z');
          assertInterrupted(messages, state);
          const error = messages.findLast(({ type }) => type === 'E');
          t.diagnostic(error === undefined ? 'disconnected' : shown(error));
          if (error !== undefined) assert.match(shown(error), / C=(57P01|08006) /);
          client.destroy();
          const next = await connect(pgpack.address);
          assert.equal((await next.query('SELECT count(*) AS n FROM items')).rows[0].n, '0');
          await next.end();
        });
      });
    }
  }

  for (const [state, reach] of Object.entries(states)) {
    test(`a server that stops answering while ${state} (${shards} shards)`, async t => {
      const general =
        'query_timeout = 300\nrollback_timeout = 100\nclient_idle_in_transaction_timeout = 300';
      await withProxies(shards, general, async ({ pgpack, proxies }) => {
        const client = await RawClient.login(pgpack.address);
        await client.ask(query('SELECT count(*) FROM items'));
        const goOn = await reach(client);
        for (const proxy of proxies) proxy.freeze();
        goOn?.();
        const messages = await client.until('Z');
        assertInterrupted(messages, state);
        const error = messages.findLast(({ type }) => type === 'E');
        t.diagnostic(error === undefined ? 'disconnected' : shown(error));
        client.destroy();
        await allReturned(pgpack);
        for (const proxy of proxies) proxy.thaw();
        await clear();
        const next = await connect(pgpack.address);
        await next.query('SELECT count(*) FROM items');
        await next.end();
      });
    });
  }
}

// ------------------------------------------------------------------ half-open while idle

test('an idle connection that died without a word is found before a client gets it', async () => {
  const general = 'min_pool_size = 0\nhealthcheck_interval = 50\nhealthcheck_timeout = 50';
  await withProxies(1, general, async ({ pgpack, proxies }) => {
    const client = await connect(pgpack.address);
    await client.query('SELECT 1');
    assert.equal(pgpack.app.counts.serverConnections, 1);
    proxies[0]!.freeze();
    await eventually('it is closed', () => pgpack.app.counts.serverConnections === 0);
    proxies[0]!.thaw();
    assert.equal((await client.query('SELECT 1 AS one')).rows[0].one, 1);
    await client.end();
  });
});

test('idle connections that answer the check stay, and age', async () => {
  const general =
    'min_pool_size = 0\nhealthcheck_interval = 50\nhealthcheck_timeout = 5000\nidle_timeout = 3000';
  await withProxies(1, general, async ({ pgpack }) => {
    const client = await connect(pgpack.address);
    const pid = async () => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
    const first = await pid();
    await new Promise(resolve => setTimeout(resolve, 1_500));
    assert.equal(await pid(), first);
    await eventually('idle_timeout is up', () => pgpack.app.counts.serverConnections === 0);
    await client.end();
  });
});

test('an idle client in a transaction hears the reason its server gave', async () => {
  await withProxies(1, '', async ({ pgpack }) => {
    const client = await RawClient.login(pgpack.address);
    await client.ask(query('BEGIN'));
    await client.ask(query("SET LOCAL idle_in_transaction_session_timeout = '100ms'"));
    const told = (await client.ended()).map(shown);
    const reason = 'terminating connection due to idle-in-transaction timeout';
    assert.deepEqual(told, [`E S=FATAL V=FATAL C=25P03 M=${reason}`]);
  });
});

// ------------------------------------------------------------------ restart of a server

test('after a restart or a crash of the server the next statement works', async t => {
  const server: EmbeddedServer = await startServer({
    name: 'test-restart',
    password: 'test',
    durable: false,
  });
  const { host, port, user, password } = server;
  const shard = { host, port, user, password, database: 'postgres' };
  const own = { ...database, name: 'postgres', shards: [shard] };
  const pgpack = await startPgPack({ database: own, general: 'default_pool_size = 3' });
  try {
    const clients = await Promise.all([1, 2, 3].map(() => connect(pgpack.address)));
    for (const trouble of ['restart', 'crash'] as const) {
      await Promise.all(clients.map(client => client.query('SELECT pg_sleep(0.01)')));
      if (trouble === 'crash') {
        await server.kill();
        await assert.rejects(clients[0]!.query('SELECT 1'), { code: '08006' });
      }
      await server.restart();
      await eventually('old connections are gone', () => {
        const { serverConnections, idleServerConnections } = pgpack.app.counts;
        return serverConnections === idleServerConnections;
      });
      const answers = await Promise.all(clients.map(client => client.query('SELECT 1 AS one')));
      assert.deepEqual(
        answers.map(({ rows }) => rows[0].one),
        [1, 1, 1],
      );
      t.diagnostic(`${trouble}: three clients stayed connected and went on`);
    }
    await Promise.all(clients.map(client => client.end()));
    await allReturned(pgpack);
  } finally {
    await pgpack.close();
    await server.stop();
  }
});
