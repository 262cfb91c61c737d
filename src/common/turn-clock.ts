// A clock for durations that is read from the system once per batch of bytes that came in: reading
// it with every query would cost as much as looking the query up. Whoever gets bytes, or wakes up
// by a timer, makes it stale.

import { performance } from 'node:perf_hooks';

export const turnClock = { stale: true };

let nowMs = 0;

/** Milliseconds on the clock of `performance.now()`. */
export function turnNowMs(): number {
  if (turnClock.stale) {
    turnClock.stale = false;
    nowMs = performance.now();
  }
  return nowMs;
}
