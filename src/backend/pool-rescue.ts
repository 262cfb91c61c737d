// Clients whose transactions touch several shards can come to wait for each other's connections: each
// pool is full of those that wait for one of another. One client of all that wait so may then go
// beyond the size of any pool, by one connection, until its transaction ends: it gets on, and what it
// gives back lets the next one get on.

import type { WaitOwner } from './pool-waiter.ts';
import type { PoolWaiters } from './pool-waiters.ts';

/** Shared by the pools of one user and database. */
export class PoolRescue {
  readonly #pools: PoolWaiters[] = [];
  #owner: WaitOwner | null = null;

  add(waiters: PoolWaiters): void {
    this.#pools.push(waiters);
  }

  /** Clients wait for two pools at least while they hold connections of others. */
  get mayBeNeeded(): boolean {
    let pools = 0;
    for (const waiters of this.#pools) if (waiters.count(true) > 0) pools += 1;
    return pools > 1;
  }

  /** Whether `owner`, which waits in the middle of a transaction, is the one. */
  claim(owner: WaitOwner): boolean {
    const current = this.#owner;
    if (current !== null && current !== owner && current.holdsServers) return false;
    this.#owner = owner;
    return true;
  }
}
