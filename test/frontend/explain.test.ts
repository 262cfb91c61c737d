// EXPLAIN across shards: golden answers in test/golden/explain (`REWRITE=1` writes them anew), and
// what one PostgreSQL says of the same statement: its column, its errors, what ANALYZE changes.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type pg from 'pg';
import postgres from 'postgres';
import { bind, execute, parse, sync } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned } from '../support/settled.ts';

const folder = new URL('../golden/explain/', import.meta.url);
const rewrite = process.env['REWRITE'] === '1';
let database: TestDatabase;
let pgpack: PgPack;
let client: pg.Client;
let oracle: pg.Client;

before(async () => {
  database = await createTestDatabase('explain', 3);
  await database.runEverywhere(
    `CREATE TABLE users (id bigint PRIMARY KEY, name text, age int);
     CREATE TABLE parts (a bigint, b text, c int, PRIMARY KEY (a, b));
     CREATE TABLE events (day int PRIMARY KEY, what text);
     CREATE SEQUENCE ids START 1000;
     CREATE TABLE countries (code text PRIMARY KEY, title text);`,
  );
  const more = otherTables(database.name);
  pgpack = await startPgPack({ database, sharded: ['users.id'], omnisharded: ['countries'], more });
  client = await connect(pgpack.address);
  oracle = await connect(database.oracle);
  const rows = Array.from({ length: 20 }, (_, i) => `(${i}, 'user ${i}', ${20 + (i % 7)})`);
  for (const one of [client, oracle]) {
    await one.query(`INSERT INTO users VALUES ${rows.join(', ')}`);
    await one.query(`INSERT INTO countries VALUES ('de', 'Germany'), ('fr', 'France')`);
    await one.query('PREPARE one (bigint) AS SELECT name FROM users WHERE id = $1');
  }
});

after(async () => {
  await client?.end();
  await oracle?.end();
  await allReturned(pgpack);
  await pgpack.close();
  await database.drop();
});

/** A key of two columns, and one by ranges. */
function otherTables(name: string): string {
  return `
[[sharded_tables]]
database = "${name}"
name = "parts"
columns = ["a", "b"]

[[sharded_tables]]
database = "${name}"
name = "events"
column = "day"
data_type = "integer"
mapping = [{ end = 10, shard = 0 }, { start = 10, end = 20, shard = 1 }, { start = 20, shard = 2 }]
`;
}

interface GoldenCase {
  readonly sql: string;
  /** Of the line `# parameters: […]`; null: the simple protocol. */
  readonly parameters: unknown[] | null;
  readonly comment: string;
  readonly expected: string;
}

function readCases(text: string): GoldenCase[] {
  return text.split(/^====\n/m).map(part => {
    const [above = '', expected = ''] = part.trim().split(/^----$/m);
    const comment = /^(#[^\n]*\n)*/.exec(above)![0];
    const given = /^# parameters: (.*)$/m.exec(comment)?.[1];
    const parameters = given === undefined ? null : (JSON.parse(given) as unknown[]);
    const sql = above.slice(comment.length).trim();
    return { sql, parameters, comment, expected: expected.trim() };
  });
}

/** The rows as psql prints them, or the error. */
async function answer({ sql, parameters }: GoldenCase): Promise<string> {
  try {
    const text = parameters === null ? sql : { text: sql, values: parameters };
    const { rows } = await client.query<[unknown]>({
      ...(typeof text === 'string' ? { text } : text),
      rowMode: 'array',
      types: { getTypeParser: () => String },
    });
    return rows.map(([line]) => line).join('\n');
  } catch (error) {
    const { code, message } = error as pg.DatabaseError;
    return `${code}: ${message}`;
  }
}

for (const name of readdirSync(folder).filter(one => one.endsWith('.test'))) {
  describe(name, () => {
    const file = new URL(name, folder);
    const cases = readCases(readFileSync(file, 'utf8'));
    if (rewrite) {
      test('is written anew', async () => {
        const parts: string[] = [];
        for (const one of cases) {
          parts.push(`${one.comment}${one.sql}\n----\n${await answer(one)}\n`);
        }
        writeFileSync(file, parts.join('\n====\n'));
        assert.ok(parts.length > 0);
      });
      return;
    }
    for (const one of cases) {
      test(`${one.comment} ${one.sql}`.trim().replaceAll('\n', ' '), async () => {
        assert.equal(await answer(one), one.expected);
      });
    }
  });
}

const statements = [
  'SELECT * FROM users WHERE id = 5',
  'SELECT age, count(*) FROM users GROUP BY age ORDER BY 1',
  'UPDATE users SET age = age',
  'SELECT * FROM countries',
  'EXECUTE one(5)',
];
for (const sql of statements) {
  test(`the column of EXPLAIN ${sql} is PostgreSQL's, in both protocols`, async () => {
    for (const options of ['', '(FORMAT json) ', '(FORMAT text, VERBOSE) ']) {
      const text = `EXPLAIN ${options}${sql}`;
      for (const queryMode of ['simple', 'extended']) {
        const query = { text, queryMode } as pg.QueryConfig;
        const [ours, theirs] = await Promise.all([client.query(query), oracle.query(query)]);
        assert.deepEqual(ours.fields, theirs.fields, text);
        assert.equal(ours.command, theirs.command);
      }
    }
  });
}

test('what PostgreSQL refuses of the options is said in its words, at its place', async () => {
  for (const text of [
    'EXPLAIN (FOO) SELECT * FROM users',
    'EXPLAIN (FORMAT nonsense) SELECT * FROM users WHERE id = 5',
    'EXPLAIN (TIMING) SELECT * FROM users',
    'EXPLAIN (ANALYZE, GENERIC_PLAN) SELECT * FROM users WHERE id = $1',
    'EXPLAIN (WAL) UPDATE users SET age = 1',
    'EXPLAIN (COSTS maybe) SELECT * FROM users',
    'EXPLAIN SELECT nothing FROM users',
    'EXPLAIN SELECT * FROM users WHERE id = $1',
    "EXPLAIN SELECT * FROM users WHERE id = 'x'",
    'EXPLAIN EXECUTE none(5)',
  ]) {
    assert.deepEqual(await failure(client, text), await failure(oracle, text), text);
  }
});

async function failure(on: pg.Client, text: string): Promise<unknown> {
  try {
    await on.query(text);
    return 'no error';
  } catch (error) {
    const { code, message, position } = error as pg.DatabaseError;
    return { code, message, position };
  }
}

test('ANALYZE of a write on all shards writes once, in the transaction of the client', async () => {
  const sum = async () => (await client.query('SELECT sum(age) FROM users')).rows[0].sum;
  const before = await sum();
  await client.query('BEGIN');
  await client.query('EXPLAIN ANALYZE UPDATE users SET age = age + 1');
  assert.equal(await sum(), String(Number(before) + 20));
  await client.query('ROLLBACK');
  assert.equal(await sum(), before);
  await client.query('EXPLAIN ANALYZE UPDATE users SET age = age + 1');
  await client.query('EXPLAIN (ANALYZE, FORMAT json) UPDATE users SET age = age - 1');
  assert.equal(await sum(), before);
  await client.query(`EXPLAIN ANALYZE INSERT INTO users VALUES (100, 'a', 1), (101, 'b', 1)`);
  const { rowCount } = await client.query('DELETE FROM users WHERE id >= 100');
  assert.equal(rowCount, 2);
});

test('ANALYZE of a write that fails on one shard leaves nothing on the others', async () => {
  const values = `(200, 'a', 1), (201, 'b', 1), (3, 'c', 1)`;
  const insert = `EXPLAIN ANALYZE INSERT INTO users VALUES ${values}`;
  await assert.rejects(client.query(insert), /duplicate key/);
  const { rows } = await client.query('SELECT id FROM users WHERE id >= 100');
  assert.deepEqual(rows, []);
});

test('ANALYZE counts the rows and bytes of each shard and times them', async () => {
  const { rows } = await client.query('EXPLAIN ANALYZE SELECT * FROM users');
  const lines = rows.map(row => row['QUERY PLAN'] as string);
  const shards = lines.filter(line =>
    /^ {2}Shard \d: rows=\d+ bytes=\d+ time=[\d.]+ ms$/.test(line),
  );
  assert.equal(shards.length, 3);
  const count = shards.reduce((sum, line) => sum + Number(/rows=(\d+)/.exec(line)![1]), 0);
  assert.equal(count, 20);
  assert.ok(lines.some(line => /^ {2}Merged: rows=20 bytes=\d+ time=[\d.]+ ms$/.test(line)));
  assert.equal(lines.filter(line => /Seq Scan on users .*actual time/.test(line)).length, 3);
});

test('ANALYZE tells the most memory that a merge held', async () => {
  for (const sql of [
    'SELECT * FROM users ORDER BY id',
    'SELECT id % 3, count(*) FROM users GROUP BY id % 3',
  ]) {
    const { rows } = await client.query(`EXPLAIN ANALYZE ${sql}`);
    const lines = rows.map(row => row['QUERY PLAN'] as string);
    const merged = lines.find(line => line.startsWith('  Merged: '));
    assert.match(merged ?? '', /^ {2}Merged: rows=\d+ bytes=\d+ memory=\d+ time=[\d.]+ ms$/);
  }
});

test('FORMAT json holds figures of PgPack beside those of PostgreSQL', async () => {
  const options = 'ANALYZE, VERBOSE, BUFFERS, WAL, SETTINGS, MEMORY, FORMAT json';
  const text = `EXPLAIN (${options}) SELECT id FROM users`;
  const { rows } = await client.query(text);
  const [document] = rows[0]['QUERY PLAN'];
  assert.equal(document.Way, 'merge');
  assert.equal(document.Merged.Rows, 20);
  const shards = document.Plan.Plans;
  assert.deepEqual(
    shards.map((shard: Record<string, unknown>) => shard['Shard']),
    [0, 1, 2],
  );
  for (const shard of shards) {
    assert.equal(shard.Rows, shard.Plans[0]['Actual Rows']);
    assert.ok(shard.Bytes > 0 && shard['Time (ms)'] > 0 && shard['Execution Time'] > 0);
  }
});

test("a driver that describes a statement before it binds gets PostgreSQL's types", async () => {
  const { address } = pgpack;
  const sql = postgres({ ...address, username: address.user, max: 1 });
  try {
    const rows =
      await sql`EXPLAIN (COSTS off) SELECT name FROM users WHERE id = ${5} AND age > ${3}`;
    assert.match(rows[2]!['QUERY PLAN'], /users\.id = \$1 \(5\) → hash → shard 2$/);
    const [json] = await sql`EXPLAIN (FORMAT json) SELECT name FROM users WHERE id = ${5}`;
    assert.equal(json!['QUERY PLAN'][0].Way, 'relay');
  } finally {
    await sql.end();
  }
});

test('EXPLAIN ANALYZE of writes before one Sync are one transaction', async () => {
  const raw = await RawClient.login(pgpack.address);
  const insert = (id: number, name: string) =>
    `EXPLAIN ANALYZE INSERT INTO users VALUES (${id}, ${name}, 1), (${id + 1}, ${name}, 1)`;
  const unit = [insert(300, "'a'"), insert(300, "'b'")].flatMap(text => [
    parse('', text),
    bind(),
    execute(),
  ]);
  const answer = await raw.ask(Buffer.concat([...unit, sync])).finally(() => raw.destroy());
  assert.ok(answer.some(line => line.includes('C=23505')));
  const { rows } = await client.query('SELECT id FROM users WHERE id >= 300');
  assert.deepEqual(rows, []);
});
