// Merge sort that keeps one of equal rows, and what a plan says of columns that it does not know.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import { isNoAnswerHere } from '../../src/executor/execute-merge.ts';
import type { MergeNode, SortKey } from '../../src/plan/merge-plan.ts';
import { chunkSizes, column, fragment, merge, start, texts } from './array-shard-client.ts';

const key = (at: number): SortKey => ({ column: at, descending: false, nullsFirst: false });

function distinct(keys: readonly SortKey[], distinctKeys: number, hidden = 0): MergeNode {
  return { kind: 'merge-sort', keys, distinctKeys, input: fragment(hidden) };
}

for (const chunkRows of chunkSizes) {
  test(`equal rows of several shards come once, ${chunkRows} rows a chunk`, async () => {
    const columns = [column('n', 'numeric'), column('t', 'text')];
    const merged = await merge(
      distinct([key(0), key(1)], 2),
      [
        {
          columns,
          rows: [
            ['1.0', 'a'],
            ['1.00', 'b'],
            ['2', null],
            [null, 'a'],
            [null, null],
          ],
        },
        {
          columns,
          rows: [
            ['1', 'a'],
            ['1', 'b'],
            ['2', 'x'],
            ['2.00', null],
            [null, null],
          ],
        },
        { columns, rows: [] },
      ],
      { chunkRows },
    );
    assert.deepEqual(texts(merged.rows), [
      ['1.0', 'a'],
      ['1.00', 'b'],
      ['2', 'x'],
      ['2', null],
      [null, 'a'],
      [null, null],
    ]);
  });

  test(`of rows equal in the first keys the first is kept, ${chunkRows} rows a chunk`, async () => {
    const columns = [column('k', 'int4'), column('shown', 'text'), column('by', 'int4')];
    const rows = (...list: string[]) => list.map(one => one.split(' '));
    const merged = await merge(
      distinct([key(0), key(2)], 1, 1),
      [
        { columns, rows: rows('1 b 2', '2 c 1', '2 d 5', '4 z 1') },
        { columns, rows: rows('1 a 1', '2 e 3', '3 f 9', '3 g 9') },
      ],
      { chunkRows },
    );
    assert.deepEqual(texts(merged.rows), [
      ['1', 'a'],
      ['2', 'c'],
      ['3', 'f'],
      ['4', 'z'],
    ]);
  });
}

for (const [type, text, comes] of [
  ['int4', false, true],
  ['text', true, true],
  ['text', false, false],
  ['bpchar', false, false],
  ['name', false, false],
  ['jsonb', true, false],
] as const) {
  const verb = comes ? 'is merged' : 'is no answer here';
  test(`a column of unknown type that is ${type}, text ${text}, ${verb}`, async () => {
    const shards = [{ columns: [column('x', type)], rows: [['7']] }];
    const node: MergeNode = {
      kind: 'merge-sort',
      keys: [key(0)],
      input: { ...fragment(), untyped: [{ column: 0, text }] },
    };
    if (comes) {
      assert.deepEqual(texts((await merge(node, shards)).rows), [['7']]);
      return;
    }
    const { execution, client } = start(node, shards);
    await assert.rejects(execution.columns, error => isNoAnswerHere(error));
    assert.equal(client.streams[0]!.chunksRead, 0);
  });
}

test('too many groups are no answer here, a negative LIMIT is an error', async () => {
  const columns = [column('g', 'text')];
  const rows = Array.from({ length: 1000 }, (_, i) => [`group ${i}`]);
  const groups: MergeNode = {
    kind: 'aggregate',
    groupColumns: [0],
    aggregates: [],
    input: fragment(),
  };
  await assert.rejects(merge(groups, [{ columns, rows }], { memoryBytesMax: 10_000 }), error =>
    isNoAnswerHere(error),
  );
  const limit: MergeNode = {
    kind: 'limit',
    count: { kind: 'constant', rows: -1n },
    offset: null,
    input: groups,
  };
  await assert.rejects(
    async () => merge(limit, [{ columns, rows }]),
    error => error instanceof PgError && error.sqlstate === '2201W' && !isNoAnswerHere(error),
  );
});

test('a table with another column than when the plan was made is an error', async () => {
  const columns = [column('x', 'int4'), column('new', 'int4')];
  const node: MergeNode = {
    kind: 'merge-sort',
    keys: [key(0)],
    input: { ...fragment(), visibleColumns: 1 },
  };
  await assert.rejects(
    merge(node, [{ columns, rows: [['1', '2']] }]),
    error => error instanceof PgError && error.id === 'cachedPlanChanged',
  );
});
