// A queue that is left at its head nearly always and in its middle sometimes: a linked list. A Map
// keeps the places of those that left, and looks at all of them to find its first entry.

import type { PoolWaiter } from './pool-waiter.ts';
import type { ServerConnection } from './server-connection.ts';

export class Wait {
  readonly waiter: PoolWaiter;
  readonly queue: WaitQueue;
  /** In ms since 1970. */
  sinceMs: number;
  before: Wait | null = null;
  behind: Wait | null = null;

  constructor(waiter: PoolWaiter, queue: WaitQueue, sinceMs: number) {
    this.waiter = waiter;
    this.queue = queue;
    this.sinceMs = sinceMs;
  }

  /** See `PoolWaiter`. */
  sharedCostMs(server: ServerConnection): number {
    return this.waiter.sharedCostMs?.(server) ?? Number.POSITIVE_INFINITY;
  }
}

export class WaitQueue {
  #first: Wait | null = null;
  #last: Wait | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Wait | null {
    return this.#first;
  }

  add(wait: Wait): void {
    wait.before = this.#last;
    if (this.#last === null) this.#first = wait;
    else this.#last.behind = wait;
    this.#last = wait;
    this.#size += 1;
  }

  /** It must be in the queue. */
  remove(wait: Wait): void {
    const { before, behind } = wait;
    if (before === null) this.#first = behind;
    else before.behind = behind;
    if (behind === null) this.#last = before;
    else behind.before = before;
    wait.before = wait.behind = null;
    this.#size -= 1;
  }

  *all(): Iterable<Wait> {
    for (let wait = this.#first; wait !== null; wait = wait.behind) yield wait;
  }
}
