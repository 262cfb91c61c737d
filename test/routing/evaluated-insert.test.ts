// INSERT whose sharding key is no constant: an expression, a default, a sequence, on 3 shards. The
// answer and the rows are those of one PostgreSQL, and every row is found by its key on one shard.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Case } from '../differential/case-file.ts';
import { difference, isRefusal } from '../differential/compare.ts';
import { runCase } from '../differential/modes.ts';
import { type Exchange, WireClient } from '../differential/wire-client.ts';
import { bind, describe as describePortal, execute, parse, sync } from '../support/client-bytes.ts';
import { createTestDatabase, type DatabaseAddress } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';
import { HashOracle } from './hash-oracle.ts';

const schema = `
CREATE TABLE numbers (id bigint PRIMARY KEY, what text);
CREATE TABLE words (id varchar(5) PRIMARY KEY, what text);
CREATE TABLE moments (id timestamptz, what text);
CREATE TABLE floats (id float8, what text);
CREATE TABLE serials (id bigserial PRIMARY KEY, what text, at timestamptz DEFAULT now());
CREATE TABLE always (what text, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE defaults (id int DEFAULT 40 + 2, what text, other text DEFAULT 'o');
CREATE TABLE lines (id serial, k bigint, what text DEFAULT 'w');
CREATE TABLE pairs (a bigint, b text DEFAULT 'B', what text);
CREATE TABLE whole (id bigint, what text);
CREATE SEQUENCE own_sequence START 500;
INSERT INTO whole VALUES (77, 'row');
`;

/** Of each table's key, for the hash. */
const keyTypes: Readonly<Record<string, readonly [types: string, ...columns: string[]]>> = {
  numbers: ['bigint', 'id'],
  words: ['varchar(5)', 'id'],
  moments: ['timestamptz', 'id'],
  floats: ['float8', 'id'],
  serials: ['bigint', 'id'],
  always: ['bigint', 'id'],
  defaults: ['int', 'id'],
  lines: ['bigint', 'k'],
  pairs: ['bigint, text', 'a', 'b'],
};

/** PgPack, then the oracle. */
let addresses: readonly DatabaseAddress[];
let endpoint: PgPack;
let pgpack: WireClient;
let oracle: WireClient;
let placed: HashOracle;
let shards: WireClient[];
const opened: { close(): Promise<void> | void }[] = [];

before(async () => {
  const database = await createTestDatabase('evaluated', 3);
  opened.push({ close: () => database.drop() });
  await database.runEverywhere(schema);
  endpoint = await startPgPack({
    database,
    omnisharded: ['whole'],
    more: Object.entries(keyTypes)
      .map(
        ([table, [, ...columns]]) => `
[[sharded_tables]]
database = "${database.name}"
name = "${table}"
columns = ${JSON.stringify(columns)}
`,
      )
      .join(''),
  });
  opened.push(endpoint);
  addresses = [endpoint.address, database.oracle];
  pgpack = await WireClient.connect(endpoint.address);
  oracle = await WireClient.connect(database.oracle);
  placed = await HashOracle.open(database.oracle, 3);
  shards = await Promise.all(database.shards.map(shard => WireClient.connect(shard)));
  opened.push(pgpack, oracle, placed, ...shards);
});

after(async () => {
  for (const one of opened.reverse()) await one.close();
});

const simple = [
  "INSERT INTO numbers VALUES (abs(-42), 'sum') RETURNING *",
  "INSERT INTO numbers (what, id) VALUES ('cast', '43'::text::bigint), ('product', 4 * 11)",
  "INSERT INTO numbers VALUES (1, 'a'), (length('four') + 100, 'b''\\'), (3, 'c') RETURNING id, what",
  "INSERT INTO numbers VALUES (7.6::numeric, 'rounded')",
  "INSERT INTO numbers VALUES (abs('-900'), 'x') ON CONFLICT (id) DO NOTHING",
  "INSERT INTO numbers VALUES (abs(-900), 'twice') ON CONFLICT (id) DO NOTHING",
  "INSERT INTO numbers VALUES (abs(-42), 'duplicate')",
  "INSERT INTO numbers VALUES (1 / (1 - 1), 'division by zero')",
  "INSERT INTO numbers VALUES (lower('8'), 'text')",
  "INSERT INTO numbers VALUES (now(), 'time')",
  "INSERT INTO words VALUES (abs(-5), 'a number'), (5 > 4, 'a truth')",
  "INSERT INTO words VALUES (abs(-123456), 'too long')",
  "INSERT INTO numbers VALUES ((SELECT max(id) + 1 FROM whole), 'subquery') RETURNING id",
  "INSERT INTO numbers VALUES ((SELECT 1000), upper('x')), (nullif(5, 4), lower('Y'))",
  "INSERT INTO numbers VALUES (nextval('own_sequence'), 'one'), (nextval('own_sequence'), 'two')",
  "INSERT INTO words VALUES (lower('ABC'), 'lower'), ('x' || 'y''z', 'joined') RETURNING id",
  "INSERT INTO words VALUES (repeat('ab', 3), 'too long')",
  "INSERT INTO words VALUES (E'a\\\\' || E'\\n', 'escapes')",
  "INSERT INTO moments VALUES (make_timestamptz(2026, 1, 2, 3, 4, 5.5, 'UTC'), 'made')",
  "INSERT INTO moments VALUES ('2026-02-03'::timestamptz + interval '1 day', 'later')",
  "INSERT INTO floats VALUES (0.1::float8 + 0.2::float8, 'sum'), (sqrt(2::float8), 'root')",
  "INSERT INTO serials (what) VALUES ('a'), ('b'), ('c') RETURNING id, what",
  "INSERT INTO serials VALUES (DEFAULT, 'd')",
  "INSERT INTO serials (what, id) VALUES ('e', DEFAULT) RETURNING id",
  'INSERT INTO serials DEFAULT VALUES RETURNING id',
  "INSERT INTO always (what) VALUES ('a'), ('b') RETURNING id",
  "INSERT INTO always VALUES ('c') RETURNING *",
  "INSERT INTO always VALUES ('d', DEFAULT) RETURNING *",
  'INSERT INTO always DEFAULT VALUES RETURNING *',
  "INSERT INTO always VALUES ('e', 100)",
  "INSERT INTO always OVERRIDING SYSTEM VALUE VALUES ('f', 100)",
  "INSERT INTO defaults (what) VALUES ('left out')",
  "INSERT INTO defaults VALUES (DEFAULT, 'given', DEFAULT), (5, 'other', 'p') RETURNING *",
  'INSERT INTO defaults DEFAULT VALUES RETURNING *',
  "INSERT INTO lines (k, what) VALUES (1, 'a'), (2, 'b'), (3, 'c') RETURNING id",
  'INSERT INTO lines (k) VALUES (4) RETURNING *',
  "INSERT INTO pairs VALUES (1, upper('x'), 'first'), (abs(-2), DEFAULT, 'second')",
  "INSERT INTO pairs (what, a) VALUES ('third', 3) RETURNING *",
] as const;

const extended = [
  "INSERT INTO numbers VALUES («2000» + 1, «'parameters'») RETURNING id",
  "INSERT INTO numbers VALUES (abs(«-2002»), «'x'»), («2003», lower(«'Y'»)) RETURNING *",
  "INSERT INTO words VALUES (lower(«'DEF'»), «'p'»)",
  "INSERT INTO serials (what) VALUES («'p'») RETURNING id",
  "INSERT INTO lines (k, what) VALUES («10», «'a'»), («11», «NULL») RETURNING id, what",
] as const;

describe('keys that PostgreSQL gives', () => {
  for (const sql of simple) {
    test(sql, () => same(sql, 'simple'));
  }
  for (const sql of extended) {
    for (const mode of ['simple', 'extended', 'binary'] as const) {
      test(`${mode}: ${sql}`, () => same(sql.replaceAll('200', `${mode.length}00`), mode));
    }
  }
});

test('within a transaction the values are its own and are undone with it', async () => {
  for (const client of [pgpack, oracle]) {
    await client.query('BEGIN');
    await client.query("INSERT INTO numbers VALUES (abs(-7000), 'undone')");
    await client.query('ROLLBACK');
    await client.query("BEGIN; INSERT INTO numbers VALUES (abs(-7001), 'kept'); COMMIT");
  }
  await sameRows('numbers');
});

test('an error of a value fails the transaction it stands in', async () => {
  for (const client of [pgpack, oracle]) {
    await client.query('BEGIN');
    await client.query("INSERT INTO numbers VALUES (abs(-7100), 'before')");
    const failed = await client.query("INSERT INTO numbers VALUES (1 / (id(1) - 1), 'x')");
    assert.equal(failed.answers[0]!.error?.C, '42883');
    assert.equal((await client.query('SELECT 1')).answers[0]!.error?.C, '25P02');
    await client.query('ROLLBACK');
  }
  await sameRows('numbers');
});

test('many rows, more than one query can ask for', async () => {
  const rows = Array.from({ length: 950 }, (_, n) => `(${n}, 'many ${n}')`);
  await same(`INSERT INTO lines (k, what) VALUES ${rows.join(', ')} RETURNING id, k`, 'simple');
});

test('as one of several statements, by PREPARE, behind a savepoint', async () => {
  const texts = [
    "INSERT INTO numbers VALUES (abs(-7200), 'a'); INSERT INTO numbers VALUES (abs(-7201), 'b')",
    'PREPARE add (text) AS INSERT INTO serials (what) VALUES ($1) RETURNING id',
    "EXECUTE add ('prepared')",
    'BEGIN',
    "INSERT INTO numbers VALUES (abs(-7300), 'kept')",
    'SAVEPOINT s',
    "INSERT INTO numbers VALUES (abs(-7301), 'undone')",
    'INSERT INTO numbers VALUES (1 / (abs(-1) - 1))',
    'ROLLBACK TO s',
    "INSERT INTO numbers VALUES (abs(-7302), 'kept')",
    'COMMIT',
  ];
  for (const text of texts) await same(text, 'simple');
  await sameRows('numbers');
});

test('several in one exchange, one statement bound twice', async () => {
  const exchange = [
    parse('add', 'INSERT INTO serials (what) VALUES ($1) RETURNING id, what'),
    ...['first', 'second'].flatMap(what => [bind({ statement: 'add', values: [what] }), execute()]),
    parse('', 'INSERT INTO numbers VALUES (abs($1), $2) RETURNING id'),
    ...[bind({ values: ['-7400', 'third'] }), describePortal('P'), execute(), sync],
  ];
  const answers = [];
  for (const address of addresses) {
    const raw = await RawClient.login(address);
    answers.push(await raw.ask(exchange));
    raw.destroy();
  }
  assert.deepEqual(answers[0], answers[1]);
  await sameRows('serials');
});

test('connections that were asked go back', async () => {
  await eventually('every server connection idle', () => {
    const { serverConnections, idleServerConnections } = endpoint.app.counts;
    return serverConnections === idleServerConnections;
  });
  assert.ok(endpoint.app.counts.serverConnections > 0);
});

test('EXPLAIN names what is asked first', async () => {
  const { answers } = await pgpack.query("EXPLAIN INSERT INTO serials (what) VALUES ('a')");
  assert.equal(answers[0]!.error, null);
  const lines = answers[0]!.rows.map(([line]) => line);
  assert.match(lines.join('\n'), /on shard 0: nextval/);
});

for (const [table, [types, ...columns]] of Object.entries(keyTypes)) {
  test(`rows of ${table} are PostgreSQL's and lie on the shards of their keys`, async () => {
    await sameRows(table);
    const keys = columns.map(column => `${column}::text`).join(', ');
    for (const [shard, client] of shards.entries()) {
      const { answers } = await client.query(`SELECT ${keys} FROM ${table}`);
      for (const row of answers[0]!.rows) {
        assert.equal(await placed.shardOf(types, ...row), shard, JSON.stringify(row));
      }
    }
  });
}

test('what cannot be evaluated in one place is refused', async () => {
  const refused = [
    "INSERT INTO numbers VALUES ((SELECT max(id) FROM numbers), 'all shards')",
    "INSERT INTO always OVERRIDING USER VALUE VALUES ('x', 5)",
  ];
  for (const sql of refused) assert.ok(isRefusal([await pgpack.query(sql)]), sql);
});

async function same(sql: string, mode: 'simple' | 'extended' | 'binary'): Promise<void> {
  const one = caseOf(sql);
  const got = await runCase(pgpack, one, mode);
  const expected = await runCase(oracle, one, mode);
  assert.equal(difference(withoutPlaces(got), withoutPlaces(expected), one), null);
}

/** Rows of both as they lie, but for the moment they were written. */
async function sameRows(table: string): Promise<void> {
  const columns = table === 'serials' ? 'id, what' : '*';
  const one = caseOf(`SELECT ${columns} FROM ${table}`);
  const got = await runCase(pgpack, one, 'simple');
  assert.equal(difference(got, await runCase(oracle, one, 'simple'), one), null);
}

/** Positions count in the text that a server got, which has values in the place of expressions. */
function withoutPlaces(exchanges: readonly Exchange[]): Exchange[] {
  return exchanges.map(exchange => ({
    ...exchange,
    answers: exchange.answers.map(answer => {
      if (answer.error === null) return answer;
      const { P: _, ...error } = answer.error;
      return { ...answer, error };
    }),
  }));
}

function caseOf(sql: string): Case {
  return {
    ...{ file: 'evaluated-insert.test.ts', line: 0, sql, text: sql, stdin: null, refused: [] },
    ...{ compare: 'rows', ordered: /returning/i.test(sql) ? null : [], messages: true },
    ...{ simpleOnly: false, textOnly: false },
  };
}
