// int8 text into 32-bit halves, against BigInt.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Int64Halves, readInt64Text } from '../../src/types/integer-text.ts';
import { seededRandom } from './vectors/seeded-random.ts';

function read(text: string): bigint {
  const halves: Int64Halves = { high: 0, low: 0 };
  const bytes = Buffer.from(`x${text}9`);
  readInt64Text(bytes, 1, bytes.length - 1, halves);
  assert.ok(halves.low >= 0 && halves.low < 2 ** 32 && Number.isInteger(halves.high));
  return (BigInt(halves.high) << 32n) + BigInt(halves.low);
}

test('every power of two and its neighbours is read exactly, of both signs', () => {
  for (let bit = 0n; bit < 63n; bit++) {
    for (const value of [(1n << bit) - 1n, 1n << bit, (1n << bit) + 1n]) {
      assert.equal(read(String(value)), value);
      assert.equal(read(String(-value)), -value);
    }
  }
  assert.equal(read('9223372036854775807'), 9223372036854775807n);
  assert.equal(read('-9223372036854775808'), -9223372036854775808n);
});

test('random integers of every length are read exactly', t => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const random = seededRandom(seed);
  for (let round = 0; round < 5000; round++) {
    const digits = 1 + Math.floor(random() * 18);
    let text = '';
    while (text.length < digits) text += Math.floor(random() * 10);
    const value = BigInt(text) * (random() < 0.5 ? -1n : 1n);
    assert.equal(read(String(value)), value, `SEED=${seed}`);
  }
});
