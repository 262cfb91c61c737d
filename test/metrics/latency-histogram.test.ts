// Buckets of durations: where one lands, and that nothing is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addHistograms,
  bucketBoundsMs,
  LatencyHistogram,
} from '../../src/metrics/latency-histogram.ts';

function bucketOf(ms: number): number {
  const histogram = new LatencyHistogram();
  histogram.record(ms);
  const { counts } = histogram.snapshot();
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    1,
    `${ms} ms`,
  );
  return counts.indexOf(1);
}

test('bounds double from 32 µs to 67 s', () => {
  assert.equal(bucketBoundsMs[0], 0.032);
  assert.equal(bucketBoundsMs.at(-1), 67_108.864);
  for (let i = 1; i < bucketBoundsMs.length; i++) {
    assert.equal(bucketBoundsMs[i], bucketBoundsMs[i - 1]! * 2);
  }
});

test('a duration lands in the first bucket whose bound it is not above', () => {
  for (const [bucket, bound] of bucketBoundsMs.entries()) {
    assert.equal(bucketOf(bound), bucket, `${bound} ms itself`);
    assert.equal(bucketOf(bound * 1.03), bucket + 1, `above ${bound} ms`);
  }
});

test('nothing, what runs backwards and what never ends have a bucket too', () => {
  const last = bucketBoundsMs.length;
  const cases = [0, -1, 0.000_1, 1e9, 1e15];
  assert.deepEqual(cases.map(bucketOf), [0, 0, 0, last, last]);
});

test('histograms add up bucket by bucket', () => {
  const [a, b] = [new LatencyHistogram(), new LatencyHistogram()];
  for (const ms of [0.01, 1, 1, 500]) a.record(ms);
  for (const ms of [1, 90_000]) b.record(ms);
  const both = new LatencyHistogram();
  for (const ms of [0.01, 1, 1, 500, 1, 90_000]) both.record(ms);
  const sum = addHistograms([a.snapshot(), b.snapshot()]);
  assert.deepEqual(sum.counts, both.snapshot().counts);
  assert.ok(Math.abs(sum.sumMs - both.snapshot().sumMs) < 1e-6);
});
