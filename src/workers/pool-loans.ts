// What a worker may have of each pool: its share, and what workers that need theirs less have lent
// it. It asks when its clients wait, lends what lies idle, and gives back what the owner needs.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../backend/pool.ts';
import type { PoolName } from '../frontend/peers.ts';

/** What one worker has borrowed of one pool. Its pool's limit is its share and that. */
export interface Loan {
  /** Below zero: lent. */
  borrowed: number;
  /** Not to ask again before this moment, in ms since 1970. */
  askAtMs: number;
}

/** What a worker knows of one of its pools. */
interface OpenPool {
  readonly name: PoolName;
  readonly pool: Pool;
}

/** Who has waited so long needs more than the share. */
const longWaitMs = 50;
/** How often a worker asks for the same pool. */
const askEveryMs = 200;
/** What nobody has used for so long can be lent. */
const spareAfterMs = 1_000;
const pollMs = 10;

export class PoolLoans {
  readonly #loans = new Map<string, Loan>();
  readonly #pools: () => Iterable<OpenPool>;
  #generation: number;

  /** `borrowed`: by `keyOfPool`, in this generation of the configuration. */
  constructor(
    pools: () => Iterable<OpenPool>,
    generation: number,
    borrowed: ReadonlyMap<string, number>,
  ) {
    this.#pools = pools;
    this.#generation = generation;
    for (const [key, count] of borrowed) this.#of(key).borrowed = count;
  }

  loan(name: PoolName): Loan {
    return this.#of(keyOfPool(name));
  }

  /** Another configuration has other shares: all loans are off, at every worker. */
  reset(generation: number): void {
    this.#generation = generation;
    for (const loan of this.#loans.values()) loan.borrowed = 0;
  }

  /** Asks for the pools whose clients wait although all that is allotted is open. */
  look(nowMs: number, ask: (name: PoolName, count: number, generation: number) => void): void {
    for (const { name, pool } of this.#pools()) {
      if (pool.waiting === 0 || pool.held || pool.longestWaitMs < longWaitMs) continue;
      const loan = this.loan(name);
      if (pool.size + pool.opening < pool.sizeMax || nowMs < loan.askAtMs) continue;
      loan.askAtMs = nowMs + askEveryMs;
      ask(name, pool.waiting, this.#generation);
    }
  }

  /** Lends up to `count` connections that nobody uses, but not the last one. Resolves with how many
   *  when they are closed. */
  async lend(name: PoolName, count: number, generation: number): Promise<number> {
    const pool = this.#find(name);
    if (pool === null || pool.held || pool.waiting > 0 || generation !== this.#generation) return 0;
    const before = Date.now() - spareAfterMs;
    const spare = pool.idleServers.filter(server => server.idleSinceMs < before).length;
    const unused = pool.sizeMax - pool.size - pool.opening + spare;
    return this.#handOver(name, Math.min(count, unused, pool.sizeMax - 1), generation);
  }

  /** Gives back up to `count` that are borrowed, also those that clients use: when they return
   *  them. Resolves with how many. */
  async giveBack(name: PoolName, count: number, generation: number): Promise<number> {
    if (generation !== this.#generation) return 0;
    return this.#handOver(name, Math.min(count, this.loan(name).borrowed), generation);
  }

  /** Takes what another worker has handed over. */
  take(name: PoolName, count: number, generation: number): void {
    if (generation === this.#generation) this.loan(name).borrowed += count;
  }

  async #handOver(name: PoolName, count: number, generation: number): Promise<number> {
    if (count <= 0) return 0;
    this.loan(name).borrowed -= count;
    while (generation === this.#generation) {
      const pool = this.#find(name);
      if (pool === null || shrunk(pool)) return count;
      await sleep(pollMs);
    }
    return 0;
  }

  #find(name: PoolName): Pool | null {
    const key = keyOfPool(name);
    for (const one of this.#pools()) if (keyOfPool(one.name) === key) return one.pool;
    return null;
  }

  #of(key: string): Loan {
    let loan = this.#loans.get(key);
    if (loan === undefined) this.#loans.set(key, (loan = { borrowed: 0, askAtMs: 0 }));
    return loan;
  }
}

export function keyOfPool({ user, database, shard }: PoolName): string {
  return JSON.stringify([user, database, shard]);
}

/** Whether it has no more connections than it may. If not, idle ones are closed, and as many of
 *  the others as are too many when they are returned: also while clients wait for them. */
function shrunk(pool: Pool): boolean {
  const limit = pool.sizeMax;
  if (pool.size + pool.opening <= limit) return true;
  pool.maintain(Date.now());
  let excess = pool.size + pool.opening - limit;
  const servers = [...pool.servers];
  for (const server of servers) if (server.closeNeeded) excess -= 1;
  for (const server of servers) {
    if (excess <= 0 || server.closeNeeded) continue;
    server.closeNeeded = true;
    excess -= 1;
  }
  return pool.size + pool.opening <= limit;
}
