// Waiting for keys that a query translates: what it does to transactions, pipelines and COPY, to
// connections and to the memory of what was translated.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type pg from 'pg';
import {
  bind,
  copyData,
  copyDone,
  describe,
  execute,
  extended,
  flush,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { connect } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';
import { configuration, emails, type LookupWire, startLookups } from './lookup-wire.ts';

let wire: LookupWire;
let pgpack: PgPack;
let client: pg.Client;

before(async () => {
  wire = await startLookups('lookup_waiting');
  ({ pgpack, client } = wire);
});

after(() => wire.close());

beforeEach(() => wire.startOver());

test('ends a COPY at a key that stands for nothing, without a row of it', async () => {
  const raw = await RawClient.login(pgpack.address);
  raw.send(query('COPY visits FROM STDIN'));
  await raw.until('G');
  raw.send(copyData(`${emails[0]}\tpage\n`), copyData('nobody\tpage\n'));
  raw.send(copyData(`${emails[1]}\tpage\n`));
  const [error] = await raw.until('E');
  assert.match(shown(error!), /C=58000 M=sharding key lookup failed: no row for key "nobody"/);
  await raw.until('Z');
  const next = await raw.ask([copyDone, query('SELECT 1')]);
  assert.deepEqual(next.slice(-2), ['C SELECT 1', 'Z I']);
  raw.destroy();
  assert.deepEqual(await wire.rowsOf('visits', 'email'), [[], []]);
});

test('stops a lookup that takes too long, and gives the connection back', async () => {
  await assert.rejects(client.query('SELECT * FROM slow WHERE id = 1'), {
    code: '58000',
    message: 'sharding key lookup failed: no answer within 1000 ms',
  });
  const running =
    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()";
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { rows } = await wire.shards[0]!.query(running);
    if (rows[0].count === '0') break;
    assert.ok(Date.now() < deadline, 'the query still runs');
  }
  assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
});

test('keeps keys until RELOAD, RECONNECT or DDL', async () => {
  const select = `SELECT what FROM logins WHERE email = '${emails[0]}'`;
  const clearings = [
    async () => pgpack.app.reload(pgpack.config),
    () => pgpack.app.controls.reconnect(null),
    () => client.query('CREATE TABLE more_of_it (id int)'),
  ];
  for (const clear of clearings) {
    await client.query(select);
    const before = wire.asked();
    await client.query(select);
    assert.equal(wire.asked(), before);
    await clear();
    await client.query(select);
    assert.equal(wire.asked(), before + 1);
  }
});

test('is not part of the client’s transaction, and fails nothing that was done in it', async () => {
  await client.query('BEGIN');
  await client.query(`INSERT INTO logins VALUES ('${emails[0]}', 'a')`);
  await client.query(`INSERT INTO logins VALUES ('${emails[3]}', 'b')`);
  await client.query('SELECT what FROM logins WHERE email = $1', [emails[5]]);
  await client.query('COMMIT');
  const { rows } = await client.query('SELECT what FROM logins ORDER BY what');
  assert.deepEqual(rows, [{ what: 'a' }, { what: 'b' }]);
});

test('leaves nothing behind of a client that goes away meanwhile', async () => {
  const locker = await connect(wire.database.shards[0]!);
  const waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ '\\$1'";
  for (const request of [
    [query(`INSERT INTO logins VALUES ('${emails[1]}', 'x')`)],
    [extended('SELECT what FROM logins WHERE email = $1', [emails[2]!])],
    [query(`SELECT what FROM logins WHERE email = '${emails[3]}'`)],
  ]) {
    const raw = await RawClient.login(pgpack.address);
    // The catalog is read first, which would wait for the lock, too.
    await client.query('SELECT FROM logins');
    await locker.query('BEGIN; LOCK TABLE directory');
    raw.send(...request);
    await eventually(
      'the lookup waits',
      async () => (await wire.shards[0]!.query(waiting)).rowCount === 1,
    );
    raw.destroy();
    await eventually('the client is gone', () => pgpack.app.counts.clients === 1);
    await locker.query('COMMIT');
  }
  await locker.end();
  await eventually('every connection is idle', () => {
    const { serverConnections, idleServerConnections } = pgpack.app.counts;
    return serverConnections === idleServerConnections;
  });
  assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
});

test('needs neither a free connection of the pool nor memory for keys', async () => {
  const small = await startPgPack({
    database: wire.database,
    general: 'default_pool_size = 1\nsharding_lookup_cache_size = 0',
    omnisharded: ['directory', 'places'],
    more: configuration(wire.database.name),
  });
  const other = await connect(small.address);
  await other.query('BEGIN');
  assert.equal((await other.query('INSERT INTO notes VALUES (1, $1)', ['holds'])).rowCount, 1);
  const rows = emails.map(email => `('${email}', 'x')`).join(', ');
  assert.equal((await other.query(`INSERT INTO logins VALUES ${rows}`)).rowCount, 40);
  const any = await other.query('SELECT what FROM logins WHERE email = ANY($1)', [emails]);
  assert.equal(any.rows.length, 40);
  const one = { name: 'one', text: 'SELECT what FROM logins WHERE email = $1' };
  assert.equal((await other.query({ ...one, values: [emails[9]] })).rows.length, 1);
  const explained = await other.query(`EXPLAIN SELECT * FROM logins WHERE email = '${emails[1]}'`);
  assert.match(explained.rows[0]['QUERY PLAN'], /\S/);
  await other.query('COMMIT');
  const raw = await RawClient.login(small.address);
  raw.send(query('COPY visits FROM STDIN'), copyData(`${emails[0]}\tp\n${emails[1]}\tp\n`));
  assert.deepEqual((await raw.ask(copyDone)).slice(-2), ['C COPY 2', 'Z I']);
  raw.destroy();
  await other.end();
  await allReturned(small);
  await small.close();
});

test('translates keys of a pipeline, before a Flush too', async () => {
  const raw = await RawClient.login(pgpack.address);
  const one = (email: string) => [
    parse('', 'SELECT what FROM logins WHERE email = $1'),
    bind({ values: [email] }),
    describe('P'),
    execute(),
  ];
  const own = (await wire.emailsByAccount())[0]!;
  const pipeline = await raw.ask([...own.slice(0, 3).flatMap(one), sync]);
  assert.equal(pipeline.filter(line => line === 'C SELECT 0').length, 3);
  raw.send(...one(own[3]!), flush);
  await raw.until('C');
  raw.send(...one(own[4]!), flush);
  await raw.until('C');
  assert.deepEqual(await raw.ask(sync), ['Z I']);
  raw.destroy();
});
