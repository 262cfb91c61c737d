// Those who wait for a connection of one pool: first come, first served, but those first who hold
// connections of other pools meanwhile, which come back only if they go on. Of a pool that is held
// (PAUSE, maintenance mode) only those are served.

import type { PgError } from '../common/pg-error.ts';
import type { PoolWaiter, WaitOwner } from './pool-waiter.ts';
import { Wait, WaitQueue } from './wait-queue.ts';

export class PoolWaiters {
  readonly #urgent = new WaitQueue();
  readonly #others = new WaitQueue();
  /** Comes before all others. */
  #rescued: Wait | null = null;

  get size(): number {
    return this.#urgent.size + this.#others.size;
  }

  /** Of the one that waits longest; 0: nobody does. */
  get longestMs(): number {
    const now = Date.now();
    const urgentSinceMs = this.#urgent.first?.sinceMs ?? now;
    const othersSinceMs = this.#others.first?.sinceMs ?? now;
    return Math.max(0, now - Math.min(urgentSinceMs, othersSinceMs));
  }

  /** Whether the one that is to be served before all others waits. */
  get rescues(): boolean {
    return this.#rescued !== null;
  }

  add(waiter: PoolWaiter): void {
    const now = Date.now();
    const { owner } = waiter;
    const queue = owner?.holdsServers === true ? this.#urgent : this.#others;
    queue.add(new Wait(waiter, queue, now));
    if (owner) owner.waitingSinceMs = now;
  }

  /** Who is to be served next, or null. */
  first(held: boolean): Wait | null {
    return this.#rescued ?? this.#urgent.first ?? (held ? null : this.#others.first);
  }

  /** How many are to be served. */
  count(held: boolean): number {
    return held ? this.#urgent.size : this.size;
  }

  /** The first in the middle of a transaction that has waited for `ms` and that `claim` lets go
   *  before all others. False: none. */
  rescue(ms: number, claim: (owner: WaitOwner) => boolean): boolean {
    const now = Date.now();
    for (const wait of this.#urgent.all()) {
      if (now - wait.sinceMs < ms) break;
      if (!claim(wait.waiter.owner!)) continue;
      this.#rescued = wait;
      return true;
    }
    return false;
  }

  /** Ends a wait; answers how long it was, in ms. */
  end(wait: Wait): number {
    const ms = Math.max(0, Date.now() - wait.sinceMs);
    wait.queue.remove(wait);
    if (this.#rescued === wait) this.#rescued = null;
    const { owner } = wait.waiter;
    if (owner === undefined) return ms;
    owner.waitingSinceMs = 0;
    owner.waitMs += ms;
    return ms;
  }

  /** Whoever waits as `owner` gets `error` instead. */
  refuse(owner: WaitOwner, error: PgError): void {
    for (const wait of this.#all()) {
      if (wait.waiter.owner !== owner) continue;
      this.end(wait);
      wait.waiter.onRefused(error);
    }
  }

  refuseAll(error: unknown): void {
    const refused = this.#all();
    for (const wait of refused) this.end(wait);
    for (const { waiter } of refused) waiter.onRefused(error);
  }

  /** Refuses those that have waited for `ms`, with what `reason` makes of the time since when;
   *  `onlyUrgent`: the others' time does not run out. */
  refuseLate(ms: number, onlyUrgent: boolean, reason: (sinceMs: number) => unknown): void {
    const now = Date.now();
    for (const queue of onlyUrgent ? [this.#urgent] : [this.#urgent, this.#others]) {
      for (let wait = queue.first; wait !== null; wait = queue.first) {
        if (now - wait.sinceMs < ms) break;
        this.end(wait);
        wait.waiter.onRefused(reason(wait.sinceMs));
      }
    }
  }

  /** Their time begins anew. */
  restart(): void {
    const now = Date.now();
    for (const wait of this.#all()) wait.sinceMs = now;
  }

  #all(): Wait[] {
    return [...this.#urgent.all(), ...this.#others.all()];
  }
}
