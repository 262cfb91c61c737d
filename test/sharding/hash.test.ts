// Placement against vectors that record-hash-vectors.ts took from a real server.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hashBytes } from '../../src/sharding/hash.ts';
import { shardOfKeyHash } from '../../src/sharding/hash64.ts';
import { type KeyType, shardOfBinary, shardOfText } from './one-key.ts';

type Vector = readonly [value: string, hash: string, modulus: number, remainder: number];

const vectors: Record<KeyType, readonly Vector[]> = JSON.parse(
  readFileSync(new URL('./hash-vectors.json', import.meta.url), 'utf8'),
);
const types = ['bigint', 'uuid', 'varchar'] as const;

/** hash_combine64(0, hash) mod `modulus`, the slow and obvious way. */
function remainder(hash: string, modulus: number): number {
  const combined = BigInt.asUintN(64, BigInt(hash) + 0x49a0f4dd15e5a8e3n);
  return Number(combined % BigInt(modulus));
}

function binaryOf(type: KeyType, value: string): Buffer {
  if (type === 'varchar') return Buffer.from(value, 'utf8');
  if (type === 'uuid') return Buffer.from(value.replaceAll('-', ''), 'hex');
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

for (const type of types) {
  test(`${type} keys land where satisfies_hash_partition put them`, () => {
    assert.ok(vectors[type].length >= 300);
    for (const [value, hash, modulus, expected] of vectors[type]) {
      assert.equal(remainder(hash, modulus), expected);
      assert.equal(shardOfText(type, value, modulus), expected, value);
    }
  });

  test(`${type} keys in text and binary form land on one shard for every modulus 1 to 64`, () => {
    for (const [value, hash] of vectors[type]) {
      const binary = binaryOf(type, value);
      const padded = Buffer.concat([Buffer.from('xyz'), binary, Buffer.from('xyz')]);
      for (let modulus = 1; modulus <= 64; modulus++) {
        const expected = remainder(hash, modulus);
        assert.equal(shardOfText(type, value, modulus), expected, `${value} mod ${modulus}`);
        assert.equal(shardOfBinary(type, padded, 3, binary.length, modulus), expected);
      }
    }
  });
}

test('large shard counts keep the arithmetic exact', () => {
  for (const [value, hash] of vectors.bigint) {
    for (const modulus of [1000, 4099, 65_535, 65_536]) {
      assert.equal(shardOfText('bigint', value, modulus), remainder(hash, modulus));
    }
  }
});

test('a text longer than the scratch buffer hashes like its bytes', () => {
  for (const length of [340, 341, 342, 1023, 1024, 1025, 5000]) {
    for (const letter of ['a', 'é', '日', '😀']) {
      const value = letter.repeat(length);
      const bytes = Buffer.from(value, 'utf8');
      const hash = { high: 0, low: 0 };
      hashBytes(bytes, 0, bytes.length, hash);
      assert.equal(shardOfText('varchar', value, 61), shardOfKeyHash(hash, 61));
    }
  }
});
