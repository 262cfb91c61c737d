// What a shard would choose, make or read for itself, and schema changes after which rows are looked
// for where they are not: as one PostgreSQL does it, or refused. Copies of omnisharded tables stay
// equal whatever was let through.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { type Exchange, WireClient } from '../differential/wire-client.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { eventually } from '../support/settled.ts';

const schema = `
CREATE TABLE t (k bigint PRIMARY KEY, x float8);
CREATE TABLE u (k bigint, x float8);
CREATE TABLE copies (id int, at timestamptz, v text);
CREATE TABLE filled (id int, at timestamptz DEFAULT now());
CREATE TABLE dated (id int, d date DEFAULT ('now'::text)::date);
CREATE DOMAIN moment AS timestamptz;
CREATE TABLE ranges (id int, m moment, r tstzrange, a date[]);
CREATE TABLE plain (id int, x int);
CREATE TABLE renamed (id int, x int);
CREATE TABLE listed (id int, tenant int);
CREATE TABLE parts (k bigint, d int) PARTITION BY RANGE (d);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE SCHEMA app;
CREATE TABLE app.orgs (org bigint, x int);
CREATE TABLE moved (org bigint, x int);
CREATE VIEW dice AS SELECT random() AS r;
CREATE VIEW few AS SELECT id FROM copies ORDER BY random() LIMIT 3;
CREATE TABLE word (k varchar, v int);
CREATE TABLE words (k varchar, v int);
CREATE FUNCTION alike(varchar, varchar) RETURNS bool LANGUAGE sql IMMUTABLE
  AS 'SELECT lower($1::text) OPERATOR(pg_catalog.=) lower($2::text)';
CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = alike);
CREATE TABLE since (id int, at timestamptz DEFAULT 'now'::timestamptz, v text DEFAULT 'a');
`;

let database: TestDatabase;
let pgpack: PgPack;
let client: WireClient;
let oracle: WireClient;
let shards: pg.Client[];

before(async () => {
  database = await createTestDatabase('third_review', 2);
  await database.runEverywhere(schema);
  const rule = (text: string) => `[[sharded_tables]]\ndatabase = "${database.name}"\n${text}\n`;
  pgpack = await startPgPack({
    database,
    sharded: ['t.k', 'u.k', 'parts.k', 'word.k varchar', 'words.k varchar'],
    omnisharded: ['listed'],
    more: `${rule('column = "tenant"')}${rule('schema = "app"\ncolumn = "org"')}`,
  });
  [client, oracle] = await Promise.all([
    WireClient.connect(pgpack.address),
    WireClient.connect(database.oracle),
  ]);
  shards = await Promise.all(database.shards.map(connect));
  const rows = Array.from({ length: 12 }, (_, i) => i + 1);
  const keys = rows.map(i => `(${i}, ${i})`).join();
  const dated = rows.map(i => `(${i}, '2020-01-01', 'v${i}')`).join();
  await alike([
    ...['t', 'u', 'plain', 'renamed', 'listed', 'app.orgs', 'moved'].map(
      table => `INSERT INTO ${table} VALUES ${keys}`,
    ),
    `INSERT INTO parts VALUES ${rows.map(i => `(${i}, 1)`).join()}`,
    `INSERT INTO copies VALUES ${dated}`,
    "INSERT INTO word VALUES ('a', 1), ('A', 2), ('b', 3), ('B', 4), ('c', 5), ('C', 6)",
    "INSERT INTO words VALUES ('a', 1), ('A', 2), ('b', 3), ('B', 4), ('c', 5), ('C', 6)",
  ]);
});

after(async () => {
  client.close();
  oracle.close();
  await Promise.all(shards.map(shard => shard.end()));
  await pgpack.close();
  await database.drop();
});

type Statement = string | { readonly sql: string; readonly data: string };

function run(on: WireClient, one: Statement): Promise<Exchange> {
  if (typeof one === 'string') return on.query(one);
  return on.query(one.sql, [Buffer.from(one.data)]);
}

function shown({ answers }: Exchange): unknown {
  return answers.map(({ rows, tag, error }) => ({
    rows: rows.map(row => JSON.stringify(row)).sort(),
    tag,
    error: error?.C ?? null,
  }));
}

/** The same answers as the oracle's. */
async function alike(statements: readonly Statement[]): Promise<void> {
  for (const one of statements) {
    const answer = await run(client, one);
    const got = shown(answer);
    assert.deepEqual(got, shown(await run(oracle, one)), JSON.stringify(one));
  }
}

async function refused(statements: readonly Statement[], naming: RegExp): Promise<void> {
  for (const one of statements) {
    const { answers } = await run(client, one);
    const error = answers.find(answer => answer.error !== null)?.error;
    assert.equal(error?.C, '0A000', JSON.stringify(one));
    assert.match(error.M ?? '', naming, JSON.stringify(one));
  }
}

/** Every shard has the oracle's rows. */
async function whole(tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const sql = `SELECT one::text FROM ${table} one ORDER BY 1`;
    const [expected] = (await oracle.query(sql)).answers;
    for (const shard of shards) {
      const { rows } = await shard.query({ text: sql, rowMode: 'array' });
      assert.deepEqual(rows, expected!.rows, table);
    }
  }
}

/** Chance and the order of rows decide once what happens on every shard. */
async function chosenOnce(table: string, statements: readonly string[]): Promise<void> {
  const sql = `SELECT one::text FROM ${table} one ORDER BY 1`;
  for (const one of statements) {
    const { answers } = await run(client, one);
    assert.ok(
      answers.every(({ error }) => error === null),
      one,
    );
    const [first, ...others] = await Promise.all(
      shards.map(shard => shard.query({ text: sql, rowMode: 'array' })),
    );
    for (const other of others) assert.deepEqual(other.rows, first!.rows, one);
  }
}

const copy = (sql: string, data: string): Statement => ({ sql, data });

test('COPY gives every copy of an omnisharded table the same rows, or is refused', async () => {
  await refused(
    [
      copy('COPY copies FROM STDIN', '20\t2020-01-01\ta\n21\tnow\tb\n'),
      copy('COPY copies (id, at) FROM STDIN (FORMAT csv)', '22,"to"day\n'),
      copy('COPY copies (at, id) FROM STDIN (FORMAT csv, HEADER)', 'at,id\n tomorrow ,22\n'),
      copy('COPY ranges FROM STDIN', '1\tnow\t\\N\t\\N\n'),
      copy('COPY ranges FROM STDIN', '1\t\\N\t[now,)\t\\N\n'),
      copy('COPY ranges FROM STDIN', '1\t\\N\t\\N\t{now}\n'),
    ],
    /for column ".+" in a COPY into an omnisharded table/,
  );
  await refused(
    [
      copy('COPY copies FROM STDIN WHERE random() < 0.5', '23\t2020-01-01\ta\n'),
      copy('COPY copies FROM STDIN WHERE at < now()', '23\t2020-01-01\ta\n'),
    ],
    /function .+ in a COPY into omnisharded table "copies"/,
  );
  await refused(
    [
      copy("COPY filled FROM STDIN (DEFAULT 'D')", '1\tD\n'),
      copy('COPY filled (id) FROM STDIN', '1\n'),
      copy('COPY dated (id) FROM STDIN', '1\n'),
    ],
    /the default of column/,
  );
  await alike([
    copy('COPY copies FROM STDIN', '30\t2020-01-01\tnow\n31\t\\N\ttoday\n\\.\n'),
    copy('COPY copies (v, at, id) FROM STDIN (FORMAT csv, HEADER)', 'v,at,id\n"a\nb",epoch,32\n'),
    copy('COPY copies (id, v) FROM STDIN WHERE id < 34', '33\tx\n34\ty\n'),
    copy('COPY copies FROM STDIN', '35\n'),
    copy('COPY filled FROM STDIN', '1\t2020-01-01\n'),
  ]);
  await whole(['copies', 'filled', 'dated', 'ranges']);
});

test('a schema change may not leave rows where its table is not looked for', async () => {
  await refused(
    [
      'ALTER TABLE parts DETACH PARTITION parts_1',
      'ALTER TABLE plain ADD COLUMN tenant int',
      'ALTER TABLE plain ADD COLUMN a int, ADD COLUMN tenant int',
      'ALTER TABLE renamed RENAME COLUMN x TO tenant',
      'ALTER TABLE moved SET SCHEMA app',
      'ALTER SCHEMA app RENAME TO other',
      'ALTER TABLE app.orgs SET SCHEMA public',
      'ALTER TABLE t RENAME TO t2',
    ],
    /after which other rows are sharded/,
  );
  await refused(
    [
      'CREATE TABLE made AS SELECT 1 AS tenant',
      'CREATE TABLE made (tenant) AS SELECT 1',
      'CREATE TABLE app.made AS SELECT * FROM moved',
    ],
    /CREATE TABLE AS of sharded table "made"/,
  );
  await alike([
    'CREATE TABLE made AS SELECT 1 AS one',
    'SELECT count(*) FROM made',
    'ALTER TABLE plain ADD COLUMN other int',
    'ALTER TABLE listed RENAME COLUMN id TO ident',
    'SELECT count(*) FROM listed',
    'SELECT count(*) FROM listed WHERE tenant = 3',
    'SELECT count(*) FROM parts_1',
    'SELECT count(*) FROM plain',
    'SELECT count(*) FROM app.orgs',
    'UPDATE listed SET tenant = 5 WHERE tenant = 4',
  ]);
  await whole(['listed', 'made', 'plain']);
});

test('a moment as a default is refused, defaults that differ fill copies alike', async () => {
  await refused(
    [
      "CREATE TABLE later (id int, at timestamptz DEFAULT 'now')",
      "CREATE TABLE later (id int, v text DEFAULT 'today'::date::text)",
      "ALTER TABLE copies ALTER COLUMN at SET DEFAULT 'now'",
      "CREATE DOMAIN later AS date DEFAULT 'today'",
    ],
    /DEFAULT '(now|today)'/,
  );
  await alike([
    "CREATE TABLE later (id int, v text DEFAULT 'now', at timestamptz DEFAULT now())",
    "ALTER TABLE copies ALTER COLUMN v SET DEFAULT 'today'",
    'INSERT INTO copies (id) VALUES (40)',
  ]);
  // Shards made the table at moments of their own; the comparison runs beside the statements.
  await eventually('the schemas were compared', async () => {
    const { answers } = await client.query('EXPLAIN INSERT INTO since (id) VALUES (1)');
    return String(answers[0]?.rows).includes('Evaluated Insert');
  });
  await alike(['INSERT INTO since (id) VALUES (1)']);
  const filled = await Promise.all(
    shards.map(async shard => (await shard.query('SELECT id, at::text FROM since')).rows),
  );
  assert.equal(filled[0]!.length, 1);
  for (const rows of filled) assert.deepEqual(rows, filled[0]);
  await whole(['copies']);
});

test("operators of users that fit a key's type better say nothing of its shard", async () => {
  await alike([
    "SELECT v FROM word WHERE k = 'b'",
    "SELECT v FROM word WHERE k IN ('a', 'c')",
    "UPDATE word SET v = v + 10 WHERE k = 'B'",
    "DELETE FROM word WHERE k = 'c'",
    'SELECT k, v FROM word',
  ]);
  const joined = 'SELECT count(*) FROM word JOIN words USING (k)';
  const { answers } = await client.query(joined);
  if (answers[0]?.error?.C !== '0A000') await alike([joined]);
});

test('writes on several shards read nothing that each shard would choose for itself', async () => {
  await refused(
    [
      'UPDATE t SET x = dice.r FROM dice',
      'DELETE FROM t USING few WHERE few.id = t.k',
      'INSERT INTO u SELECT k, r FROM t, dice',
      'MERGE INTO t USING dice ON t.x = dice.r WHEN MATCHED THEN DELETE',
    ],
    /view "(dice|few)" with sharded tables/,
  );
  await alike([
    'DELETE FROM t USING few WHERE t.k = 5 AND few.id < 0',
    'INSERT INTO u SELECT k, 1 FROM t WHERE k IN (1, 2, 3)',
    'SELECT count(*) FROM t',
  ]);
});

test('copies of an omnisharded table hang on no order of rows', async () => {
  await refused(
    [
      'CREATE TABLE drawn AS SELECT id FROM plain TABLESAMPLE BERNOULLI (50)',
      'CREATE TABLE drawn AS SELECT array_agg(id) FROM plain',
      'CREATE TABLE drawn AS SELECT row_number() OVER () FROM plain',
      'CREATE TABLE drawn AS SELECT DISTINCT ON (x) id FROM plain',
    ],
    /without ORDER BY|TABLESAMPLE|window function|DISTINCT ON/,
  );
  await chosenOnce('chosen', [
    'CREATE TABLE chosen AS SELECT id, v FROM copies ORDER BY id',
    "UPDATE chosen SET v = (SELECT string_agg(id::text, ',') FROM plain)",
    'UPDATE chosen SET v = ARRAY(SELECT id FROM plain)::text',
    'UPDATE chosen SET v = (SELECT any_value(id) FROM plain)',
    'UPDATE chosen SET v = (SELECT r FROM dice)',
    'DELETE FROM chosen WHERE id IN (SELECT id FROM few)',
    'DELETE FROM chosen WHERE id IN (SELECT id FROM plain TABLESAMPLE BERNOULLI (50))',
  ]);
  await alike([
    "UPDATE copies SET v = (SELECT string_agg(id::text, ',' ORDER BY id) FROM plain) WHERE id = 1",
    'UPDATE copies SET v = ARRAY(SELECT id FROM plain ORDER BY id)::text WHERE id = 2',
    'UPDATE copies SET v = (SELECT max(id) + count(*) FROM plain)::text WHERE id = 3',
    'CREATE TABLE drawn AS SELECT x, array_agg(id ORDER BY id) FROM plain GROUP BY x',
  ]);
  await whole(['copies', 'drawn']);
});
