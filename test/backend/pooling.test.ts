// Many clients on few server connections: prepared statements are where they are needed, settings
// are each client's own, and a client that vanishes leaves nothing behind.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import postgres from 'postgres';
import {
  bind,
  copyData,
  execute,
  extended,
  flush,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { connect, firstShards, type TestDatabase } from '../support/cluster.ts';
import { createItems, shardedItems } from '../support/items.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';
import { type UsePgPack, usePgPack } from '../support/wire.ts';

let database: TestDatabase;

before(async () => {
  database = await createItems('pooling');
});

after(() => database.drop());

const withPgPack: UsePgPack = (options, work) =>
  usePgPack({ database, ...shardedItems, ...options }, work);

const oneShard = () => ({ database: firstShards(database) });

/** How often each of PgPack's statements was prepared is the servers' business; that no server has
 *  more connections than the pool is ours. */
async function connectionsOn(shard: number): Promise<number> {
  const watcher = await connect(database.shards[shard]!);
  const { rows } = await watcher.query(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await watcher.end();
  return rows[0].n as number;
}

test('200 clients with named statements share ten connections per shard', async () => {
  await withPgPack({ general: 'default_pool_size = 10' }, async pgpack => {
    const { host, port, user, password, database: name } = pgpack.address;
    const url = { host, port, user, password, database: name };
    const clients = Array.from({ length: 200 }, () => new pg.Client(url));
    await Promise.all(clients.map(client => client.connect()));
    assert.equal(pgpack.app.counts.clients, 200);
    await Promise.all(
      clients.map(async (client, i) => {
        for (let round = 0; round < 5; round++) {
          const id = i * 10 + round;
          const text = `SELECT $1::bigint + ${i % 20} AS sum, id FROM items WHERE id = $1::bigint`;
          const { rows } = await client.query({ name: `statement ${i % 20}`, text, values: [id] });
          assert.deepEqual(rows, []);
          const any = { name: 'any', text: 'SELECT $1::int AS id', values: [id] };
          assert.deepEqual((await client.query(any)).rows, [{ id }]);
        }
      }),
    );
    for (const shard of [0, 1]) assert.ok((await connectionsOn(shard)) <= 10);
    await Promise.all(clients.map(client => client.end()));
  });
});

test('postgres.js with a hundred connections on ten reads its own writes', async () => {
  await withPgPack({ general: 'default_pool_size = 10' }, async pgpack => {
    const sql = postgres({ ...pgpack.address, username: 'test', max: 100 });
    const ids = Array.from({ length: 300 }, (_, i) => 1_000 + i);
    await Promise.all(ids.map(id => sql`INSERT INTO items VALUES (${id}, ${`name ${id}`})`));
    const names = await Promise.all(ids.map(id => sql`SELECT name FROM items WHERE id = ${id}`));
    assert.deepEqual(
      names.map(rows => rows[0]?.['name']),
      ids.map(id => `name ${id}`),
    );
    const deleted = await sql`DELETE FROM items`;
    assert.equal(deleted.count, 300);
    await sql.end();
  });
});

test('a server connection keeps prepared_statements_limit statements', async () => {
  const general = 'default_pool_size = 1\nprepared_statements_limit = 5';
  await withPgPack({ ...oneShard(), general }, async pgpack => {
    const client = await connect(pgpack.address);
    const ask = (i: number) =>
      client.query({ name: `s${i}`, text: `SELECT $1::int + ${i} AS sum`, values: [100] });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 12; i++) assert.equal((await ask(i)).rows[0].sum, 100 + i);
    }
    const { rows } = await client.query('SELECT count(*)::int AS n FROM pg_prepared_statements');
    assert.equal(rows[0].n, 5);
    await client.end();
  });
});

test('a statement is prepared again when its server connection is another', async () => {
  await withPgPack({ ...oneShard(), general: 'default_pool_size = 2' }, async pgpack => {
    const [first, second] = await Promise.all([connect(pgpack.address), connect(pgpack.address)]);
    const named = { name: 'n', text: 'SELECT pg_backend_pid() AS pid, $1::int AS v', values: [1] };
    const before = (await first.query(named)).rows[0].pid;
    await second.query('BEGIN');
    const taken = (await second.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
    const after = (await first.query(named)).rows[0].pid;
    assert.equal(taken, before);
    assert.notEqual(after, before);
    await second.query('ROLLBACK');
    await Promise.all([first.end(), second.end()]);
  });
});

test('a missing statement is prepared once, however often it is used', async () => {
  await withPgPack({ ...oneShard(), general: 'default_pool_size = 2' }, async pgpack => {
    const [first, second] = [
      await RawClient.login(pgpack.address),
      await RawClient.login(pgpack.address),
    ];
    const use = (value: string) => [bind({ statement: 's', values: [value] }), execute()];
    await first.ask([parse('s', 'SELECT $1::int'), sync]);
    await second.ask(query('BEGIN'));
    const answer = await first.ask([...use('1'), flush, ...use('2'), ...use('3'), sync]);
    const one = ['2', 'C SELECT 1'];
    assert.deepEqual(
      answer.filter(line => !line.startsWith('D')),
      [...one, ...one, ...one, 'Z I'],
    );
    await second.ask(query('ROLLBACK'));
    for (const client of [first, second]) client.destroy();
  });
});

test('a client that vanishes behind a Parse spoils it for nobody', async () => {
  await withPgPack({ ...oneShard(), general: 'default_pool_size = 1' }, async pgpack => {
    for (let round = 0; round < 10; round++) {
      const leaving = await RawClient.login(pgpack.address);
      leaving.send(parse('s', `SELECT ${round}`), bind({ statement: 's' }), execute(), flush);
      if (round % 2 === 0) await new Promise(resolve => setImmediate(resolve));
      leaving.destroy();
      const next = await RawClient.login(pgpack.address);
      const answer = await next.ask([
        parse('x', `SELECT ${round}`),
        bind({ statement: 'x' }),
        execute(),
        sync,
      ]);
      assert.deepEqual(answer, ['1', '2', `D 000000013${round}`, 'C SELECT 1', 'Z I']);
      next.destroy();
    }
  });
});

test("the settings of one client are nobody else's", async () => {
  await withPgPack({ general: 'default_pool_size = 2' }, async pgpack => {
    const names = Array.from({ length: 12 }, (_, i) => `client ${i}`);
    await Promise.all(
      names.map(async (name, i) => {
        const client = new pg.Client({ ...pgpack.address, application_name: name });
        await client.connect();
        if (i % 2 === 0) await client.query(`SET work_mem = '${64 + i}MB'`);
        if (i % 3 === 0) await client.query(`SET app.name = '${name}'`);
        for (let round = 0; round < 10; round++) {
          const { rows } = await client.query(
            `SELECT current_setting('application_name') AS a, current_setting('work_mem') AS w,
               current_setting('app.name', true) AS n`,
          );
          // PostgreSQL keeps an invented setting once it was set, empty after RESET.
          const { a, w, n } = rows[0];
          const own = i % 3 === 0 ? name : '';
          assert.deepEqual([a, w, n ?? ''], [name, i % 2 === 0 ? `${64 + i}MB` : '4MB', own]);
        }
        await client.end();
      }),
    );
  });
});

test('SET is undone by ROLLBACK and ROLLBACK TO, kept by COMMIT', async () => {
  await withPgPack({ general: 'default_pool_size = 2' }, async pgpack => {
    const client = await connect(pgpack.address);
    const workMem = async () => (await client.query('SHOW work_mem')).rows[0].work_mem as string;
    const run = async (...texts: string[]) => {
      for (const sql of texts) await client.query(sql);
    };
    await run('BEGIN', "SET work_mem = '7MB'");
    assert.equal(await workMem(), '7MB');
    await run('ROLLBACK');
    assert.equal(await workMem(), '4MB');
    await run(
      'BEGIN',
      "SET work_mem = '8MB'",
      'SAVEPOINT a',
      "SET work_mem = '9MB'",
      'ROLLBACK TO a',
    );
    assert.equal(await workMem(), '8MB');
    await run("SET LOCAL work_mem = '10MB'");
    assert.equal(await workMem(), '10MB');
    await run('COMMIT');
    assert.equal(await workMem(), '8MB');
    await run('RESET work_mem');
    assert.equal(await workMem(), '4MB');
    await client.end();
  });
});

// ------------------------------------------------------------------ clients that vanish

const vanishing: Readonly<Record<string, (client: RawClient) => Promise<unknown>>> = {
  'in a transaction that wrote': async client => {
    await client.ask(query('BEGIN'));
    await client.ask(query("INSERT INTO items VALUES (1, 'gone'), (2, 'gone'), (3, 'gone')"));
  },
  'in the middle of a large result': async client => {
    client.send(query("SELECT repeat('x', 1000) FROM generate_series(1, 100000)"));
    await client.next();
    client.pause();
  },
  'while its query runs': async client => {
    client.send(query('SELECT pg_sleep(60)'));
  },
  'in COPY FROM STDIN': async client => {
    await client.ask(query('COPY items FROM STDIN'), 'G');
    client.send(copyData('1\tgone\n2\tgone\n3\tgone\n'));
  },
  'in an exchange without Sync that wrote': async client => {
    await client.ask(
      [extended("INSERT INTO items VALUES (5, 'gone')").subarray(0, -5), flush],
      'C',
    );
  },
  'behind a Parse without Sync': client => client.ask([parse('s', 'SELECT 1'), flush], '1'),
  'with a cursor open': async client => {
    await client.ask(query('BEGIN'));
    await client.ask(query('DECLARE c CURSOR FOR SELECT 1 FROM items WHERE id = 1'));
  },
};

for (const shards of [1, 2]) {
  for (const [state, reach] of Object.entries(vanishing)) {
    if (shards > 1 && state === 'with a cursor open') continue;
    test(`a client that vanishes ${state} leaves nothing behind (${shards} shards)`, async () => {
      const own = { ...database, shards: database.shards.slice(0, shards) };
      await withPgPack({ database: own, general: 'default_pool_size = 2' }, async pgpack => {
        const client = await RawClient.login(pgpack.address);
        await reach(client);
        client.destroy();
        await allReturned(pgpack);
        const next = await connect(pgpack.address);
        const { rows } = await next.query('SELECT count(*) AS n FROM items');
        assert.equal(rows[0].n, '0');
        await next.end();
        for (let shard = 0; shard < shards; shard++) {
          await eventually(
            'at most two connections',
            async () => (await connectionsOn(shard)) <= 4,
          );
        }
      });
    });
  }
}

test('the work of a client that is gone behind its Sync is committed', async () => {
  await withPgPack({ ...oneShard(), general: 'default_pool_size = 1' }, async pgpack => {
    const client = await RawClient.login(pgpack.address);
    await client.ask(extended("INSERT INTO items VALUES (9, 'kept')"));
    client.send(sync);
    client.destroy();
    await allReturned(pgpack);
    const next = await connect(pgpack.address);
    assert.equal((await next.query('DELETE FROM items WHERE id = 9')).rowCount, 1);
    await next.end();
  });
});
