// Placement by hash as statements use it: values of other types, several columns of which a
// predicate says this and that, NULL. The hashes themselves are compared with PostgreSQL's
// partitions in test/hash.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyBytes, KeyPart } from '../../src/sharding/placement.ts';
import { keyColumn, mustPlace, shardedTable } from './sharded-table.ts';

const shardCount = 16;
const oid = { int2: 21, int4: 23, int8: 20, text: 25, varchar: 1043, name: 19, numeric: 1700 };
const floats = { float4: 700, float8: 701 };

function hashed(...oids: readonly number[]) {
  const columns = oids.map((_, i) => `k${i}`);
  const keys = oids.map(type => keyColumn(type));
  return mustPlace(shardedTable({ columns }), keys, shardCount);
}

function text(value: string | number, type = 0): KeyBytes {
  const bytes = Buffer.from(String(value));
  return { kind: 'text', bytes, start: 0, end: bytes.length, type };
}

function binary(hex: string, type: number): KeyBytes {
  const bytes = Buffer.from(hex, 'hex');
  return { kind: 'binary', bytes, start: 0, end: bytes.length, type };
}

const someRange: KeyPart = { kind: 'range', lower: null, upper: null };

test('a value of any integer type names the shard of the same number', () => {
  const [small, big] = [hashed(oid.int2), hashed(oid.int8)];
  for (const value of [0, 1, -1, 32_767, -32_768]) {
    const shard = big.shardOfText(`${value}`, true);
    assert.deepEqual(small.shardsOf([[text(value, oid.int8)]]), [shard]);
    assert.deepEqual(big.shardsOf([[text(value, oid.int2)]]), [shard]);
    const hex = (value & 0xffff).toString(16).padStart(4, '0');
    assert.equal(big.shardOfRow([binary(hex, oid.int2)]), shard);
  }
  assert.equal(small.print, big.print);
});

test('a number too large for the column is compared, and refused where it is written', () => {
  const small = hashed(oid.int2);
  assert.equal(small.shardsOf([[text(70_000, oid.int4)]])!.length, 1);
  assert.equal(typeof small.shardOfText('70000', false), 'number');
  assert.throws(() => small.shardOfText('70000', true), { sqlstate: '22003' });
});

test('text, varchar and name are one family; numeric says nothing of an integer', () => {
  const key = hashed(oid.varchar);
  assert.deepEqual(key.shardsOf([[text('a', oid.name)]]), [key.shardOfText('a', false)]);
  assert.equal(key.readsAs(oid.text), true);
  const number = hashed(oid.int8);
  assert.equal(number.readsAs(oid.numeric), false);
  assert.equal(number.shardsOf([[text('1.0', oid.numeric)]]), null);
  assert.throws(() => number.shardOfRow([text('1.0', oid.numeric)]), { sqlstate: '0A000' });
});

test('real widens to double precision; the other way round it is not known what is stored', () => {
  const [single, double] = [hashed(floats.float4), hashed(floats.float8)];
  const shard = double.shardOfRow([text('0.1', floats.float4)]);
  assert.deepEqual(double.shardsOf([[text(String(Math.fround(0.1)))]]), [shard]);
  assert.equal(double.readsAs(floats.float4), false);
  assert.throws(() => single.shardOfRow([text('0.1', floats.float8)]), { sqlstate: '0A000' });
});

test('NULL lies on a shard as PostgreSQL places it: the first', () => {
  const key = hashed(oid.int8);
  assert.equal(key.shardOfRow([null]), 0);
  assert.deepEqual(key.shardsOf([[{ kind: 'is-null' }]]), [0]);
  assert.equal(hashed(oid.int8, oid.text).shardOfRow([null, null]), 0);
});

test('values of one column: their shards ascending, each once; a range may be anywhere', () => {
  const key = hashed(oid.int8);
  const values = Array.from({ length: 9 }, (_, i) => text(i % 5));
  const shards = new Set([0, 1, 2, 3, 4].map(value => key.shardOfText(`${value}`, false)));
  assert.deepEqual(
    key.shardsOf([values]),
    [...shards].sort((a, b) => a - b),
  );
  assert.deepEqual(key.shardsOf([[]]), []);
  assert.equal(key.shardsOf([[text(1), someRange]]), null);
  assert.equal(key.shardsOf([null]), null);
});

test('of several columns the shards of all combinations are found', () => {
  const key = hashed(oid.int8, oid.text);
  const [numbers, words] = [
    [1, 2, 3],
    ['a', 'b', null],
  ] as const;
  const shards = numbers.flatMap(number =>
    words.map(word => key.shardOfRow([text(number), word === null ? null : text(word)])),
  );
  const parts = [
    numbers.map(number => text(number)),
    words.map((word): KeyPart => (word === null ? { kind: 'is-null' } : text(word))),
  ];
  assert.deepEqual(
    key.shardsOf(parts),
    [...new Set(shards)].sort((a, b) => a - b),
  );
});

test('a key of several columns is confined only if all are known, unless none can be', () => {
  const key = hashed(oid.int8, oid.text);
  assert.equal(key.shardsOf([[text(1)], null]), null);
  assert.equal(key.shardsOf([[text(1)], [someRange]]), null);
  assert.deepEqual(key.shardsOf([null, []]), []);
  assert.equal(key.readsAs(oid.int8), false);
  assert.throws(() => key.shardOfText('1', true), /2 columns/);
});

test('more combinations than are worth while go to all shards', () => {
  const many = mustPlace(
    shardedTable({ columns: ['a', 'b'] }),
    [keyColumn(oid.int8), keyColumn(oid.int8)],
    60_000,
  );
  const values = (count: number) => Array.from({ length: count }, (_, i) => text(i));
  assert.equal(many.shardsOf([values(101), values(100)]), null);
  assert.ok(many.shardsOf([values(100), values(100)])!.length > 5000);
});
