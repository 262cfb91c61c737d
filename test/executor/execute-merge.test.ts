// Whole merges: gather, sort, limit, errors, cancelling, and what shards must agree on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import type { MergeNode, RowCount } from '../../src/plan/merge-plan.ts';
import {
  type ArrayShard,
  chunkSizes,
  column,
  fragment,
  merge,
  rowsOf,
  start,
  texts,
} from './array-shard-client.ts';

function numbers(from: number, to: number, more: Partial<ArrayShard> = {}): ArrayShard {
  const rows = Array.from({ length: to - from }, (_, i) => [String(from + i)]);
  return { columns: [column('n', 'int4')], rows, ...more };
}

function constant(rows: number | null): RowCount | null {
  return rows === null ? null : { kind: 'constant', rows: BigInt(rows) };
}

function limit(count: number | null, offset: number | null, input: MergeNode): MergeNode {
  return { kind: 'limit', count: constant(count), offset: constant(offset), input };
}

const sorted: MergeNode = {
  kind: 'merge-sort',
  keys: [{ column: 0, descending: false, nullsFirst: false }],
  input: fragment(),
};

const isDown = (error: unknown): boolean => error instanceof Error && error.message === 'down';

for (const chunkRows of chunkSizes) {
  test(`gather passes every row of every shard once, ${chunkRows} rows a chunk`, async () => {
    const merged = await merge(fragment(), [numbers(0, 5), numbers(5, 5), numbers(5, 12)], {
      chunkRows,
    });
    const values = texts(merged.rows).map(([n]) => Number(n));
    assert.deepEqual(
      values.toSorted((a, b) => a - b),
      [...Array(12).keys()],
    );
  });

  test(`hidden columns are cut off gathered rows, ${chunkRows} rows a chunk`, async () => {
    const columns = [column('a', 'text'), column('b', 'text'), column('h', 'int4')];
    const rows = [
      ['x', null, '1'],
      [null, '', null],
      ['', 'é', '3'],
    ];
    const merged = await merge(fragment(1), [{ columns, rows }], { chunkRows });
    assert.deepEqual(texts(merged.rows), [
      ['x', null],
      [null, ''],
      ['', 'é'],
    ]);
    assert.deepEqual(
      merged.columns.map(({ name }) => name),
      ['a', 'b'],
    );
  });

  test(`LIMIT and OFFSET count over all shards, ${chunkRows} rows a chunk`, async () => {
    const all = [...Array(20).keys()].map(String);
    const shards = [numbers(0, 7), numbers(7, 11), numbers(11, 20)];
    for (const [count, offset] of [
      [3, 4],
      [null, 18],
      [100, 19],
      [5, null],
      [0, 3],
      [4, 20],
    ]) {
      const merged = await merge(limit(count!, offset!, sorted), shards, { chunkRows });
      const end = count === null ? undefined : (offset ?? 0) + count!;
      const values = texts(merged.rows).map(([n]) => n);
      assert.deepEqual(values, all.slice(offset ?? 0, end), `limit ${count} offset ${offset}`);
    }
  });
}

test('a satisfied LIMIT stops the shards', async () => {
  const shards = [numbers(0, 5000), numbers(5000, 10_000)];
  const { execution, client } = start(limit(3, 1, sorted), shards, { chunkRows: 2 });
  const rows: unknown[] = [];
  for (let chunk = await execution.next(); chunk !== null; chunk = await execution.next()) {
    rows.push(...texts(rowsOf(chunk)));
  }
  assert.deepEqual(rows, [['1'], ['2'], ['3']]);
  assert.deepEqual(
    client.streams.map(stream => stream.cancelled),
    [1, 1],
  );
  assert.ok(client.streams.every(stream => stream.chunksRead < 5));
});

test('LIMIT 0 still says its columns, and reads nothing', async () => {
  const { execution, client } = start(limit(0, null, fragment()), [numbers(0, 5)]);
  assert.deepEqual(
    (await execution.columns).map(({ name }) => name),
    ['n'],
  );
  assert.equal(await execution.next(), null);
  assert.equal(client.streams[0]!.chunksRead, 0);
  assert.equal(client.streams[0]!.cancelled, 1);
});

test('LIMIT and OFFSET take parameters, and NULL is no limit and no offset', async () => {
  const node: MergeNode = {
    kind: 'limit',
    count: { kind: 'parameter', index: 1 },
    offset: { kind: 'parameter', index: 0 },
    input: sorted,
  };
  const shards = [numbers(0, 5)];
  const values = async (parameters: (bigint | null)[]): Promise<unknown> =>
    texts((await merge(node, shards, { parameters })).rows).flat();
  assert.deepEqual(await values([1n, 2n]), ['1', '2']);
  assert.deepEqual(await values([null, 2n]), ['0', '1']);
  assert.deepEqual(await values([3n, null]), ['3', '4']);
  assert.deepEqual(await values([null, 9223372036854775807n]), ['0', '1', '2', '3', '4']);
});

for (const [count, offset, sqlstate] of [
  [-1, null, '2201W'],
  [null, -1, '2201X'],
  [-1, -1, '2201X'],
] as const) {
  test(`LIMIT ${count} OFFSET ${offset} is error ${sqlstate}, no shard is asked`, () => {
    const plan = limit(count, offset, fragment());
    assert.throws(
      () => start(plan, [numbers(0, 5)]),
      error => error instanceof PgError && error.sqlstate === sqlstate,
    );
  });
}

test('an error instead of columns cancels the other shards and rejects all calls', async () => {
  const down = new Error('down');
  const shards = [numbers(0, 5), numbers(0, 0, { errorAtStart: down })];
  const { execution, client } = start(sorted, shards);
  await assert.rejects(execution.columns, isDown);
  await assert.rejects(execution.next(), isDown);
  await assert.rejects(execution.next(), isDown);
  assert.equal(client.streams[0]!.cancelled, 1);
});

for (const node of [fragment(), sorted]) {
  test(`an error after rows ends a ${node.kind} and cancels the other shard`, async () => {
    const shards = [
      numbers(4, 6, { hangsAtEnd: true }),
      numbers(0, 4, { errorAtEnd: new Error('down') }),
    ];
    const { execution, client } = start(node, shards, { chunkRows: 2 });
    await assert.rejects(async () => {
      while ((await execution.next()) !== null);
    }, isDown);
    await assert.rejects(execution.next(), isDown);
    assert.equal(client.streams[0]!.cancelled, 1);
  });

  test(`an error ends a ${node.kind} that waits for a silent shard`, async () => {
    const shards = [
      numbers(0, 0, { hangsAtEnd: true }),
      numbers(0, 0, { errorAtEnd: new Error('down') }),
    ];
    const { execution, client } = start(node, shards);
    await assert.rejects(execution.next(), isDown);
    assert.equal(client.streams[0]!.cancelled, 1);
  });

  test(`cancel ends a ${node.kind} that waits for a silent shard`, async () => {
    const shards = [numbers(0, 0, { hangsAtEnd: true }), numbers(0, 0, { hangsAtEnd: true })];
    const { execution, client } = start(node, shards);
    await execution.columns;
    const waiting = execution.next();
    await new Promise(resolve => setImmediate(resolve));
    execution.cancel();
    assert.equal(await waiting, null);
    assert.equal(await execution.next(), null);
    assert.deepEqual(
      client.streams.map(stream => stream.cancelled),
      [1, 1],
    );
  });
}

test('what a shard says of being cancelled is no error', async () => {
  const shards = [numbers(0, 0, { errorAtStart: new Error('canceled') })];
  const { execution } = start(sorted, shards);
  const waiting = execution.next();
  execution.cancel();
  assert.equal(await waiting, null);
  assert.equal(await execution.next(), null);
});

test('a finished merge cancels nobody', async () => {
  const { execution, client } = start(sorted, [numbers(0, 3), numbers(1, 2)]);
  while ((await execution.next()) !== null);
  assert.deepEqual(
    client.streams.map(stream => stream.cancelled),
    [0, 0],
  );
});

test('a row that does not fit its description is an error and stops the shards', async () => {
  const columns = [column('a', 'int4'), column('b', 'int4')];
  const { execution, client } = start(sorted, [
    { columns, rows: [['1']] },
    { columns, rows: [['1', '2']], hangsAtEnd: true },
  ]);
  await assert.rejects(
    execution.next(),
    error => error instanceof PgError && error.id === 'internal',
  );
  assert.equal(client.streams[1]!.cancelled, 1);
});

test('a sort over the memory limit is error 53400 and stops the shards', async () => {
  const node: MergeNode = { ...sorted, kind: 'sort', input: fragment() };
  const shards = [numbers(0, 5000, { hangsAtEnd: true })];
  const { execution, client } = start(node, shards, { memoryBytesMax: 20_000 });
  await assert.rejects(
    execution.next(),
    error => error instanceof PgError && error.sqlstate === '53400',
  );
  assert.equal(client.streams[0]!.cancelled, 1);
});

for (const chunkRows of chunkSizes) {
  test(`a sort orders what arrives unordered, ${chunkRows} rows a chunk`, async () => {
    const columns = [column('n', 'int4'), column('h', 'text')];
    const node: MergeNode = {
      kind: 'sort',
      keys: [{ column: 0, descending: true, nullsFirst: false }],
      input: fragment(1),
    };
    const merged = await merge(
      node,
      [
        {
          columns,
          rows: [
            ['3', ''],
            [null, ''],
            ['10', ''],
          ],
        },
        {
          columns,
          rows: [
            ['-1', ''],
            ['7', ''],
          ],
        },
      ],
      { chunkRows },
    );
    assert.deepEqual(texts(merged.rows), [['10'], ['7'], ['3'], ['-1'], [null]]);
  });
}

const disagreements: readonly (readonly [string, ArrayShard, RegExp])[] = [
  ['number', { columns: [], rows: [] }, /number of columns/],
  ['names', { columns: [column('m', 'int4')], rows: [] }, /name of column 1/],
  [
    'types',
    { columns: [column('n', 'int8')], rows: [] },
    /type of column "n" \(integer and bigint/,
  ],
  ['formats', { columns: [column('n', 'int4', 1)], rows: [] }, /format of column/],
];

for (const [what, other, message] of disagreements) {
  test(`shards that disagree on the ${what} of columns are error 55000`, async () => {
    await assert.rejects(
      merge(fragment(), [numbers(0, 1), other]),
      error =>
        error instanceof PgError && error.sqlstate === '55000' && message.test(error.message),
    );
  });
}

test('OIDs of tables and user types may differ; a differing type modifier is dropped', async () => {
  const own = { ...column('mood', 'text'), tableOid: 20_000, typeOid: 20_001, typeModifier: 14 };
  const other = { ...own, tableOid: 30_000, typeOid: 30_001, typeModifier: 24 };
  const merged = await merge(fragment(), [
    { columns: [own], rows: [['ok']] },
    { columns: [other], rows: [['sad']] },
  ]);
  assert.deepEqual(merged.columns, [{ ...own, typeModifier: -1 }]);
});
