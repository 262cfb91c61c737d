// Several event loops behind one port: clients are spread over them, and what is asked of one
// holds for all.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type pg from 'pg';
import { freePort } from '../../src/embedded/free-port.ts';
import { cancelRequest } from '../../src/protocol/frontend-messages.ts';
import { query } from '../support/client-bytes.ts';
import { connect, type TestDatabase } from '../support/cluster.ts';
import { createItems } from '../support/items.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';
import { clientOnEach, startWorkers, type Workers } from '../support/workers.ts';

let database: TestDatabase;
let workers: Workers;
let metricsPort: number;
/** One client on each of the three workers, and one of the admin database. */
let clients: pg.Client[];
let boss: pg.Client;

before(async () => {
  database = await createItems('workers');
  metricsPort = await freePort();
  workers = await startWorkers({
    database,
    sharded: ['items.id'],
    general: `workers = 3
default_pool_size = 4
min_pool_size = 2
checkout_timeout = 20000
openmetrics_host = "127.0.0.1"
openmetrics_port = ${metricsPort}`,
  });
});

after(async () => {
  await workers.close();
  await database.drop();
});

beforeEach(async () => {
  boss = await connect(workers.admin);
  clients = await clientOnEach(workers);
});

afterEach(async () => {
  await Promise.all(clients.map(client => client.end()));
  await eventually('no client is left', async () => (await rows('SHOW CLIENTS')).length === 0);
  await boss.end();
});

type Row = Record<string, string | number | boolean | null>;

async function rows(sql: string, client = boss): Promise<Row[]> {
  return (await client.query<Row>(sql)).rows;
}

const sum = (all: readonly Row[], name: string) =>
  all.reduce((total, row) => total + Number(row[name]), 0);

test('as many workers as asked for serve, and each serves every kind of statement', async () => {
  assert.equal(workers.pgpack.workers, 3);
  for (const [i, client] of clients.entries()) {
    await client.query('BEGIN');
    await client.query('INSERT INTO items VALUES ($1, $2)', [i, `item ${i}`]);
    await client.query('COMMIT');
    assert.deepEqual(await rows(`SELECT name FROM items WHERE id = ${i}`, client), [
      { name: `item ${i}` },
    ]);
  }
  for (const client of clients) {
    assert.deepEqual(await rows('SELECT count(*) AS n FROM items', client), [{ n: '3' }]);
    assert.equal((await rows('SELECT id FROM items ORDER BY id', client)).length, 3);
  }
  await clients[0]!.query('TRUNCATE items');
});

test('SHOW shows the clients, servers and pools of all workers', async () => {
  const before = sum(await rows('SHOW STATS'), 'total_query_count');
  for (const client of clients) await client.query('SELECT 1');
  const shown = await rows('SHOW CLIENTS');
  assert.deepEqual(shown.map(row => row['worker']).sort(), [0, 1, 2]);
  assert.equal(new Set(shown.map(row => row['id'])).size, 3);
  const servers = await rows('SHOW SERVERS');
  assert.equal(new Set(servers.map(row => row['worker'])).size, 3);
  const pools = await rows('SHOW POOLS');
  assert.equal(pools.length, database.shards.length);
  assert.equal(
    pools.reduce((all, row) => all + Number(row['sv_idle']) + Number(row['sv_active']), 0),
    servers.length,
  );
  assert.equal(sum(await rows('SHOW STATS'), 'total_query_count') >= before + 3, true);
  const [lists] = (await rows('SHOW LISTS')).filter(row => row['list'] === 'used_clients');
  assert.equal(Number(lists!['items']), 3);
});

test('SHOW DATABASES and CONFIG show what the files say, pools what all workers may', async () => {
  const [config] = (await rows('SHOW CONFIG')).filter(row => row['key'] === 'default_pool_size');
  assert.equal(config!['value'], '4');
  for (const row of await rows('SHOW DATABASES')) {
    assert.deepEqual([Number(row['pool_size']), Number(row['min_pool_size'])], [4, 2]);
  }
});

test('the metrics are those of all workers', async () => {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  const text = await response.text();
  assert.match(text, /# EOF\n$/);
  const samples = text.split('\n').filter(line => line.startsWith('clients{'));
  assert.equal(
    samples.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0),
    3,
    samples.join('\n'),
  );
});

test('a cancel request reaches its client whichever worker it comes to', async () => {
  const servers = await Promise.all(database.shards.map(connect));
  const sleeping = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'`;
  for (let round = 0; round < 8; round++) {
    const client = await RawClient.login(workers.address);
    const answer = client.ask(query('SELECT pg_sleep(60)'));
    // A server that has not begun yet ignores it.
    await eventually('it runs', async () => {
      const found = await Promise.all(servers.map(server => rows(sleeping, server)));
      return found.flat().length > 0;
    });
    const canceler = await RawClient.dial(workers.address);
    canceler.send(cancelRequest(client.processId, client.secret));
    await canceler.ended();
    assert.match((await answer).join('\n'), /C=57014/);
    client.destroy();
  }
  await Promise.all(servers.map(server => server.end()));
});

test('what one worker’s client does to tables the others plan by at once', async () => {
  const [one, two, three] = clients as [pg.Client, pg.Client, pg.Client];
  const sql = 'SELECT id FROM items ORDER BY name';
  const change = (type: string) => one.query(`ALTER TABLE items ALTER COLUMN name TYPE ${type}`);
  const way = async (client: pg.Client) =>
    /^\w+/.exec((await client.query(`EXPLAIN ${sql}`)).rows[0]['QUERY PLAN'])![0];
  for (let round = 0; round < 4; round++) {
    await change('text COLLATE "en-x-icu"');
    for (const client of [two, three]) assert.equal(await way(client), 'Final');
    await change('text COLLATE "C"');
    for (const client of [two, three]) assert.equal(await way(client), 'Merge');
  }
});

test('PAUSE, RESUME and MAINTENANCE hold for clients of all workers', async () => {
  for (const [on, off] of [
    [`PAUSE ${database.name}`, 'RESUME'],
    ['PAUSE', `RESUME ${database.name}`],
    ['MAINTENANCE ON', 'MAINTENANCE OFF'],
  ] as const) {
    await boss.query(on);
    let answered = 0;
    const answers = clients.map(async client => {
      await client.query('SELECT 1');
      answered += 1;
    });
    await eventually('all wait', async () => sum(await rows('SHOW POOLS'), 'cl_waiting') >= 3);
    assert.equal(answered, 0);
    if (on.startsWith('PAUSE')) assert.deepEqual(await rows('SHOW SERVERS'), []);
    await boss.query(off);
    await Promise.all(answers);
  }
});

test('RECONNECT replaces the server connections of all workers', async () => {
  for (const client of clients) await client.query('SELECT 1');
  const ids = async () => (await rows('SHOW SERVERS')).map(row => row['remote_pid']);
  const before = new Set(await ids());
  await boss.query('RECONNECT');
  await boss.query('WAIT_CLOSE');
  for (const client of clients) await client.query('SELECT 1');
  assert.deepEqual(
    (await ids()).filter(id => before.has(id)),
    [],
  );
});

test('KILL_CLIENT and DISABLE reach clients of any worker', async () => {
  for (const row of await rows('SHOW CLIENTS')) {
    await boss.query(`KILL_CLIENT ${row['id']}`);
  }
  await eventually('they are gone', async () => (await rows('SHOW CLIENTS')).length === 0);
  await assert.rejects(boss.query('KILL_CLIENT 999999'));
  await boss.query(`DISABLE ${database.name}`);
  for (let i = 0; i < 6; i++) await assert.rejects(connect(workers.address));
  await boss.query(`ENABLE ${database.name}`);
  clients = await clientOnEach(workers);
});

test('RELOAD changes the shares of all workers; what cannot be shared is refused', async () => {
  const general = (size: number) => `workers = 3\ndefault_pool_size = ${size}`;
  const poolSize = async () => Number((await rows('SHOW POOLS'))[0]!['pool_size']);
  workers.change({ general: general(8) });
  await boss.query('RELOAD');
  assert.equal(await poolSize(), 8);
  workers.change({ general: general(2) });
  await assert.rejects(boss.query('RELOAD'), /pool size of user "test" in database ".*" is 2.*3 w/);
  assert.equal(await poolSize(), 8);
  for (const client of clients) await client.query('SELECT 1');
  workers.change({});
  await boss.query('RELOAD');
  assert.equal(await poolSize(), 4);
});
