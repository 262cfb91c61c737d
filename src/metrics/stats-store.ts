// The counters of every database and pool by name: a reload makes new pools, counters go on.

import { DatabaseStats } from './database-stats.ts';
import { PoolStats } from './pool-stats.ts';

export class StatsStore {
  readonly #databases = new Map<string, DatabaseStats>();
  readonly #pools = new Map<string, PoolStats>();

  /** The same object for the same names. */
  database(user: string, database: string): DatabaseStats {
    return found(this.#databases, JSON.stringify([user, database]), () => new DatabaseStats());
  }

  pool(user: string, database: string, shard: number): PoolStats {
    return found(this.#pools, JSON.stringify([user, database, shard]), () => new PoolStats());
  }
}

function found<T>(all: Map<string, T>, key: string, create: () => T): T {
  let one = all.get(key);
  if (one === undefined) {
    one = create();
    all.set(key, one);
  }
  return one;
}
