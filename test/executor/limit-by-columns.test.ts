// LIMIT whose counts come with the rows, and WITH TIES: the hidden columns are read before they are
// dropped.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MergeNode, RowCount, SortKey } from '../../src/plan/merge-plan.ts';
import {
  type ArrayShard,
  chunkSizes,
  column,
  fragment,
  merge,
  start,
  texts,
  type WireValue,
} from './array-shard-client.ts';

const ascending: SortKey = { column: 1, descending: false, nullsFirst: false };
const shown = (rows: (Buffer | null)[][]) => texts(rows).map(([name]) => name);

/** Rows of a name, a key to sort by, a count and an offset; the last three are hidden. */
function shard(rows: readonly (readonly [string, number])[], count: WireValue, offset: WireValue) {
  const columns = [
    ...[column('name', 'text'), column('k', 'int4')],
    ...[column('c', 'int8'), column('o', 'int8')],
  ];
  return { columns, rows: rows.map(([name, k]) => [name, String(k), count, offset]) };
}

function limit(
  count: RowCount | null,
  offset: RowCount | null,
  ties?: readonly SortKey[],
): MergeNode {
  const input: MergeNode = { kind: 'merge-sort', keys: [ascending], input: fragment(3) };
  return { kind: 'limit', count, offset, ...(ties === undefined ? {} : { ties }), input };
}

const byColumns = limit({ kind: 'column', column: 2 }, { kind: 'column', column: 3 });

function shards(count: WireValue, offset: WireValue): ArrayShard[] {
  return [
    shard(
      [
        ['a', 1],
        ['d', 4],
        ['e', 5],
      ],
      count,
      offset,
    ),
    shard(
      [
        ['b', 2],
        ['c', 3],
        ['f', 6],
      ],
      count,
      offset,
    ),
  ];
}

for (const chunkRows of chunkSizes) {
  test(`counts are read from the rows, ${chunkRows} rows a chunk`, async () => {
    for (const [count, offset, expected] of [
      ['2', '1', 'bc'],
      ['100', '4', 'ef'],
      [null, '2', 'cdef'],
      ['3', null, 'abc'],
      [null, null, 'abcdef'],
      ['0', '0', ''],
      ['5', '9000000000', ''],
    ] as const) {
      const merged = await merge(byColumns, shards(count, offset), { chunkRows });
      assert.equal(shown(merged.rows).join(''), expected, `limit ${count} offset ${offset}`);
      assert.deepEqual(
        merged.columns.map(({ name }) => name),
        ['name'],
      );
    }
  });

  test(`what ties with the last row belongs to it, ${chunkRows} rows a chunk`, async () => {
    const tied = [
      shard(
        [
          ['a', 1],
          ['b', 2],
          ['c', 2],
          ['d', 3],
        ],
        null,
        null,
      ),
      shard(
        [
          ['e', 2],
          ['f', 3],
          ['g', 3],
        ],
        null,
        null,
      ),
      shard([['h', 2]], null, null),
    ];
    const rowsOf = async (rows: number, offset: number) => {
      const count = { kind: 'constant' as const, rows: BigInt(rows) };
      const skipped = { kind: 'constant' as const, rows: BigInt(offset) };
      const merged = await merge(limit(count, skipped, [ascending]), tied, { chunkRows });
      return shown(merged.rows).join('');
    };
    assert.equal(await rowsOf(1, 0), 'a');
    assert.equal(await rowsOf(2, 0), 'abceh');
    assert.equal(await rowsOf(1, 2), 'ceh');
    assert.equal(await rowsOf(5, 0), 'abceh');
    assert.equal(await rowsOf(6, 0), 'abcehdfg');
    assert.equal(await rowsOf(0, 0), '');
    assert.equal(await rowsOf(3, 7), 'g');
    assert.equal(await rowsOf(3, 8), '');
  });
}

test('binary counts are read too', async () => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(2n);
  const [first] = shards(bytes, null);
  const columns = first!.columns.map(one =>
    one.name === 'c' ? { ...one, format: 1 as const } : one,
  );
  const merged = await merge(byColumns, [{ ...first!, columns }]);
  assert.deepEqual(shown(merged.rows), ['a', 'd']);
});

test('rows that tie no more stop the shards', async () => {
  const long = Array.from({ length: 1000 }, (_, i) => [`r${i}`, i] as const);
  const count = { kind: 'constant' as const, rows: 1n };
  const { execution, client } = start(limit(count, null, [ascending]), [shard(long, null, null)], {
    chunkRows: 2,
  });
  for (let chunk = await execution.next(); chunk !== null; chunk = await execution.next()) {
    assert.equal(chunk.rows, 1);
  }
  assert.equal(client.streams[0]!.cancelled, 1);
  assert.ok(client.streams[0]!.chunksRead < 5);
});
