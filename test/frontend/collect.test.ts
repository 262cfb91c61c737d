// SELECTs that one shard finishes: answers as PostgreSQL's, what is left behind, transactions, errors,
// limits, portions and EXPLAIN.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { cancelRequest } from '../../src/protocol/frontend-messages.ts';
import { bind, execute, parse, query, sync } from '../support/client-bytes.ts';
import { connect } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';
import { startWire, usePgPack, type Wire } from '../support/wire.ts';

let wire: Wire;
let client: pg.Client;
let oracle: pg.Client;

const rows = 200;

before(async () => {
  wire = await startWire(
    'collect',
    3,
    `CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
     CREATE TYPE pair AS (mood mood, "at" timestamp);
     CREATE TABLE items (id bigint PRIMARY KEY, name text COLLATE "C", n numeric(10, 2), m mood,
       ms mood[], p pair, at timestamptz, r int4range, j jsonb, b bytea, v varchar(12), f float4);
     CREATE FUNCTION waits(bigint) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS
       'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN true; END';
     CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
     CREATE TABLE more (id bigint PRIMARY KEY, d even, c "char", cash money, ints int[],
       fs float4[], tss timestamptz[], f4 float4, f8 float8, iv interval(2), ts timestamptz(3),
       bits bit(5), o oid);
     CREATE TABLE orders (id bigint PRIMARY KEY, item_id bigint, qty int);
     CREATE TABLE notes (id bigint PRIMARY KEY, body text COLLATE "C")`,
    { sharded: ['items.id', 'orders.id', 'notes.id', 'more.id'] },
  );
  client = await connect(wire.pgpack.address);
  oracle = await connect(wire.database.oracle);
  const items = Array.from({ length: rows }, (_, i) => {
    const name = i % 11 === 0 ? 'NULL' : `E'item\\t\\\\${i % 7}\\n'`;
    const mood = ['sad', 'ok', 'happy'][i % 3];
    return `(${i}, ${name}, ${i}.5, '${mood}', '{${mood},NULL}', '(${mood},2020-01-0${1 + (i % 9)})',
      '2020-01-01 00:00+00'::timestamptz + interval '${i} hours', '[${i},${i + 5})',
      '{"a": ${i}}', '\\x00ff0${i % 10}', 'v${i}', ${i} / 3.0)`;
  });
  const orders = Array.from({ length: rows }, (_, i) => `(${i}, ${(i * 7) % rows}, ${i % 5})`);
  const notes = Array.from({ length: rows }, (_, i) => `(${i}, repeat('${i % 99}', 1000))`);
  const more = Array.from({ length: 40 }, (_, i) =>
    i % 9 === 8
      ? `(${i}${', NULL'.repeat(12)})`
      : `(${i}, ${2 * i}, '\\${200 + i}', ${i}.25, '{${i},NULL}', '{${i / 7}}',
        ARRAY['2024-10-27 01:30+02'::timestamptz], ${i / 3}, ${i / 3}, '-1 day 2:03:0${i % 9}.12',
        '2024-10-27 01:30:00.123+01', B'0101${i % 2}', ${i})`,
  );
  for (const on of [client, oracle]) {
    await on.query(`INSERT INTO more VALUES ${more.join()}`);
    await on.query(`INSERT INTO notes VALUES ${notes.join()}`);
    await on.query(`INSERT INTO items VALUES ${items.join()}`);
    await on.query(`INSERT INTO orders VALUES ${orders.join()}`);
  }
});

after(async () => {
  await client.end();
  await oracle.end();
  await wire.close();
});

const numbered = 'SELECT id, row_number() OVER (ORDER BY id) AS place FROM items ORDER BY id';

async function same(text: string, values?: unknown[]): Promise<void> {
  const ask = { text, rowMode: 'array' as const, ...(values === undefined ? {} : { values }) };
  const [ours, theirs] = await Promise.all([client.query(ask), oracle.query(ask)]);
  assert.deepEqual(ours.rows, theirs.rows, text);
  const shown = ({ fields, command, rowCount }: pg.QueryArrayResult) => [
    fields.map(({ name, dataTypeID, dataTypeModifier, columnID, format }) => {
      return [name, dataTypeID < 16384 ? dataTypeID : 'own', dataTypeModifier, columnID, format];
    }),
    command,
    rowCount,
  ];
  assert.deepEqual(shown(ours), shown(theirs), text);
}

async function temporaryTables(): Promise<number> {
  let count = 0;
  for (const shard of wire.database.shards) {
    const on = await connect(shard);
    const { rows: found } = await on.query("SELECT 1 FROM pg_class WHERE relname LIKE 'pgpack%'");
    count += found.length;
    await on.end();
  }
  return count;
}

/** More than travels as parameters, and less. */
const large = 'SELECT id, body, row_number() OVER (ORDER BY id) FROM notes ORDER BY id';
const small = large
  .replace('ORDER BY id)', 'ORDER BY id DESC)')
  .replace('notes', 'notes WHERE id < 20');

/** Whether some shard has written in the client's transaction: tables have been made there. */
async function wrote(): Promise<boolean> {
  const found = await Promise.all(
    wire.database.shards.map(async shard => {
      const on = await connect(shard);
      const { rowCount } = await on.query(
        'SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL',
      );
      await on.end();
      return rowCount !== 0;
    }),
  );
  return found.includes(true);
}

async function writes(work: () => Promise<void>): Promise<boolean> {
  await client.query('BEGIN');
  await work();
  const found = await wrote();
  await client.query('COMMIT');
  return found;
}

test('few rows are collected without a write, many in tables', async () => {
  assert.equal(await writes(() => same(small)), false);
  assert.equal(await writes(() => same(numbered)), false);
  assert.equal(
    await writes(() => same('SELECT *, rank() OVER (ORDER BY id) FROM items ORDER BY id')),
    false,
  );
  for (let i = 0; i < 2; i++) assert.equal(await writes(() => same(large)), true);
  for (let i = 0; i < 2; i++) await same(large);
  assert.equal(await temporaryTables(), 0);
  const text = large
    .replace('ORDER BY id)', 'ORDER BY id), ARRAY[id]')
    .replace('FROM', ', m FROM')
    .replace(
      'notes',
      '(SELECT n.*, i.m, ARRAY[i.id] AS ids FROM notes n JOIN items i USING (id)) x',
    );
  for (let i = 0; i < 2; i++) await same(text);
});

test('a statement that was large is carried again once it is small', async () => {
  const sql = `SELECT id, body, rank() OVER (ORDER BY id) FROM notes WHERE id < $1 ORDER BY id`;
  const run = (most: number) => writes(() => same(sql, [most]));
  assert.equal(await run(20), false);
  assert.equal(await run(200), true);
  assert.equal(await run(200), true);
  assert.equal(await run(20), true);
  assert.equal(await run(20), false);
});

test('a shard busy with its own rows starts anew when those of others are many', async () => {
  const sql = large.replace('notes', 'notes WHERE waits(id)');
  const { rows: plan } = await client.query(`EXPLAIN ${sql}`);
  const final = Number(/Final on shard (\d)/.exec(plan[0]['QUERY PLAN'])![1]);
  for (const begin of ['', 'BEGIN']) {
    const locker = await connect(wire.database.shards[final]!);
    await locker.query('SELECT pg_advisory_lock(42)');
    if (begin !== '') await client.query(begin);
    const answer = client.query({ text: `${sql} /* ${begin} */`, rowMode: 'array' });
    await eventually('it begins to make a table', async () => {
      const { rows: found } = await locker.query(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE TEMP%' AND wait_event = 'advisory'",
      );
      return found.length > 0;
    });
    await locker.end();
    assert.deepEqual(
      (await answer).rows,
      (await oracle.query({ text: sql, rowMode: 'array' })).rows,
    );
    if (begin !== '') {
      await same(small);
      await client.query('COMMIT');
    }
  }
  assert.equal(await temporaryTables(), 0);
});

test('what only a table has is collected in tables: keys, row types, checked values', async () => {
  const join = 'items i JOIN orders o ON o.item_id = i.id';
  for (const sql of [
    `SELECT i.id, i.name, sum(o.qty) FROM ${join} GROUP BY i.id ORDER BY 1`,
    `SELECT row_to_json(i), o.id FROM ${join} ORDER BY o.id`,
    `SELECT (x.one).n, x.id FROM (SELECT i AS one, o.id FROM ${join}) x ORDER BY x.id`,
    `SELECT i.d, rank() OVER (ORDER BY i.id) FROM more i ORDER BY i.id`,
  ]) {
    await same(sql);
    assert.equal(await writes(() => same(sql)), true, sql);
  }
});

test('values that are carried are those of their shards', async () => {
  for (const sql of [
    'SELECT a.id, b.id, a.f, b.f FROM items a, items b WHERE a.n = b.n + 7 ORDER BY 1, 2',
    'SELECT id, c, cash, rank() OVER (ORDER BY id) FROM more ORDER BY id',
    'SELECT id, ints, fs, tss, rank() OVER (ORDER BY id) FROM more ORDER BY id',
    'SELECT id, f4, f8, iv, ts, bits, o, pg_typeof(bits), rank() OVER (ORDER BY id) FROM more ORDER BY id',
    'SELECT pg_typeof(n), pg_typeof(v), pg_collation_for(name), rank() OVER (ORDER BY id) FROM items ORDER BY id LIMIT 1',
    `WITH RECURSIVE r(id) AS (SELECT 1::bigint UNION ALL SELECT o.item_id FROM r JOIN orders o ON o.id = r.id
      WHERE o.item_id < 60) SELECT * FROM r LIMIT 9`,
    'SELECT count(*), max(x.s) FROM (SELECT sum(qty) AS s FROM orders GROUP BY item_id) x, items i WHERE i.id < x.s',
    'SELECT id, f8, rank() OVER (ORDER BY id) FROM more WHERE id < 0',
  ]) {
    assert.equal(await writes(() => same(sql)), false, sql);
  }
  for (const set of ["DateStyle = 'SQL, DMY'", "IntervalStyle = 'sql_standard'"]) {
    for (const on of [client, oracle]) await on.query(`SET ${set}`);
    await same('SELECT id, f4, f8, iv, ts, rank() OVER (ORDER BY id) FROM more ORDER BY id');
    await same('SELECT id, fs, tss, iv, rank() OVER (ORDER BY id) FROM more ORDER BY id');
    for (const on of [client, oracle]) await on.query('RESET ALL');
  }
});

test('rows of every type arrive as they are', async () => {
  await same(numbered);
  await same('SELECT *, rank() OVER (ORDER BY m DESC, id) FROM items ORDER BY id');
  await same('SELECT i.m, i.ms, i.p, lag(p) OVER (ORDER BY id) FROM items i ORDER BY id');
  await same('SELECT at, r, j, b, f, v, n, sum(n) OVER (ORDER BY id) FROM items ORDER BY id');
  await same('SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY n) FROM items');
  await same('SELECT name, rank() OVER (ORDER BY name), id FROM items ORDER BY id LIMIT 30');
  await same('SELECT 1, row_number() OVER () FROM items');
  assert.equal(await temporaryTables(), 0);
});

test('parameters of declared, inferred and own types', async () => {
  await same(
    'SELECT id, $2::int4 + rank() OVER (ORDER BY id) FROM items WHERE id > $1 ORDER BY id LIMIT $3',
    [5, 7, 9],
  );
  await same('SELECT id, rank() OVER (ORDER BY id), $1 AS t FROM items ORDER BY id', ['text']);
  await same('SELECT id, rank() OVER (ORDER BY id) FROM items WHERE m = $1 ORDER BY id', ['ok']);
  await same(
    'SELECT i.id, sum(o.qty * $1) FROM items i JOIN orders o ON o.item_id = i.id GROUP BY i.id ORDER BY 1',
    [3],
  );
  await same('SELECT max($1::mood), count(*) FROM items i JOIN orders o ON o.item_id = i.id', [
    'ok',
  ]);
});

test('several tables, and no columns at all', async () => {
  await same('SELECT count(*) FROM items i JOIN orders o ON o.item_id = i.id WHERE i.n > o.qty');
  await same('SELECT i.name FROM items i, orders o WHERE o.item_id = i.id ORDER BY i.id, o.id');
  await same('SELECT count(*) FROM (SELECT FROM items) a, (SELECT FROM orders) b');
});

test('in a block of the client nothing is left of one statement for the next', async () => {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await same(numbered);
  await same(numbered);
  assert.equal(await temporaryTables(), 0);
  await client.query('SAVEPOINT s');
  await assert.rejects(
    client.query('SELECT 1 / (id - 150), rank() OVER (ORDER BY id) FROM items'),
    {
      code: '22012',
    },
  );
  await assert.rejects(client.query(numbered), { code: '25P02' });
  await client.query('ROLLBACK TO s');
  await same(numbered);
  await client.query('COMMIT');
  assert.equal(await temporaryTables(), 0);
});

test('several statements in one message are one transaction', async () => {
  const sql = `UPDATE items SET name = 'one' WHERE id = 1; ${numbered}; SELECT 1 / 0`;
  await assert.rejects(client.query(sql), { code: '22012' });
  const { rows: found } = await client.query("SELECT 1 FROM items WHERE name = 'one'");
  assert.equal(found.length, 0);
});

test('an error of any shard or of the final fragment reaches the client once', async () => {
  const raw = await RawClient.login(wire.pgpack.address);
  const failing = [
    'SELECT 1 / (id - 150), rank() OVER (ORDER BY id) FROM items',
    'SELECT 1 / (rank() OVER (ORDER BY id) - 200) FROM items',
    'SELECT 1 / (count(*) OVER () - 200) FROM items',
  ];
  for (const sql of failing) {
    const answer = await raw.ask(query(sql));
    assert.equal(answer.filter(line => line.startsWith('E')).length, 1, String(answer));
    assert.match(answer.at(-2)!, /C=22012/);
    assert.equal(answer.at(-1), 'Z I');
  }
  const [unknown] = await raw.ask(query('SELECT missing, rank() OVER (ORDER BY id) FROM items'));
  assert.match(unknown!, /C=42703 .*P=8/);
  raw.destroy();
  assert.equal(await temporaryTables(), 0);
  await same(numbered);
});

test('a read-only session and a read-only block finish statements', async () => {
  await client.query('SET default_transaction_read_only = on');
  await same(numbered);
  await client.query('RESET default_transaction_read_only');
  for (const on of [client, oracle]) await on.query('BEGIN READ ONLY');
  await same(numbered);
  await same('SELECT *, rank() OVER (ORDER BY m DESC, id) FROM items ORDER BY id');
  await same('SELECT name, rank() OVER (ORDER BY name), id FROM items ORDER BY id LIMIT 30');
  await same(
    'SELECT i.id, sum(o.qty * $1), max($2::mood) FROM items i JOIN orders o ON o.item_id = i.id GROUP BY i.id ORDER BY 1',
    [3, 'ok'],
  );
  await same('SELECT count(*) FROM (SELECT FROM items) a, (SELECT FROM orders) b');
  await same(`WITH a AS (SELECT max(n) AS n FROM items WHERE id < 100)
    SELECT a.n, row_number() OVER (ORDER BY i.id) FROM a, items i WHERE i.n < a.n ORDER BY 2`);
  await same('SELECT id, rank() OVER (ORDER BY id) FROM items WHERE n < 0');
  await client.query('SAVEPOINT s');
  const grouped = 'SELECT i.name FROM items i JOIN orders o ON o.item_id = i.id GROUP BY i.id';
  await assert.rejects(client.query(grouped), { code: '0A000', message: /primary key/ });
  await client.query('ROLLBACK TO s');
  await same(numbered);
  for (const on of [client, oracle]) await on.query('COMMIT');
  await same(numbered);
});

test('a role that may make no temporary table has its statements finished', async () => {
  const { name, runEverywhere } = wire.database;
  const role = `${name}_reader`;
  await runEverywhere(`CREATE ROLE ${role}; GRANT SELECT ON items TO ${role};
    REVOKE TEMPORARY ON DATABASE ${name} FROM PUBLIC`);
  for (const on of [client, oracle]) await on.query(`SET ROLE ${role}`);
  await same(numbered);
  await assert.rejects(client.query(`SELECT *, rank() OVER () FROM orders`), { code: '42501' });
  for (const on of [client, oracle]) await on.query('RESET ROLE');
  await runEverywhere(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await same(numbered);
});

async function whileLocked(work: (waits: () => Promise<void>) => Promise<void>): Promise<void> {
  const locker = await connect(wire.database.shards[2]!);
  await locker.query('BEGIN; LOCK TABLE items');
  await work(() =>
    eventually('it waits for the lock', async () => {
      const { rows: found } = await locker.query('SELECT 1 FROM pg_locks WHERE NOT granted');
      return found.length > 0;
    }),
  );
  await locker.query('ROLLBACK');
  await locker.end();
}

test('a cancel reaches all shards, and others go on', async () => {
  await whileLocked(async waits => {
    const raw = await RawClient.login(wire.pgpack.address);
    raw.send(query(numbered));
    await waits();
    const canceler = await RawClient.dial(wire.pgpack.address);
    canceler.send(cancelRequest(raw.processId, raw.secret));
    const answer = (await raw.until('Z')).map(({ type }) => type);
    assert.deepEqual(answer, ['E', 'Z']);
    assert.deepEqual((await raw.ask(query('SELECT 1'))).at(-1), 'Z I');
    raw.destroy();
  });
  await same(numbered);
  assert.equal(await temporaryTables(), 0);
});

test('a client that goes away in the middle leaves nothing behind', async () => {
  await whileLocked(async waits => {
    const raw = await RawClient.login(wire.pgpack.address);
    raw.send(query(numbered));
    await waits();
    raw.destroy();
    await eventually('its connections are back', () => {
      const { clients } = wire.pgpack.app.counts;
      return clients === 1;
    });
  });
  await eventually('no table is left', async () => (await temporaryTables()) === 0);
  await same(numbered);
});

test('a shard that is lost in the middle is named', async () => {
  await whileLocked(async waits => {
    const raw = await RawClient.login(wire.pgpack.address);
    raw.send(query(numbered));
    await waits();
    const admin = await connect(wire.database.shards[2]!);
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted`);
    await admin.end();
    const [error] = await raw.ask([]);
    assert.match(error!, / C=08006 M=connection to shard 2 /);
    assert.equal((await raw.ask(query('SELECT 1'))).at(-1), 'Z I');
    raw.destroy();
  });
  await same(numbered);
  assert.equal(await temporaryTables(), 0);
});

test('portals give their rows in portions, beside each other and other statements', async () => {
  const raw = await RawClient.login(wire.pgpack.address);
  await raw.ask(query('BEGIN'));
  const begin = (portal: string) => [
    parse('', numbered),
    bind({ portal }),
    execute(portal, 3),
    sync,
  ];
  assert.deepEqual((await raw.ask(begin('p'))).slice(-3), ['D 00000001320000000133', 's', 'Z T']);
  assert.deepEqual((await raw.ask(begin('q'))).slice(-2), ['s', 'Z T']);
  assert.equal((await raw.ask(query(numbered))).at(-2), `C SELECT ${rows}`);
  const second = await raw.ask([execute('p', 2), sync]);
  assert.deepEqual(second, ['D 00000001330000000134', 'D 00000001340000000135', 's', 'Z T']);
  const rest = await raw.ask([execute('p'), sync]);
  assert.deepEqual(rest.slice(-2), [`C SELECT ${rows - 5}`, 'Z T']);
  const others = await raw.ask([execute('q'), sync]);
  assert.deepEqual(others.slice(-2), [`C SELECT ${rows - 3}`, 'Z T']);
  assert.deepEqual(await raw.ask(query('COMMIT')), ['C COMMIT', 'Z I']);
  const alone = await raw.ask([parse('', numbered), bind(), execute('', 2), sync]);
  assert.deepEqual(alone.slice(-2), ['s', 'Z I']);
  raw.destroy();
  assert.equal(await temporaryTables(), 0);
});

test('EXPLAIN shows what is collected and what finishes it', async () => {
  const lines = async (sql: string) => {
    const { rows: found } = await client.query<{ 'QUERY PLAN': string }>(sql);
    return found.map(row => row['QUERY PLAN']);
  };
  const text = await lines(`EXPLAIN (COSTS off) ${numbered}`);
  const shown = text.map(line => line.replace(/Final on shard \d/, 'Final on shard N'));
  assert.match(shown[0]!, /^Final on shard N: /);
  assert.match(shown[2]!, /^ {2}Collect \(shards 0, 1, 2\)$/);
  assert.match(shown[3]!, /^ {4}pgpack_rows_1: SELECT /);
  const at = shown.indexOf('  Shard 0:');
  assert.deepEqual(shown.slice(at, at + 3), [
    '  Shard 0:',
    '    pgpack_rows_1:',
    '      Seq Scan on items',
  ]);
  const analyzed = (await lines(`EXPLAIN (ANALYZE, COSTS off) ${numbered}`)).join('\n');
  assert.match(analyzed, new RegExp(`^ {2}Final: rows=${rows} bytes=\\d+ time=`, 'm'));
  const figures = [...analyzed.matchAll(/^ {2}Shard \d: rows=(\d+) bytes=(\d+) time=/gm)];
  assert.equal(figures.length, 3);
  assert.equal(
    figures.reduce((sum, [, count]) => sum + Number(count), 0),
    rows,
  );
  assert.equal(figures.filter(([, , bytes]) => bytes === '0').length, 0);
  const tables = `EXPLAIN (ANALYZE, COSTS off) ${large}`;
  await client.query(large);
  const stayed = [
    ...(await lines(tables)).join('\n').matchAll(/^ {2}Shard \d: rows=\d+ bytes=0 /gm),
  ];
  assert.equal(stayed.length, 1);
  const json = await client.query(`EXPLAIN (ANALYZE, FORMAT json, COSTS off) ${numbered}`);
  const [document] = json.rows[0]['QUERY PLAN'];
  assert.equal(document.Plan['Node Type'], 'Final');
  assert.equal(document.Final.Rows, rows);
  const [collect] = document.Plan.Plans;
  assert.deepEqual(collect.Shards, [0, 1, 2]);
  assert.equal(collect.Plans[0].Plans[0]['Subplan Name'], 'pgpack_rows_1');
});

test('more bytes than collect_limit are not moved', async () => {
  const { database } = wire;
  const general = 'collect_limit = 1000';
  await usePgPack({ database, sharded: ['items.id'], general }, async pgpack => {
    const limited = await connect(pgpack.address);
    await assert.rejects(limited.query(numbered), { code: '53400', message: /collect_limit/ });
    const few = 'SELECT id, row_number() OVER (ORDER BY id) FROM items WHERE id < 10';
    assert.equal((await limited.query(few)).rows.length, 10);
    await limited.end();
  });
  assert.equal(await temporaryTables(), 0);
});

test('groups that outgrow the memory for merging are finished by a shard', async () => {
  const { database } = wire;
  const general = 'merge_memory_limit = 65536';
  const sql = 'SELECT body, count(*) AS n FROM notes GROUP BY body ORDER BY body';
  const { rows: expected } = await oracle.query(sql);
  await usePgPack({ database, sharded: ['notes.id'], general }, async pgpack => {
    const limited = await connect(pgpack.address);
    assert.deepEqual((await limited.query(sql)).rows, expected);
    await limited.query('BEGIN');
    assert.deepEqual((await limited.query(sql)).rows, expected);
    assert.deepEqual((await limited.query({ text: sql, values: [] })).rows, expected);
    await limited.query(`DECLARE c CURSOR FOR ${sql}`);
    assert.deepEqual((await limited.query('FETCH ALL FROM c')).rows, expected);
    await limited.query('COMMIT');
    const explained = await limited.query(`EXPLAIN (ANALYZE, COSTS off) ${sql}`);
    assert.match(explained.rows.map(row => row['QUERY PLAN']).join(), /rows=99/);
    await limited.end();
  });
});
