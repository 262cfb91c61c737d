// LIMIT and OFFSET with FOR UPDATE over shards: rows and locks are those of one PostgreSQL that has
// all the rows. What is locked is asked past PgPack.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import type { TestDatabase } from '../support/cluster.ts';
import { connect, createTestDatabase, type DatabaseAddress } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { allReturned } from '../support/settled.ts';

let database: TestDatabase;
let pgpack: PgPack;

before(async () => {
  database = await createTestDatabase('locked_limit', 3);
  await database.runEverywhere(`
    CREATE TYPE mood AS ENUM ('sad', 'so "so"', 'glad');
    CREATE TABLE jobs (id bigint PRIMARY KEY, state text, rank int);
    CREATE TABLE days (d date PRIMARY KEY, note text);
    CREATE TABLE kinds (id bigint, d date, at timestamptz, t timestamp, flag bool, raw bytea,
      m mood, n numeric, tm time, zoned timetz, net inet, bits varbit, note text,
      PRIMARY KEY (id, d, at, t, flag, raw, m, n, tm, zoned, net, bits));
    CREATE TABLE parents (id bigint PRIMARY KEY, note text);
    CREATE TABLE children () INHERITS (parents)`);
  const sharded = ['jobs.id', 'days.d date', 'kinds.id', 'parents.id', 'children.id'];
  pgpack = await startPgPack({ database, sharded });
  const ids = Array.from({ length: 300 }, (_, i) => i + 1);
  const dates = ids.slice(0, 20).map(id => `('${String(id).padStart(4, '0')}-02-03 BC', '${id}')`);
  const kinds = ids.slice(0, 20).map(id => {
    const at = ['infinity', '0044-03-15 12:00:00.000001+00 BC', '12026-01-02 03:04:05.5+00'][
      id % 3
    ];
    const raw = Buffer.from([id, 0, 92, 34, 39, 255]).toString('hex');
    const mood = ['sad', 'so "so"', 'glad'][id % 3];
    return `(${id}, '12/13/${1890 + id}', '${at}', '${at}', ${id % 2 === 0}, '\\x${raw}',
      '${mood}', ${id}.50, '01:02:03.4', '04:05:06+05:30', '10.0.${id}.0/24', B'${'01'.repeat(id)}',
      '${id}')`;
  });
  for (const address of [database.oracle, pgpack.address]) {
    const client = await connect(address);
    await client.query("SET DateStyle = 'ISO, MDY'");
    await client.query(`INSERT INTO jobs VALUES
      ${ids.map(id => `(${id}, '${id % 4 === 0 ? 'done' : 'queued'}', ${id % 10})`).join()}`);
    await client.query(`INSERT INTO days VALUES ('infinity', 'last'), ${dates.join()}`);
    await client.query(`INSERT INTO kinds VALUES ${kinds.join()}`);
    await client.query("INSERT INTO parents VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    await client.query("INSERT INTO children VALUES (1, 'child'), (4, 'child')");
    await client.end();
  }
});

after(async () => {
  await pgpack.close();
  await database.drop();
});

/** Rows that others have locked, in the order of their texts. */
async function lockedOn(addresses: readonly DatabaseAddress[], table: string): Promise<string[]> {
  const locked: string[] = [];
  for (const address of addresses) {
    const direct = await connect(address);
    const texts = async (sql: string) => (await direct.query(sql)).rows.map(row => row.k as string);
    const all = await texts(`SELECT t::text AS k FROM ONLY ${table} t`);
    const lock = `SELECT t::text AS k FROM ONLY ${table} t FOR UPDATE SKIP LOCKED`;
    const free = new Set(await texts(lock));
    locked.push(...all.filter(one => !free.has(one)));
    await direct.end();
  }
  return locked.sort();
}

interface Case {
  readonly sql: string;
  readonly values?: readonly unknown[];
  /** Said before it. */
  readonly settings?: string;
  readonly table?: string;
}

/** Rows, columns and locks, or the error. */
async function outcome(
  address: DatabaseAddress,
  locked: readonly DatabaseAddress[],
  { sql, values, settings, table = 'jobs' }: Case,
): Promise<unknown> {
  const client = await connect(address);
  try {
    await client.query('BEGIN');
    if (settings !== undefined) await client.query(settings);
    const query = values === undefined ? sql : { text: sql, values: [...values] };
    const result = await client
      .query<Record<string, unknown>>(query as string)
      .catch(error => error);
    if (result instanceof Error) return [(result as pg.DatabaseError).code, result.message];
    const { rows, fields } = result as pg.QueryResult;
    return [rows, fields.map(field => field.name), await lockedOn(locked, table)];
  } finally {
    await client.query('ROLLBACK');
    await client.end();
  }
}

async function assertSame(one: Case): Promise<void> {
  const expected = await outcome(database.oracle, [database.oracle], one);
  assert.deepEqual(await outcome(pgpack.address, database.shards, one), expected, one.sql);
}

const queued = "SELECT id FROM jobs WHERE state = 'queued' ORDER BY id";

test('counts are constants, parameters, expressions or NULL; skipped rows are locked', async () => {
  for (const one of [
    { sql: `${queued} LIMIT 3 OFFSET 0 FOR UPDATE` },
    { sql: `${queued} LIMIT 3 OFFSET 2 FOR UPDATE SKIP LOCKED` },
    { sql: `${queued} OFFSET 220 FOR UPDATE` },
    { sql: `${queued} LIMIT ALL OFFSET 223 FOR UPDATE NOWAIT` },
    { sql: `${queued} OFFSET 1000 FOR UPDATE` },
    { sql: `${queued} LIMIT 5 OFFSET 1000 FOR UPDATE` },
    { sql: `${queued} LIMIT 0 OFFSET 3 FOR UPDATE` },
    { sql: `${queued} LIMIT $1 OFFSET $2 FOR UPDATE`, values: [2, 3] },
    { sql: `${queued} LIMIT $1 OFFSET $2 FOR UPDATE`, values: [2, null] },
    { sql: `${queued} LIMIT $1 FOR UPDATE SKIP LOCKED`, values: [null] },
    { sql: `${queued} LIMIT $1 OFFSET $2 FOR UPDATE`, values: [null, 222] },
    { sql: `${queued} LIMIT (1+1) FOR UPDATE` },
    { sql: `${queued} LIMIT 50 + 15 OFFSET 3 - 2 FOR UPDATE SKIP LOCKED` },
    { sql: `${queued} LIMIT nullif(1, 1) OFFSET (200 + 20) FOR UPDATE` },
    { sql: `${queued} OFFSET (200 + 20) ROWS FETCH FIRST 3 ROWS ONLY FOR SHARE` },
    { sql: `${queued} LIMIT $1 + 1 FOR UPDATE`, values: [4] },
    { sql: 'SELECT id FROM jobs WHERE id < 0 LIMIT 1 + 1 FOR UPDATE' },
    { sql: `${queued} LIMIT 1 - 3 FOR UPDATE` },
    { sql: `${queued} LIMIT 1 OFFSET 1 - 3 FOR UPDATE` },
    { sql: `${queued} LIMIT $1 OFFSET $2 FOR UPDATE`, values: [-2, -1] },
    { sql: 'SELECT FROM jobs WHERE id = ANY ($1) LIMIT 1 FOR UPDATE', values: [[7]] },
  ]) {
    await assertSame(one);
  }
});

test('rows are ordered by output columns, and parameters are among these', async () => {
  for (const one of [
    { sql: 'SELECT rank, id FROM jobs ORDER BY 1 DESC, 2 LIMIT 3 FOR UPDATE' },
    { sql: 'SELECT -rank AS id, id AS other FROM jobs ORDER BY id, other LIMIT 3 FOR UPDATE' },
    { sql: 'SELECT * FROM jobs ORDER BY 3, 1 LIMIT 3 OFFSET 1 FOR UPDATE SKIP LOCKED' },
    {
      sql: 'SELECT $1::text AS said, id FROM jobs WHERE id > $2 ORDER BY id LIMIT $3 FOR UPDATE',
      values: ['it', 7, 2],
    },
    { sql: 'SELECT id, rank * $1 AS r FROM jobs ORDER BY r, id LIMIT 4 FOR UPDATE', values: [-1] },
    { sql: 'SELECT id FROM jobs ORDER BY id LIMIT $1 FOR UPDATE', values: ['2'] },
  ]) {
    await assertSame(one);
  }
});

test('rows are known by keys of many types under any settings, and by their table', async () => {
  for (const settings of [
    "SET LOCAL DateStyle = 'ISO, MDY'",
    "SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL TimeZone = 'Europe/Dublin'",
    "SET LOCAL bytea_output = 'escape'",
    "SET LOCAL IntervalStyle = 'sql_standard'; SET LOCAL xmloption = document",
  ]) {
    const sql = 'SELECT note, id FROM kinds ORDER BY id LIMIT 20 FOR UPDATE';
    await assertSame({ sql, settings, table: 'kinds' });
  }
  for (const settings of ["SET LOCAL DateStyle = 'SQL, DMY'", "SET LOCAL DateStyle = 'German'"]) {
    const sql = 'SELECT note FROM days ORDER BY note COLLATE "C" LIMIT 21 FOR UPDATE SKIP LOCKED';
    await assertSame({ sql, settings, table: 'days' });
  }
  const only = 'SELECT id, note FROM ONLY parents ORDER BY id LIMIT 2 FOR UPDATE';
  await assertSame({ sql: only, table: 'parents' });
  const client = await connect(pgpack.address);
  const both = 'SELECT id FROM parents ORDER BY id LIMIT 2 FOR UPDATE';
  await assert.rejects(client.query(both), { code: '0A000' });
  await client.end();
});

test('free rows are found behind any number of others, and what is free stays so', async () => {
  const holder = await connect(pgpack.address);
  const worker = await connect(pgpack.address);
  await holder.query('BEGIN');
  await worker.query('BEGIN');
  const held = await holder.query(
    "SELECT id FROM jobs WHERE state = 'queued' AND id <> 50 AND (id < 290 OR id > 297) FOR UPDATE",
  );
  assert.equal(held.rowCount, 225 - 1 - 6);
  const take = async (limit: string) =>
    (await worker.query(`${queued} ${limit} FOR UPDATE SKIP LOCKED`)).rows.map(row => row.id);
  const locked = async () => (await lockedOn(database.shards, 'jobs')).length - held.rowCount!;
  assert.deepEqual(await take('LIMIT 1'), ['50']);
  assert.equal(await locked(), 1);
  // What is locked already is found again.
  assert.deepEqual(await take('LIMIT 2'), ['50', '290']);
  assert.equal(await locked(), 2);
  assert.deepEqual(await take('LIMIT 2 OFFSET 2'), ['291', '293']);
  assert.equal(await locked(), 4);
  assert.deepEqual(await take('LIMIT 100'), ['50', '290', '291', '293', '294', '295', '297']);
  assert.equal(await locked(), 7);
  // Row locks end with the savepoint behind which they were taken.
  await worker.query('ROLLBACK; BEGIN; SAVEPOINT s');
  assert.deepEqual(await take('LIMIT 3'), ['50', '290', '291']);
  await worker.query('ROLLBACK TO s');
  assert.equal(await locked(), 0);
  await holder.query('SELECT id FROM jobs FOR UPDATE');
  assert.deepEqual(await take('LIMIT 1'), []);
  await holder.query('ROLLBACK');
  assert.deepEqual(await take('LIMIT 1'), ['1']);
  await worker.query('ROLLBACK');
  await holder.end();
  await worker.end();
  await allReturned(pgpack);
});

test('workers that look for free rows at once have all of them between them', async () => {
  const holder = await connect(pgpack.address);
  await holder.query('BEGIN');
  await holder.query("SELECT id FROM jobs WHERE state = 'queued' AND id < 200 FOR UPDATE");
  const workers = await Promise.all(Array.from({ length: 5 }, () => connect(pgpack.address)));
  const taken = await Promise.all(
    workers.map(async worker => {
      await worker.query('BEGIN');
      const ids: string[] = [];
      const sql = `SELECT id FROM jobs WHERE state = 'queued' AND id <> ALL ($1) ORDER BY id
        LIMIT 3 FOR UPDATE SKIP LOCKED`;
      for (;;) {
        const { rows } = await worker.query<{ id: string }>(sql, [ids]);
        const found = rows.map(row => Number(row.id));
        assert.deepEqual(
          found,
          found.toSorted((a, b) => a - b),
        );
        ids.push(...rows.map(row => row.id));
        if (rows.length < 3) return ids;
      }
    }),
  );
  const all = taken.flat();
  assert.equal(new Set(all).size, all.length);
  assert.equal(all.length, 225 - 150);
  for (const worker of [...workers, holder]) {
    await worker.query('ROLLBACK');
    await worker.end();
  }
  await allReturned(pgpack);
});

test('who may not read the key, and needs not in PostgreSQL, is told so', async () => {
  const role = `reader_of_${database.name}`;
  await database.runEverywhere(
    `CREATE ROLE ${role}; GRANT SELECT (state), UPDATE (rank) ON jobs TO ${role}`,
  );
  try {
    for (const [sql, code, expected] of [
      ['SELECT state FROM jobs LIMIT $1 FOR UPDATE', '0A000', undefined],
      ['SELECT state, id FROM jobs LIMIT $1 FOR UPDATE', '42501', '42501'],
      ['SELECT note FROM days LIMIT $1 FOR UPDATE', '42501', '42501'],
    ] as const) {
      for (const begin of ['', 'BEGIN']) {
        const codes = [];
        for (const address of [pgpack.address, database.oracle]) {
          const client = await connect(address);
          await client.query(`SET ROLE ${role}`);
          await client.query(begin);
          codes.push(
            await client.query(sql, [1]).then(
              () => undefined,
              error => error.code,
            ),
          );
          await client.end();
        }
        assert.deepEqual(codes, [code, expected], sql);
      }
    }
  } finally {
    await database.runEverywhere(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
  await allReturned(pgpack);
});
