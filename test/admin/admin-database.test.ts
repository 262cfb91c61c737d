// The admin database of a running PgPack: who gets in, both protocols, numbers that add up with
// what was run, and what the commands do to clients.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import postgres from 'postgres';
import { freePort } from '../../src/embedded/free-port.ts';
import { bind, describe, execute, extended, parse, query, sync } from '../support/client-bytes.ts';
import { connect, firstShards, type TestDatabase } from '../support/cluster.ts';
import { createItems } from '../support/items.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient, shown, sqlstateOf } from '../support/raw-client.ts';

let database: TestDatabase;
let pgpack: PgPack;
let metricsPort: number;
const open: pg.Client[] = [];

type Row = Record<string, string | number | boolean | null>;

const login = '[admin]\nuser = "boss"\npassword = "secret"\n';
const adminAddress = (name = 'admin') => ({
  ...pgpack.address,
  user: 'boss',
  password: 'secret',
  database: name,
});

before(async () => {
  database = await createItems('admin_views');
  metricsPort = await freePort();
  pgpack = await startPgPack({
    database,
    sharded: ['items.id'],
    general: `openmetrics_port = ${metricsPort}
openmetrics_host = "127.0.0.1"
openmetrics_namespace = "pack"
default_pool_size = 2`,
    more: login,
  });
});

after(async () => {
  await Promise.all(open.map(client => client.end()));
  await pgpack.close();
  await database.drop();
});

async function admin(name = 'admin'): Promise<pg.Client> {
  const client = await connect(adminAddress(name));
  open.push(client);
  return client;
}

async function client(): Promise<pg.Client> {
  const made = await connect(pgpack.address);
  open.push(made);
  return made;
}

async function rows(of: pg.Client, sql: string, values?: unknown[]): Promise<Row[]> {
  return (await of.query<Row>(sql, values)).rows;
}

const number = (value: unknown) => Number(value);

/** Looks until it holds. */
async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await isSo()) return;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  assert.fail(what);
}

test('every view answers in both protocols with the same columns', async () => {
  const boss = await admin();
  const sql = postgres({ ...adminAddress(), username: 'boss', max: 1, fetch_types: false });
  const help = await rows(boss, 'SHOW HELP');
  const views = help.flatMap(({ command }) => /^SHOW ([A-Z_]+)$/.exec(String(command))?.[1] ?? []);
  assert.ok(views.length >= 15, views.join(' '));
  for (const view of views) {
    const simple = await boss.query(`SHOW ${view}`);
    const prepared = await boss.query({ name: `show_${view}`, text: `SHOW ${view}` });
    const names = (of: pg.QueryResult) => of.fields.map(field => [field.name, field.dataTypeID]);
    assert.deepEqual(names(prepared), names(simple), view);
    assert.ok(simple.fields.length > 0, view);
    assert.equal(simple.command, 'SHOW');
    const tagged = await sql.unsafe(`SHOW ${view}`);
    assert.deepEqual(
      tagged.columns.map(column => column.name),
      simple.fields.map(field => field.name),
    );
  }
  await sql.end();
});

test('the admin database answers to all of its names and to one user only', async () => {
  for (const name of ['admin', 'pgbouncer', 'pgcat']) {
    const [version] = await rows(await admin(name), 'SHOW VERSION');
    assert.match(String(version?.['version']), /^PgPack \d/);
  }
  const refused = async (change: object) =>
    connect({ ...adminAddress(), ...change }).then(
      () => 'let in',
      (error: Error & { code: string }) => error.code,
    );
  assert.equal(await refused({ password: 'wrong' }), '28P01');
  assert.equal(await refused({ user: 'test', password: 'test' }), '28P01');
  assert.equal(await refused({ user: 'nobody', password: 'secret' }), '28P01');
  assert.equal(await refused({ database: 'admin2' }), '28P01');
});

test('auth_type trust asks for the password of the admin all the same', async () => {
  const trusting = await startPgPack({ database, general: 'auth_type = "trust"', more: login });
  const address = { ...adminAddress(), port: trusting.app.port };
  await assert.rejects(connect({ ...address, password: 'wrong' }), { code: '28P01' });
  const boss = await connect(address);
  assert.equal((await boss.query('SHOW LISTS')).command, 'SHOW');
  await boss.end();
  await trusting.close();
});

test('counters of clients and servers add up with what was run', async () => {
  const boss = await admin();
  const worker = await client();
  await worker.query("SET application_name = 'the counter'");
  const name = `WHERE application_name = 'the counter'`;
  const own = async () => (await rows(boss, `SHOW CLIENTS ${name}`))[0]!;
  const stats = async () => (await rows(boss, 'SHOW STATS'))[0]!;
  const shards = async () => rows(boss, 'SHOW STATS_SHARDS ORDER BY shard');
  await worker.query('SELECT count(*) FROM items');
  const [clientBefore, statsBefore, shardsBefore] = [await own(), await stats(), await shards()];
  assert.equal(clientBefore['user'], 'test');
  assert.equal(clientBefore['database'], database.name);
  assert.equal(clientBefore['state'], 'idle');

  for (let id = 1; id <= 10; id++) await worker.query(`INSERT INTO items VALUES (${id}, 'x')`);
  for (let id = 1; id <= 10; id++) await worker.query('SELECT * FROM items WHERE id = $1', [id]);
  await worker.query('BEGIN');
  await worker.query('UPDATE items SET name = $1 WHERE id = 1', ['y']);
  await worker.query('COMMIT');
  await assert.rejects(worker.query('SELECT 1/0 FROM items WHERE id = 1'), { code: '22012' });
  await assert.rejects(worker.query('SELECT nonsense FROM items'), { code: '42703' });

  const grew = (after: Row, before: Row, column: string) =>
    number(after[column]) - number(before[column]);
  const [clientAfter, statsAfter, shardsAfter] = [await own(), await stats(), await shards()];
  assert.equal(grew(clientAfter, clientBefore, 'queries'), 25);
  assert.equal(grew(clientAfter, clientBefore, 'transactions'), 23);
  assert.equal(grew(clientAfter, clientBefore, 'errors'), 2);
  assert.ok(grew(clientAfter, clientBefore, 'bytes_received') > 500);
  assert.ok(grew(clientAfter, clientBefore, 'query_time') > 0);
  assert.ok(number(clientAfter['transaction_time']) >= number(clientAfter['query_time']));
  assert.equal(grew(statsAfter, statsBefore, 'total_query_count'), 25);
  assert.equal(grew(statsAfter, statsBefore, 'total_xact_count'), 23);
  assert.equal(grew(statsAfter, statsBefore, 'total_client_parse_count'), 11);
  assert.equal(grew(statsAfter, statsBefore, 'total_bind_count'), 11);
  assert.equal(grew(statsAfter, statsBefore, 'total_errors'), 2);
  assert.equal(
    grew(statsAfter, statsBefore, 'total_received'),
    grew(clientAfter, clientBefore, 'bytes_received'),
  );
  const grewOnShards = (column: string) =>
    shardsAfter.reduce((sum, row, i) => sum + grew(row, shardsBefore[i]!, column), 0);
  // 10 inserts, 10 selects, one update, one division by zero; an unknown column fails anywhere.
  assert.ok(grewOnShards('total_query_count') >= 22, `${grewOnShards('total_query_count')}`);
  assert.ok(grewOnShards('total_xact_count') >= 22);
  assert.ok(grewOnShards('total_errors') >= 1);
  assert.ok(grewOnShards('total_server_assignment_count') >= 22);
});

test('clients that share server connections are counted each for itself', async () => {
  const boss = await admin();
  const crowd = await Promise.all(Array.from({ length: 12 }, () => client()));
  await crowd[0]!.query('SELECT name FROM items WHERE id = 1');
  const read = async () => (await rows(boss, 'SHOW STATS'))[0]!;
  const onShards = async () => {
    const found = await rows(boss, 'SHOW STATS_SHARDS total_query_count');
    return found.reduce((sum, row) => sum + number(row['total_query_count']), 0);
  };
  const [before, shardsBefore] = [await read(), await onShards()];
  const each = 40;
  const text = 'SELECT name FROM items WHERE id = $1';
  await Promise.all(
    crowd.map(async one => {
      for (let i = 0; i < each; i++) await one.query({ name: 'by_id', text, values: [i % 10] });
    }),
  );
  const [afterwards, shardsAfter] = [await read(), await onShards()];
  const grew = (column: string) => number(afterwards[column]) - number(before[column]);
  assert.equal(grew('total_query_count'), each * crowd.length);
  assert.equal(grew('total_xact_count'), each * crowd.length);
  assert.equal(grew('total_bind_count'), each * crowd.length);
  assert.equal(grew('total_client_parse_count'), crowd.length);
  assert.equal(grew('total_errors'), 0);
  assert.ok(shardsAfter - shardsBefore >= each * crowd.length);
  const clients = await rows(boss, 'SHOW CLIENTS queries WHERE queries >= $1', [each]);
  assert.ok(clients.length >= crowd.length);
});

test('errors that PgPack raises are counted by their id', async () => {
  const boss = await admin();
  const count = async () => {
    const sql = "SHOW ERRORS count, sqlstate, class WHERE id = 'unsupportedAcrossShards'";
    return (await rows(boss, sql))[0] ?? { count: 0 };
  };
  const before = await count();
  const worker = await client();
  const refused = 'SELECT id FROM items ORDER BY id FETCH FIRST ROW WITH TIES FOR UPDATE';
  for (let i = 0; i < 3; i++) await assert.rejects(worker.query(refused), { code: '0A000' });
  const afterwards = await count();
  assert.equal(number(afterwards['count']) - number(before['count']), 3);
  assert.deepEqual([afterwards['sqlstate'], afterwards['class']], ['0A000', 'unsupported']);
});

test('what clients did stays counted when they have left', async () => {
  const boss = await admin();
  const total = async () => {
    const [row] = await rows(boss, 'SHOW STATS total_query_count, total_received, total_sent');
    return Object.values(row!).map(number) as [number, number, number];
  };
  const before = await total();
  const guest = await connect(pgpack.address);
  for (let i = 0; i < 5; i++) await guest.query('SELECT 1');
  const [id] = (await rows(boss, 'SHOW CLIENTS id ORDER BY id DESC LIMIT 1')).map(row => row['id']);
  const during = await total();
  await guest.end();
  await eventually('the client is gone', async () => {
    return (await rows(boss, 'SHOW CLIENTS id WHERE id = $1', [id])).length === 0;
  });
  const afterwards = await total();
  assert.equal(during[0] - before[0], 5);
  assert.equal(afterwards[0], during[0]);
  assert.ok(afterwards[1] >= during[1] && afterwards[2] >= during[2]);
});

test('SHOW CLIENTS, SERVERS and POOLS say who holds, who waits and why', async () => {
  const boss = await admin();
  const [first, second, third] = [await client(), await client(), await client()];
  const where = `WHERE database = '${database.name}'`;
  await first.query('BEGIN');
  await first.query('SELECT * FROM items WHERE id = 1');
  const [holder] = await rows(boss, `SHOW CLIENTS ${where} AND state = 'idle in transaction'`);
  assert.ok(number(holder?.['remote_pid']) > 0);
  const [held] = await rows(boss, 'SHOW SERVERS WHERE client_id = $1', [holder?.['id']]);
  assert.equal(held?.['state'], 'idle in transaction');
  assert.equal(held?.['remote_pid'], holder?.['remote_pid']);
  const [pool] = await rows(boss, 'SHOW POOLS WHERE id = $1', [held?.['pool_id']]);
  assert.equal(pool?.['shard'], held?.['shard']);
  assert.equal(number(pool?.['sv_idle_xact']), 1);
  assert.equal(number(pool?.['sv_total']), number(pool?.['sv_idle']) + number(pool?.['sv_active']));

  await second.query('BEGIN');
  await second.query('SELECT * FROM items WHERE id = 1');
  const waiting = third.query('SELECT * FROM items WHERE id = 1');
  await eventually('a client waits', async () => {
    const found = await rows(boss, `SHOW CLIENTS ${where} AND state = 'waiting'`);
    return found.length === 1 && number(found[0]!['wait_us']) + number(found[0]!['wait']) > 0;
  });
  const [full] = await rows(boss, 'SHOW POOLS WHERE id = $1', [held?.['pool_id']]);
  assert.equal(number(full?.['cl_waiting']), 1);
  assert.equal(number(full?.['sv_active']), 2);
  assert.ok(number(full?.['maxwait_us']) > 0);
  await first.query('COMMIT');
  assert.equal((await waiting).rows.length, 1);
  await second.query('COMMIT');
  const [waited] = await rows(boss, `SHOW CLIENTS ${where} AND wait_time > 0`);
  assert.ok(waited !== undefined);
});

test('SHOW CLIENTS names the construct that keeps a server connection', async () => {
  const single = await startPgPack({
    database: firstShards(database),
    more: login,
  });
  const boss = await connect({ ...adminAddress(), port: single.app.port });
  const keeper = await connect(single.address);
  await keeper.query('CREATE TEMPORARY TABLE scratch (x int)');
  const [row] = await rows(boss, 'SHOW CLIENTS state, pinned, locked WHERE pinned IS NOT NULL');
  assert.equal(row?.['locked'], true);
  assert.match(String(row?.['pinned']), /temporary/i);
  await keeper.end();
  await eventually('its connection is reset', async () => {
    const [pool] = await rows(boss, 'SHOW POOLS re_synced, sv_active');
    return number(pool?.['re_synced']) === 1 && number(pool?.['sv_active']) === 0;
  });
  await boss.end();
  await single.close();
});

test('PgBouncer’s and PgCat’s names have rows summed up over shards', async () => {
  const [apart, together] = [await admin(), await admin('pgbouncer')];
  const pools = await rows(apart, 'SHOW POOLS sv_idle, sv_active, shard');
  const summed = await rows(together, 'SHOW POOLS sv_idle, sv_active, shard');
  const sum = (of: Row[], column: string) =>
    of.reduce((total, row) => total + number(row[column]), 0);
  assert.deepEqual([pools.length, summed.length], [2, 1]);
  assert.equal(sum(summed, 'sv_idle'), sum(pools, 'sv_idle'));
  assert.equal(summed[0]!['shard'], null);
  assert.equal((await rows(together, 'SHOW STATS user'))[0]!['user'], null);
});

test('binary results, portals in pieces and errors behave as the protocol says', async () => {
  const raw = await RawClient.login(adminAddress());
  const binary = [
    parse('', "SHOW LISTS WHERE list = 'databases'"),
    describe('S'),
    bind({ resultFormats: [1] }),
    describe('P'),
    execute(),
    sync,
  ];
  raw.send(...binary);
  const messages = await raw.until('Z');
  assert.equal(messages.map(({ type }) => type).join(''), '1tT2TDCZ');
  const row = messages.find(({ type }) => type === 'D')!.body;
  assert.equal(row.toString('latin1', 6, 15), 'databases');
  assert.equal(row.readInt32BE(15), 8);
  assert.equal(row.readBigInt64BE(19), 1n);

  const pieces = await raw.ask([
    parse('lists', 'SHOW LISTS list LIMIT $1'),
    bind({ statement: 'lists', values: ['3'] }),
    execute('', 2),
    execute('', 2),
    sync,
  ]);
  assert.equal(pieces.map(line => line[0]).join(''), '12DDsDCZ');

  const failed = await raw.ask(
    [parse('', 'SHOW NOTHING'), bind(), execute(), sync, query('SHOW VERSION')],
    'Z',
    2,
  );
  assert.equal(failed.map(line => line[0]).join(''), 'EZTDCZ');
  assert.deepEqual(await raw.ask(query('')), ['I', 'Z I']);
  const two = await raw.ask(query('BEGIN; SHOW VERSION; SHOW NOTHING; SHOW VERSION'));
  assert.equal(two.map(line => line[0]).join(''), 'CTDCEZ');
  assert.equal(two.at(-1), 'Z E');
  assert.match((await raw.ask(query('SHOW VERSION')))[0]!, /C=25P02/);
  assert.deepEqual(await raw.ask(query('COMMIT')), ['C ROLLBACK', 'Z I']);
  assert.match((await raw.ask(extended('SHOW VERSION; SHOW VERSION')))[0]!, /C=42601/);
  assert.match((await raw.ask([bind({ statement: 'none' }), sync]))[0]!, /C=26000/);
  assert.deepEqual(await raw.ask(query('DEALLOCATE lists')), ['C DEALLOCATE', 'Z I']);
  assert.match((await raw.ask([bind({ statement: 'lists', values: ['1'] }), sync]))[0]!, /C=26000/);
  raw.destroy();
});

test('a message that cannot be ends the session, byte by byte delivery does not', async () => {
  const raw = await RawClient.login(adminAddress());
  for (const byte of query('SHOW VERSION')) raw.send(Buffer.from([byte]));
  assert.equal((await raw.until('Z')).length, 4);
  raw.send(Buffer.from('Q\0\0\0\x01'));
  assert.match((await raw.ended()).map(shown).join(), /C=08P01/);
});

test('PAUSE waits for transactions and can be given up', async () => {
  const [boss, other] = [await admin(), await RawClient.login(adminAddress())];
  const busy = await client();
  await busy.query('BEGIN');
  await busy.query('SELECT * FROM items WHERE id = 1');
  let paused = false;
  const pausing = boss.query(`PAUSE ${database.name}`).then(() => {
    paused = true;
  });
  await eventually('the database is paused', async () => {
    const shownNow = await other.ask(query('SHOW DATABASES paused LIMIT 1'));
    return shownNow.some(line => line.startsWith('D') && line.endsWith('31'));
  });
  assert.equal(paused, false);
  await busy.query('COMMIT');
  await pausing;
  const late = (await client()).query('SELECT * FROM items WHERE id = 1');
  await boss.query('RESUME');
  assert.equal((await late).rows.length, 1);

  await busy.query('BEGIN');
  await busy.query('SELECT * FROM items WHERE id = 1');
  other.send(query('PAUSE'));
  await eventually('it is paused again', async () => {
    return (await rows(boss, 'SHOW POOLS paused WHERE paused = true')).length > 0;
  });
  const canceler = await RawClient.dial(pgpack.address);
  const { cancelRequest } = await import('../../src/protocol/frontend-messages.ts');
  canceler.send(cancelRequest(other.processId, other.secret));
  const answer = await other.until('Z');
  assert.equal(sqlstateOf(answer[0]!), '57014');
  await busy.query('COMMIT');
  await eventually('it goes on', async () => {
    return (await rows(boss, 'SHOW POOLS paused WHERE paused = true')).length === 0;
  });
  other.destroy();
});

test('KILL_CLIENT cuts one client, DISABLE keeps new ones out', async () => {
  const boss = await admin();
  const victim = await client();
  const [row] = await rows(boss, 'SHOW CLIENTS id ORDER BY id DESC LIMIT 1');
  await boss.query('KILL_CLIENT $1', [row!['id']]);
  await assert.rejects(victim.query('SELECT 1'));
  await assert.rejects(boss.query('KILL_CLIENT 999999'), { code: '42704' });
  await boss.query(`DISABLE ${database.name}`);
  const [shownOff] = await rows(boss, 'SHOW DATABASES disabled LIMIT 1');
  assert.equal(shownOff!['disabled'], 1);
  await assert.rejects(connect(pgpack.address));
  await boss.query(`ENABLE ${database.name}`);
  assert.equal((await (await client()).query('SELECT 1')).rows.length, 1);
});

test('the metrics endpoint gives the numbers of SHOW', async () => {
  const { parseOpenMetrics } = await import('../metrics/parse-open-metrics.ts');
  const boss = await admin('pgbouncer');
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  assert.match(response.headers.get('content-type') ?? '', /^application\/openmetrics-text/);
  const families = parseOpenMetrics(await response.text());
  const total = (family: string, sample: string) => {
    const found = families.get(`pack_${family}`)?.samples ?? [];
    return found
      .filter(one => one.name === `pack_${sample}`)
      .reduce((sum, one) => sum + one.value, 0);
  };
  const [stats] = await rows(boss, 'SHOW STATS');
  const [pool] = await rows(boss, 'SHOW POOLS');
  for (const [family, column] of [
    ['query_count', 'total_query_count'],
    ['xact_count', 'total_xact_count'],
    ['received_bytes', 'total_received'],
    ['sent_bytes', 'total_sent'],
    ['errors', 'total_errors'],
    ['bind_count', 'total_bind_count'],
    ['server_assignment_count', 'total_server_assignment_count'],
    ['server_parse_count', 'total_server_parse_count'],
    ['connect_count', 'total_connect_count'],
    ['cleaned', 'total_cleaned'],
    ['rollbacks', 'total_rollbacks'],
    ['logins', 'total_client_login_count'],
  ] as const) {
    assert.equal(total(family, `${family}_total`), number(stats![column]), family);
  }
  for (const name of ['sv_idle', 'sv_active', 'cl_waiting', 'cl_active']) {
    assert.equal(total(name, name), number(pool![name]), name);
  }
  const counted = total('query_duration_seconds', 'query_duration_seconds_count');
  assert.equal(counted, number(stats!['total_query_count']));
  assert.ok(number(stats!['total_query_count']) > 40);
  const elsewhere = await fetch(`http://127.0.0.1:${metricsPort}/`);
  assert.equal(elsewhere.status, 404);
  const posted = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, { method: 'POST' });
  assert.equal(posted.status, 405);
});

test('RELOAD keeps counters, SHUTDOWN asks for a stop and is answered', async () => {
  const boss = await admin();
  const [before] = await rows(boss, 'SHOW STATS total_query_count');
  await boss.query('RELOAD');
  const [afterwards] = await rows(boss, 'SHOW STATS total_query_count');
  assert.deepEqual(afterwards, before);
  const answered = await boss.query('SHUTDOWN WAIT_FOR_SERVERS');
  assert.equal(answered.command, 'SHUTDOWN');
  assert.equal(await pgpack.app.stopRequested, 'servers');
});
