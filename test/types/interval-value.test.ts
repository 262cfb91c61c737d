// Intervals: wire forms, sums, quotients.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import {
  addIntervals,
  decodeInterval,
  divideInterval,
  encodeInterval,
  formatInterval,
  parseInterval,
} from '../../src/types/interval-value.ts';
import { orderingVectors } from './vectors/read-vectors.ts';

test('text and binary forms are read and written back as the server wrote them', () => {
  const vectors = orderingVectors.filter(vector => vector.type === 'interval');
  assert.ok(vectors.length > 20);
  for (const { text, hex } of vectors) {
    const bytes = Buffer.from(hex, 'hex');
    assert.equal(formatInterval(parseInterval(text)), text);
    assert.equal(formatInterval(decodeInterval(bytes, 0, 16)), text);
    assert.equal(encodeInterval(parseInterval(text)).toString('hex'), hex);
  }
});

test('infinities that cancel, and fields that overflow, are error 22008', () => {
  const isOutOfRange = (error: unknown): boolean =>
    error instanceof PgError && error.sqlstate === '22008';
  const plus = parseInterval('infinity');
  assert.equal(addIntervals(plus, parseInterval('-1 days')), plus);
  assert.throws(() => addIntervals(plus, parseInterval('-infinity')), isOutOfRange);
  const most = parseInterval('2147483647 days');
  assert.throws(() => addIntervals(most, parseInterval('1 day')), isOutOfRange);
});

test('a quotient hands what is left of months to days and of days to the time', () => {
  assert.equal(formatInterval(divideInterval(parseInterval('1 mon'), 2)), '15 days');
  assert.equal(formatInterval(divideInterval(parseInterval('1 day'), 7)), '03:25:42.857143');
  assert.equal(formatInterval(divideInterval(parseInterval('infinity'), 7)), 'infinity');
});
