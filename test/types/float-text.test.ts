// The text of floats, against what a server printed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFloat4, formatFloat8 } from '../../src/types/float-text.ts';
import { floatVectors } from './vectors/read-vectors.ts';

test('float8 values are printed as the server prints them', () => {
  const vectors = floatVectors.filter(vector => vector.type === 'float8');
  assert.ok(vectors.length > 500);
  for (const { text, hex } of vectors) {
    assert.equal(formatFloat8(Buffer.from(hex, 'hex').readDoubleBE()), text);
  }
});

test('float4 values are printed as the server prints them', () => {
  const vectors = floatVectors.filter(vector => vector.type === 'float4');
  assert.ok(vectors.length > 500);
  for (const { text, hex } of vectors) {
    assert.equal(formatFloat4(Buffer.from(hex, 'hex').readFloatBE()), text);
  }
});

test('a value halfway between two short decimals keeps the digits the server keeps', () => {
  assert.equal(formatFloat8(1e23), '9.999999999999999e+22');
  assert.equal(formatFloat8(-0), '-0');
  assert.equal(formatFloat8(Number.NaN), 'NaN');
  assert.equal(formatFloat8(Number.NEGATIVE_INFINITY), '-Infinity');
});
