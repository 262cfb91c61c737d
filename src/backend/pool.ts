// The server connections of one user to one shard: handed straight from the client that returns
// one to the first that waits (FIFO); idle ones are used most recently returned first, so that
// the others can age out.

import type PQueue from 'p-queue';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { resetSession } from './reset-session.ts';
import type { ServerAddress } from './server-address.ts';
import type { ServerConnection } from './server-connection.ts';

export interface PoolLimits {
  readonly poolSize: number;
  readonly minPoolSize: number;
  readonly checkoutTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly serverLifetimeMs: number;
  readonly serverLifetimeJitterMs: number;
  readonly rollbackTimeoutMs: number;
}

/** Who waits for a connection. Called back at most once, with one or the other. */
export interface PoolWaiter {
  onServer(server: ServerConnection): void;
  /** PgError `checkoutTimeout`, or what kept a connection from being opened. */
  onRefused(error: unknown): void;
}

/** How exactly waiters are given up on: one timer looks at all of them. */
const sweepMsMax = 100;

export class Pool {
  readonly address: ServerAddress;
  readonly #limits: PoolLimits;
  readonly #connect: (address: ServerAddress) => Promise<ServerConnection>;
  readonly #connectQueue: PQueue;
  readonly #idle: ServerConnection[] = [];
  readonly #all = new Set<ServerConnection>();
  /** First come, first served; with the time at which each is given up on. */
  readonly #waiters = new Map<PoolWaiter, number>();
  #sweep: NodeJS.Timeout | null = null;
  #opening = 0;
  #closed = false;

  constructor(
    address: ServerAddress,
    limits: PoolLimits,
    connect: (address: ServerAddress) => Promise<ServerConnection>,
    connectQueue: PQueue,
  ) {
    this.address = address;
    this.#limits = limits;
    this.#connect = connect;
    this.#connectQueue = connectQueue;
  }

  get size(): number {
    return this.#all.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** An idle connection, or null when there is none right now. Never jumps the queue. */
  tryAcquire(): ServerConnection | null {
    if (this.#waiters.size > 0) return null;
    for (;;) {
      const server = this.#idle.pop();
      if (server === undefined) return null;
      if (!server.closed) return server;
    }
  }

  /** A connection as soon as one is free or opened. Rejects with PgError `checkoutTimeout`,
   *  or with the reason when no connection can be opened. */
  acquire(): Promise<ServerConnection> {
    const server = this.tryAcquire();
    if (server !== null) return Promise.resolve(server);
    return new Promise((resolve, reject) => {
      this.wait({ onServer: resolve, onRefused: reject });
    });
  }

  /** The same for a caller that has found no idle connection. */
  wait(waiter: PoolWaiter): void {
    if (this.#closed) {
      waiter.onRefused(new PgError(errors.shuttingDown));
      return;
    }
    const { checkoutTimeoutMs } = this.#limits;
    this.#waiters.set(waiter, Date.now() + checkoutTimeoutMs);
    this.#watchWaiters();
    this.#openForWaiters();
  }

  /** Refuses those that waited too long, and looks again while anybody waits. */
  #giveUpLate(): void {
    this.#sweep = null;
    const now = Date.now();
    const ms = this.#limits.checkoutTimeoutMs;
    for (const [waiter, untilMs] of this.#waiters) {
      if (untilMs > now) break;
      this.#waiters.delete(waiter);
      waiter.onRefused(new PgError(errors.checkoutTimeout, { shard: this.address.shard, ms }));
    }
    if (this.#waiters.size > 0) this.#watchWaiters();
  }

  #watchWaiters(): void {
    if (this.#sweep !== null) return;
    const periodMs = Math.max(1, Math.min(sweepMsMax, this.#limits.checkoutTimeoutMs));
    this.#sweep = setTimeout(() => this.#giveUpLate(), periodMs);
  }

  /** Takes a connection back, whatever state it is in, and makes it fit for the next client. */
  release(server: ServerConnection): void {
    server.consumer = null;
    if (server.closed) return;
    if (server.clean) {
      server.afterCancels(() => this.#giveOn(server));
      return;
    }
    server.afterCancels(() => {
      resetSession(server, this.#limits.rollbackTimeoutMs).then(
        () => this.#giveOn(server),
        () => server.destroy(),
      );
    });
  }

  /** Closes what is idle too long or past its lifetime; keeps the minimum open. */
  maintain(nowMs: number): void {
    const { idleTimeoutMs, minPoolSize } = this.#limits;
    for (const server of [...this.#idle]) {
      const tooOld = nowMs >= server.lifetimeEndMs;
      const tooIdle = nowMs - server.idleSinceMs >= idleTimeoutMs && this.#all.size > minPoolSize;
      if (tooOld || tooIdle) this.#discard(server);
    }
    const missing = minPoolSize - this.#all.size - this.#opening;
    for (let i = 0; i < missing; i++) this.#open();
  }

  /** Closes idle connections now and the others when they come back. */
  close(): void {
    this.#closed = true;
    for (const server of [...this.#idle]) this.#discard(server);
    this.#failWaiters(new PgError(errors.shuttingDown));
  }

  /** Closes every connection, also those in use. */
  destroy(): void {
    this.close();
    for (const server of [...this.#all]) server.destroy();
  }

  #giveOn(server: ServerConnection): void {
    if (server.closed) return;
    const now = Date.now();
    if (this.#closed || now >= server.lifetimeEndMs) {
      this.#discard(server);
      return;
    }
    for (const waiter of this.#waiters.keys()) {
      this.#waiters.delete(waiter);
      waiter.onServer(server);
      return;
    }
    server.idleSinceMs = now;
    this.#idle.push(server);
  }

  #discard(server: ServerConnection): void {
    this.#removeIdle(server);
    server.close();
  }

  #removeIdle(server: ServerConnection): void {
    const at = this.#idle.indexOf(server);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #openForWaiters(): void {
    if (this.#opening >= this.#waiters.size) return;
    if (this.#all.size + this.#opening >= this.#limits.poolSize) return;
    this.#open();
  }

  #open(): void {
    if (this.#closed) return;
    this.#opening += 1;
    this.#connectQueue
      .add(() => this.#connect(this.address))
      .then(
        server => {
          this.#opening -= 1;
          this.#adopt(server);
        },
        error => {
          this.#opening -= 1;
          // With others still open the waiters can go on waiting for those.
          if (this.#all.size === 0 && this.#opening === 0) this.#failWaiters(error);
        },
      );
  }

  #adopt(server: ServerConnection): void {
    const { serverLifetimeMs, serverLifetimeJitterMs } = this.#limits;
    const jitter = (Math.random() * 2 - 1) * serverLifetimeJitterMs;
    server.lifetimeEndMs = server.connectedAtMs + serverLifetimeMs + jitter;
    this.#all.add(server);
    server.onClosed = () => {
      this.#all.delete(server);
      this.#removeIdle(server);
      this.#openForWaiters();
    };
    this.#giveOn(server);
    this.#openForWaiters();
  }

  #failWaiters(error: unknown): void {
    const refused = [...this.#waiters.keys()];
    this.#waiters.clear();
    for (const waiter of refused) waiter.onRefused(error);
  }
}
