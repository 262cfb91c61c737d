// Those who wait for a connection of one pool: first come, first served, except that in a pool that
// is held (PAUSE, maintenance mode) only those are served who hold other connections meanwhile.

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

export class PoolWaiters {
  /** With the time since when each waits. */
  readonly #since = new Map<PoolWaiter, number>();

  get size(): number {
    return this.#since.size;
  }

  /** Of the one that waits longest; 0: nobody does. */
  get longestMs(): number {
    for (const sinceMs of this.#since.values()) return Math.max(0, Date.now() - sinceMs);
    return 0;
  }

  add(waiter: PoolWaiter): void {
    const now = Date.now();
    this.#since.set(waiter, now);
    if (waiter.owner) waiter.owner.waitingSinceMs = now;
  }

  /** Who is to be served next, or null. */
  first(held: boolean): PoolWaiter | null {
    for (const waiter of this.#since.keys()) if (!held || isUrgent(waiter)) return waiter;
    return null;
  }

  /** How many are to be served. */
  count(held: boolean): number {
    if (!held) return this.#since.size;
    let urgent = 0;
    for (const waiter of this.#since.keys()) if (isUrgent(waiter)) urgent += 1;
    return urgent;
  }

  /** Ends a wait; answers how long it was, in ms. */
  end(waiter: PoolWaiter): number {
    const ms = Math.max(0, Date.now() - (this.#since.get(waiter) ?? Date.now()));
    this.#since.delete(waiter);
    const { owner } = waiter;
    if (owner === undefined) return ms;
    owner.waitingSinceMs = 0;
    owner.waitMs += ms;
    return ms;
  }

  /** Whoever waits as `owner` gets `error` instead. */
  refuse(owner: WaitOwner, error: PgError): void {
    for (const waiter of this.#since.keys()) {
      if (waiter.owner !== owner) continue;
      this.end(waiter);
      waiter.onRefused(error);
    }
  }

  refuseAll(error: unknown): void {
    const refused = [...this.#since.keys()];
    for (const waiter of refused) this.end(waiter);
    for (const waiter of refused) waiter.onRefused(error);
  }

  /** Refuses those that have waited for `ms`, with what `reason` makes of the time since when;
   *  `onlyUrgent`: the others' time does not run out. */
  refuseLate(ms: number, onlyUrgent: boolean, reason: (sinceMs: number) => unknown): void {
    const now = Date.now();
    for (const [waiter, sinceMs] of this.#since) {
      if (now - sinceMs < ms) break;
      if (onlyUrgent && !isUrgent(waiter)) continue;
      this.end(waiter);
      waiter.onRefused(reason(sinceMs));
    }
  }

  /** Their time begins anew. */
  restart(): void {
    const now = Date.now();
    for (const waiter of this.#since.keys()) this.#since.set(waiter, now);
  }
}

/** It holds other connections, which come back only if it goes on. */
function isUrgent({ owner }: PoolWaiter): boolean {
  return owner?.holdsServers === true;
}
