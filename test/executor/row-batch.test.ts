// Chunks of DataRow messages as Arrow record batches.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchLayout, RowBatch } from '../../src/executor/row-batch.ts';
import { chunkOf, column, type WireValue } from './array-shard-client.ts';

const columns = [column('name', 'text'), column('n', 'int8'), column('x', 'float8', 1)];
const half = Buffer.alloc(8);
half.writeDoubleBE(0.5);
const chunk = chunkOf([
  ['a', '-5', half],
  [null, null, null],
  ['', '9007199254740993', half],
]);

test('a chunk becomes an Arrow batch of its row bytes and decoded keys', () => {
  const batch = RowBatch.decode(chunk, new BatchLayout(columns, [1, 2])).toArrow();
  assert.equal(batch.numRows, 3);
  assert.deepEqual(
    batch.schema.fields.map(({ name }) => name),
    ['row', 'column 1', 'column 2'],
  );
  assert.deepEqual([...batch.getChild('column 1')!], [-5n, null, 9007199254740993n]);
  assert.deepEqual([...batch.getChild('column 2')!], [0.5, null, 0.5]);
  const row = batch.getChild('row')!.get(1) as Uint8Array;
  assert.deepEqual(Buffer.from(row), chunk.bytes.subarray(chunk.offsets[1], chunk.offsets[2]));
});

test('the row column is the memory of the chunk, not a copy', () => {
  const batch = RowBatch.decode(chunk, new BatchLayout(columns, [])).toArrow();
  const { values } = batch.getChild('row')!.data[0]! as unknown as { values: Uint8Array };
  assert.equal(values.buffer, chunk.bytes.buffer);
  assert.equal(values.byteOffset, chunk.bytes.byteOffset);
});

test('keys come in the order asked for, also when one is asked for twice', () => {
  const { keys } = RowBatch.decode(chunk, new BatchLayout(columns, [1, 0, 1]));
  assert.deepEqual(
    keys.map(key => key.kind),
    ['int64', 'bytes', 'int64'],
  );
  assert.equal(keys[0], keys[2]);
  assert.equal(keys[1]!.isNull(1), true);
});

test('a batch in the memory of another one has its own values and no NULL of the other', () => {
  const mixed = [column('id', 'int4'), column('name', 'text'), column('x', 'float8')];
  const layout = new BatchLayout(mixed, [0, 1, 2]);
  const shapes: readonly WireValue[][][] = [
    [
      ['1', 'long enough to grow', '1'],
      ['2', null, null],
      [null, 'c', '3'],
    ],
    [
      ['7', 'x', '-1.5'],
      ['8', '', '0'],
    ],
    [
      [null, 'abc', null],
      ['9', null, '2'],
      ['10', 'z', '4'],
    ],
    Array.from({ length: 70 }, (_, i) => [String(i), i % 3 === 0 ? null : `t${i}`, null]),
    [['3', 'after many', '5']],
  ];
  let batch: RowBatch | null = null;
  for (const rows of shapes) {
    batch = RowBatch.decodeInto(batch, chunkOf(rows), layout);
    const alone = RowBatch.decode(chunkOf(rows), layout);
    assert.deepEqual(batch.toArrow().toArray().map(String), alone.toArrow().toArray().map(String));
    assert.deepEqual(
      batch.keys.map(({ length, nullCount }) => [length, nullCount]),
      alone.keys.map(({ length, nullCount }) => [length, nullCount]),
    );
  }
});
