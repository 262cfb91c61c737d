// ISO dates and times as PostgreSQL's numbers, against JavaScript's calendar.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daysOfDate } from '../../src/types/calendar.ts';
import {
  parseDate,
  parseTime,
  parseTimestamp,
  parseTimestamptz,
  parseTimetz,
} from '../../src/types/date-time-text.ts';

const dayMs = 86_400_000;

test('every day of eight hundred years has the number of JavaScript’s calendar', () => {
  const epoch = Date.UTC(2000, 0, 1);
  for (let ms = Date.UTC(1600, 0, 1); ms < Date.UTC(2400, 0, 1); ms += dayMs) {
    const date = new Date(ms);
    const days = daysOfDate(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
    assert.equal(days, (ms - epoch) / dayMs, date.toISOString());
  }
});

test('the calendar repeats every four hundred years, before Christ too', () => {
  for (const year of [-4712, -399, -4, -1, 0, 1, 4, 100, 400, 99_999, 5_874_897]) {
    for (const [month, day] of [
      [1, 1],
      [2, 28],
      [3, 1],
      [12, 31],
    ] as const) {
      const later = daysOfDate(year + 400, month, day);
      assert.equal(later - daysOfDate(year, month, day), 146_097);
    }
  }
});

test('the first year before Christ follows no year zero', () => {
  assert.equal(parseDate('0001-01-01') - parseDate('0001-12-31 BC'), 1);
  assert.equal(parseDate('0001-03-01 BC') - parseDate('0001-02-29 BC'), 1);
});

test('fractions of a second have up to six digits, trailing zeros left out', () => {
  assert.equal(parseTime('00:00:01.5'), 1_500_000);
  assert.equal(parseTime('00:00:00.000001'), 1);
  assert.equal(parseTime('24:00:00'), 86_400_000_000);
});

test('an offset east of UTC is subtracted; the zone of timetz counts west', () => {
  assert.equal(parseTimestamptz('2000-01-01 05:30:00+05:30'), 0);
  assert.equal(parseTimestamptz('1999-12-31 20:30:00-03:30'), 0);
  assert.deepEqual(parseTimetz('01:00:00+05:53:28'), { micros: 3_600_000_000, zone: -21_208 });
  assert.deepEqual(parseTimetz('01:00:00+00'), { micros: 3_600_000_000, zone: 0 });
});

test('timestamps far from the epoch keep their microseconds', () => {
  assert.equal(parseTimestamp('294276-12-31 23:59:59.999999'), 9223371331199999999n);
  assert.equal(parseTimestamp('2000-01-02 00:00:00.000001'), 86_400_000_001);
});
