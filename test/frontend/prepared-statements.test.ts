// Prepared statements of many clients over few server connections: whatever each of them does,
// it gets what a connection of its own to PostgreSQL gives. On one shard and on three.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Random, seededRandom } from '../sharding/seeded-random.ts';
import { bind, close, describe, execute, parse, query, sync } from '../support/client-bytes.ts';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned } from '../support/settled.ts';

const poolSize = 3;
const statementsMax = 5;
/** Every client has two: one to PgPack, one to PostgreSQL, whose connections are limited. */
const comparedClients = 20;
const manyClients = 120;
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const rows = Array.from({ length: 20 }, (_, i) => `(${i + 1}, 'item ${i + 1}')`).join();

for (const shards of [1, 3]) {
  let database: TestDatabase;
  let pgpack: PgPack;

  before(async () => {
    database = await createTestDatabase(`prepared_${shards}`, shards);
    await database.runEverywhere('CREATE TABLE items (id bigint PRIMARY KEY, name text)');
    pgpack = await startPgPack({
      database,
      sharded: shards > 1 ? ['items.id'] : [],
      general: `default_pool_size = ${poolSize}\nprepared_statements_limit = ${statementsMax}`,
    });
    for (const address of [database.oracle, pgpack.address]) {
      const client = await RawClient.login(address);
      await client.ask(query(`INSERT INTO items VALUES ${rows}`));
      client.destroy();
    }
  });

  after(async () => {
    await pgpack.close();
    await database.drop();
  });

  test(`${shards} shards: one name of ${manyClients} clients is as many statements`, async () => {
    const clients = await Promise.all(
      Array.from({ length: manyClients }, () => RawClient.login(pgpack.address)),
    );
    const texts = clients.map((_, i) => `SELECT ${i % 50} AS mine, name FROM items WHERE id = $1`);
    const answers = await Promise.all(
      clients.map(async (client, i) => {
        const prepared = await client.ask([parse('s', texts[i]!), sync]);
        const lines = [...prepared];
        for (let round = 1; round <= 4; round++) {
          const value = String(((i + round) % 20) + 1);
          lines.push(
            ...(await client.ask([bind({ statement: 's', values: [value] }), execute(), sync])),
          );
        }
        return lines;
      }),
    );
    for (const client of clients) client.destroy();
    for (const [i, lines] of answers.entries()) {
      const expected = [1, 2, 3, 4].flatMap(round => {
        const id = ((i + round) % 20) + 1;
        return ['2', `D ${row(String(i % 50), `item ${id}`)}`, 'C SELECT 1', 'Z I'];
      });
      assert.deepEqual(lines, ['1', 'Z I', ...expected], `client ${i}`);
    }
    await allReturned(pgpack);
    console.log(
      `${shards} shards: ${manyClients} clients, 50 texts, ${4 * manyClients} executions`,
    );
  });

  test(`${shards} shards: ${comparedClients} clients at random, as with PostgreSQL`, async () => {
    const random = seededRandom(seed);
    const pairs = await Promise.all(
      Array.from({ length: comparedClients }, async () => ({
        direct: await RawClient.login(database.oracle),
        pgpack: await RawClient.login(pgpack.address),
        inBlock: false,
        failed: false,
        history: [] as string[],
      })),
    );
    const tried = new Map<string, number>();
    for (let step = 0; step < 1_500; step++) {
      const pair = pairs[random.below(pairs.length)]!;
      const blocks = pairs.filter(({ inBlock }) => inBlock).length;
      const { name, send } = randomExchange(random, pair.inBlock || blocks < poolSize - 1);
      const readies = name.startsWith('pipeline') ? 2 : 1;
      tried.set(name, (tried.get(name) ?? 0) + 1);
      const wasFailed = pair.failed;
      const expected = comparable(await pair.direct.ask(send, 'Z', readies), wasFailed, shards);
      const actual = comparable(await pair.pgpack.ask(send, 'Z', readies), wasFailed, shards);
      pair.history.push(name);
      const about = `seed ${seed}, step ${step}: ${pair.history.join(', ')}`;
      assert.deepEqual(actual, expected, about);
      pair.inBlock = expected.at(-1) !== 'Z I';
      pair.failed = expected.at(-1) === 'Z E';
    }
    for (const { direct, pgpack: client } of pairs) {
      direct.destroy();
      client.destroy();
    }
    await allReturned(pgpack);
    console.log(`${shards} shards, seed ${seed}:`, Object.fromEntries([...tried].sort()));
  });

  test(`${shards} shards: a connection never has more statements than its limit`, async () => {
    const client = await RawClient.login(pgpack.address);
    for (let i = 0; i < 4 * statementsMax; i++) {
      await client.ask([parse(`s${i}`, `SELECT ${i}, name FROM items WHERE id = $1`), sync]);
    }
    for (let i = 0; i < 4 * statementsMax; i++) {
      const lines = await client.ask([
        bind({ statement: `s${i}`, values: ['3'] }),
        execute(),
        sync,
      ]);
      assert.deepEqual(lines, ['2', `D ${row(String(i), 'item 3')}`, 'C SELECT 1', 'Z I']);
    }
    const counted = await client.ask(
      query('SELECT count(*) <= 5 FROM pg_prepared_statements WHERE NOT from_sql'),
    );
    assert.equal(counted[1], `D ${row('t')}`);
    client.destroy();
  });

  test(`${shards} shards: a Parse that found no connection left no statement behind`, async () => {
    const small = await startPgPack({
      database,
      sharded: shards > 1 ? ['items.id'] : [],
      general: 'default_pool_size = 1\ncheckout_timeout = 100',
    });
    const holder = await RawClient.login(small.address);
    const client = await RawClient.login(small.address);
    const send = [
      parse('late', 'SELECT name FROM items WHERE id = 1'),
      describe('S', 'late'),
      sync,
    ];
    const held = Array.from(
      { length: shards },
      (_, i) => `SELECT name FROM items WHERE id = ${i + 1};`,
    );
    await holder.ask(query(`BEGIN; ${held.join(' ')} SELECT count(*) FROM items`));
    const refused = await client.ask(send);
    assert.match(refused[0]!, /C=53300/);
    await holder.ask(query('ROLLBACK'));
    assert.equal((await client.ask(send))[0], '1');
    for (const one of [holder, client]) one.destroy();
    await small.close();
  });
}

/** Whether PostgreSQL sees an error at Bind or at Execute depends on its choice of plan, which
 *  depends on how often the connection ran the statement; with several shards PgPack answers Bind.
 *  What a failed block says to a Bind depends on what else is wrong with it. */
function comparable(
  lines: readonly string[],
  failedBlock: boolean,
  shards: number,
): readonly string[] {
  const bindsCount = shards === 1 && !lines.some(line => line.startsWith('E '));
  const kept = bindsCount ? lines : lines.filter(line => line !== '2');
  return failedBlock ? kept.map(line => (line.startsWith('E ') ? 'E' : line)) : kept;
}

/** What one client does next, as messages for both servers. */
function randomExchange(
  random: Random,
  mayBegin: boolean,
): { name: string; send: readonly Buffer[] } {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  const name = pick(['a', 'b', 'c']);
  const other = pick(['a', 'b', 'c']);
  const value = pick(['1', '2', '7', '20', '0', '99']);
  const text = pick([
    'SELECT name FROM items WHERE id = $1',
    'SELECT $1::int AS n',
    'SELECT id, name FROM items WHERE id = $1::bigint',
    'SELECT 10 / $1::int AS quotient',
    'SELECT upper(name) AS name FROM items WHERE id = $1 AND name IS NOT NULL',
  ]);
  const run = (statement: string) => [bind({ statement, values: [value] }), execute()];
  const choices: readonly { name: string; send: readonly Buffer[] }[] = [
    { name: 'parse', send: [parse(name, text), describe('S', name), sync] },
    { name: 'parse and run', send: [parse(name, text), ...run(name), sync] },
    { name: 'run', send: [...run(name), sync] },
    { name: 'run', send: [...run(name), sync] },
    {
      name: 'run described',
      send: [bind({ statement: name, values: [value] }), describe('P'), execute(), sync],
    },
    { name: 'unnamed', send: [parse('', text), ...run(''), sync] },
    { name: 'unnamed again', send: [...run(''), sync] },
    { name: 'describe', send: [describe('S', name), sync] },
    { name: 'close', send: [close('S', name), sync] },
    { name: 'close and parse', send: [close('S', name), parse(name, text), ...run(name), sync] },
    { name: 'two', send: [...run(name), ...run(other), sync] },
    { name: 'close behind an error', send: [...run('none'), close('S', name), sync] },
    { name: 'parse behind an error', send: [...run('none'), parse(name, text), sync] },
    {
      name: 'error in the middle',
      send: [...run(name), parse('bad', 'SELECT 1/'), ...run(other), sync],
    },
    { name: 'pipeline', send: [...run(name), sync, ...run(other), sync] },
    {
      name: 'pipeline with an error',
      send: [parse('', 'SELECT 1/0'), ...run(''), sync, ...run(name), sync],
    },
    { name: 'wrong count', send: [bind({ statement: name, values: [] }), execute(), sync] },
    { name: 'DEALLOCATE', send: [query(`DEALLOCATE ${name}`)] },
    { name: 'DEALLOCATE ALL', send: [query('DEALLOCATE ALL')] },
    { name: 'simple', send: [query('SELECT 1')] },
    { name: 'end', send: [query(pick(['COMMIT', 'ROLLBACK']))] },
    mayBegin
      ? { name: 'BEGIN', send: [query('BEGIN')] }
      : { name: 'run', send: [...run(name), sync] },
    { name: 'DISCARD ALL', send: [query('DISCARD ALL')] },
  ];
  return pick(choices);
}

/** The body of a DataRow of text values, in hexadecimal without its count. */
function row(...values: readonly string[]): string {
  return values
    .map(value => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(Buffer.byteLength(value));
      return length.toString('hex') + Buffer.from(value).toString('hex');
    })
    .join('');
}
