// The extended protocol against the oracle, message by message, where the database has one shard
// and PgPack relays: portals, names, pipelines, errors within them.

import assert from 'node:assert/strict';
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
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';
import { type Conversation, compare } from '../support/wire-cases.ts';

let wire: Wire;

before(async () => {
  wire = await startWire(
    'wire_extended',
    1,
    `CREATE TABLE items (id int PRIMARY KEY, name text);
     INSERT INTO items SELECT i, 'item ' || i FROM generate_series(1, 5) i;
     CREATE TABLE loaded (id int, name text)`,
  );
});

after(() => wire.close());

const byId = 'SELECT * FROM items WHERE id = $1';
const all = 'SELECT * FROM items ORDER BY id';
/** Parse, Bind and Execute. */
const copyAtOnce = (sql: string) => Buffer.concat([parse('', sql), bind(), execute()]);
const four = Buffer.from([0, 0, 0, 4]);

const single: readonly Conversation[] = [
  { name: 'a select with a parameter', exchanges: [{ send: [extended(byId, ['3'])] }] },
  {
    name: 'binary parameter and binary result',
    exchanges: [
      {
        send: [
          parse('', byId, [23]),
          bind({ parameterFormats: [1], values: [four], resultFormats: [1] }),
          describe('P'),
          execute(),
          sync,
        ],
      },
      {
        send: [
          parse('', byId, [23]),
          bind({ parameterFormats: [1], values: [four], resultFormats: [1, 0] }),
          describe('P'),
          execute(),
          sync,
        ],
      },
    ],
  },
  {
    name: 'NULL parameter',
    exchanges: [{ send: [extended('SELECT $1::int, $2::text', [null, ''])] }],
  },
  {
    name: 'an empty statement',
    exchanges: [{ send: [extended('')] }, { send: [extended('  -- x')] }],
  },
  {
    name: 'Describe of statements and portals, before Execute and after',
    exchanges: [
      { send: [parse('s', byId), describe('S', 's'), sync] },
      {
        send: [
          bind({ statement: 's', values: ['1'] }),
          describe('P'),
          execute(),
          describe('P'),
          describe('S', 's'),
          sync,
        ],
      },
      { send: [parse('', 'CREATE TABLE described (a int)'), describe('S'), sync] },
      {
        send: [parse('', 'INSERT INTO items VALUES ($1, $2) RETURNING name'), describe('S'), sync],
      },
    ],
  },
  {
    name: 'the unnamed statement lives on behind a Sync',
    exchanges: [
      { send: [parse('', byId), sync] },
      { send: [bind({ values: ['1'] }), execute(), sync] },
      { send: [bind({ values: ['2'] }), execute(), sync] },
      { send: [query('SELECT 1')] },
      { send: [bind({ values: ['2'] }), execute(), sync] },
      { send: [query('SELECT 1')] },
    ],
  },
  {
    name: 'the unnamed portal is gone behind a Sync',
    exchanges: [{ send: [parse('', all), bind(), sync] }, { send: [execute(), sync] }],
  },
  {
    name: 'changes and their tags',
    exchanges: [
      { send: [extended('INSERT INTO items VALUES ($1, $2)', ['60', 'x'])] },
      { send: [extended('UPDATE items SET name = $2 WHERE id = $1 RETURNING *', ['60', 'y'])] },
      { send: [extended('DELETE FROM items WHERE id = $1', ['60'])] },
    ],
  },
];

const names: readonly Conversation[] = [
  {
    name: 'a name prepared twice',
    exchanges: [
      { send: [parse('s', byId), sync] },
      { send: [parse('s', byId), sync] },
      { send: [bind({ statement: 's', values: ['1'] }), execute(), sync] },
      { send: [close('S', 's'), parse('s', all), bind({ statement: 's' }), execute(), sync] },
    ],
  },
  {
    name: 'an unknown statement, an unknown portal',
    exchanges: [
      { send: [bind({ statement: 'none' }), sync] },
      { send: [describe('S', 'none'), sync] },
      { send: [describe('P', 'none'), sync] },
      { send: [execute('none'), sync] },
      { send: [close('S', 'none'), close('P', 'none'), sync] },
      { send: [bind({ statement: '' }), sync] },
    ],
  },
  {
    name: 'a statement of a failed Parse does not exist',
    exchanges: [
      { send: [parse('s', 'SELECT * FROM nowhere'), sync] },
      { send: [bind({ statement: 's' }), sync] },
      { send: [parse('s', 'SELECT 1'), bind({ statement: 's' }), execute(), sync] },
    ],
  },
  {
    name: 'a statement prepared before an error in the same exchange stays',
    exchanges: [
      { send: [parse('s', 'SELECT 5'), parse('', 'SELECT 1/'), sync] },
      { send: [bind({ statement: 's' }), execute(), sync] },
    ],
  },
  {
    name: 'the wrong number of parameters',
    exchanges: [
      { send: [parse('s', byId), sync] },
      { send: [bind({ statement: 's', values: [] }), sync] },
      { send: [bind({ statement: 's', values: ['1', '2'] }), sync] },
      { send: [bind({ statement: 's', values: ['x'] }), execute(), sync] },
    ],
    normalise: line => line.replace(/pgpack_\d+/, 's'),
  },
  {
    name: 'several statements in one Parse',
    exchanges: [{ send: [parse('', 'SELECT 1; SELECT 2'), sync] }],
  },
  {
    name: 'a statement used several times in one exchange',
    exchanges: [
      {
        send: [
          parse('s', byId),
          bind({ statement: 's', values: ['1'] }),
          execute(),
          bind({ statement: 's', values: ['2'] }),
          execute(),
          sync,
        ],
      },
      {
        send: [
          bind({ statement: 's', values: ['1'] }),
          execute(),
          bind({ statement: 's', values: ['2'] }),
          execute(),
          sync,
        ],
      },
      {
        send: [
          parse('t', byId),
          parse('u', byId),
          bind({ statement: 'u', values: ['3'] }),
          execute(),
          sync,
        ],
      },
      { send: [parse('v', 'SELECT 1/'), parse('w', 'SELECT 9'), sync] },
      { send: [parse('w', 'SELECT 9'), bind({ statement: 'w' }), execute(), sync] },
    ],
  },
  {
    name: 'names in SQL and in the protocol',
    exchanges: [
      { send: [parse('s', 'SELECT 7'), sync] },
      { send: [query('DEALLOCATE s')] },
      { send: [bind({ statement: 's' }), sync] },
      { send: [query('PREPARE p AS SELECT 8')] },
      { send: [query('EXECUTE p')] },
      { send: [query('DEALLOCATE ALL')] },
      { send: [query('EXECUTE p')] },
    ],
  },
];

const portals: readonly Conversation[] = [
  {
    name: 'row limits within one exchange',
    exchanges: [
      {
        send: [
          parse('', all),
          bind(),
          execute('', 2),
          execute('', 2),
          execute('', 2),
          execute('', 2),
          sync,
        ],
      },
    ],
  },
  {
    name: 'row limits over several exchanges of a block',
    exchanges: [
      { send: [query('BEGIN')] },
      { send: [parse('', all), bind({ portal: 'p' }), execute('p', 2), sync] },
      { send: [execute('p', 2), sync] },
      { send: [query('SELECT 1')] },
      { send: [execute('p', 0), describe('P', 'p'), close('P', 'p'), sync] },
      { send: [execute('p', 0), sync] },
      { send: [query('COMMIT')] },
    ],
  },
  {
    name: 'a suspended portal without a block is gone at Sync',
    exchanges: [
      { send: [parse('', all), bind({ portal: 'p' }), execute('p', 2), sync] },
      { send: [execute('p', 2), sync] },
    ],
  },
  {
    name: 'a portal that exists',
    exchanges: [
      { send: [query('BEGIN')] },
      { send: [parse('', all), bind({ portal: 'p' }), bind({ portal: 'p' }), sync] },
      { send: [query('ROLLBACK')] },
    ],
  },
  {
    name: 'two portals at once',
    exchanges: [
      { send: [query('BEGIN')] },
      {
        send: [
          parse('s', all),
          bind({ portal: 'a', statement: 's' }),
          bind({ portal: 'b', statement: 's' }),
          execute('a', 1),
          execute('b', 2),
          execute('a', 1),
          sync,
        ],
      },
      { send: [execute('b', 1), execute('a', 0), sync] },
      { send: [query('COMMIT')] },
    ],
  },
];

const pipelines: readonly Conversation[] = [
  {
    name: 'three statements before one Sync',
    exchanges: [
      {
        send: [
          extended(byId, ['1']).subarray(0, -5),
          extended(byId, ['2']).subarray(0, -5),
          extended(byId, ['3']),
        ],
      },
    ],
  },
  {
    name: 'three Syncs sent at once',
    exchanges: [
      { send: [extended(byId, ['1']), extended('SELECT 1/0'), extended(byId, ['2'])], count: 3 },
    ],
  },
  {
    name: 'an error in the middle of a pipeline undoes its beginning',
    exchanges: [
      {
        send: [
          extended('INSERT INTO items VALUES (70)').subarray(0, -5),
          extended('SELECT 1/0').subarray(0, -5),
          extended('INSERT INTO items VALUES (71)'),
        ],
      },
      { send: [query('SELECT count(*) FROM items WHERE id >= 70')] },
    ],
  },
  {
    name: 'Flush brings the answers so far',
    exchanges: [
      { send: [parse('', byId), flush], until: '1' },
      { send: [bind({ values: ['4'] }), flush], until: '2' },
      { send: [describe('P'), execute(), flush], until: 'C' },
      { send: [execute('', 1), flush], until: 'C' },
      { send: [sync] },
    ],
  },
  {
    name: 'an error behind a Flush, and what follows up to Sync is skipped',
    exchanges: [
      { send: [parse('', 'SELECT 1/0'), bind(), execute(), flush], until: 'E' },
      { send: [parse('', 'SELECT 1'), bind(), execute(), query('SELECT 2'), sync] },
      { send: [query('SELECT 3')] },
    ],
  },
  {
    name: 'an exchange with Flush that fails undoes what it did',
    exchanges: [
      { send: [extended('INSERT INTO items VALUES (75)').subarray(0, -5), flush], until: 'C' },
      { send: [parse('', 'SELECT 1/'), flush], until: 'E' },
      { send: [sync] },
      { send: [query('SELECT count(*) FROM items WHERE id = 75')] },
    ],
  },
  {
    name: 'a simple query without a Sync before it',
    exchanges: [
      { send: [parse('s', byId), describe('S', 's'), query('SELECT 2')] },
      { send: [sync] },
      { send: [bind({ statement: 's', values: ['1'] }), execute(), sync] },
      { send: [query('BEGIN')] },
      { send: [bind({ statement: 's', values: ['1'] }), execute(), query('SELECT 2')] },
      { send: [sync] },
      { send: [query('ROLLBACK')] },
    ],
  },
  {
    name: 'a simple query behind a Parse that fails',
    exchanges: [
      { send: [parse('', 'SELECT 1/'), query('SELECT 2'), parse('s', 'SELECT 3'), sync] },
      { send: [bind({ statement: 's' }), sync] },
    ],
  },
  {
    name: 'blocks by extended messages',
    exchanges: [
      { send: [extended('BEGIN'), extended('SELECT 1'), extended('COMMIT')], count: 3 },
      {
        send: [
          extended('BEGIN').subarray(0, -5),
          extended('SELECT 1').subarray(0, -5),
          extended('COMMIT'),
        ],
      },
      { send: [extended('BEGIN')] },
      { send: [extended('SELECT 1/0')] },
      { send: [extended('SELECT 1')] },
      { send: [extended('ROLLBACK')] },
    ],
  },
];

const copies: readonly Conversation[] = [
  { name: 'COPY out', exchanges: [{ send: [extended('COPY items TO STDOUT')] }] },
  {
    name: 'COPY in',
    exchanges: [
      { send: [parse('', 'COPY loaded FROM STDIN'), bind(), execute(), flush], until: 'G' },
      { send: [copyData('1\tone\n'), copyDone, sync] },
      { send: [query('SELECT * FROM loaded; TRUNCATE loaded')] },
    ],
  },
  {
    name: 'COPY in, all of it sent at once, the Sync only behind it',
    exchanges: [
      {
        send: [copyAtOnce('COPY loaded FROM STDIN'), copyData('1\tone\n2\ttwo\n'), copyDone, sync],
      },
      { send: [copyAtOnce('COPY loaded FROM STDIN'), copyData('x\n'), copyDone, sync] },
      { send: [copyAtOnce('COPY loaded FROM STDIN'), copyFail('no'), sync] },
      { send: [copyAtOnce('COPY nowhere FROM STDIN'), copyData('1\tone\n'), copyDone, sync] },
      { send: [query('SELECT count(*) FROM loaded')] },
      { send: [query('DELETE FROM loaded')] },
    ],
  },
  {
    name: 'COPY data behind messages that began no COPY',
    exchanges: [
      { send: [copyAtOnce('SELECT 1'), copyData('1\n'), copyData('2\n'), copyDone, sync] },
      { send: [parse('', 'SELECT 1'), flush], until: '1' },
      { send: [copyData('1\n'), bind(), execute(), sync] },
      { send: [copyAtOnce('SELECT 1/0'), copyData('1\n'), copyDone, sync] },
    ],
  },
  {
    name: 'COPY in, the Sync sent with the Execute',
    exchanges: [
      { send: [extended('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('1\tone\n'), copyDone, sync] },
      { send: [query('SELECT * FROM loaded; TRUNCATE loaded')] },
    ],
  },
  {
    name: 'CopyFail',
    exchanges: [
      { send: [extended('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('1\tone\n'), copyFail('enough'), sync] },
      { send: [query('SELECT count(*) FROM loaded')] },
    ],
  },
  {
    name: 'a broken line in COPY',
    exchanges: [
      { send: [extended('COPY loaded FROM STDIN')], until: 'G' },
      { send: [copyData('x\tone\n'), copyDone, sync] },
      { send: [query('SELECT count(*) FROM loaded')] },
    ],
  },
];

for (const conversation of [...single, ...names, ...portals, ...pipelines, ...copies]) {
  test(`as PostgreSQL: ${conversation.name}`, () =>
    compare(conversation, wire.database.oracle, wire.pgpack.address));
}

test('a query behind a COPY that has no Sync is refused, and the session lives on', async () => {
  const client = await RawClient.login(wire.pgpack.address);
  const lines = await client.ask([copyAtOnce('COPY loaded FROM STDIN'), query('SELECT 1')]);
  assert.match(lines.at(-2)!, / C=0A000 M=a simple query behind extended messages/);
  assert.deepEqual((await client.ask(query('SELECT 1'))).slice(1), [
    'D 0000000131',
    'C SELECT 1',
    'Z I',
  ]);
  client.destroy();
});
