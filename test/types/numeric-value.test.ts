// Exact numeric: wire forms, sums, and the scale of quotients.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import {
  addNumerics,
  decodeNumeric,
  divideNumeric,
  encodeNumeric,
  formatNumeric,
  type Numeric,
  parseNumeric,
} from '../../src/types/numeric-value.ts';
import { orderingVectors } from './vectors/read-vectors.ts';

const vectors = orderingVectors.filter(vector => vector.type === 'numeric');

function decode(hex: string): Numeric {
  const bytes = Buffer.from(hex, 'hex');
  return decodeNumeric(bytes, 0, bytes.length);
}

test('text and binary forms are read and written back as the server wrote them', () => {
  assert.ok(vectors.length > 40);
  for (const { text, hex } of vectors) {
    assert.equal(formatNumeric(parseNumeric(text)), text);
    assert.equal(formatNumeric(decode(hex)), text);
    assert.equal(encodeNumeric(parseNumeric(text)).toString('hex'), hex);
    assert.equal(encodeNumeric(decode(hex)).toString('hex'), hex);
  }
});

const sums: readonly (readonly [string, string, string])[] = [
  ['1.0', '2.00', '3.00'],
  ['-0.001', '0.001', '0.000'],
  ['99999999999999999999', '1', '100000000000000000000'],
  ['NaN', '1', 'NaN'],
  ['1', 'NaN', 'NaN'],
  ['Infinity', '-1', 'Infinity'],
  ['-Infinity', '-Infinity', '-Infinity'],
  ['Infinity', '-Infinity', 'NaN'],
  ['NaN', 'Infinity', 'NaN'],
];

for (const [left, right, sum] of sums) {
  test(`${left} + ${right} is ${sum}`, () => {
    assert.equal(formatNumeric(addNumerics(parseNumeric(left), parseNumeric(right))), sum);
  });
}

test('a sum of more than 131072 digits before the point is error 22003', () => {
  const most = parseNumeric('9'.repeat(131_072));
  assert.equal(formatNumeric(addNumerics(most, parseNumeric('0.1'))).length, 131_074);
  assert.throws(
    () => addNumerics(most, parseNumeric('1')),
    error => error instanceof PgError && error.sqlstate === '22003',
  );
});

// select a / b from the server; the scale is chosen by numeric's own rule.
const quotients: readonly (readonly [string, bigint, string])[] = [
  ['1', 3n, '0.33333333333333333333'],
  ['2', 3n, '0.66666666666666666667'],
  ['-2', 3n, '-0.66666666666666666667'],
  ['10', 4n, '2.5000000000000000'],
  ['0', 7n, '0.00000000000000000000'],
  ['0.000', 7n, '0.00000000000000000000'],
  ['29006062193310063', 1n, '29006062193310063'],
  ['100000000', 3n, '33333333.333333333333'],
  ['1.000000000000000000000000000001', 3n, '0.333333333333333333333333333334'],
  ['NaN', 3n, 'NaN'],
  ['Infinity', 3n, 'Infinity'],
  ['-Infinity', 3n, '-Infinity'],
];

for (const [dividend, divisor, quotient] of quotients) {
  test(`${dividend} / ${divisor} is ${quotient}`, () => {
    assert.equal(formatNumeric(divideNumeric(parseNumeric(dividend), divisor)), quotient);
  });
}
