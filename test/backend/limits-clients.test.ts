// How many clients may connect and how many server connections they share: PostgreSQL's own words
// for those over a limit, waiting in order, and a full pool that hurts nobody but those who wait.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cancelRequest, sslRequest } from '../../src/protocol/frontend-messages.ts';
import { parse, query, sync } from '../support/client-bytes.ts';
import { connect, createTestDatabase, firstShards, type TestDatabase } from '../support/cluster.ts';
import { databaseEntry, type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';
import { usePgPack } from '../support/wire.ts';

/** On one shard, and on two. */
let database: TestDatabase;
let both: TestDatabase;

before(async () => {
  both = await createTestDatabase('limits', 2);
  database = firstShards(both);
  await both.runEverywhere('CREATE TABLE items (id bigint PRIMARY KEY, name text)');
});

after(() => both.drop());

const userLines = (name: string, more = '') =>
  `[[users]]\nname = "${name}"\nall_databases = true\npassword = "test"\n${more}\n`;

async function withPgPack(
  options: { readonly general?: string; readonly more?: string; readonly users?: string },
  work: (pgpack: PgPack) => Promise<void>,
): Promise<void> {
  await usePgPack({ database, ...options }, work);
}

const refused = (sqlstate: string, message: string) =>
  new RegExp(`S=FATAL V=FATAL C=${sqlstate} M=${message}`);

test('max_client_conn: one client more is refused, until another leaves', async () => {
  await withPgPack({ general: 'max_client_conn = 2' }, async pgpack => {
    const clients = [await RawClient.login(pgpack.address), await RawClient.login(pgpack.address)];
    const tooMany = refused('53300', 'sorry, too many clients already');
    await assert.rejects(RawClient.login(pgpack.address), tooMany);
    const overTls = await RawClient.dial(pgpack.address);
    overTls.send(sslRequest());
    assert.equal(await overTls.byte(), 'N', 'SSLRequest is answered by one byte, never an error');
    overTls.destroy();
    clients[0]!.destroy();
    await eventually('there is room', () => pgpack.app.counts.clients === 1);
    clients[0] = await RawClient.login(pgpack.address);
    for (const client of clients) client.destroy();
  });
});

test('max_client_conn: a cancel request gets through when there is no room', async () => {
  await withPgPack({ general: 'max_client_conn = 1' }, async pgpack => {
    const client = await RawClient.login(pgpack.address);
    client.send(query('SELECT pg_sleep(30)'));
    const answered = client.until('Z');
    const watcher = await connect(database.shards[0]!);
    await eventually('it runs', async () => {
      const running = `SELECT 1 FROM pg_stat_activity
        WHERE wait_event = 'PgSleep' AND datname = current_database()`;
      return (await watcher.query(running)).rows.length > 0;
    });
    await watcher.end();
    const canceler = await RawClient.dial(pgpack.address);
    canceler.send(cancelRequest(client.processId, client.secret));
    assert.match((await answered).map(shown).join('\n'), / C=57014 /);
    client.destroy();
  });
});

test('clients of one user and of one database are counted apart', async () => {
  const lines = `database_name = "${database.name}"\nmax_db_client_connections = 2`;
  const more = databaseEntry('small', database.shards[0]!, 0, lines);
  const users = userLines('test') + userLines('narrow', 'max_user_client_connections = 1');
  await withPgPack({ more, users }, async pgpack => {
    const at = (user: string, name: string) =>
      RawClient.login({ ...pgpack.address, user, database: name });
    const clients = [await at('narrow', database.name)];
    const ofUser = refused('53300', 'too many connections for role "narrow"');
    await assert.rejects(at('narrow', database.name), ofUser);
    await assert.rejects(at('narrow', 'small'), ofUser);
    clients.push(await at('test', 'small'), await at('test', 'small'));
    const ofDatabase = refused('53300', 'too many connections for database "small"');
    await assert.rejects(at('test', 'small'), ofDatabase);
    clients.push(await at('test', database.name));
    clients[1]!.destroy();
    await eventually('one is gone', () => pgpack.app.counts.clients === 3);
    clients.push(await at('test', 'small'));
    for (const client of clients) client.destroy();
  });
});

test('limits of [general] hold where there is no other; wrong passwords do not count', async () => {
  const general = 'max_user_client_connections = 1\nmax_db_client_connections = 2';
  const users = userLines('a') + userLines('b') + userLines('c');
  await withPgPack({ general, users }, async pgpack => {
    const at = (user: string, password = 'test') =>
      RawClient.login({ ...pgpack.address, user, password });
    for (let i = 0; i < 3; i++) await assert.rejects(at('a', 'wrong'), refused('28P01', ''));
    const clients = [await at('a')];
    await assert.rejects(at('a'), refused('53300', 'too many connections for role "a"'));
    clients.push(await at('b'));
    await assert.rejects(at('c'), refused('53300', 'too many connections for database '));
    for (const client of clients) client.destroy();
  });
});

// ------------------------------------------------------------------ pools

async function holding(pgpack: PgPack): Promise<RawClient> {
  const client = await RawClient.login(pgpack.address);
  await client.ask(query('BEGIN'));
  await client.ask(query('SELECT 1'));
  return client;
}

test('clients that wait are served first come, first served', async () => {
  const general = 'default_pool_size = 1\ncheckout_timeout = 20000';
  await withPgPack({ general }, async pgpack => {
    const holder = await holding(pgpack);
    const clients: RawClient[] = [];
    const served: number[] = [];
    const answers: Promise<void>[] = [];
    for (let i = 0; i < 10; i++) {
      const client = await RawClient.login(pgpack.address);
      clients.push(client);
      client.send(query(`BEGIN; SELECT ${i}; COMMIT`));
      answers.push(
        client.until('Z').then(() => {
          served.push(i);
        }),
      );
      await eventually('it waits', () => pgpack.app.counts.waitingClients === i + 1);
    }
    await holder.ask(query('COMMIT'));
    await Promise.all(answers);
    assert.deepEqual(served, [...served.keys()]);
    for (const client of [holder, ...clients]) client.destroy();
  });
});

test('a full pool refuses those who waited too long and is no sick server', async () => {
  const general = 'default_pool_size = 1\ncheckout_timeout = 50';
  await withPgPack({ general }, async pgpack => {
    const holder = await holding(pgpack);
    const clients = await Promise.all(
      Array.from({ length: 10 }, () => RawClient.login(pgpack.address)),
    );
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(clients.map(client => client.ask(query('SELECT 1'))));
      for (const answer of answers) assert.match(answer.join('\n'), /^E .*C=53300 .*\nZ I$/);
      assert.equal(pgpack.app.counts.serverConnections, 1);
      assert.deepEqual((await holder.ask(query('SELECT 1'))).slice(-2), ['C SELECT 1', 'Z T']);
    }
    await holder.ask(query('COMMIT'));
    for (const client of clients) {
      assert.deepEqual((await client.ask(query('SELECT 1'))).slice(-2), ['C SELECT 1', 'Z I']);
    }
    assert.equal(pgpack.app.counts.serverConnections, 1);
    for (const client of [holder, ...clients]) client.destroy();
  });
});

test("a server's own limit is told to those who wait, and is not the end of anybody", async () => {
  const [shard] = database.shards;
  const role = `limited_${process.pid}`;
  const admin = await connect(shard!);
  await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'test' CONNECTION LIMIT 1`);
  const shards = [{ ...shard!, user: role, password: 'test' }];
  const general = 'default_pool_size = 2\ncheckout_timeout = 200';
  const pgpack = await startPgPack({ database: { ...database, shards }, general });
  try {
    const holder = await holding(pgpack);
    const client = await RawClient.login(pgpack.address);
    const answer = await client.ask(query('SELECT 1'));
    const message = `too many connections for role "${role}"`;
    assert.deepEqual(answer, [`E S=ERROR V=ERROR C=53300 M=${message}`, 'Z I']);
    await holder.ask(query('COMMIT'));
    assert.equal((await client.ask(query('SELECT 1'))).at(-2), 'C SELECT 1');
    for (const each of [holder, client]) each.destroy();
    await allReturned(pgpack);
  } finally {
    await pgpack.close();
    await eventually('its last connection is gone', async () => {
      const { rows } = await admin.query(
        `SELECT 1 FROM pg_stat_activity WHERE usename = '${role}'`,
      );
      return rows.length === 0;
    });
    await admin.query(`DROP ROLE ${role}`);
    await admin.end();
  }
});

test('the reserve is opened for clients that wait too long, and closed again', async () => {
  const general =
    'default_pool_size = 1\nreserve_pool_size = 2\nreserve_pool_timeout = 50\n' +
    'checkout_timeout = 20000';
  await withPgPack({ general }, async pgpack => {
    const holders = [await holding(pgpack)];
    assert.equal(pgpack.app.counts.serverConnections, 1);
    holders.push(await holding(pgpack), await holding(pgpack));
    assert.equal(pgpack.app.counts.serverConnections, 3);
    const waiter = await RawClient.login(pgpack.address);
    waiter.send(query('SELECT 1'));
    await eventually('it waits', () => pgpack.app.counts.waitingClients === 1);
    await new Promise(resolve => setTimeout(resolve, 300));
    assert.equal(pgpack.app.counts.serverConnections, 3, 'no more than pool and reserve');
    for (const holder of holders) await holder.ask(query('COMMIT'));
    assert.equal((await waiter.until('Z')).map(shown).at(-1), 'Z I');
    await eventually('the reserve is closed', () => pgpack.app.counts.serverConnections === 1);
    for (const client of [waiter, ...holders]) client.destroy();
  });
});

test('without waiting too long nobody gets the reserve', async () => {
  const general =
    'default_pool_size = 2\nreserve_pool_size = 5\nreserve_pool_timeout = 10000\n' +
    'checkout_timeout = 20000';
  await withPgPack({ general }, async pgpack => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(pgpack.address)));
    await Promise.all(
      clients.map(async client => {
        for (let i = 0; i < 5; i++) await client.query('BEGIN; SELECT pg_sleep(0.002); COMMIT');
      }),
    );
    assert.equal(pgpack.app.counts.serverConnections, 2);
    await Promise.all(clients.map(client => client.end()));
  });
});

test('a cancel request ends waiting for a server connection at once', async () => {
  const general = 'default_pool_size = 1\ncheckout_timeout = 20000';
  await withPgPack({ general }, async pgpack => {
    const holder = await holding(pgpack);
    const waiters = [await RawClient.login(pgpack.address), await RawClient.login(pgpack.address)];
    for (const [i, waiter] of waiters.entries()) {
      waiter.send(query(`SELECT ${i}`));
      await eventually('it waits', () => pgpack.app.counts.waitingClients === i + 1);
    }
    const canceler = await RawClient.dial(pgpack.address);
    canceler.send(cancelRequest(waiters[0]!.processId, waiters[0]!.secret));
    const answer = (await waiters[0]!.until('Z')).map(shown).join('\n');
    assert.match(answer, /C=57014 M=canceling statement due to user request.*\nZ I$/);
    assert.equal(pgpack.app.counts.waitingClients, 1);
    await holder.ask(query('COMMIT'));
    assert.equal((await waiters[1]!.until('Z')).map(shown).at(-2), 'C SELECT 1');
    assert.deepEqual((await waiters[0]!.ask(query('SELECT 1'))).slice(-2), ['C SELECT 1', 'Z I']);
    for (const client of [holder, ...waiters]) client.destroy();
  });
});

test('a cancel request ends waiting for another shard, and the transaction with it', async () => {
  const general = 'default_pool_size = 1\ncheckout_timeout = 20000';
  const pgpack = await startPgPack({ database: both, sharded: ['items.id'], general });
  try {
    const [holder, client] = [
      await RawClient.login(pgpack.address),
      await RawClient.login(pgpack.address),
    ];
    const keys = await keysOnBothShards(client);
    await holder.ask(query('BEGIN'));
    await holder.ask(query(`SELECT name FROM items WHERE id = ${keys[0]}`));
    await client.ask(query('BEGIN'));
    await client.ask(query(`SELECT name FROM items WHERE id = ${keys[1]}`));
    client.send(query(`SELECT name FROM items WHERE id = ${keys[0]}`));
    await eventually('it waits', () => pgpack.app.counts.waitingClients === 1);
    const canceler = await RawClient.dial(pgpack.address);
    canceler.send(cancelRequest(client.processId, client.secret));
    const answer = (await client.until('Z')).map(shown).join('\n');
    assert.match(answer, /C=57014 M=canceling statement due to user request.*\nZ E$/);
    assert.deepEqual(await client.ask(query('COMMIT')), ['C ROLLBACK', 'Z I']);
    for (const each of [holder, client]) each.destroy();
    await allReturned(pgpack);
  } finally {
    await pgpack.close();
  }
});

/** A key of either shard. */
async function keysOnBothShards(client: RawClient): Promise<readonly [number, number]> {
  const shardOf = async (key: number) => {
    await client.ask(query(`INSERT INTO items VALUES (${key}, 'a')`));
    const direct = await connect(both.shards[0]!);
    const { rows } = await direct.query(`DELETE FROM items WHERE id = ${key} RETURNING 1`);
    await direct.end();
    await client.ask(query(`DELETE FROM items WHERE id = ${key}`));
    return rows.length === 1 ? 0 : 1;
  };
  const first = await shardOf(1);
  for (let key = 2; ; key++) if ((await shardOf(key)) !== first) return [1, key];
}

test('a client that vanishes while it waits leaves the queue', async () => {
  const general = 'default_pool_size = 1\ncheckout_timeout = 20000';
  await withPgPack({ general }, async pgpack => {
    const holder = await holding(pgpack);
    const waiter = await RawClient.login(pgpack.address);
    waiter.send(query('SELECT 1'));
    await eventually('it waits', () => pgpack.app.counts.waitingClients === 1);
    waiter.destroy();
    await eventually('it does not', () => pgpack.app.counts.waitingClients === 0);
    holder.destroy();
  });
});

// ------------------------------------------------------------------ sizes

test('query_size_limit: a larger statement is 54000 and the end of its client', async () => {
  const general = 'query_size_limit = 1000\nquery_size_limit_action = "block"';
  await withPgPack({ general }, async pgpack => {
    const large = `SELECT '${'x'.repeat(1000)}'`;
    for (const bytes of [query(large), Buffer.concat([parse('', large), sync])]) {
      const client = await RawClient.login(pgpack.address);
      assert.equal((await client.ask(query('SELECT 1'))).at(-1), 'Z I');
      client.send(bytes);
      const told = (await client.ended()).map(shown).join('\n');
      assert.match(told, /^E S=FATAL V=FATAL C=54000 M=query of \d+ bytes is over query_size/);
    }
  });
});

test('query_size_limit: by default a larger statement only warns', async () => {
  await withPgPack({ general: 'query_size_limit = 1000' }, async pgpack => {
    const client = await RawClient.login(pgpack.address);
    const answer = await client.ask(query(`SELECT length('${'x'.repeat(1000)}')`));
    assert.equal(answer.at(-2), 'C SELECT 1');
    client.destroy();
  });
});

test('message_size_limit: a larger message is 54000 and the end of its client', async () => {
  await withPgPack({ general: 'message_size_limit = 2000' }, async pgpack => {
    const client = await RawClient.login(pgpack.address);
    client.send(query(`SELECT '${'x'.repeat(3000)}'`));
    const told = (await client.ended()).map(shown).join('\n');
    assert.match(
      told,
      /^E S=FATAL V=FATAL C=54000 M=message of \d+ bytes is over the limit of 2000/,
    );
  });
});
