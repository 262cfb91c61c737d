// All pools of one user of one database: one per shard.

import type PQueue from 'p-queue';
import type { PgError } from '../common/pg-error.ts';
import type { PoolStats } from '../metrics/pool-stats.ts';
import { NotificationHub } from './notification-hub.ts';
import { Pool } from './pool.ts';
import type { PoolLimits } from './pool-limits.ts';
import { PoolRescue } from './pool-rescue.ts';
import type { WaitOwner } from './pool-waiter.ts';
import type { ServerAddress } from './server-address.ts';
import type { ServerConnection } from './server-connection.ts';
import { openServer, type ServerLoginOptions } from './server-login.ts';
import { ShardOids } from './shard-oids.ts';

export interface ShardTarget {
  readonly address: ServerAddress;
  readonly limits: PoolLimits;
  readonly login: ServerLoginOptions;
  /** Connections of equal identity are interchangeable, whatever the limits of their pool. */
  readonly identity: string;
}

export class Cluster {
  /** By shard number. */
  readonly pools: readonly Pool[];
  /** Listens for clients, over connections beside the pools. */
  readonly notifications: NotificationHub;
  /** By shard number; null: shard 0's, which are everybody's. */
  readonly oids: readonly (ShardOids | null)[];
  readonly #connectQueue: PQueue;
  #targets: readonly ShardTarget[];
  #identities: readonly string[];
  /** For good. */
  closed = false;

  /** `targets`: the primary of each shard, by number. */
  constructor(
    targets: readonly ShardTarget[],
    connectQueue: PQueue,
    statsOf: (shard: number) => PoolStats,
  ) {
    this.oids = targets.map((_, shard) => (shard === 0 ? null : new ShardOids()));
    const rescue = new PoolRescue();
    this.pools = targets.map((target, shard) => {
      const connect = connector(target, this.oids[shard]!);
      return new Pool(target.address, target.limits, connect, connectQueue, statsOf(shard), rescue);
    });
    this.#identities = targets.map(({ identity }) => identity);
    this.#targets = targets;
    this.#connectQueue = connectQueue;
    this.notifications = new NotificationHub(() => this.#openEach());
  }

  get shardCount(): number {
    return this.pools.length;
  }

  /** PAUSE or maintenance mode, and nothing is in use any more. */
  get atRest(): boolean {
    return this.pools.every(pool => pool.held && pool.size === 0);
  }

  /** PAUSE or maintenance mode: nobody is to get a connection. */
  get held(): boolean {
    return this.pools.some(pool => pool.held);
  }

  /** For as many shards as there are. Connections that would not be opened the same way again
   *  are closed as they come back. */
  reconfigure(targets: readonly ShardTarget[]): void {
    for (const [shard, target] of targets.entries()) {
      const pool = this.pools[shard]!;
      pool.reconfigure(target.address, target.limits, connector(target, this.oids[shard]!));
      if (target.identity === this.#identities[shard]) continue;
      pool.reconnect();
      this.notifications.cut('the configuration of its server has changed');
    }
    this.#targets = targets;
    this.#identities = targets.map(({ identity }) => identity);
  }

  /** A connection of no pool, for what clients wait for that hold all of a pool's connections. The
   *  caller closes it. Rejects with what kept it from being opened. */
  openAside(shard: number): Promise<ServerConnection> {
    const { address, login } = this.#targets[shard]!;
    return this.#connectQueue.add(() => openServer(address, login));
  }

  /** Whoever waits for connections as `owner` gets `error` instead. */
  refuseWaiting(owner: WaitOwner, error: PgError): void {
    if (owner.waitingSinceMs === 0) return;
    for (const pool of this.pools) pool.refuseWaiting(owner, error);
  }

  maintain(nowMs: number): void {
    for (const pool of this.pools) pool.maintain(nowMs);
  }

  /** Gives out no connections but to those in mid-transaction. Resolves when all are closed, or
   *  with `resume`. */
  async pause(): Promise<void> {
    await Promise.all(this.pools.map(pool => pool.pause()));
  }

  resume(): void {
    for (const pool of this.pools) pool.resume();
  }

  /** As `pause`, but clients wait as long as it lasts. */
  setMaintenance(on: boolean): void {
    for (const pool of this.pools) pool.setMaintenance(on);
  }

  /** Closes idle connections now and the others when they come back. */
  reconnect(): void {
    for (const pool of this.pools) pool.reconnect();
  }

  /** Resolves when those that `reconnect` gave up are closed. */
  async givenUpClosed(): Promise<void> {
    await Promise.all(this.pools.map(pool => pool.givenUpClosed()));
  }

  /** Cuts every connection; clients that wait go on waiting. */
  cut(): void {
    for (const pool of this.pools) pool.cut();
    this.notifications.cut('the server connections were closed');
  }

  close(): void {
    this.closed = true;
    this.notifications.destroy();
    for (const pool of this.pools) pool.close();
  }

  destroy(): void {
    this.closed = true;
    this.notifications.destroy();
    for (const pool of this.pools) pool.destroy();
  }

  /** One connection per shard. Rejects with what kept one of them from being opened. */
  async #openEach(): Promise<ServerConnection[]> {
    const results = await Promise.allSettled(
      this.#targets.map(target =>
        this.#connectQueue.add(() => openServer(target.address, target.login)),
      ),
    );
    const servers = results.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = results.find(one => one.status === 'rejected');
    if (failed === undefined) return servers;
    for (const server of servers) server.close();
    throw failed.reason;
  }
}

function connector({ login }: ShardTarget, oids: ShardOids | null) {
  return async (address: ServerAddress) => {
    const server = await openServer(address, login);
    server.oids = oids;
    return server;
  };
}
