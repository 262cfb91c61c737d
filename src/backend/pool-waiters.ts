// Those who wait for a connection of one pool: first come, first served, but those first who hold
// connections of other pools meanwhile, which come back only if they go on. Of a pool that is held
// (PAUSE, maintenance mode) only those are served.

import type { PgError } from '../common/pg-error.ts';
import type { ServerConnection } from './server-connection.ts';

/** For whom somebody waits. */
export interface WaitOwner {
  /** Connections of its are in use meanwhile: it waits in the middle of a transaction. */
  readonly holdsServers: boolean;
  /** Since when it waits, in ms since 1970; 0: it does not. Set here, as is `waitMs`. */
  waitingSinceMs: number;
  /** How long it has waited altogether. */
  waitMs: number;
}

/** Who waits for a connection. Called back at most once, with one or the other. */
export interface PoolWaiter {
  readonly owner?: WaitOwner;
  onServer(server: ServerConnection): void;
  /** PgError `checkoutTimeout`, or what kept a connection from being opened. */
  onRefused(error: unknown): void;
}

/** With the time since when each waits, which is also their order. */
type Queue = Map<PoolWaiter, number>;

export class PoolWaiters {
  readonly #urgent: Queue = new Map();
  readonly #others: Queue = new Map();
  /** Comes before all others. */
  #rescued: PoolWaiter | null = null;

  get size(): number {
    return this.#urgent.size + this.#others.size;
  }

  /** Of the one that waits longest; 0: nobody does. */
  get longestMs(): number {
    const now = Date.now();
    return Math.max(0, now - Math.min(firstSince(this.#urgent), firstSince(this.#others)));
  }

  /** Whether the one that is to be served before all others waits. */
  get rescues(): boolean {
    return this.#rescued !== null;
  }

  add(waiter: PoolWaiter): void {
    const now = Date.now();
    const { owner } = waiter;
    (owner?.holdsServers ? this.#urgent : this.#others).set(waiter, now);
    if (owner) owner.waitingSinceMs = now;
  }

  /** Who is to be served next, or null. */
  first(held: boolean): PoolWaiter | null {
    if (this.#rescued !== null) return this.#rescued;
    for (const waiter of this.#urgent.keys()) return waiter;
    if (!held) for (const waiter of this.#others.keys()) return waiter;
    return null;
  }

  /** How many are to be served. */
  count(held: boolean): number {
    return held ? this.#urgent.size : this.size;
  }

  /** The first in the middle of a transaction that has waited for `ms` and that `claim` lets go
   *  before all others; null: none. */
  rescue(ms: number, claim: (owner: WaitOwner) => boolean): PoolWaiter | null {
    const now = Date.now();
    for (const [waiter, sinceMs] of this.#urgent) {
      if (now - sinceMs < ms) break;
      if (!claim(waiter.owner!)) continue;
      this.#rescued = waiter;
      return waiter;
    }
    return null;
  }

  /** Ends a wait; answers how long it was, in ms. */
  end(waiter: PoolWaiter): number {
    const now = Date.now();
    const sinceMs = this.#urgent.get(waiter) ?? this.#others.get(waiter) ?? now;
    const ms = Math.max(0, now - sinceMs);
    if (!this.#urgent.delete(waiter)) this.#others.delete(waiter);
    if (this.#rescued === waiter) this.#rescued = null;
    const { owner } = waiter;
    if (owner === undefined) return ms;
    owner.waitingSinceMs = 0;
    owner.waitMs += ms;
    return ms;
  }

  /** Whoever waits as `owner` gets `error` instead. */
  refuse(owner: WaitOwner, error: PgError): void {
    for (const waiter of this.#all()) {
      if (waiter.owner !== owner) continue;
      this.end(waiter);
      waiter.onRefused(error);
    }
  }

  refuseAll(error: unknown): void {
    const refused = this.#all();
    for (const waiter of refused) this.end(waiter);
    for (const waiter of refused) waiter.onRefused(error);
  }

  /** Refuses those that have waited for `ms`, with what `reason` makes of the time since when;
   *  `onlyUrgent`: the others' time does not run out. */
  refuseLate(ms: number, onlyUrgent: boolean, reason: (sinceMs: number) => unknown): void {
    const now = Date.now();
    for (const queue of onlyUrgent ? [this.#urgent] : [this.#urgent, this.#others]) {
      for (const [waiter, sinceMs] of queue) {
        if (now - sinceMs < ms) break;
        this.end(waiter);
        waiter.onRefused(reason(sinceMs));
      }
    }
  }

  /** Their time begins anew. */
  restart(): void {
    const now = Date.now();
    for (const queue of [this.#urgent, this.#others]) {
      for (const waiter of queue.keys()) queue.set(waiter, now);
    }
  }

  #all(): PoolWaiter[] {
    return [...this.#urgent.keys(), ...this.#others.keys()];
  }
}

function firstSince(queue: Queue): number {
  for (const sinceMs of queue.values()) return sinceMs;
  return Number.POSITIVE_INFINITY;
}
