// Tables mapped by list and range, and keys of several columns, through PgPack on three shards: each
// shard holds what the partition of the same bounds holds on one PostgreSQL, and conditions on the
// key find the same rows.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { seededRandom } from '../sharding/seeded-random.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { pick } from './key-sample.ts';

const seed = Number(process.env.SEED ?? 20_261_121);
const rows = 60;

interface Mapped {
  readonly table: string;
  /** Of the key. */
  readonly columns: string;
  readonly key: readonly string[];
  /** Of the configuration, below `name`. */
  readonly toml: string;
  /** Of the partitioned table on one PostgreSQL; partition n is shard n. */
  readonly by: string;
  readonly bounds: readonly [string, string, string];
  readonly values: readonly (readonly (string | null)[])[];
  readonly conditions: readonly string[];
  /** A key without a place. */
  readonly nowhere: readonly (string | null)[] | null;
}

const tables: readonly Mapped[] = [
  {
    table: 'by_list',
    columns: 'k text',
    key: ['k'],
    toml: `column = "k"
mapping = [
  { values = ["de", "at", "O'Neil"], shard = 0 },
  { values = ["us"], null = true, shard = 1 },
  { values = ["", "DE"], shard = 2 }]`,
    by: 'LIST (k)',
    bounds: [`IN ('de', 'at', 'O''Neil')`, `IN ('us', NULL)`, `IN ('', 'DE')`],
    values: [['de', 'at', "O'Neil", 'us', '', 'DE', null]],
    conditions: [`k = 'de'`, `k IN ('us', 'DE', 'xx')`, 'k IS NULL', `k > 'a'`, `k = 'xx'`],
    nowhere: ['xx'],
  },
  {
    table: 'by_range',
    columns: 'k timestamptz',
    key: ['k'],
    toml: `column = "k"
data_type = "timestamptz"
mapping = [
  { end = "2026-01-01 00:00:00+00", shard = 0 },
  { start = "2026-01-01 00:00:00+00", end = "2026-07-01 00:00:00+02", shard = 1 },
  { start = "2026-07-01 00:00:00+02", end = "infinity", shard = 2 }]`,
    by: 'RANGE (k)',
    bounds: [
      `FROM (MINVALUE) TO ('2026-01-01 00:00:00+00')`,
      `FROM ('2026-01-01 00:00:00+00') TO ('2026-07-01 00:00:00+02')`,
      `FROM ('2026-07-01 00:00:00+02') TO ('infinity')`,
    ],
    values: [
      ['-infinity', '2025-12-31 23:59:59.999999+00', '2026-01-01 00:00:00+00'].concat(
        ['2026-01-01 00:00:00+01', '2026-06-30 22:00:00+00', '2026-06-30 21:59:59+00'],
        ['2031-05-05 05:05:05-05'],
      ),
    ],
    conditions: [
      `k >= '2026-01-01 00:00:00+00'`,
      `k < '2026-01-01 00:00:00+00'`,
      `k BETWEEN '2026-02-01 00:00:00+00' AND '2026-12-31 00:00:00+00'`,
      `k = '2026-06-30 22:00:00+00'`,
      // What zone is meant, the session says: no shard can be named.
      `k = '2026-06-30 22:00:00'`,
      `k > 'Jan 1 2026'`,
      'k IS NULL',
    ],
    nowhere: ['infinity'],
  },
  {
    table: 'by_two',
    columns: 'a integer, b varchar(5) COLLATE "C"',
    key: ['a', 'b'],
    toml: `columns = ["a", "b"]
mapping = [
  { end = [10, "m"], shard = 0 },
  { start = [10, "m"], end = [20, "MINVALUE"], shard = 1 },
  { start = [20, "MINVALUE"], shard = 2 }]`,
    by: 'RANGE (a, b)',
    bounds: [
      `FROM (MINVALUE, MINVALUE) TO (10, 'm')`,
      `FROM (10, 'm') TO (20, MINVALUE)`,
      'FROM (20, MINVALUE) TO (MAXVALUE, MAXVALUE)',
    ],
    values: [
      ['-5', '9', '10', '11', '19', '20', '21'],
      ['', 'a', 'lzzzz', 'm', 'ma', 'z'],
    ],
    conditions: [
      'a = 10',
      `a = 10 AND b = 'm'`,
      `a = 10 AND b < 'm'`,
      'a BETWEEN 11 AND 19',
      `a IN (9, 20) AND b IN ('a', 'z')`,
      'a > 19',
      `b = 'a'`,
      'a IS NULL',
    ],
    nowhere: ['10', null],
  },
  {
    table: 'hashed',
    columns: 'a bigint, b uuid',
    key: ['a', 'b'],
    toml: 'columns = ["a", "b"]',
    by: 'HASH (a, b)',
    bounds: [0, 1, 2].map(shard => `WITH (MODULUS 3, REMAINDER ${shard})`) as [
      string,
      string,
      string,
    ],
    values: [
      ['1', '-1', '4294967296', '77', null],
      ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', '00000000-0000-0000-0000-000000000001', null],
    ],
    conditions: [
      `a = 1 AND b = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'`,
      'a = 1',
      'a IS NULL AND b IS NULL',
      `a IN (77, -1) AND b = '00000000-0000-0000-0000-000000000001'`,
    ],
    nowhere: null,
  },
];

let database: TestDatabase;
let pgpack: PgPack;
let client: pg.Client;
let oracle: pg.Client;

before(async () => {
  database = await createTestDatabase('mapped_tables', 3);
  const plain = tables.map(({ table, columns }) => `CREATE TABLE ${table} (${columns}, n integer)`);
  await database.runEverywhere(plain.join(';'));
  oracle = await connect(database.oracle);
  for (const { table, columns, by, bounds } of tables) {
    const parts = bounds.map(
      (bound, i) => `CREATE TABLE ${table}_${i} PARTITION OF ${table} FOR VALUES ${bound}`,
    );
    await oracle.query(
      `DROP TABLE IF EXISTS ${table};
      CREATE TABLE ${table} (${columns}, n integer) PARTITION BY ${by}; ${parts.join(';')}`,
    );
  }
  const more = tables.map(
    ({ table, toml }) =>
      `[[sharded_tables]]\ndatabase = "${database.name}"\nname = "${table}"\n${toml}\n`,
  );
  pgpack = await startPgPack({ database, more: more.join('\n') });
  client = await connect(pgpack.address);
});

after(async () => {
  await client.end();
  await oracle.end();
  await pgpack.close();
  await database.drop();
});

for (const mapped of tables) {
  const { table, key, conditions, nowhere } = mapped;
  const names = [...key, 'n'].join(', ');

  test(`rows of ${table} lie on the shards as in the partitions (seed ${seed})`, async () => {
    await insertRows(mapped);
    const order = `SELECT ${names} FROM`;
    for (const [shard, address] of database.shards.entries()) {
      const direct = await connect(address);
      const found = await direct.query(`${order} ${table} ORDER BY n`);
      await direct.end();
      const expected = await oracle.query(`${order} ${table}_${shard} ORDER BY n`);
      assert.deepEqual(found.rows, expected.rows, `shard ${shard}`);
      assert.ok(found.rows.length > 0, `shard ${shard}`);
    }
  });

  for (const condition of conditions) {
    test(`${table} answers ${condition} as one PostgreSQL does`, async () => {
      const text = `SELECT ${names} FROM ${table} WHERE ${condition} ORDER BY n`;
      const [found, expected] = [await client.query(text), await oracle.query(text)];
      assert.deepEqual(found.rows, expected.rows);
    });
  }

  if (nowhere !== null) {
    test(`a row of ${table} without a place is refused as PostgreSQL refuses it`, async () => {
      const text = `INSERT INTO ${table} (${key.join(', ')}) VALUES (${parameters(key)})`;
      const refused = {
        code: '23514',
        message: `no partition of relation "${table}" found for row`,
      };
      await assert.rejects(oracle.query(text, [...nowhere]), refused);
      await assert.rejects(client.query(text, [...nowhere]), refused);
    });
  }
}

function parameters(names: readonly string[]): string {
  return names.map((_, i) => `$${i + 1}`).join(', ');
}

/** By parameters, by literals, and many at once. */
async function insertRows({ table, key, values }: Mapped): Promise<void> {
  const random = seededRandom(seed);
  const columns = [...key, 'n'];
  const made = Array.from({ length: rows }, (_, n) => [
    ...values.map(column => pick(random, column)),
    String(n),
  ]);
  const into = `INSERT INTO ${table} (${columns.join(', ')}) VALUES`;
  const literals = (row: readonly (string | null)[]): string => {
    const words = row.map(value => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`));
    return `(${words.join(', ')})`;
  };
  for (const [n, row] of made.entries()) {
    await oracle.query(`${into} ${literals(row)}`);
    if (n % 3 === 0) await client.query(`${into} (${parameters(columns)})`, row);
    else if (n % 3 === 1) await client.query(`${into} ${literals(row)}`);
  }
  const last = made.filter((_, n) => n % 3 === 2);
  await client.query(`${into} ${last.map(literals).join(', ')}`);
}
