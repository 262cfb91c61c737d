// Conversations on three shards against the oracle, message by message: statements that go to one
// shard, to any, to several, in one exchange or pipelined.

import { after, before, test } from 'node:test';
import {
  bind,
  close,
  copyData,
  copyDone,
  copyFail,
  describe,
  execute,
  extended,
  flush,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { startWire, type Wire } from '../support/wire.ts';
import { type Conversation, compare } from '../support/wire-cases.ts';

let wire: Wire;

before(async () => {
  wire = await startWire(
    'wire_shards',
    3,
    `CREATE TABLE items (id bigint PRIMARY KEY, name text);
     CREATE TABLE loaded (id bigint, name text);
     CREATE TABLE keyed (id bigint NOT NULL, name text);
     CREATE TABLE kinds (id int PRIMARY KEY, name text)`,
    { sharded: ['items.id', 'loaded.id', 'keyed.id'], omnisharded: ['kinds'] },
  );
  const rows = Array.from({ length: 20 }, (_, i) => `(${i + 1}, 'item ${i + 1}')`).join();
  const fill: Conversation = {
    name: 'fill',
    exchanges: [{ send: [query(`INSERT INTO items VALUES ${rows}`)] }],
  };
  await compare(fill, wire.database.oracle, wire.pgpack.address);
});

after(() => wire.close());

const byId = 'SELECT * FROM items WHERE id = $1';
const all = 'SELECT id, name FROM items ORDER BY id';
const queries = (...texts: readonly string[]) => texts.map(sql => ({ send: [query(sql)] }));
const unsynced = (sql: string, values: readonly string[] = []) =>
  extended(sql, values).subarray(0, -5);

const simple: readonly Conversation[] = [
  {
    name: 'routed selects',
    exchanges: queries(
      ...Array.from({ length: 8 }, (_, i) => `SELECT name FROM items WHERE id = ${i + 1}`),
    ),
  },
  {
    name: 'an empty query, a select without a table',
    exchanges: queries('', 'SELECT 1 AS one', ';'),
  },
  {
    name: 'all rows in order, a count',
    exchanges: queries(all, 'SELECT count(*) FROM items', `${all} LIMIT 3`),
  },
  {
    name: 'errors of one shard and of all',
    exchanges: queries(
      'SELECT 1/0',
      'SELECT * FROM nowhere',
      'SELECT nam FROM items',
      'SELECT * FORM items',
      'INSERT INTO items VALUES (3, $$again$$)',
      'UPDATE items SET name = id WHERE name = 1',
    ),
  },
  {
    name: 'changes and their tags',
    exchanges: queries(
      "INSERT INTO items VALUES (100, 'a'), (101, 'b'), (102, 'c'), (103, 'd')",
      "UPDATE items SET name = 'x' WHERE id = 101",
      "UPDATE items SET name = 'y' WHERE id IN (100, 101, 102, 103)",
      'DELETE FROM items WHERE id >= 100',
      'DELETE FROM items WHERE id = 9999',
    ),
  },
  {
    name: 'an omnisharded table',
    exchanges: queries(
      "INSERT INTO kinds VALUES (1, 'a'), (2, 'b')",
      'SELECT * FROM kinds ORDER BY id',
      "UPDATE kinds SET name = 'z'",
      'DELETE FROM kinds',
    ),
  },
  {
    name: 'several statements for several shards in one text are one transaction',
    exchanges: queries(
      'SELECT name FROM items WHERE id = 1; SELECT name FROM items WHERE id = 2; SELECT name FROM items WHERE id = 3',
      "INSERT INTO items VALUES (110, 'a'); INSERT INTO items VALUES (111, 'b'); INSERT INTO items VALUES (1, 'c')",
      'SELECT count(*) FROM items WHERE id IN (110, 111)',
      "INSERT INTO items VALUES (110, 'a'); SELECT 1/0; SELECT 1",
      'SELECT count(*) FROM items WHERE id IN (110, 111)',
    ),
  },
  {
    name: 'two queries for different shards sent at once',
    exchanges: [
      {
        send: [
          query('SELECT name FROM items WHERE id = 1'),
          query('SELECT 1/0'),
          query('SELECT name FROM items WHERE id = 2'),
        ],
        count: 3,
      },
    ],
  },
  {
    name: 'settings',
    exchanges: queries(
      "SET application_name = 'wire'",
      "SET TimeZone = 'Asia/Tokyo'",
      'SHOW TimeZone',
      'SET no_such_setting = 1',
      'RESET TimeZone',
      'SHOW TimeZone',
      'DISCARD ALL',
    ),
  },
];

const inExtended: readonly Conversation[] = [
  {
    name: 'routed selects',
    exchanges: ['1', '2', '3', '4'].map(id => ({ send: [extended(byId, [id])] })),
  },
  {
    name: 'binary parameters and results',
    exchanges: [
      {
        send: [
          parse('', byId, [20]),
          bind({
            parameterFormats: [1],
            values: [Buffer.from([0, 0, 0, 0, 0, 0, 0, 5])],
            resultFormats: [1],
          }),
          describe('P'),
          execute(),
          sync,
        ],
      },
    ],
  },
  {
    name: 'a named statement for many shards',
    exchanges: [
      { send: [parse('s', byId), describe('S', 's'), sync] },
      ...['1', '2', '3', '4', '5'].map(id => ({
        send: [bind({ statement: 's', values: [id] }), describe('P'), execute(), sync],
      })),
      { send: [close('S', 's'), sync] },
      { send: [bind({ statement: 's', values: ['1'] }), sync] },
    ],
  },
  {
    name: 'names: twice, unknown, after an error',
    exchanges: [
      { send: [parse('s', byId), sync] },
      { send: [parse('s', byId), sync] },
      { send: [bind({ statement: 'none' }), sync] },
      { send: [describe('P', 'none'), sync] },
      { send: [execute('none'), sync] },
      { send: [parse('t', 'SELECT * FROM nowhere'), sync] },
      { send: [bind({ statement: 't' }), sync] },
      {
        send: [
          parse('u', 'INSERT INTO items VALUES ($1)'),
          bind({ statement: 'u', values: ['1'] }),
          execute(),
          sync,
        ],
      },
      { send: [bind({ statement: 'u', values: ['1'] }), execute(), sync] },
    ],
  },
  {
    name: 'all rows in order: described, in portions, to the end',
    exchanges: [
      {
        send: [
          parse('', all),
          describe('S'),
          bind(),
          describe('P'),
          execute('', 7),
          execute('', 7),
          execute('', 7),
          sync,
        ],
      },
      { send: [query('BEGIN')] },
      { send: [parse('', all), bind({ portal: 'p' }), execute('p', 4), sync] },
      { send: [execute('p', 4), sync] },
      { send: [close('P', 'p'), sync] },
      { send: [execute('p', 4), sync] },
      { send: [query('ROLLBACK')] },
    ],
  },
  {
    name: 'a portal of one shard in portions',
    exchanges: [
      { send: [query('BEGIN')] },
      {
        send: [
          parse('', 'SELECT g FROM items, generate_series(1, 5) g WHERE id = $1'),
          bind({ portal: 'p', values: ['2'] }),
          execute('p', 2),
          sync,
        ],
      },
      { send: [execute('p', 2), sync] },
      { send: [execute('p', 2), sync] },
      { send: [query('COMMIT')] },
    ],
  },
  {
    name: 'a pipeline over several shards is one transaction',
    exchanges: [
      {
        send: [
          unsynced('INSERT INTO items VALUES (120)'),
          unsynced('INSERT INTO items VALUES (121)'),
          extended('INSERT INTO items VALUES (122)'),
        ],
      },
      { send: [query('SELECT count(*) FROM items WHERE id IN (120, 121, 122)')] },
      {
        send: [
          unsynced('DELETE FROM items WHERE id = $1', ['120']),
          unsynced('DELETE FROM items WHERE id = $1', ['121']),
          unsynced('SELECT 1/0'),
          extended('SELECT 1'),
        ],
      },
      { send: [query('SELECT count(*) FROM items WHERE id IN (120, 121, 122)')] },
      { send: [extended('DELETE FROM items WHERE id >= $1', ['100'])] },
    ],
  },
  {
    name: 'statements of several shards with Flush between their messages',
    exchanges: [
      { send: [parse('', all), bind(), describe('P'), flush], until: 'T' },
      { send: [execute('', 5), flush], until: 's' },
      { send: [execute(), sync] },
      { send: [execute(), sync] },
      { send: [parse('', all), bind({ portal: 'p' }), parse('', 'nonsense'), flush], until: 'E' },
      { send: [sync] },
      { send: [execute('p'), sync] },
    ],
  },
  {
    name: 'an exchange over several shards that is longer than a piece of it',
    exchanges: [
      'SELECT count(*) FROM items WHERE name <> $1',
      'DELETE FROM keyed WHERE name = $1',
    ].map(sql => ({ send: [extended(sql, ['x'.repeat(1_200_000)])] })),
  },
  {
    name: 'Flush brings the answers so far',
    exchanges: [
      { send: [parse('', byId), flush], until: '1' },
      { send: [bind({ values: ['4'] }), describe('P'), flush], until: 'T' },
      { send: [execute(), flush], until: 'C' },
      { send: [sync] },
    ],
  },
  {
    name: 'Flush between Parse and Bind of a named statement',
    exchanges: [
      { send: [parse('s', byId), describe('S', 's'), flush], until: 'T' },
      { send: [bind({ statement: 's', values: ['4'] }), execute(), sync] },
      { send: [bind({ statement: 's', values: ['5'] }), execute(), sync] },
    ],
  },
  {
    name: 'an error behind a Flush',
    exchanges: [
      { send: [parse('', 'SELECT 1/0'), bind(), execute(), flush], until: 'E' },
      { send: [parse('', 'SELECT 1'), bind(), execute(), query('SELECT 2'), sync] },
      { send: [query('SELECT 3')] },
    ],
  },
  {
    name: 'blocks by extended messages',
    exchanges: [
      {
        send: [extended('BEGIN'), extended(byId, ['1']), extended(byId, ['2']), extended('COMMIT')],
        count: 4,
      },
      { send: [extended('BEGIN')] },
      { send: [extended('SELECT 1/0')] },
      { send: [extended('SELECT 1')] },
      { send: [extended('ROLLBACK')] },
    ],
  },
];

const blocks: readonly Conversation[] = [
  {
    name: 'commands outside and within a block',
    exchanges: queries(
      'COMMIT',
      'ROLLBACK',
      'SAVEPOINT a',
      'RELEASE a',
      'ROLLBACK TO a',
      'BEGIN',
      'BEGIN',
      'COMMIT',
      'COMMIT AND CHAIN',
    ),
  },
  {
    name: 'a failed block',
    exchanges: queries(
      'BEGIN',
      "INSERT INTO items VALUES (130, 'a')",
      'SELECT 1/0',
      'SELECT 1',
      '',
      'SAVEPOINT a',
      'SELECT * FROM items WHERE id = 1',
      'COMMIT',
      'SELECT count(*) FROM items WHERE id = 130',
    ),
  },
  {
    name: 'an unknown portal fails the block',
    exchanges: [
      { send: [query('BEGIN')] },
      { send: [execute('none'), sync] },
      { send: [query('SELECT 1')] },
      { send: [query('COMMIT')] },
    ],
  },
];

const settings: readonly Conversation[] = [
  {
    name: 'a setting is undone with the exchange that it was part of',
    exchanges: [
      {
        send: [
          unsynced("SET work_mem = '77kB'"),
          unsynced('SELECT id, 1 / (id - 1) FROM items WHERE id = 1'),
          sync,
        ],
      },
      { send: [query('SHOW work_mem')] },
    ],
    // PostgreSQL finds the division while it plans, PgPack asks after it has bound.
    normalise: line => (/^[2T]/.test(line) ? '' : line),
  },
];

const copies: readonly Conversation[] = [
  {
    name: 'COPY in',
    exchanges: [
      { send: [query('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('1\tone\n2\t'), copyData('two\n3\tthree\n'), flush, sync, copyDone] },
      { send: [query('SELECT id, name FROM loaded ORDER BY id')] },
      { send: [query('DELETE FROM loaded')] },
    ],
  },
  {
    name: 'COPY in, all of it sent at once',
    exchanges: [
      {
        send: [
          query('COPY loaded FROM STDIN'),
          copyData('1\tone\n2\ttwo\n'),
          copyDone,
          query('SELECT 1'),
        ],
        count: 2,
      },
      { send: [query('DELETE FROM loaded')] },
    ],
  },
  {
    name: 'COPY in by extended messages',
    exchanges: [
      { send: [extended('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('1\tone\n2\ttwo\n'), copyDone, sync] },
      { send: [query('DELETE FROM loaded')] },
    ],
  },
  {
    name: 'COPY in by extended messages, all of it sent at once',
    exchanges: [
      {
        send: [unsynced('COPY loaded FROM STDIN'), copyData('1\tone\n2\ttwo\n'), copyDone, sync],
      },
      { send: [unsynced('SELECT count(*) FROM loaded'), copyData('1\tone\n'), copyDone, sync] },
      { send: [query('DELETE FROM loaded')] },
    ],
  },
  {
    name: 'COPY in by extended messages, the Sync only behind it',
    exchanges: [
      { send: [unsynced('COPY loaded FROM STDIN'), flush], until: 'G' },
      { send: [copyData('1\tone\n2\ttwo\n'), copyDone, sync] },
      { send: [query('DELETE FROM loaded')] },
    ],
  },
  {
    name: 'COPY by extended messages that fails is answered with one ReadyForQuery',
    exchanges: [
      { send: [extended('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('1\tone\n2\ttwo\n'), copyFail('enough'), sync] },
      { send: [extended('COPY items FROM STDIN')], until: 'G' },
      { send: [copyData('900\tnew\n1\ttwice\n'), copyDone, sync] },
      { send: [extended('COPY nowhere FROM STDIN')] },
      { send: [query('SELECT count(*) FROM loaded')] },
    ],
    normalise: line => line.replace(/ W=.*/, ''),
  },
  {
    name: 'COPY with a row that cannot be is answered before it ends',
    exchanges: [
      { send: [query('COPY keyed FROM STDIN')], until: 'G' },
      { send: [copyData('\\N\tone\n')] },
      { send: [copyData('2\ttwo\n'), copyDone, query('SELECT count(*) FROM keyed')] },
      { send: [extended('COPY keyed FROM STDIN')], until: 'G' },
      { send: [copyData('\\N\tone\n')], until: 'E' },
      { send: [copyData('2\ttwo\n'), copyDone, sync] },
      { send: [query('COPY keyed FROM STDIN')], until: 'G' },
      { send: [copyData('1\tone\ttoo much\n')] },
      { send: [copyData('2\ttwo\n'), copyDone, query('SELECT count(*) FROM keyed')] },
    ],
    // The words for a key differ, and so does where it happened.
    normalise: line => line.replace(/^E .*/, 'E'),
  },
  {
    name: 'CopyFail',
    exchanges: [
      { send: [query('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('1\tone\n2\ttwo\n'), copyFail('enough')] },
      { send: [query('SELECT count(*) FROM loaded')] },
    ],
    normalise: line => line.replace(/ W=.*/, ''),
  },
  {
    name: 'COPY in a block that is rolled back',
    exchanges: [
      { send: [query('BEGIN')] },
      { send: [query('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('1\ta\n2\tb\n'), copyDone] },
      { send: [query('ROLLBACK')] },
      { send: [query('SELECT count(*) FROM loaded')] },
    ],
  },
];

for (const conversation of [...simple, ...inExtended, ...blocks, ...settings, ...copies]) {
  test(`on three shards as on PostgreSQL: ${conversation.name}`, () =>
    compare(conversation, wire.database.oracle, wire.pgpack.address));
}
