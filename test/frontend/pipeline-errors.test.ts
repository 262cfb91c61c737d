// An error behind an Execute undoes what that has done, whoever raises it: the server, or PgPack for
// a statement, portal or table that is not there. Rows and settings afterwards as on PostgreSQL.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bind, describe, execute, flush, parse, query, sync } from '../support/client-bytes.ts';
import { connect, type DatabaseAddress } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';

const wires = new Map<number, Wire>();

before(async () => {
  for (const shards of [1, 2]) {
    const schema = 'CREATE TABLE items (id bigint PRIMARY KEY, name text)';
    const options = { sharded: shards > 1 ? ['items.id'] : [], general: 'default_pool_size = 2' };
    wires.set(shards, await startWire(`pipeline_errors_${shards}`, shards, schema, options));
  }
});

after(async () => {
  for (const wire of wires.values()) await wire.close();
});

const run = (sql: string) => [parse('', sql), bind(), execute()];
const insert = run("INSERT INTO items VALUES (1, 'x')");

/** Each message list is one pipeline; the last ends in an error. */
const rolledBack: readonly (readonly [string, readonly Buffer[][]])[] = [
  ['Bind of an unknown statement', [[...insert, bind({ statement: 'nosuch' }), sync]]],
  ['Describe of an unknown statement', [[...insert, describe('S', 'nosuch'), sync]]],
  ['Execute of an unknown portal', [[...insert, execute('nosuch'), sync]]],
  ['a syntax error', [[...insert, parse('', 'SELEC 1'), sync]]],
  ['a missing table', [[...insert, parse('', 'SELECT * FROM nosuch'), sync]]],
  [
    'Parse of a name that is taken',
    [
      [parse('a', 'SELECT 1'), sync],
      [...insert, parse('a', 'SELECT 2'), sync],
    ],
  ],
  [
    'a wrong number of parameters',
    [
      [parse('b', 'SELECT $1::int'), sync],
      [...insert, bind({ statement: 'b' }), sync],
    ],
  ],
  [
    'EXECUTE of an INSERT, then an error',
    [
      [parse('c', "INSERT INTO items VALUES (2, 'x')"), sync],
      [...run('EXECUTE c'), ...run('SELECT 1 / 0'), sync],
    ],
  ],
  [
    'EXPLAIN ANALYZE of an INSERT, then an error',
    [[...run("EXPLAIN ANALYZE INSERT INTO items VALUES (3, 'x')"), ...run('SELECT 1 / 0'), sync]],
  ],
  ['an UPDATE of all rows', [[...run("UPDATE items SET name = 'y'"), execute('nosuch'), sync]]],
];

async function rowsOf(addresses: readonly DatabaseAddress[]): Promise<string[]> {
  const rows: string[] = [];
  for (const address of addresses) {
    const client = await connect(address);
    const result = await client.query("SELECT id || ' ' || name AS row FROM items");
    rows.push(...result.rows.map(({ row }) => row as string));
    await client.end();
  }
  return rows.sort();
}

for (const shards of [1, 2]) {
  for (const [name, pipelines] of rolledBack) {
    test(`${name}: nothing is left of the pipeline (${shards} shards)`, async () => {
      const { database, pgpack } = wires.get(shards)!;
      const answers: string[][] = [];
      for (const address of [pgpack.address, database.oracle]) {
        const client = await RawClient.login(address);
        await client.ask(query("INSERT INTO items VALUES (10, 'a'), (11, 'b'), (12, 'c')"));
        let last: string[] = [];
        for (const pipeline of pipelines) last = await client.ask(Buffer.concat(pipeline));
        answers.push(last.map(line => (/^E .*C=(\w+)/.exec(line) ?? [line])[1] ?? line[0]!));
        client.destroy();
      }
      const [error, expectedError] = answers.map(answer => answer.at(-2));
      // What is refused across shards is an error too.
      if (shards === 1 || error !== '0A000') assert.equal(error, expectedError);
      const expected = await rowsOf([database.oracle]);
      assert.deepEqual(await rowsOf(database.shards), expected);
      assert.deepEqual(expected, ['10 a', '11 b', '12 c']);
      for (const address of [pgpack.address, database.oracle]) {
        const client = await connect(address);
        await client.query('DELETE FROM items');
        await client.end();
      }
    });
  }
}

const settings: readonly (readonly [string, Buffer[]])[] = [
  ['Parse', [...run("SET work_mem = '7MB'"), parse('', 'SELECT nosuch FROM items'), sync]],
  ['Flush and Parse', [...run("SET work_mem = '7MB'"), flush, parse('', 'SELECT nosuch'), sync]],
  ['Bind', [...run("SET work_mem = '7MB'"), bind({ statement: 'nosuch' }), sync]],
];

for (const shards of [1, 2]) {
  for (const [name, pipeline] of settings) {
    test(`a SET before a ${name} that fails is undone everywhere (${shards} shards)`, async () => {
      const client = await RawClient.login(wires.get(shards)!.pgpack.address);
      const show = async () => (await client.ask(query('SHOW work_mem'))).join();
      const before = await show();
      await client.ask(Buffer.concat(pipeline));
      for (let again = 0; again < 3; again++) assert.equal(await show(), before);
      client.destroy();
    });
  }

  test(`set_config() with a row limit is the client's own (${shards} shards)`, async () => {
    const { address } = wires.get(shards)!.pgpack;
    const first = await RawClient.login(address);
    const call = parse('', "SELECT set_config('app.tenant', 'mine', false)");
    await first.ask(Buffer.concat([call, bind(), execute('', 1), sync]));
    const show = "SELECT current_setting('app.tenant', true) AS tenant";
    const own = await first.ask(query(show));
    assert.match(own.join(), /6d696e65/, 'the client has it');
    const others = await Promise.all([1, 2, 3].map(() => connect(address)));
    for (const other of others) {
      const { tenant } = (await other.query(show)).rows[0];
      assert.ok(tenant === null || tenant === '', tenant);
      await other.end();
    }
    first.destroy();
  });
}
