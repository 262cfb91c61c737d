// Nanoseconds per call of one step, in this process: of the thread's CPU, so that other processes on
// the machine count less.

import { type Spread, spreadOf } from './statistics.ts';

export interface MicroFigures {
  readonly step: string;
  /** Nanoseconds per call. */
  readonly nanos: Spread;
}

const passes = 7;
const passMs = 60;
/** Different inputs, so that no step sees the same one twice in a row. */
export const variants = 256;

export function variantsOf(textOf: (key: number) => string): string[] {
  return Array.from({ length: variants }, (_, i) => textOf(100_000 + i * 31));
}

/** `step` gets 0 to `variants` - 1 in turn; what it answers is summed up, so that it is not
 *  optimised away. */
export function timed(step: string, call: (i: number) => number): MicroFigures {
  const nanos: number[] = [];
  let sum = 0;
  for (let pass = 0; pass <= passes; pass++) {
    let calls = 0;
    const begin = cpuMs();
    let now = begin;
    while (now - begin < passMs) {
      for (let i = 0; i < variants; i++) sum += call(i);
      calls += variants;
      now = cpuMs();
    }
    // The first pass is the compiler's.
    if (pass > 0) nanos.push(((now - begin) * 1e6) / calls);
  }
  if (Number.isNaN(sum)) throw new Error(`${step} answers no number`);
  return { step, nanos: spreadOf(nanos)! };
}

/** What this thread has used; the steps never wait. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
