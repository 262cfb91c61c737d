// What one message leaves for the next, and in which order answers and errors come, on one shard and on
// three as on PostgreSQL.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bind, describe, execute, flush, parse, query, sync } from '../support/client-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';
import { type Conversation, compare } from '../support/wire-cases.ts';

const shardCounts = [1, 3];
const wires = new Map<number, Wire>();
const schema = 'CREATE TABLE items (id bigint PRIMARY KEY, name text)';

before(async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `(${i + 1}, 'item ${i + 1}')`).join();
  const fill = { name: 'fill', exchanges: [{ send: [query(`INSERT INTO items VALUES ${rows}`)] }] };
  for (const shards of shardCounts) {
    const wire = await startWire('wire_units', shards, schema, { sharded: ['items.id'] });
    await compare(fill, wire.database.oracle, wire.pgpack.address);
    wires.set(shards, wire);
  }
});

after(async () => {
  for (const wire of wires.values()) await wire.close();
});

const ordered = 'SELECT id FROM items ORDER BY id';
const conversations: Conversation[] = [];

for (const bad of ['SELEC', 'SELECT nonsense FROM items', 'SELECT 1; SELECT 2']) {
  conversations.push({
    name: `a Parse that fails drops the unnamed statement before: ${bad}`,
    exchanges: [
      { send: [parse('', 'SELECT 1'), sync] },
      { send: [parse('', bad), sync] },
      { send: [bind(), execute(), sync] },
      { send: [parse('', ordered), sync] },
      { send: [parse('', bad), bind(), execute(), sync] },
      { send: [describe('S', ''), sync] },
      { send: [query('BEGIN')] },
      { send: [parse('', 'SELECT 1'), sync] },
      { send: [parse('', 'SELECT 2'), parse('', bad), parse('', 'SELECT 3'), sync] },
      { send: [query('ROLLBACK; SELECT 4')] },
      { send: [bind(), execute(), sync] },
    ],
  });
}

conversations.push(
  {
    name: 'one that is skipped or has another name leaves it',
    exchanges: [
      { send: [parse('', ordered), sync] },
      { send: [bind({ statement: 'none' }), parse('', 'SELECT 1'), sync] },
      { send: [bind(), execute('', 2), sync] },
      { send: [parse('other', 'SELECT nonsense FROM items'), sync] },
      { send: [parse('', 'SELECT 1/0'), bind(), execute(), parse('', 'SELECT 2'), sync] },
      { send: [bind({ values: ['1'] }), sync] },
    ],
  },
  {
    name: 'SHOW in portions',
    exchanges: [
      { send: [parse('', 'SHOW work_mem'), bind(), execute('', 1), sync] },
      {
        send: [
          ...[parse('', 'SHOW work_mem'), bind(), execute('', 1), execute('', 1), execute('', 5)],
          ...[parse('', ordered), bind(), execute('', 3), sync],
        ],
      },
    ],
  },
  {
    name: 'an error has its place in the text',
    exchanges: [
      { send: [parse('', 'EXPLAIN SELECT nonsense FROM items'), bind(), execute(), sync] },
      { send: [query('BEGIN; DECLARE c CURSOR FOR SELECT nonsense FROM items')] },
      { send: [query('ROLLBACK')] },
    ],
  },
  {
    name: 'a row that nobody asked for yet raises no error',
    exchanges: [
      { send: [query('BEGIN')] },
      { send: [query('DECLARE c CURSOR FOR SELECT 10 / (id - 40) FROM items')] },
      { send: [query('MOVE 3 FROM c')] },
      { send: [query('MOVE ALL FROM c')] },
      { send: [query('ROLLBACK')] },
    ],
  },
);

const failsInTheEnd = 'DECLARE d CURSOR FOR SELECT 10 / (id - 40) FROM items ORDER BY id';
conversations.push(
  {
    name: 'a cursor reads nothing before the first FETCH, in an order either',
    exchanges: [
      { send: [query('BEGIN')] },
      { send: [query(failsInTheEnd)] },
      { send: [query('SELECT count(*) FROM items')] },
      { send: [query('CLOSE d')] },
      { send: [query('COMMIT')] },
      { send: [query(`${failsInTheEnd}; SELECT count(*) FROM items`)] },
      { send: [query(`BEGIN; ${failsInTheEnd}; SAVEPOINT a; ROLLBACK TO a; FETCH 0 FROM d`)] },
      { send: [query('FETCH ALL FROM d')] },
      { send: [query('ROLLBACK')] },
    ],
    // Rows before an error may come or not.
    normalise: line => (line.startsWith('D ') ? 'D' : line),
  },
  {
    name: 'statements of one message are no block for savepoints',
    exchanges: [
      { send: [query('SELECT count(*) FROM items; SAVEPOINT a; SELECT 1')] },
      { send: [query('SELECT 1; ROLLBACK TO a')] },
      { send: [query('SELECT 1; RELEASE a')] },
      { send: [query('BEGIN; SAVEPOINT a; SELECT count(*) FROM items; ROLLBACK TO a; COMMIT')] },
    ],
  },
  {
    name: 'statements of one message see the limit for idle transactions as it is set',
    exchanges: [
      { send: [query("SET idle_in_transaction_session_timeout = '5s'")] },
      { send: [query('SELECT count(*) FROM items; SHOW idle_in_transaction_session_timeout')] },
      {
        send: [
          ...[parse('', 'SHOW idle_in_transaction_session_timeout'), bind(), execute()],
          ...[parse('', 'SELECT count(*) FROM items'), bind(), execute(), sync],
        ],
      },
    ],
  },
  {
    name: 'a pipeline is no block for a cursor before its second statement',
    exchanges: [
      {
        send: [
          ...[parse('', 'DECLARE c CURSOR FOR SELECT id FROM items ORDER BY id'), bind()],
          ...[execute(), parse('', 'FETCH 2 FROM c'), bind(), execute(), sync],
        ],
      },
      { send: [query('SELECT 1')] },
    ],
  },
);

for (const sql of ['SELECT 1', 'SELECT id FROM items WHERE id = 1', 'SELECT count(*) FROM items']) {
  conversations.push({
    name: `behind a Flush the error for a missing statement waits for its turn: ${sql}`,
    exchanges: [
      { send: [parse('a', sql), flush, bind({ statement: 'none' }), execute(), sync] },
      {
        send: [
          ...[parse('b', sql), bind({ statement: 'b' }), execute(), flush],
          ...[parse('c', sql), bind({ statement: 'none' }), execute(), sync],
        ],
      },
      { send: [bind({ statement: 'a' }), execute(), sync] },
      { send: [parse('d', sql), flush, describe('S', 'none'), flush, execute(), sync] },
      { send: [query('BEGIN')] },
      { send: [parse('e', sql), flush, bind({ statement: 'none' }), sync] },
      { send: [query('ROLLBACK')] },
    ],
  });
}

for (const shards of shardCounts) {
  for (const conversation of conversations) {
    test(`on ${shards} of them: ${conversation.name}`, () => {
      const { database, pgpack } = wires.get(shards)!;
      return compare(conversation, database.oracle, pgpack.address);
    });
  }

  test(`on ${shards} of them: what a table has become is an error with its place`, async () => {
    const { database, pgpack } = wires.get(shards)!;
    const errors: string[] = [];
    for (const address of [database.oracle, pgpack.address]) {
      const client = await RawClient.login(address);
      const sql = 'SELECT id, name FROM items ORDER BY name LIMIT 3';
      await client.ask([parse('s', sql), sync]);
      await client.ask(query('ALTER TABLE items RENAME COLUMN name TO title'));
      // PostgreSQL plans it at Bind already.
      const lines = await client.ask([bind({ statement: 's' }), execute('', 1), sync]);
      errors.push(lines.filter(line => line.startsWith('E ')).join());
      await client.ask(query('ALTER TABLE items RENAME COLUMN title TO name'));
      client.destroy();
    }
    assert.match(errors[0]!, / P=12$/);
    assert.equal(errors[1], errors[0]);
  });
}
