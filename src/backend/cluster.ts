// All pools of one user of one database: one per shard.

import type PQueue from 'p-queue';
import { Pool, type PoolLimits } from './pool.ts';
import type { ServerAddress } from './server-address.ts';
import { openServer, type ServerLoginOptions } from './server-login.ts';

export interface ShardTarget {
  readonly address: ServerAddress;
  readonly limits: PoolLimits;
  readonly login: ServerLoginOptions;
}

export class Cluster {
  /** By shard number. */
  readonly pools: readonly Pool[];

  /** `targets`: the primary of each shard, by number. */
  constructor(targets: readonly ShardTarget[], connectQueue: PQueue) {
    this.pools = targets.map(
      ({ address, limits, login }) =>
        new Pool(address, limits, at => openServer(at, login), connectQueue),
    );
  }

  get shardCount(): number {
    return this.pools.length;
  }

  maintain(nowMs: number): void {
    for (const pool of this.pools) pool.maintain(nowMs);
  }

  close(): void {
    for (const pool of this.pools) pool.close();
  }

  destroy(): void {
    for (const pool of this.pools) pool.destroy();
  }
}
