// Tables that change under prepared statements, through PgPack and past it: who gets "cached plan
// must not change result type" is exactly who gets it from PostgreSQL itself, though clients share
// statements on servers. Each case is played with two clients of PostgreSQL and two of PgPack.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bind, close, describe, execute, parse, query, sync } from '../support/client-bytes.ts';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';

/** What `old` prepared before the change, `young` after it. */
interface Case {
  readonly name: string;
  readonly change: string;
  readonly sql: string;
}

const create =
  "CREATE TABLE things (id bigint PRIMARY KEY, a int, b text); INSERT INTO things VALUES (1, 10, 'x')";
const star = 'SELECT * FROM things WHERE id = $1';

const cases: readonly Case[] = [
  { name: 'a column added', change: 'ALTER TABLE things ADD COLUMN c int', sql: star },
  { name: 'a column dropped', change: 'ALTER TABLE things DROP COLUMN b', sql: star },
  { name: 'a column renamed', change: 'ALTER TABLE things RENAME b TO renamed', sql: star },
  { name: 'another type', change: 'ALTER TABLE things ALTER a TYPE text', sql: star },
  { name: 'another modifier', change: 'ALTER TABLE things ALTER b TYPE varchar(9)', sql: star },
  {
    name: 'columns that the statement does not return',
    change: 'ALTER TABLE things ADD COLUMN c int',
    sql: 'SELECT id, b FROM things WHERE id = $1',
  },
  {
    name: 'the type of a parameter',
    change: 'ALTER TABLE things ALTER a TYPE bigint',
    sql: 'SELECT b FROM things WHERE id = 1 AND a = 10 * $1',
  },
  {
    name: 'a change that leaves nothing of it',
    change: 'ALTER TABLE things DROP COLUMN b',
    sql: 'SELECT b FROM things WHERE id = $1',
  },
  {
    name: 'a table made anew',
    change:
      "DROP TABLE things; CREATE TABLE things (id bigint PRIMARY KEY, a int, b text); INSERT INTO things VALUES (1, 11, 'y')",
    sql: star,
  },
  {
    name: 'RETURNING',
    change: 'ALTER TABLE things ADD COLUMN c int',
    sql: 'UPDATE things SET a = a + 1 WHERE id = $1 RETURNING *',
  },
];

/** Connections: the one that has the statement is used, or one that does not have it. */
const pools = ['one connection', 'another connection'] as const;

let cast: string[] = [];

for (const shards of [1, 3]) {
  let database: TestDatabase;
  let pgpack: PgPack;

  before(async () => {
    database = await createTestDatabase(`prepared_schema_${shards}`, shards);
    pgpack = await startPgPack({
      database,
      sharded: shards > 1 ? ['things.id'] : [],
      general: 'default_pool_size = 2',
    });
  });

  after(async () => {
    await pgpack.close();
    await database.drop();
    console.log(`played: ${cast.join('; ')}`);
    cast = [];
  });

  for (const [number, one] of cases.entries()) {
    for (const [at, way] of (['past PgPack', 'through PgPack'] as const).entries()) {
      // On three shards by turns: which connection is used has nothing to do with their number.
      const tried = shards === 1 ? pools : [pools[(number + at) % pools.length]!];
      for (const pool of tried) {
        test(`${shards} shards: ${one.name}, ${way}, ${pool}`, async () => {
          await setUp();
          const expected = await play(one, way, pool, 'direct');
          await setUp();
          const actual = await play(one, way, pool, 'pgpack');
          assert.deepEqual(actual, expected);
          cast.push(`${shards} ${one.name} ${way} ${pool}`);
        });
      }
    }
  }

  async function setUp(): Promise<void> {
    await database.runEverywhere(`DROP TABLE IF EXISTS things; ${create}`);
    // The row is on one shard; on the others, where no statement looks, it does no harm.
  }

  async function play(
    { change, sql }: Case,
    way: string,
    pool: (typeof pools)[number],
    side: 'direct' | 'pgpack',
  ): Promise<string[]> {
    const address = side === 'direct' ? database.oracle : pgpack.address;
    const [old, young, holder] = await Promise.all([0, 1, 2].map(() => RawClient.login(address)));
    const run = [bind({ statement: 's', values: ['1'] }), execute(), sync];
    const lines: string[] = [];
    const say = async (client: RawClient, send: readonly Buffer[]) => {
      lines.push(...(await client.ask(send)), '');
    };
    // The connection used last is the first to be used again.
    const hold = async () => {
      if (pool === 'one connection') return;
      await holder!.ask(query('BEGIN; SELECT id FROM things WHERE id = 1'));
    };
    await say(old!, [parse('s', sql), describe('S', 's'), sync]);
    await say(old!, run);
    if (way === 'through PgPack' && side === 'pgpack') await old!.ask(query(change));
    else await database.runEverywhere(change);
    await hold();
    await say(young!, [parse('s', sql), describe('S', 's'), sync]);
    await say(young!, run);
    await holder!.ask(query('ROLLBACK'));
    await say(young!, run);
    await say(old!, run);
    await say(old!, run);
    await hold();
    await say(old!, run);
    await holder!.ask(query('ROLLBACK'));
    await say(old!, [close('S', 's'), parse('s', sql), sync]);
    await say(old!, run);
    await say(young!, run);
    await say(young!, [query('BEGIN')]);
    await say(young!, run);
    await say(young!, [query('COMMIT')]);
    for (const client of [old!, young!, holder!]) client.destroy();
    return lines;
  }
}
