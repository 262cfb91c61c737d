// Clients of one pool share server connections and what is prepared on them, but PostgreSQL reads
// literals when it parses (coerce_type, parse_coerce.c): what a literal means follows the settings
// of the client that prepared it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestDatabase, type DatabaseAddress, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { WireClient } from './wire-client.ts';

const settings: readonly { readonly one: string; readonly other: string; readonly sql: string }[] =
  [
    {
      one: "SET DateStyle = 'ISO, DMY'",
      other: "SET DateStyle = 'ISO, MDY'",
      sql: "SELECT id, date '01/02/2026' AS value FROM rows WHERE id = 7",
    },
    {
      one: "SET TimeZone = 'Asia/Tokyo'",
      other: "SET TimeZone = 'America/New_York'",
      sql: "SELECT id, at FROM rows WHERE id = 7 AND at < '2026-01-01 00:00'",
    },
    {
      one: "SET TimeZone = 'Asia/Tokyo'",
      other: "SET TimeZone = 'America/New_York'",
      sql: "SELECT count(*) FROM rows WHERE at < '2026-01-01 00:00'",
    },
    {
      one: "SET IntervalStyle = 'sql_standard'",
      other: "SET IntervalStyle = 'postgres'",
      sql: "SELECT extract(hour FROM interval '-1 2:00') AS value FROM rows WHERE id = 7",
    },
    {
      one: 'SET transform_null_equals = on',
      other: 'SET transform_null_equals = off',
      sql: 'SELECT id FROM rows WHERE id = 7 AND label = NULL',
    },
    {
      one: 'SET search_path = first, public',
      other: 'SET search_path = second, public',
      sql: 'SELECT name FROM named',
    },
  ];

for (const shards of [1, 3]) {
  test(`a prepared statement means what its own client set (${shards} shards)`, async () => {
    const wrong: string[] = [];
    for (const { one, other, sql } of settings) {
      // Refused with several shards: it changes which keys a predicate names.
      if (shards > 1 && one.includes('transform_null_equals')) continue;
      const got = await inTurn(endpoints.get(shards)!.pgpack.address, one, other, sql);
      const expected = await inTurn(endpoints.get(1)!.database.oracle, one, other, sql);
      if (JSON.stringify(got) !== JSON.stringify(expected)) {
        wrong.push(`${sql}\n  got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
      }
    }
    assert.ok(wrong.length === 0, `\n${wrong.join('\n')}\n`);
  });
}

for (const shards of [1, 3]) {
  test(`a described statement never gives other columns (${shards} shards)`, async () => {
    const { pgpack, database } = endpoints.get(shards)!;
    const got = await alteredBehind(pgpack.address);
    assert.deepEqual(got, await alteredBehind(endpoints.get(1)!.database.oracle));
    await database.runEverywhere('DROP TABLE IF EXISTS changing');
  });
}

/** Another client changes the table between Describe and Execute. */
async function alteredBehind(address: DatabaseAddress): Promise<unknown[]> {
  const first = await WireClient.connect(address);
  const second = await WireClient.connect(address);
  await second.query('CREATE TABLE changing (id bigint PRIMARY KEY, label text)');
  await second.query("INSERT INTO changing VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')");
  const texts = ['SELECT * FROM changing ORDER BY id', 'SELECT * FROM changing WHERE id = 2'];
  for (const [number, sql] of texts.entries()) await first.prepare(`changing${number}`, sql);
  await second.query('ALTER TABLE changing ADD COLUMN extra int');
  const results: unknown[] = [];
  for (const [number, sql] of texts.entries()) {
    const statement = { sql, values: [], resultFormat: 0 as const, limits: [0] };
    const { answers } = await first.execute({ ...statement, name: `changing${number}` });
    results.push(answers.map(({ error, rows }) => error?.M ?? rows));
  }
  await second.query('DROP TABLE changing');
  first.close();
  second.close();
  return results;
}

const endpoints = new Map<number, { database: TestDatabase; pgpack: PgPack }>();

before(async () => {
  for (const shards of [1, 3]) {
    const database = await createTestDatabase('shared', shards);
    await database.runEverywhere(`
      CREATE TABLE rows (id bigint PRIMARY KEY, at timestamptz, label text);
      CREATE SCHEMA first; CREATE TABLE first.named (name text);
      INSERT INTO first.named VALUES ('first');
      CREATE SCHEMA second; CREATE TABLE second.named (name text);
      INSERT INTO second.named VALUES ('second')`);
    const pgpack = await startPgPack({
      database,
      sharded: ['rows.id', 'changing.id'],
      omnisharded: ['named'],
      general: 'default_pool_size = 1',
    });
    endpoints.set(shards, { database, pgpack });
    for (const address of shards === 1 ? [pgpack.address, database.oracle] : [pgpack.address]) {
      const client = await WireClient.connect(address);
      await client.query("INSERT INTO rows VALUES (7, '2026-01-01 00:00+00', NULL)");
      client.close();
    }
  }
});

after(async () => {
  for (const { pgpack, database } of endpoints.values()) {
    await pgpack.close();
    await database.drop();
  }
});

/** Both clients prepare and execute the same text, then the first executes its own again. */
async function inTurn(
  address: DatabaseAddress,
  one: string,
  other: string,
  sql: string,
): Promise<unknown[]> {
  const first = await WireClient.connect(address);
  const second = await WireClient.connect(address);
  await first.query(one);
  await second.query(other);
  const execute = async (client: WireClient): Promise<unknown[]> => {
    const statement = { sql, name: 'shared', values: [], resultFormat: 0 as const, limits: [0] };
    const { answers } = await client.execute(statement);
    return answers.flatMap(({ error, rows }): unknown[] => (error === null ? rows : [error.M]));
  };
  await first.prepare('shared', sql);
  const results = [await execute(first)];
  await second.prepare('shared', sql);
  results.push(await execute(second), await execute(first));
  first.close();
  second.close();
  return results;
}
