// A server connection that is lost, in each state a client can be in: a clear error, and the next
// statement or the next client gets a connection that works. Time limits of connections.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { copyData, copyDone, query } from '../support/client-bytes.ts';
import { connect, type TestDatabase } from '../support/cluster.ts';
import { createItems } from '../support/items.ts';
import type { PgPack } from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';
import { usePgPack } from '../support/wire.ts';

let database: TestDatabase;

before(async () => {
  database = await createItems('lost_server');
});

after(() => database.drop());

/** Ends the server processes of PgPack's connections to one shard. */
async function terminate(shard: number): Promise<void> {
  const killer = await connect(database.shards[shard]!);
  await killer.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await killer.end();
}

async function withPgPack(
  shards: number,
  general: string,
  work: (pgpack: PgPack) => Promise<void>,
): Promise<void> {
  const own = { ...database, shards: database.shards.slice(0, shards) };
  await usePgPack({ database: own, sharded: ['items.id'], general }, work);
}

for (const shards of [1, 2]) {
  test(`connections lost while idle are not noticed by clients (${shards} shards)`, async () => {
    await withPgPack(shards, 'min_pool_size = 0', async pgpack => {
      const client = await connect(pgpack.address);
      await client.query('SELECT count(*) FROM items');
      for (let shard = 0; shard < shards; shard++) await terminate(shard);
      await eventually('all lost', () => pgpack.app.counts.serverConnections === 0);
      const { rows } = await client.query('SELECT count(*) AS n FROM items');
      assert.equal(rows[0].n, '0');
      await client.end();
    });
  });

  test(`a query whose server dies fails, its client goes on (${shards} shards)`, async () => {
    await withPgPack(shards, 'default_pool_size = 3', async pgpack => {
      const client = await RawClient.login(pgpack.address);
      await client.ask(query('SELECT count(*) FROM items'));
      client.send(query('SELECT pg_sleep(30)'));
      await new Promise(resolve => setTimeout(resolve, 50));
      for (let shard = 0; shard < shards; shard++) await terminate(shard);
      const answer = (await client.until('Z')).map(shown).join('\n');
      assert.match(answer, /C=(57P01|08006) /);
      if (!client.closed) {
        assert.equal((await client.ask(query('SELECT 1'))).at(-1), 'Z I');
      }
      client.destroy();
      const next = await connect(pgpack.address);
      await next.query('SELECT count(*) FROM items');
      await next.end();
    });
  });

  test(`a transaction whose server dies cannot commit (${shards} shards)`, async () => {
    await withPgPack(shards, 'default_pool_size = 3', async pgpack => {
      const client = await RawClient.login(pgpack.address);
      await client.ask(query('BEGIN'));
      await client.ask(query("INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')"));
      await terminate(shards - 1);
      client.send(query('COMMIT'));
      const answer = (await client.until('Z')).map(shown);
      assert.doesNotMatch(answer.join('\n'), /C COMMIT/);
      assert.match(answer.join('\n'), /C=(57P01|08006|25P02) |C ROLLBACK/);
      client.destroy();
      const next = await connect(pgpack.address);
      assert.equal((await next.query('SELECT count(*) AS n FROM items')).rows[0].n, '0');
      await next.end();
    });
  });

  test(`a COPY whose server dies fails and loads nothing (${shards} shards)`, async () => {
    await withPgPack(shards, 'default_pool_size = 3', async pgpack => {
      const client = await RawClient.login(pgpack.address);
      await client.ask(query('COPY items FROM STDIN'), 'G');
      client.send(copyData('1\ta\n2\tb\n3\tc\n4\td\n'));
      await terminate(shards - 1);
      client.send(copyDone);
      const answer = (await client.until('Z')).map(shown).join('\n');
      assert.match(answer, /C=(57P01|08006) /);
      client.destroy();
      const next = await connect(pgpack.address);
      assert.equal((await next.query('SELECT count(*) AS n FROM items')).rows[0].n, '0');
      await next.end();
    });
  });
}

test('a statement on several shards of which one dies fails as a whole', async () => {
  await withPgPack(2, 'default_pool_size = 3', async pgpack => {
    const client = await RawClient.login(pgpack.address);
    const locker = await connect(database.shards[0]!);
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE items');
    client.send(query('SELECT id FROM items ORDER BY id'));
    await eventually('it waits for the lock', async () => {
      const { rows } = await locker.query('SELECT 1 FROM pg_locks WHERE NOT granted');
      return rows.length > 0;
    });
    const answered = client.until('Z');
    await locker.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted`);
    assert.match((await answered).map(shown).join('\n'), /C=(57P01|08006) /);
    await locker.query('ROLLBACK');
    await locker.end();
    client.destroy();
  });
});

test('a client waits checkout_timeout for a connection and is told so', async () => {
  const general = 'default_pool_size = 1\ncheckout_timeout = 100';
  await withPgPack(1, general, async pgpack => {
    const [holder, waiter] = await Promise.all([connect(pgpack.address), connect(pgpack.address)]);
    await holder.query('BEGIN');
    await holder.query('SELECT 1');
    await assert.rejects(waiter.query('SELECT 2'), {
      code: '53300',
      message: 'no server connection to shard 0 became free within 100 ms (checkout_timeout)',
    });
    await holder.query('COMMIT');
    assert.equal((await waiter.query('SELECT 2 AS two')).rows[0].two, 2);
    await Promise.all([holder.end(), waiter.end()]);
  });
});

test('connections idle for idle_timeout are closed down to min_pool_size', async () => {
  const general = 'default_pool_size = 5\nmin_pool_size = 2\nidle_timeout = 50';
  await withPgPack(1, general, async pgpack => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect(pgpack.address)));
    await Promise.all(clients.map(client => client.query('SELECT pg_sleep(0.05)')));
    await eventually('two left', () => pgpack.app.counts.serverConnections === 2);
    await Promise.all(clients.map(client => client.end()));
  });
});

test('connections older than server_lifetime are replaced', async () => {
  const general = 'default_pool_size = 1\nserver_lifetime = 100\nserver_lifetime_jitter = 0';
  await withPgPack(1, general, async pgpack => {
    const client = await connect(pgpack.address);
    const pids = new Set<number>();
    await eventually('three connections, one after the other', async () => {
      pids.add((await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid);
      return pids.size >= 3;
    });
    await client.end();
  });
});

test('idle clients, idle transactions and long queries are ended by their timeouts', async () => {
  const general =
    'client_idle_timeout = 300\nclient_idle_in_transaction_timeout = 200\nquery_timeout = 250';
  await withPgPack(2, general, async pgpack => {
    const idle = await RawClient.login(pgpack.address);
    const inBlock = await RawClient.login(pgpack.address);
    await inBlock.ask(query('BEGIN'));
    await inBlock.ask(query('SELECT count(*) FROM items'));
    const slow = await RawClient.login(pgpack.address);
    const answer = await slow.ask(query('SELECT pg_sleep(30)'));
    assert.match(answer.join('\n'), /C=57014 .*\nZ I$/);
    assert.match((await idle.ended()).map(shown).join(), /^E S=FATAL V=FATAL C=57P05 /);
    assert.match((await inBlock.ended()).map(shown).join(), /^E S=FATAL V=FATAL C=25P03 /);
    slow.destroy();
  });
});
