// How long a statement takes at best, learnt from its runs: whether it may share a server connection
// with others. The best of late, not the mean, because what it waited for says nothing about it.

/** A statement that held up others has a connection to itself for so long. */
const aloneMs = 10_000;

/** How slowly the best is forgotten: runs until it counts about a third. */
const forgetting = 512;

export class StatementTiming {
  /** Shortest answer of late in ms; infinity: it did not run yet. */
  bestMs = Number.POSITIVE_INFINITY;
  #aloneUntilMs = 0;

  took(ms: number): void {
    if (ms < this.bestMs) this.bestMs = ms;
    else this.bestMs += (ms - this.bestMs) / forgetting;
  }

  heldUpOthers(): void {
    this.#aloneUntilMs = Date.now() + aloneMs;
  }

  /** It must not share a connection now, whatever it took before. */
  get alone(): boolean {
    if (this.#aloneUntilMs === 0) return false;
    if (Date.now() < this.#aloneUntilMs) return true;
    this.#aloneUntilMs = 0;
    return false;
  }
}
