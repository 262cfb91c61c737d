// Durations of the configuration as node's timers take them.

/** The longest delay a timer takes (a 32-bit number of ms); longer ones would fire at once. */
const delayMsMax = 2 ** 31 - 1;

/** `Infinity` and other durations beyond 24 days become the longest delay there is. */
export function timerMs(durationMs: number): number {
  return Math.min(durationMs, delayMsMax);
}
