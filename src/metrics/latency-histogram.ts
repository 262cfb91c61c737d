// How long things took, in buckets that double: 32 µs, 64 µs … 67 s, and one for all that took
// longer. Recording is one array increment and one addition.

import type { HistogramSnapshot } from './snapshot.ts';

/** 2^5 µs is the first bound, 2^26 µs the last. */
const firstPower = 5;
const lastPower = 26;
const bucketCount = lastPower - firstPower + 2;

/** Upper bounds, included, of all buckets but the last, which has none. */
export const bucketBoundsMs: readonly number[] = Array.from(
  { length: bucketCount - 1 },
  (_, bucket) => 2 ** (bucket + firstPower) / 1_000,
);

export class LatencyHistogram {
  readonly #counts = new Float64Array(bucketCount);
  #sumMs = 0;

  record(ms: number): void {
    // clz32 of n - 1 is 32 minus the power of two that n is not above.
    const us = Math.min(ms * 1_000, 2 ** 31);
    const bucket = 32 - Math.clz32(Math.ceil(us) - 1) - firstPower;
    this.#counts[us <= 1 || bucket < 0 ? 0 : Math.min(bucket, bucketCount - 1)]! += 1;
    this.#sumMs += ms;
  }

  snapshot(): HistogramSnapshot {
    return { counts: [...this.#counts], sumMs: this.#sumMs };
  }
}

/** Of several workers or shards. */
export function addHistograms(histograms: readonly HistogramSnapshot[]): HistogramSnapshot {
  const counts = Array.from({ length: bucketCount }, (_, bucket) =>
    histograms.reduce((sum, one) => sum + (one.counts[bucket] ?? 0), 0),
  );
  return { counts, sumMs: histograms.reduce((sum, one) => sum + one.sumMs, 0) };
}
