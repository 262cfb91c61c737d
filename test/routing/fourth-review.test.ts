// Keys that are compared and stored in one statement, roles and the schemas they see, policies on
// copies, vectors, and orders of a client that end with their transaction: as one PostgreSQL does it,
// or refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { type Exchange, WireClient } from '../differential/wire-client.ts';
import { bind, execute, parse, query, sync } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';

const numbers = Array.from({ length: 6 }, (_, i) => i);

/** `vector` as pgvector has it, as far as placement goes, made of PostgreSQL's own functions. */
const vector = `
CREATE TYPE vector;
CREATE FUNCTION vector_in(cstring) RETURNS vector LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION vector_out(vector) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE vector (INPUT = vector_in, OUTPUT = vector_out, LIKE = text);
CREATE TABLE near (id int, v vector);
CREATE TYPE halfvec;
CREATE FUNCTION half_in(cstring) RETURNS halfvec LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION half_out(halfvec) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE halfvec (INPUT = half_in, OUTPUT = half_out, LIKE = text);
CREATE TABLE half (id int, v halfvec);
`;

const policies = [
  ['chance', 'random() < 0.5'],
  ['timed', 'until > now()'],
  ['dated', 'until > CURRENT_DATE'],
  ['few', 'id IN (SELECT id FROM owned LIMIT 3)'],
  ['owned', "owner = current_user AND owner <> current_setting('app.nobody', true)"],
] as const;

const schemaOf = (first: string, second: string) => `
CREATE ROLE ${first} LOGIN PASSWORD 'x'; CREATE ROLE ${second};
CREATE SCHEMA ${first}; CREATE SCHEMA ${second}; CREATE SCHEMA app; CREATE SCHEMA hidden;
GRANT USAGE ON SCHEMA ${first}, public TO ${first}; GRANT USAGE ON SCHEMA ${second} TO ${second};
CREATE TABLE t (k bigint, n int); CREATE TABLE ${first}.t (k bigint, n int);
CREATE TABLE ${second}.t (k bigint, n int); CREATE TABLE hidden.t (k bigint, n int);
CREATE TABLE app.whole (k bigint);
CREATE TABLE rounded (k numeric(3, 1), n int); CREATE TABLE exact (k numeric, n int);
CREATE TABLE short (k varchar(3), n int); CREATE TABLE padded (k char(3), n int);
CREATE TABLE seconds (k timestamp(0), n int);
CREATE TABLE noted (k bigint, at timestamptz, d date); CREATE SEQUENCE ids;
CREATE TABLE pairs (a bigint, b bigint); CREATE TABLE listed (k bigint);
CREATE TABLE owned (id int, v int, until timestamptz, owner name); CREATE TABLE kinds (id int);
${['chance', 'timed', 'dated', 'few'].map(name => `CREATE TABLE ${name} (LIKE owned);`).join('\n')}
${policies
  .map(
    ([name, using]) => `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;
      CREATE POLICY p ON ${name} USING (${using}) WITH CHECK (true);`,
  )
  .join('\n')}
GRANT ALL ON ALL TABLES IN SCHEMA public, ${first}, ${second}, hidden TO ${first}, ${second};
${vector}`;

let database: TestDatabase;
let pgpack: PgPack;
let client: WireClient;
let oracle: WireClient;
let shards: pg.Client[];
let roles: readonly [string, string];

before(async () => {
  database = await createTestDatabase('fourth_review', 3);
  roles = [`${database.name}_a`, `${database.name}_b`];
  await database.runEverywhere(schemaOf(...roles));
  pgpack = await startPgPack({ database, more: rules() });
  [client, oracle] = await Promise.all([
    WireClient.connect(pgpack.address),
    WireClient.connect(database.oracle),
  ]);
  shards = await Promise.all(database.shards.map(connect));
  await alike([
    `INSERT INTO t VALUES ${numbers.map(i => `(${i}, 1)`).join()}`,
    `INSERT INTO ${roles[1]}.t VALUES ${numbers.map(i => `(${i}, 2)`).join()}`,
    `INSERT INTO ${roles[0]}.t VALUES (1, 7)`,
    `INSERT INTO pairs VALUES ${numbers.map(i => `(${i}, ${i}), (${i}, ${i + 1})`).join()}`,
    `INSERT INTO exact VALUES ${numbers.map(i => `(${i}.25, ${i}), (${i}.3, ${i})`).join()}`,
    'INSERT INTO listed VALUES (1), (2), (3)',
    'INSERT INTO app.whole VALUES (1)',
  ]);
});

after(async () => {
  client.close();
  oracle.close();
  await Promise.all(shards.map(shard => shard.end()));
  await pgpack.close();
  await database.runEverywhere(`DROP OWNED BY ${roles}; DROP ROLE ${roles}`);
  await database.drop();
});

function rules(): string {
  const rule = (text: string) => `[[sharded_tables]]\ndatabase = "${database.name}"\n${text}\n`;
  const tables = ['t', 'rounded', 'exact', 'short', 'padded', 'seconds', 'noted'];
  const centroids = 'data_type = "vector"\ncentroids = [[0, 0], [10, 0], [0, 10], [10, 10]]';
  const mapping = (key: number) =>
    `[[sharded_tables.mapping]]\nvalues = [${key}]\nshard = ${key - 1}`;
  return [
    ...tables.map(name => rule(`schema = "public"\nname = "${name}"\ncolumn = "k"`)),
    rule(`schema = "${roles[1]}"\nname = "t"\ncolumn = "k"`),
    rule('name = "pairs"\ncolumns = ["a", "b"]'),
    rule(`name = "listed"\ncolumn = "k"\n${[1, 2, 3].map(mapping).join('\n')}`),
    ...['near', 'half'].map(name => rule(`name = "${name}"\ncolumn = "v"\n${centroids}`)),
  ].join('');
}

function shown({ answers }: Exchange): unknown {
  return answers.map(({ rows, tag, error }) => ({
    rows: rows.map(row => JSON.stringify(row)).sort(),
    tag,
    error: error?.C ?? null,
  }));
}

/** The same answers as the oracle's; answers how many were refused. */
async function alike(statements: readonly string[], refusals = false): Promise<number> {
  let refused = 0;
  for (const sql of statements) {
    const answer = await client.query(sql);
    if (refusals && answer.answers.some(({ error }) => error?.C === '0A000')) refused += 1;
    else assert.deepEqual(shown(answer), shown(await oracle.query(sql)), sql);
  }
  return refused;
}

async function refused(statements: readonly string[], naming: RegExp): Promise<void> {
  for (const sql of statements) {
    const { answers } = await client.query(sql);
    const error = answers.find(answer => answer.error !== null)?.error;
    assert.equal(error?.C, '0A000', sql);
    assert.match(error.M ?? '', naming, sql);
  }
}

test('keys that are compared are not those that the same statement stores', async () => {
  const stores = numbers.flatMap(i => [
    `INSERT INTO t SELECT ${100 + i}, 1 FROM pairs WHERE a = ${i}`,
    `INSERT INTO t SELECT ${200 + i}, 1 FROM listed WHERE k = ${i}`,
    `INSERT INTO rounded SELECT ${i}.25, n FROM exact WHERE k = ${i}.25`,
    `INSERT INTO rounded SELECT ${i}.25, n FROM exact WHERE k = ${i}.3`,
  ]);
  assert.ok((await alike(stores, true)) < stores.length);
  await alike([
    ...numbers.flatMap(i => [
      `WITH i AS (INSERT INTO rounded VALUES (${i}.25, 8) RETURNING k) SELECT k FROM i`,
      `WITH i AS (INSERT INTO short VALUES ('a${i}   ', 8) RETURNING k) SELECT k FROM i`,
      `WITH i AS (INSERT INTO padded VALUES ('b${i} ', 8) RETURNING k) SELECT k FROM i`,
      `WITH i AS (INSERT INTO seconds VALUES ('2020-01-0${i + 1} 10:00:00.7')) SELECT 1`,
      `MERGE INTO rounded t USING (VALUES (${i}.25)) s (k) ON t.k = s.k
        WHEN NOT MATCHED THEN INSERT VALUES (s.k, 9) WHEN MATCHED THEN DELETE`,
      `MERGE INTO short t USING (VALUES ('c${i}  ')) s (k) ON t.k = s.k
        WHEN NOT MATCHED THEN INSERT VALUES (s.k, 9) WHEN MATCHED THEN DELETE`,
    ]),
    'SELECT k, count(*) FROM t GROUP BY k',
    ...numbers.flatMap(i => [
      `SELECT * FROM t WHERE k = ${100 + i}`,
      `SELECT * FROM rounded WHERE k = ${i}.3`,
      `SELECT * FROM short WHERE k = 'a${i} ' OR k = 'c${i} '`,
      `SELECT * FROM padded WHERE k = 'b${i}'`,
      `SELECT * FROM seconds WHERE k = '2020-01-0${i + 1} 10:00:01'`,
    ]),
  ]);
  const { answers } = await client.query('WITH i AS (INSERT INTO listed VALUES (9)) SELECT 1');
  assert.equal(answers[0]?.error?.C, '23514');
  await alike(['SELECT * FROM listed']);
});

test('statements go by the search path and the role that those before them have set', async () => {
  const [first, second] = roles;
  const ask = 'SELECT count(*), sum(n) FROM t';
  await alike([
    `SET ROLE ${first}; ${ask}; SET ROLE ${second}; ${ask}; RESET ROLE; ${ask}`,
    `BEGIN; SET LOCAL ROLE ${first}; ${ask}; SET LOCAL ROLE ${second}; ${ask}; COMMIT; ${ask}`,
    `SET search_path = ${first}; ${ask}; SET search_path = public; ${ask}; RESET search_path`,
    'BEGIN',
    ...[`SET LOCAL ROLE ${first}`, ask, `SET LOCAL ROLE ${second}`, ask, 'SAVEPOINT a'],
    ...[`SET LOCAL ROLE ${first}`, ask, 'ROLLBACK TO a', ask, 'COMMIT', ask],
    'CREATE TABLE later (k bigint)',
    'SELECT count(*) FROM later',
    'DROP TABLE later; CREATE VIEW later AS SELECT k FROM public.t; SELECT count(*) FROM later',
  ]);
  const raw = await RawClient.login(pgpack.address);
  const steps = [`SET ROLE ${first}`, ask, `SET ROLE ${second}`, ask, 'RESET ROLE'];
  const lines = await raw.ask([...steps.flatMap(sql => [parse('', sql), bind(), execute()]), sync]);
  raw.destroy();
  const rows = lines.filter(line => line.startsWith('D '));
  // 1 and 7, 6 and 12, each behind its length.
  assert.deepEqual(rows, ['D 00000001310000000137', 'D 0000000136000000023132']);
});

test('a schema that the user may not use is not searched', async () => {
  const [login] = roles;
  const asLogin = {
    ...database,
    shards: database.shards.map(one => ({ ...one, user: login, password: 'x' })),
  };
  const other = await startPgPack({ database: asLogin, more: rules() });
  const own = await connect(other.address);
  const plain = await connect(database.oracle);
  await plain.query(`SET SESSION AUTHORIZATION ${login}`);
  for (const sql of [
    'SET search_path = hidden, public',
    'SELECT count(*) AS n FROM t',
    'SELECT * FROM t WHERE k = 3',
    'INSERT INTO t VALUES (50, 1)',
    'SELECT * FROM t WHERE k = 50',
  ]) {
    assert.deepEqual((await own.query(sql)).rows, (await plain.query(sql)).rows, sql);
  }
  await own.end();
  await plain.end();
  await other.close();
  await alike(['SELECT count(*) FROM t']);
});

test('a policy with chance or time in it chooses no copies to be changed', async () => {
  const row = "1, 0, '2999-01-01', 'x'";
  for (const [name] of policies) await alike([`INSERT INTO ${name} VALUES (${row})`]);
  await alike([`SET ROLE ${roles[0]}`]);
  for (const name of ['chance', 'timed', 'dated', 'few']) {
    const writes = [`UPDATE ${name} SET v = 1`, `DELETE FROM ${name}`];
    const reads = [`DELETE FROM kinds USING ${name} WHERE kinds.id = ${name}.id`];
    await refused([...writes, ...reads], /row-level security policy of ".+" with chance or time/);
  }
  await alike([
    'UPDATE owned SET v = 1',
    'DELETE FROM owned WHERE v = 0',
    `INSERT INTO timed VALUES (${row})`,
    'RESET ROLE',
    'SELECT id, v FROM owned',
  ]);
});

test('a vector lies on the shard of the centroid nearest to it', async () => {
  const points = numbers.map(i => [(i * 7) % 12, (i * 5) % 11] as const);
  for (const [id, [x, y]] of points.entries()) {
    const text = `[${x},${y}]`;
    if (id % 3 === 0) await alike([`INSERT INTO near VALUES (${id}, '${text}')`]);
    else if (id % 3 === 1) await alike([`INSERT INTO near SELECT ${id}, '${text}'::vector`]);
    else {
      const copy = [Buffer.from(`${id}\t${text}\n`)];
      for (const one of [client, oracle]) await one.query('COPY near FROM STDIN', copy);
    }
  }
  await alike([`INSERT INTO near VALUES (50, '[1,9]'), (51, '[ 9 , 9 ]'), (52, '[1e0,+1]')`]);
  const centroids = [
    [0, 0],
    [10, 0],
    [0, 10],
    [10, 10],
  ];
  for (const [shard, server] of shards.entries()) {
    const { rows } = await server.query<{ v: string }>('SELECT v::text FROM near');
    for (const { v } of rows) {
      const [x = 0, y = 0] = v.slice(1, -1).split(',').map(Number);
      const distances = centroids.map(([a, b]) => (a! - x) ** 2 + (b! - y) ** 2);
      assert.equal(distances.indexOf(Math.min(...distances)) % 3, shard, v);
    }
  }
  await alike(['SELECT id, v::text FROM near']);
  await refused(["INSERT INTO near VALUES (60, '[0x1,1]')"], /a hexadecimal number/);
  await refused(["INSERT INTO half VALUES (1, '[1,2]')"], /is of type halfvec/);
  const raw = await RawClient.login(pgpack.address);
  const array = [
    parse('', 'INSERT INTO near VALUES (61, $1)', [1021]),
    bind({ values: ['{9,9}'] }),
  ];
  const lines = await raw.ask([...array, execute(), sync]);
  raw.destroy();
  assert.match(lines.join('\n'), /C=0A000 M=placing a row by a value of type/);
});

test('what a failed pipeline has set of a shard is undone, a key is read to its end', async () => {
  const raw = await RawClient.login(pgpack.address);
  const run = (sql: string) => [parse('', sql), bind(), execute()];
  const failed = await raw.ask([...run('SET pgdog.shard = 1'), ...run('SELECT 1 / 0'), sync]);
  assert.match(failed.join('\n'), /C=22012/);
  const [row] = (await raw.ask([query('SHOW pgdog.shard')])).filter(line => line.startsWith('D '));
  assert.equal(row, 'D 00000000');
  raw.destroy();
  const { answers } = await client.query('/* pgdog_sharding_key: 5*6 */ SELECT count(*) FROM t');
  assert.equal(answers[0]?.error?.C, '22P02');
});

test('a write on several shards has one time for all of them', async () => {
  const distinct = 'SELECT count(*), count(DISTINCT at), count(DISTINCT d) FROM noted';
  await alike([
    `INSERT INTO noted VALUES ${numbers.map(i => `(${i}, now(), CURRENT_DATE)`).join()}`,
    distinct,
    'UPDATE noted SET at = CURRENT_TIMESTAMP WHERE at <= now()',
    distinct,
    ...['BEGIN', 'UPDATE noted SET at = now()', 'UPDATE owned SET until = now()'],
    'SELECT count(*) FROM noted WHERE at IN (SELECT until FROM owned)',
    'COMMIT',
    'INSERT INTO owned VALUES (7, 0, now()) RETURNING until = now()',
    'DELETE FROM noted WHERE at > now()',
  ]);
  const texts = shards.map(shard => shard.query('SELECT until::text FROM owned ORDER BY id'));
  const copies = new Set((await Promise.all(texts)).map(({ rows }) => JSON.stringify(rows)));
  assert.equal(copies.size, 1);
  await refused(['UPDATE owned SET until = clock_timestamp()'], /function clock_timestamp\(\)/);
});

test("sequences that are asked by themselves are shard 0's", async () => {
  await alike([
    ...["SELECT nextval('ids')", "SELECT setval('ids', 20)", "SELECT nextval('ids')"],
    "SELECT x, nextval('ids') FROM generate_series(1, 3) x",
    "INSERT INTO noted (k) VALUES (nextval('ids') + 100), (nextval('ids')) RETURNING k",
  ]);
  await refused(["SELECT nextval('ids'), count(*) FROM t"], /function nextval\(\)/);
  const { rows } = await shards[1]!.query('SELECT last_value FROM ids');
  assert.deepEqual(rows, [{ last_value: '1' }]);
});
