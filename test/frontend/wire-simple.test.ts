// Simple queries, COPY, function calls and settings against the oracle, message by message, where
// the database has one shard and PgPack relays.

import { after, before, test } from 'node:test';
import {
  copyData,
  copyDone,
  copyFail,
  flush,
  message,
  query,
  sync,
} from '../support/client-bytes.ts';
import { startWire, type Wire } from '../support/wire.ts';
import { type Conversation, compare } from '../support/wire-cases.ts';

let wire: Wire;

before(async () => {
  wire = await startWire(
    'wire_simple',
    1,
    `CREATE TABLE items (id int PRIMARY KEY, name text);
     INSERT INTO items SELECT i, 'item ' || i FROM generate_series(1, 5) i;
     CREATE TABLE loaded (id int, name text)`,
  );
});

after(() => wire.close());

const notices = `DO $$ BEGIN RAISE NOTICE 'one %', 1; RAISE WARNING 'two' USING HINT = 'h'; END $$`;

/** FunctionCall of `int4pl` (OID 177): 3 + 4, text or binary. */
function functionCall(format: number): Buffer {
  const body = Buffer.alloc(4 + 4 + 2);
  body.writeInt32BE(177, 0);
  body.writeInt16BE(1, 4);
  body.writeInt16BE(format, 6);
  body.writeInt16BE(2, 8);
  const values = [3, 4].map(value => {
    const text = Buffer.from(String(value));
    const binary = Buffer.alloc(4);
    binary.writeInt32BE(value);
    const bytes = format === 0 ? text : binary;
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  const result = Buffer.from([0, format]);
  return message('F', Buffer.concat([body, ...values, result]));
}

const statements: readonly Conversation[] = [
  { name: 'a select', exchanges: [{ send: [query('SELECT * FROM items ORDER BY id')] }] },
  {
    name: 'the same select with other literals',
    exchanges: [1, 2, 3].map(id => ({
      send: [query(`SELECT name FROM items WHERE id = ${id}`)],
    })),
  },
  {
    name: 'an empty query',
    exchanges: [{ send: [query('')] }, { send: [query(' -- nothing\n')] }],
  },
  { name: 'only semicolons', exchanges: [{ send: [query(';;')] }] },
  { name: 'a select of no columns', exchanges: [{ send: [query('SELECT FROM items')] }] },
  { name: 'several statements', exchanges: [{ send: [query('SELECT 1; SELECT 2; SELECT 3')] }] },
  {
    name: 'an error among several statements undoes what was before it',
    exchanges: [
      { send: [query('INSERT INTO items VALUES (90); SELECT 1/0; SELECT 2')] },
      { send: [query('SELECT count(*) FROM items WHERE id = 90')] },
    ],
  },
  {
    name: 'begin and commit in one text',
    exchanges: [
      { send: [query('BEGIN; SELECT 1; COMMIT; SELECT 1/0')] },
      { send: [query('SELECT 1')] },
    ],
  },
  {
    name: 'a block left open by one text',
    exchanges: [
      { send: [query('BEGIN; SELECT 1')] },
      { send: [query('SELECT 2; ROLLBACK; SELECT 3')] },
    ],
  },
  {
    name: 'a syntax error with its position',
    exchanges: [{ send: [query("SELECT 'é' FORM items")] }],
  },
  { name: 'an unknown table', exchanges: [{ send: [query('SELECT * FROM nowhere')] }] },
  {
    name: 'an unknown column with a hint',
    exchanges: [{ send: [query('SELECT nam FROM items')] }],
  },
  {
    name: 'a unique violation with all its fields',
    exchanges: [{ send: [query('INSERT INTO items VALUES (1, $$x$$)')] }],
  },
  { name: 'notices and warnings', exchanges: [{ send: [query(notices)] }] },
  {
    name: 'tags of changes',
    exchanges: [
      { send: [query("INSERT INTO items VALUES (50, 'a'), (51, 'b')")] },
      { send: [query("UPDATE items SET name = 'c' WHERE id >= 50 RETURNING *")] },
      { send: [query('DELETE FROM items WHERE id >= 50')] },
    ],
  },
  {
    name: 'DDL',
    exchanges: [
      { send: [query('CREATE TABLE temporary_one (a int)')] },
      { send: [query('SELECT * FROM temporary_one')] },
      { send: [query('DROP TABLE IF EXISTS temporary_one, temporary_two')] },
      { send: [query('SELECT * FROM temporary_one')] },
    ],
  },
  {
    name: 'two queries sent at once',
    exchanges: [{ send: [query('SELECT 1'), query('SELECT 2')], count: 2 }],
  },
  {
    name: 'an error between two queries sent at once',
    exchanges: [{ send: [query('SELECT 1/0'), query('SELECT 2')], count: 2 }],
  },
  {
    name: 'a lone Sync and a Flush before it',
    exchanges: [{ send: [sync] }, { send: [flush, sync] }],
  },
  {
    name: 'many small rows and a very large one',
    exchanges: [
      { send: [query('SELECT i FROM generate_series(1, 20000) i')] },
      { send: [query("SELECT repeat('x', 3000000), 1")] },
    ],
  },
  {
    name: 'an error in the middle of rows',
    exchanges: [{ send: [query('SELECT 1 / (3 - i) FROM generate_series(1, 5) i')] }],
  },
];

const transactions: readonly Conversation[] = [
  {
    name: 'commit, rollback and their warnings outside a block',
    exchanges: [
      ...[
        'BEGIN',
        'BEGIN',
        'COMMIT',
        'COMMIT',
        'ROLLBACK',
        'START TRANSACTION',
        'END',
        'ABORT',
      ].map(sql => ({ send: [query(sql)] })),
    ],
  },
  {
    name: 'a failed block refuses everything up to its end',
    exchanges: [
      ...['BEGIN', 'SELECT 1/0', 'SELECT 1', '', 'SAVEPOINT a', 'COMMIT', 'SELECT 1'].map(sql => ({
        send: [query(sql)],
      })),
    ],
  },
  {
    name: 'savepoints',
    exchanges: [
      ...[
        'BEGIN',
        'SAVEPOINT a',
        'SELECT 1/0',
        'ROLLBACK TO a',
        'SELECT 1',
        'RELEASE a',
        'RELEASE a',
        'ROLLBACK',
      ].map(sql => ({ send: [query(sql)] })),
      { send: [query('SAVEPOINT outside')] },
    ],
  },
  {
    name: 'COMMIT AND CHAIN',
    exchanges: [
      ...[
        'BEGIN ISOLATION LEVEL SERIALIZABLE',
        'COMMIT AND CHAIN',
        'SHOW transaction_isolation',
        'ROLLBACK AND CHAIN',
        'COMMIT',
        'COMMIT AND CHAIN',
      ].map(sql => ({ send: [query(sql)] })),
    ],
  },
  {
    name: 'a cursor in a block',
    exchanges: [
      ...[
        'BEGIN',
        'DECLARE c CURSOR FOR SELECT * FROM items ORDER BY id',
        'FETCH 2 FROM c',
        'MOVE 1 IN c',
        'FETCH ALL FROM c',
        'CLOSE c',
        'FETCH c',
        'ROLLBACK',
      ].map(sql => ({
        send: [query(sql)],
      })),
    ],
  },
];

const settings: readonly Conversation[] = [
  {
    name: 'ParameterStatus when a reported setting changes',
    exchanges: [
      { send: [query("SET application_name = 'wire'")] },
      { send: [query("SET TimeZone = 'Asia/Tokyo'")] },
      { send: [query('SHOW TimeZone')] },
      { send: [query("SET DateStyle = 'German'; SELECT DATE '2024-02-03'")] },
      { send: [query('RESET TimeZone')] },
      { send: [query('RESET ALL')] },
    ],
  },
  {
    name: 'ParameterStatus when a rollback takes a setting back',
    exchanges: [
      ...['BEGIN', "SET IntervalStyle = 'iso_8601'", 'ROLLBACK', 'SHOW IntervalStyle'].map(sql => ({
        send: [query(sql)],
      })),
    ],
  },
  {
    name: 'SET of what does not exist',
    exchanges: [
      { send: [query('SET no_such_setting = 1')] },
      { send: [query("SET work_mem = 'much'")] },
    ],
  },
  {
    name: 'DISCARD ALL',
    exchanges: [
      { send: [query("SET application_name = 'gone'")] },
      { send: [query('DISCARD ALL')] },
      { send: [query('SHOW application_name')] },
    ],
  },
];

const copies: readonly Conversation[] = [
  {
    name: 'COPY out',
    exchanges: [
      { send: [query('COPY items TO STDOUT')] },
      { send: [query('COPY (SELECT * FROM items WHERE id < 3) TO STDOUT (FORMAT csv, HEADER)')] },
      { send: [query('COPY items TO STDOUT (FORMAT binary)')] },
    ],
  },
  {
    name: 'COPY in',
    exchanges: [
      { send: [query('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('1\tone\n2\t'), copyData('two\n'), flush, sync, copyDone] },
      { send: [query('SELECT * FROM loaded ORDER BY id')] },
      { send: [query('TRUNCATE loaded')] },
    ],
  },
  {
    name: 'COPY in, all of it sent at once',
    exchanges: [
      {
        send: [query('COPY loaded FROM STDIN'), copyData('1\tone\n'), copyDone, query('SELECT 1')],
        count: 2,
      },
      { send: [query('TRUNCATE loaded')] },
    ],
  },
  {
    name: 'CopyFail',
    exchanges: [
      { send: [query('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('1\tone\n'), copyFail('the disk is full')] },
      { send: [query('SELECT count(*) FROM loaded')] },
    ],
  },
  {
    name: 'a broken line in COPY, and what is sent behind it',
    exchanges: [
      { send: [query('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('x\tone\n'), copyData('2\ttwo\n'), copyDone] },
      { send: [query('SELECT count(*) FROM loaded')] },
    ],
  },
  {
    name: 'two COPYs and a select in one text',
    exchanges: [
      { send: [query('COPY loaded FROM STDIN; COPY loaded FROM STDIN; SELECT 1')], until: 'G' },
      { send: [copyData('1\ta\n'), copyDone], until: 'G' },
      { send: [copyData('2\tb\n'), copyDone] },
      { send: [query('SELECT * FROM loaded ORDER BY id; TRUNCATE loaded')] },
    ],
  },
  {
    name: 'COPY in a block that is rolled back',
    exchanges: [
      { send: [query('BEGIN')] },
      { send: [query('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('1\ta\n'), copyDone] },
      { send: [query('ROLLBACK')] },
      { send: [query('SELECT count(*) FROM loaded')] },
    ],
  },
  {
    name: 'COPY messages outside COPY are ignored',
    exchanges: [{ send: [copyData('1\ta\n'), copyDone, copyFail('no'), query('SELECT 1')] }],
  },
];

const calls: readonly Conversation[] = [
  {
    name: 'a function call, text and binary',
    exchanges: [{ send: [functionCall(0)] }, { send: [functionCall(1)] }],
  },
  {
    name: 'a function call in a failed block',
    exchanges: [
      { send: [query('BEGIN')] },
      { send: [query('SELECT 1/0')] },
      { send: [functionCall(0)] },
      { send: [query('ROLLBACK')] },
    ],
  },
];

for (const conversation of [...statements, ...transactions, ...settings, ...copies, ...calls]) {
  test(`as PostgreSQL: ${conversation.name}`, () =>
    compare(conversation, wire.database.oracle, wire.pgpack.address));
}
