// Shards that have a table differently: what SHOW SCHEMA says of each difference, which of them
// refuse statements on several shards, and that one shard by itself goes on.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { eventually } from '../support/settled.ts';

let database: TestDatabase;
let pgpack: PgPack;
let client: pg.Client;
let admin: pg.Client;

const everywhere = `
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE TYPE pair AS (a int);
  CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
  CREATE FUNCTION alike(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n';
  CREATE VIEW seen AS SELECT 1 AS one;
`;

interface Case {
  readonly table: string;
  /** On every shard but the one that differs. */
  readonly usual: string;
  readonly shard: number;
  readonly other: string;
  /** Part of what is said of it. */
  readonly drift: RegExp;
  /** Statements on several shards are refused. */
  readonly refused: boolean;
}

/** `T` is the table. */
const cases: readonly Case[] = [
  {
    table: 'missing',
    usual: 'CREATE TABLE T (id bigint, v int)',
    shard: 2,
    other: 'SELECT 1',
    drift: /^on shard 2: there is no such table$/,
    refused: true,
  },
  {
    table: 'lacking',
    usual: 'CREATE TABLE T (id bigint, v int)',
    shard: 1,
    other: 'CREATE TABLE T (id bigint)',
    drift: /^on shard 1: it has no column "v"$/,
    refused: true,
  },
  {
    table: 'longer',
    usual: 'CREATE TABLE T (id bigint, v int)',
    shard: 1,
    other: 'CREATE TABLE T (id bigint, v int, w int)',
    drift: /it has a column "w", which shard 0 lacks/,
    refused: true,
  },
  {
    table: 'typed',
    usual: 'CREATE TABLE T (id bigint, v int)',
    shard: 1,
    other: 'CREATE TABLE T (id bigint, v numeric(4, 2))',
    drift: /column "v" is numeric\(4,2\), not integer/,
    refused: true,
  },
  {
    table: 'ordered',
    usual: 'CREATE TABLE T (id bigint, v int, w int)',
    shard: 2,
    other: 'CREATE TABLE T (id bigint, w int, v int)',
    drift: /on shard 2: the order of its columns is id, w, v/,
    refused: true,
  },
  {
    table: 'collated',
    usual: 'CREATE TABLE T (id bigint, v text COLLATE "C")',
    shard: 1,
    other: 'CREATE TABLE T (id bigint, v text COLLATE "en-x-icu")',
    drift: /column "v" has collation icu en, not C/,
    refused: true,
  },
  {
    table: 'labelled',
    usual: 'CREATE TABLE T (id bigint, v mood)',
    shard: 1,
    other: "ALTER TYPE mood ADD VALUE 'happy'; CREATE TABLE T (id bigint, v mood)",
    drift: /type public.mood of column "v" is made otherwise/,
    refused: true,
  },
  {
    table: 'arrayed',
    usual: 'CREATE TABLE T (id bigint, v pair[])',
    shard: 2,
    other: 'ALTER TYPE pair ADD ATTRIBUTE b int; CREATE TABLE T (id bigint, v pair[])',
    drift: /type public.pair\[\] of column "v" is made otherwise/,
    refused: true,
  },
  {
    table: 'guarded',
    usual: 'CREATE TABLE T (id bigint, v int)',
    shard: 1,
    other: 'CREATE TABLE T (id bigint, v int); ALTER TABLE T ENABLE ROW LEVEL SECURITY',
    drift: /row-level security/,
    refused: true,
  },
  {
    table: 'policed',
    usual: 'CREATE TABLE T (id bigint, v int); CREATE POLICY p ON T USING (v > 1)',
    shard: 1,
    other: 'CREATE TABLE T (id bigint, v int); CREATE POLICY p ON T USING (v > 2)',
    drift: /its policies are others/,
    refused: true,
  },
  {
    table: 'viewed',
    usual: 'CREATE TABLE T (id bigint)',
    shard: 1,
    other: 'CREATE VIEW T AS SELECT 1::bigint AS id',
    drift: /it is a view, not a table/,
    refused: true,
  },
  {
    table: 'nullable',
    usual: 'CREATE TABLE T (id bigint NOT NULL)',
    shard: 1,
    other: 'CREATE TABLE T (id bigint)',
    drift: /column "id" is not NOT NULL/,
    refused: false,
  },
  {
    table: 'unindexed',
    usual: 'CREATE TABLE T (id bigint, v int); CREATE UNIQUE INDEX ON T (id)',
    shard: 2,
    other: 'CREATE TABLE T (id bigint, v int)',
    drift: /^on shard 2: it has no index "unindexed_id_idx"$/,
    refused: false,
  },
  {
    table: 'defaulted',
    usual: 'CREATE TABLE T (id bigint, v int DEFAULT 1)',
    shard: 1,
    other: 'CREATE TABLE T (id bigint, v int DEFAULT 2)',
    drift: /the default of column "v" is 2, not 1/,
    refused: false,
  },
];

before(async () => {
  database = await createTestDatabase('drift', 3);
  await database.runEverywhere(everywhere);
  const shards = await Promise.all(database.shards.map(connect));
  for (const { table, usual, shard, other } of cases) {
    for (const [at, one] of shards.entries()) {
      await one.query((at === shard ? other : usual).replaceAll(/\bT\b/g, table));
    }
  }
  for (const one of shards)
    await one.query('CREATE TABLE same (id bigint, v int); CREATE TABLE reference (v int)');
  await shards[1]!.query('ALTER TABLE reference ALTER v TYPE bigint');
  await shards[1]!.query(
    "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n + n'",
  );
  await shards[2]!.query(
    'CREATE OR REPLACE VIEW seen AS SELECT 2 AS one; CREATE TABLE extra (id bigint)',
  );
  await Promise.all(shards.map(one => one.end()));
  pgpack = await startPgPack({
    database,
    sharded: [...cases.map(one => one.table), 'same', 'fixed'].map(table => `${table}.id`),
    more: '[admin]\nuser = "boss"\npassword = "secret"\n',
  });
  client = await connect(pgpack.address);
  admin = await connect({ ...pgpack.address, user: 'boss', password: 'secret', database: 'admin' });
});

after(async () => {
  await Promise.all([client.end(), admin.end()]);
  await pgpack.close();
  await database.drop();
});

async function schemaRow(name: string): Promise<Record<string, unknown>> {
  await client.query('SELECT count(*) FROM same');
  const { rows } = await admin.query('SHOW SCHEMA');
  return rows.find(row => row.name === name) ?? {};
}

const drifted = (name: string) => ({
  code: '0A000',
  message: new RegExp(`"public.${name}", which shards have differently \\(on shard \\d: `),
});

for (const { table, drift, refused } of cases) {
  const what = refused ? 'refuses' : 'does not refuse';
  test(`a table that is ${table} on one shard ${what} statements on several`, async () => {
    const row = await schemaRow(table);
    assert.match(String(row.drift), drift);
    assert.equal(row.refused, refused);
    if (refused) await assert.rejects(client.query(`SELECT * FROM ${table}`), drifted(table));
    else assert.equal((await client.query(`SELECT * FROM ${table}`)).rows.length, 0);
  });
}

test('a statement that its key confines to one shard runs as the table is there', async () => {
  const ids = Array.from({ length: 12 }, (_, id) => id);
  const outcomes = new Set<string>();
  for (const id of ids) {
    const insert = client.query(`INSERT INTO lacking (id) VALUES (${id})`);
    assert.equal((await insert).rowCount, 1);
    const select = client.query(`SELECT * FROM lacking WHERE id = ${id}`);
    outcomes.add(Object.keys((await select).rows[0]).join());
  }
  assert.deepEqual([...outcomes].sort(), ['id', 'id,v']);
});

const using: readonly (readonly [sql: string, refused: boolean])[] = [
  ['SELECT id FROM lacking', false],
  ['SELECT count(*) FROM typed', false],
  ['SELECT w, v FROM ordered ORDER BY id', false],
  ['SELECT l.id FROM lacking l JOIN same s ON s.id = l.id', false],
  ['DELETE FROM lacking WHERE id < 0', false],
  ['INSERT INTO lacking (id) VALUES (101), (102), (103), (104)', false],
  ['SELECT v FROM lacking', true],
  ['SELECT id FROM lacking WHERE lacking.v > 1', true],
  ['SELECT l FROM lacking l', true],
  ['SELECT count(lacking) FROM lacking', true],
  ['SELECT id FROM lacking AS l (id, x)', true],
  ['SELECT count(*) FROM lacking NATURAL JOIN same', true],
  ['SELECT count(*) FROM lacking JOIN same USING (v)', true],
  ['SELECT count(*) FROM (SELECT * FROM lacking) l', true],
  ['UPDATE lacking SET v = 1', true],
  ['DELETE FROM lacking RETURNING *', true],
  ['INSERT INTO lacking VALUES (101), (102), (103), (104)', true],
  ['COPY lacking FROM STDIN', true],
  ['SELECT count(*) FROM missing', true],
  ['SELECT count(*) FROM guarded', true],
  ['SELECT count(*) FROM reference', false],
  ['SELECT count(*) FROM seen', true],
];

for (const [sql, refused] of using) {
  test(`${sql} is ${refused ? '' : 'not '}refused where a column differs`, async () => {
    const answer = client.query(sql);
    if (refused) await assert.rejects(answer, { code: '0A000' });
    else await answer;
  });
}

test('an omnisharded table whose copies differ is not read from just any shard', async () => {
  await assert.rejects(client.query('SELECT * FROM reference'), drifted('reference'));
  await assert.rejects(client.query('INSERT INTO reference VALUES (1)'), drifted('reference'));
});

test('a view that is another on one shard is refused', async () => {
  assert.match(String((await schemaRow('seen')).drift), /^on shard 2: its query is another$/);
  await assert.rejects(client.query('SELECT * FROM seen'), drifted('seen'));
});

test('functions that differ, and relations that shard 0 lacks, are listed', async () => {
  assert.match(String((await schemaRow('twice(n integer)')).drift), /its body is another/);
  assert.equal((await schemaRow('alike(n integer)')).name, undefined);
  assert.match(
    String((await schemaRow('extra')).drift),
    /on shard 2: it is there, unlike on shard 0/,
  );
});

test('tables are listed with how they are sharded', async () => {
  const { sharded, key_columns, drift } = await schemaRow('same');
  assert.deepEqual([sharded, key_columns, drift], ['hash', 'id', null]);
  assert.equal((await schemaRow('reference')).sharded, 'omni');
});

test('what was mended past PgPack is right again after the next change of tables', async () => {
  const shard = await connect(database.shards[1]!);
  await shard.query('ALTER TABLE typed ALTER v TYPE int');
  await shard.end();
  await client.query('CREATE TABLE fixed (id bigint)');
  // A comparison that takes long is not waited for by those who read the catalog.
  await eventually('the drift is over', async () => (await schemaRow('typed')).drift === null);
  assert.equal((await client.query('SELECT * FROM typed')).rows.length, 0);
});

test('a difference made past PgPack is found beside the next reading of the catalog', async () => {
  const shard = await connect(database.shards[2]!);
  await shard.query('ALTER TABLE fixed ADD more int');
  await shard.end();
  await client.query('CREATE TABLE later (id bigint)');
  await eventually('the drift is known', async () => (await schemaRow('fixed')).refused === true);
  await assert.rejects(client.query('SELECT * FROM fixed'), drifted('fixed'));
});
