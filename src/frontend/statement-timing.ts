// How long a statement takes at best, learnt from its runs: whether it may share a server connection
// with others. The best of late, not the mean, because what it waited for says nothing about it.

import type { ServerConnection } from '../backend/server-connection.ts';

/** A short read that may be run again and is a transaction of its own. */
export interface SharedRead {
  readonly timing: StatementTiming | null;
  /** Something has to be prepared on the connection first. */
  lacks(server: ServerConnection): boolean;
}

/** A statement that held up others has a connection to itself for so long: the first time, when the
 *  machine may be to blame, and from then on. */
const aloneMs = [100, 1_000];

/** Holding up others is forgotten after so many runs that did not. */
const innocentRuns = 300;

/** A run is slow if it takes this long, and so many times as long as most do at present: on a busy
 *  machine all of them wait. */
const slowMs = 25;
const slowTimes = 10;

/** How fast the median follows the runs. */
const medianStep = 1.05;

/** How slowly the best is forgotten: runs until it counts about a third. */
const forgetting = 512;

export class StatementTiming {
  /** Shortest answer of late in ms; infinity: it did not run yet. */
  bestMs = Number.POSITIVE_INFINITY;
  #aloneUntilMs = 0;
  #times = 0;
  #runsSince = 0;
  #medianMs = 1;

  /** `alone`: no other query was before it on its connection. */
  took(ms: number, alone: boolean): void {
    this.#runsSince += 1;
    if (alone) this.#medianMs *= ms > this.#medianMs ? medianStep : 1 / medianStep;
    if (ms < this.bestMs) this.bestMs = ms;
    else this.bestMs += (ms - this.bestMs) / forgetting;
  }

  get slowMs(): number {
    return Math.max(slowMs, slowTimes * this.#medianMs);
  }

  heldUpOthers(): void {
    if (this.#runsSince >= innocentRuns) this.#times = 0;
    this.#runsSince = 0;
    this.#aloneUntilMs = Date.now() + aloneMs[this.#times]!;
    this.#times = Math.min(this.#times + 1, aloneMs.length - 1);
  }

  /** It must not share a connection now, whatever it took before. */
  get alone(): boolean {
    if (this.#aloneUntilMs === 0) return false;
    if (Date.now() < this.#aloneUntilMs) return true;
    this.#aloneUntilMs = 0;
    return false;
  }
}
