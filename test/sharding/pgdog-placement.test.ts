// The functions that PostgreSQL does not have: SHA-1 and the nearest centroid.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CentroidPlacement } from '../../src/sharding/centroid-placement.ts';
import type { KeyBytes } from '../../src/sharding/placement.ts';
import { keyColumn, mustPlace, shardedTable } from './sharded-table.ts';

/** Last four bytes of SHA-1 of FIPS 180-1's example and of the empty string. */
const ofAbc = 0x9cd0d89d;
const ofNothing = 0xafd80709;
/** Of `1` in decimal: 356a192b7913b04c54574d18c28d46e6395428ab. */
const ofOne = 0x395428ab;

function sha1(oid: number, shardCount: number) {
  return mustPlace(shardedTable({ columns: ['k'], hasher: 'sha1' }), [keyColumn(oid)], shardCount);
}

test('sha1 hashes the bytes of text and the digits of an integer in any form', () => {
  for (const shardCount of [2, 3, 7, 64, 1000]) {
    const text = sha1(25, shardCount);
    assert.equal(text.shardOfText('abc', true), ofAbc % shardCount);
    assert.equal(text.shardOfText('', true), ofNothing % shardCount);
    const integer = sha1(20, shardCount);
    for (const form of ['1', ' 1 ', '+1', '0x1']) {
      assert.equal(integer.shardOfText(form, true), ofOne % shardCount, form);
    }
    const binary = Buffer.from('0000000000000001', 'hex');
    assert.equal(integer.shardOfBinary(binary, 0, 8, false), ofOne % shardCount);
  }
});

test('sha1 hashes the 16 bytes of a uuid', () => {
  const uuid = sha1(2950, 1000);
  const bytes = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex');
  const shard = uuid.shardOfBinary(bytes, 0, 16, false);
  assert.equal(uuid.shardOfText('6BA7B810-9dad-11d1-80b4-00c04fd430c8', true), shard);
});

test('sha1 has no place for NULL, and no shard holds it', () => {
  const integer = sha1(20, 4);
  assert.equal(integer.shardOfRow([null]), -1);
  assert.deepEqual(integer.shardsOf([[{ kind: 'is-null' }]]), []);
});

const vectorOid = 20_000;
const centroids = [
  [0, 0],
  [10, 0],
  [0, 10],
  [10, 10],
  [5, 5],
];
const near = new CentroidPlacement(vectorOid, centroids, null, 3);

function vector(text: string): KeyBytes {
  const bytes = Buffer.from(text);
  return { kind: 'text', bytes, start: 0, end: bytes.length, type: 0 };
}

test('a vector lies on the shard of its nearest centroid, in text and in binary form', () => {
  assert.equal(near.shardOfText('[1,1]'), 0);
  assert.equal(near.shardOfText('[9,0.5]'), 1);
  assert.equal(near.shardOfText(' [ 9e0, 9 ] '), 3 % 3);
  assert.equal(near.shardOfText('[4,6]'), 4 % 3);
  const bytes = Buffer.alloc(12);
  bytes.writeInt16BE(2, 0);
  bytes.writeFloatBE(1, 4);
  bytes.writeFloatBE(9.5, 8);
  assert.equal(near.shardOfBinary(bytes, 0, 12), 2);
  assert.equal(near.shardOfRow([null]), -1);
});

test('a search looks at the shards of the nearest centroids, the root of their number', () => {
  assert.deepEqual(
    near.shardsNear(vector('[0,1]')),
    [0, 1, 2].filter(shard => shard !== 3),
  );
  const one = new CentroidPlacement(vectorOid, centroids, 1, 3);
  assert.deepEqual(one.shardsNear(vector('[0,1]')), [0]);
  assert.deepEqual(one.shardsOf([[vector('[0,1]')]]), [0]);
});

test('what is no vector of the dimensions is refused', () => {
  assert.throws(() => near.shardOfText('[1,2,3]'), { sqlstate: '22000' });
  for (const text of ['', '[]', '[1,]', '1,2', '[1,2', '[nan,1]', '[1 2]']) {
    assert.throws(() => near.shardOfText(text), { sqlstate: '22P02' }, text);
  }
  assert.throws(() => near.shardOfBinary(Buffer.alloc(3), 0, 3), { sqlstate: '22P03' });
});
