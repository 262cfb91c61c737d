// Portals that PgPack holds because their rows are on several shards, against the oracle: what is
// checked at Bind, what an Execute may go on with; and function calls, which no portal has.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bind, execute, message, parse, query, sync } from '../support/client-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';
import { type Conversation, compare } from '../support/wire-cases.ts';

let wire: Wire;

before(async () => {
  wire = await startWire(
    'wire_portals',
    3,
    'CREATE TABLE items (id bigint PRIMARY KEY, name text)',
    { sharded: ['items.id'] },
  );
  const rows = Array.from({ length: 20 }, (_, i) => `(${i + 1}, 'item ${i + 1}')`).join();
  const exchanges = [{ send: [query(`INSERT INTO items VALUES ${rows}`)] }];
  await compare({ name: 'fill', exchanges }, wire.database.oracle, wire.pgpack.address);
});

after(() => wire.close());

const all = 'SELECT id, name FROM items ORDER BY id';
const wide = 'SELECT name FROM items WHERE id > $1 ORDER BY id';
const bindings: readonly Conversation[] = [
  {
    name: 'numbers in Bind that do not agree',
    exchanges: [
      { send: [parse('w', wide, [20]), parse('two', all), sync] },
      { send: [bind({ statement: 'w' }), execute(), sync] },
      { send: [bind({ statement: 'w', values: ['1', '2'] }), execute(), sync] },
      {
        send: [bind({ statement: 'w', values: ['1'], parameterFormats: [0, 0] }), execute(), sync],
      },
      { send: [bind({ statement: 'w', values: ['1'], parameterFormats: [7] }), execute(), sync] },
      { send: [bind({ statement: 'w', values: ['1'], resultFormats: [0, 0] }), execute(), sync] },
      { send: [bind({ statement: 'two', resultFormats: [0, 0, 1] }), execute(), sync] },
      { send: [parse('', all), bind({ resultFormats: [0, 0, 1] }), execute(), sync] },
      { send: [parse('', all), bind({ resultFormats: [1, 0] }), execute(), sync] },
      { send: [parse('', all), sync] },
      { send: [bind({ resultFormats: [0, 0, 0] }), sync] },
      { send: [parse('', "UPDATE items SET name = name || ''"), bind({ values: ['1'] }), sync] },
      { send: [bind({ resultFormats: [0, 0] }), execute(), sync] },
    ],
    normalise: line => line.replace(/ W=.*/, ''),
  },
  {
    name: 'a portal that has ended cannot be run again',
    exchanges: [
      { send: [query('BEGIN')] },
      { send: [parse('', "UPDATE items SET name = name || ''"), bind(), execute(), sync] },
      { send: [execute(), sync] },
      { send: [query('ROLLBACK')] },
    ],
  },
];

for (const conversation of bindings) {
  test(`on three shards as on PostgreSQL: ${conversation.name}`, () =>
    compare(conversation, wire.database.oracle, wire.pgpack.address));
}

test('portals in portions go on beside others and beside what else runs', async () => {
  const client = await RawClient.login(wire.pgpack.address);
  await client.ask(query('BEGIN'));
  const begin = (portal: string) => [parse('', all), bind({ portal }), execute(portal, 2), sync];
  assert.deepEqual((await client.ask(begin('p'))).slice(-2), ['s', 'Z T']);
  assert.deepEqual((await client.ask(begin('q'))).slice(-2), ['s', 'Z T']);
  assert.equal((await client.ask(query('SELECT count(*) FROM items'))).at(-2), 'C SELECT 1');
  assert.deepEqual((await client.ask([execute('p', 17), sync])).slice(-2), ['s', 'Z T']);
  assert.deepEqual((await client.ask([execute('q', 2), sync])).slice(-2), ['s', 'Z T']);
  const rest = await client.ask([execute('p'), sync]);
  assert.deepEqual(rest.slice(-2), ['C SELECT 1', 'Z T']);
  const unnamed = await client.ask([parse('', all), bind(), execute('', 2), sync]);
  assert.deepEqual(unnamed.slice(-2), ['s', 'Z T']);
  for (const sql of ['SELECT name FROM items WHERE id = 1', 'SELECT count(*) FROM items']) {
    const other = await client.ask([parse('', sql), bind(), execute(), sync]);
    assert.deepEqual(other.slice(-2), ['C SELECT 1', 'Z T']);
  }
  assert.deepEqual(await client.ask(query('DEALLOCATE ALL')), ['C DEALLOCATE ALL', 'Z T']);
  assert.deepEqual((await client.ask(query('SELECT 1 / 0'))).slice(-1), ['Z E']);
  const [failed] = await client.ask([execute('q', 2), sync]);
  assert.match(failed!, / C=25P02 /);
  assert.deepEqual(await client.ask(query('ROLLBACK')), ['C ROLLBACK', 'Z I']);
  client.destroy();
});

/** FunctionCall without arguments. */
const functionCall = (oid: number) => {
  const body = Buffer.alloc(4 + 2 + 2 + 2);
  body.writeUInt32BE(oid, 0);
  return message('F', body);
};

test('a function call is refused, one of what does not exist as by PostgreSQL', async () => {
  const [client, oracle] = [
    await RawClient.login(wire.pgpack.address),
    await RawClient.login(wire.database.oracle),
  ];
  const missing = functionCall(4_000_000_000);
  assert.deepEqual(await client.ask(missing), await oracle.ask(missing));
  for (const one of [client, oracle]) await one.ask(query('BEGIN; SELECT 1/0'));
  assert.deepEqual(await client.ask(missing), await oracle.ask(missing));
  await client.ask(query('ROLLBACK'));
  // now() is known everywhere, what others do is not.
  assert.match((await client.ask(functionCall(1299)))[0]!, / C=0A000 /);
  client.destroy();
  oracle.destroy();
});
