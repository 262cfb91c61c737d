// Which function a sharded table of the configuration gets for the columns that the catalog has, and
// in which words it gets none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShardedTable } from '../../src/config/topology.ts';
import { choosePlacement } from '../../src/sharding/choose-placement.ts';
import type { KeyTypeDescription } from '../../src/sharding/hash-types.ts';
import type { CatalogKeyColumn } from '../../src/sharding/key-column.ts';
import { keyColumn, shardedTable } from './sharded-table.ts';

function chosen(more: Partial<ShardedTable>, ...columns: readonly CatalogKeyColumn[]): string {
  const names = columns.map((_, i) => `k${i}`);
  const table = shardedTable({ columns: names, ...more });
  const choice = choosePlacement(table, columns, 4);
  return choice.placement === null ? choice.reason : choice.placement.print;
}

function column(key: KeyTypeDescription): CatalogKeyColumn {
  return { key, nondeterministic: false };
}

const [int4, int8, text, bpchar, uuid] = [23, 20, 25, 1042, 2950].map(oid => keyColumn(oid)) as [
  ...CatalogKeyColumn[],
] as [CatalogKeyColumn, CatalogKeyColumn, CatalogKeyColumn, CatalogKeyColumn, CatalogKeyColumn];

test('without a data type a table is hashed by the types of its columns', () => {
  assert.equal(chosen({}, int4), 'hash (integer_ops) 4');
  assert.equal(chosen({}, text, uuid), 'hash (text_ops, uuid_ops) 4');
  const domain = column({ kind: 'domain', base: { kind: 'base', oid: 20, typmod: -1 } });
  assert.equal(chosen({}, domain), chosen({}, int8));
});

test('bigint stands for every integer type, varchar for text, and neither for another', () => {
  assert.equal(chosen({ dataTypes: ['bigint'] }, int4), 'hash (integer_ops) 4');
  assert.equal(chosen({ dataTypes: ['varchar'] }, text), 'hash (text_ops) 4');
  assert.equal(
    chosen({ dataTypes: ['varchar'] }, bpchar),
    'column "k0" is of type character, not of data_type "varchar"',
  );
  assert.equal(
    chosen({ dataTypes: [null, 'bigint'] }, int4, uuid),
    'column "k1" is of type uuid, not of data_type "bigint"',
  );
  const labels = column({ kind: 'enum', name: 'mood' });
  assert.equal(
    chosen({ dataTypes: ['varchar'] }, labels),
    'column "k0" is of type mood, not of data_type "varchar"',
  );
});

test('columns that cannot be hashed alike everywhere are refused with the reason', () => {
  assert.equal(
    chosen({}, column({ kind: 'enum', name: 'mood' })),
    'the type of column "k0" is hashed by its OID, which every server gives out for itself',
  );
  assert.match(chosen({}, column({ kind: 'base', oid: 114 })), /no hash operator class/);
  const nondeterministic = { ...text, nondeterministic: true };
  assert.equal(chosen({}, nondeterministic), 'column "k0" has a nondeterministic collation');
});

test('a mapping is read by the types of the columns', () => {
  const ranges = [{ start: ['9'], end: ['10'], shard: 1 }];
  const mapping = { lists: [], ranges, defaultShard: null };
  assert.match(chosen({ mapping }, int8), /^mapped \(integer_ops\) .*9.*10.* 1;/);
  assert.equal(chosen({ mapping }, text), 'its mapping is wrong: an empty range');
  assert.equal(
    chosen({ mapping }, uuid),
    'its mapping is wrong: invalid input syntax for type uuid: "9"',
  );
  assert.equal(
    chosen({ mapping }, column({ kind: 'base', oid: 3802 })),
    'the type of column "k0" has an order that is not known',
  );
  const lists = [{ values: ['sad', null], shard: 1 }];
  const listed = { lists, ranges: [], defaultShard: null };
  assert.match(chosen({ mapping: listed }, column({ kind: 'enum', name: 'mood' })), /^mapped/);
  assert.match(
    chosen({ mapping }, column({ kind: 'enum', name: 'mood' })),
    /an order that is not known/,
  );
});

test('bounds are rounded as the column rounds its values', () => {
  const numeric = keyColumn(1700, (10 << 16) + 1 + 4);
  const ranges = [
    { start: ['0'], end: ['1.04'], shard: 1 },
    { start: ['0.96'], end: ['2'], shard: 2 },
  ];
  const mapping = { lists: [], ranges, defaultShard: null };
  assert.match(chosen({ mapping }, numeric), /^mapped/);
  assert.match(chosen({ mapping }, keyColumn(1700)), /overlaps/);
});

test('sha1 takes integers, uuids and text', () => {
  const hasher = 'sha1';
  assert.equal(chosen({ hasher }, int4), chosen({ hasher }, int8));
  assert.equal(chosen({ hasher }, text), 'sha1 (text_ops) 4');
  assert.equal(chosen({ hasher }, keyColumn(1082)), 'hasher "sha1" takes no date');
});
