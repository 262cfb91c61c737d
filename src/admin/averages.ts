// Averages of counters over the last whole period, as PgBouncer has them (stats.c, calc_average):
// the totals at its begin and its end are kept. Until one has ended: since the start.

import type { DatabaseSnapshot, PoolSnapshot, Snapshot } from '../metrics/snapshot.ts';

export interface Totals {
  readonly atMs: number;
  readonly databases: readonly DatabaseSnapshot[];
  readonly pools: readonly PoolSnapshot[];
}

export class Averages {
  #begin: Totals;
  #end: Totals | null = null;

  constructor(startedAtMs: number) {
    this.#begin = { atMs: startedAtMs, databases: [], pools: [] };
  }

  /** A period has ended. */
  tick(snapshot: Snapshot, nowMs: number): void {
    if (this.#end !== null) this.#begin = this.#end;
    this.#end = { atMs: nowMs, databases: snapshot.databases, pools: snapshot.pools };
  }

  /** The period's two ends; `now` stands for the second until a period has ended. */
  period(now: Snapshot): {
    readonly begin: Totals;
    readonly end: Totals;
    readonly seconds: number;
  } {
    const end = this.#end ?? { atMs: Date.now(), databases: now.databases, pools: now.pools };
    return { begin: this.#begin, end, seconds: Math.max(end.atMs - this.#begin.atMs, 1) / 1_000 };
  }
}
