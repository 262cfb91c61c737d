// Who of the workers has lent how many connections of a pool to whom: kept by the main thread,
// through which they lend. Together they never have more than the pool's size.

import type { PoolName } from '../frontend/peers.ts';
import { keyOfPool } from './pool-loans.ts';

/** What the desk asks of workers. Resolves with how many were handed over; 0 if the worker is
 *  gone. */
export interface Lenders {
  readonly count: number;
  lend(worker: number, name: PoolName, count: number, generation: number): Promise<number>;
  giveBack(worker: number, name: PoolName, count: number, generation: number): Promise<number>;
  take(worker: number, name: PoolName, count: number, generation: number): void;
}

export class LoanDesk {
  readonly #lenders: Lenders;
  /** Per worker: borrowed connections by pool; below zero: lent. */
  readonly #ledger: Map<string, number>[];
  /** Workers that are asked at this moment, by pool. */
  readonly #asked = new Set<string>();
  #generation = 0;

  constructor(lenders: Lenders) {
    this.#lenders = lenders;
    this.#ledger = Array.from({ length: lenders.count }, () => new Map());
  }

  get generation(): number {
    return this.#generation;
  }

  borrowed(worker: number): ReadonlyMap<string, number> {
    return this.#ledger[worker]!;
  }

  /** The configuration changes: all loans are off. */
  reset(): number {
    for (const loans of this.#ledger) loans.clear();
    this.#asked.clear();
    this.#generation += 1;
    return this.#generation;
  }

  /** A worker needs more connections: others lend what they do not use, and those that have
   *  borrowed give back what is missing of its share. */
  async borrow(worker: number, name: PoolName, count: number, generation: number): Promise<void> {
    if (generation !== this.#generation) return;
    const key = keyOfPool(name);
    let missing = count;
    for (let i = 1; i < this.#lenders.count && missing > 0; i++) {
      const lender = (worker + i) % this.#lenders.count;
      const give = () => this.#lenders.lend(lender, name, missing, generation);
      missing -= await this.#move(lender, worker, name, give);
      if (generation !== this.#generation) return;
    }
    for (const [lender, loans] of this.#ledger.entries()) {
      const owed = -(this.#ledger[worker]!.get(key) ?? 0);
      const due = Math.min(missing, owed, loans.get(key) ?? 0);
      if (due <= 0) continue;
      missing -= due;
      // It may take as long as their clients do.
      const give = () => this.#lenders.giveBack(lender, name, due, generation);
      this.#move(lender, worker, name, give).catch(() => {});
    }
  }

  /** Only one at a time asks the same worker for the same pool. */
  async #move(
    lender: number,
    borrower: number,
    name: PoolName,
    give: () => Promise<number>,
  ): Promise<number> {
    const key = keyOfPool(name);
    const generation = this.#generation;
    const asked = `${lender} ${key}`;
    if (this.#asked.has(asked)) return 0;
    this.#asked.add(asked);
    const given = await give();
    if (generation !== this.#generation) return 0;
    this.#asked.delete(asked);
    if (given === 0) return 0;
    this.#add(lender, key, -given);
    this.#add(borrower, key, given);
    this.#lenders.take(borrower, name, given, generation);
    return given;
  }

  #add(worker: number, key: string, change: number): void {
    const loans = this.#ledger[worker]!;
    const count = (loans.get(key) ?? 0) + change;
    if (count === 0) loans.delete(key);
    else loans.set(key, count);
  }
}
