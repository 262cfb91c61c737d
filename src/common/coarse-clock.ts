// A clock that costs nothing to read, for what is timed in tenths of seconds and set with every
// query. It runs ahead, never behind: nothing that is timed by it ends too early.

const tickMs = 50;

/** Milliseconds since 1970, up to 50 ms in the future. */
export const coarseClock = { nowMs: Date.now() + tickMs };

setInterval(() => {
  coarseClock.nowMs = Date.now() + tickMs;
}, tickMs).unref();
