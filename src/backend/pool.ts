// The server connections of one user to one shard: handed straight from the client that returns
// one to the first that waits (FIFO); idle ones are used most recently returned first, so that
// the others can age out.

import type PQueue from 'p-queue';
import { coarseClock } from '../common/coarse-clock.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { turnClock } from '../common/turn-clock.ts';
import { PoolStats } from '../metrics/pool-stats.ts';
import { TransactionStatus } from '../protocol/message-codes.ts';
import { ServerError } from '../protocol/server-error.ts';
import { AwaitedStates } from './awaited-states.ts';
import { checkConnection } from './check-connection.ts';
import { interrupted, leave } from './leftovers.ts';
import { Pipelines } from './pipelines.ts';
import type { PoolLimits } from './pool-limits.ts';
import { type Connect, type OpenerEvents, PoolOpener } from './pool-opener.ts';
import { PoolRescue } from './pool-rescue.ts';
import type { PoolWaiter, WaitOwner } from './pool-waiter.ts';
import { PoolWaiters } from './pool-waiters.ts';
import { resetSession } from './reset-session.ts';
import type { ServerAddress } from './server-address.ts';
import type { ServerConnection } from './server-connection.ts';
import { shareAmongWaiting } from './waiting-reads.ts';

/** How exactly waiters are given up on: one timer looks at all of them. */
const sweepMsMax = 100;

/** Who waits so long in the middle of a transaction may be one of several that wait for each other. */
const rescueMs = 100;

export class Pool implements OpenerEvents {
  readonly pipelines: Pipelines;
  readonly stats: PoolStats;
  #limits: PoolLimits;
  readonly #opener: PoolOpener;
  readonly #idle: ServerConnection[] = [];
  readonly #all = new Set<ServerConnection>();
  readonly #waiters = new PoolWaiters();
  readonly #rescue: PoolRescue;
  #sweep: NodeJS.Timeout | null = null;
  #closed = false;
  /** Closed to all but those in mid-transaction; in maintenance nobody's time runs out. */
  #paused = false;
  #maintenance = false;
  /** Looked at whenever a connection is gone. */
  readonly #states = new AwaitedStates();

  constructor(
    address: ServerAddress,
    limits: PoolLimits,
    connect: Connect,
    connectQueue: PQueue,
    stats = new PoolStats(),
    rescue = new PoolRescue(),
  ) {
    this.#limits = limits;
    this.#opener = new PoolOpener(address, connect, connectQueue, stats, this);
    this.stats = stats;
    this.#rescue = rescue;
    rescue.add(this.#waiters);
    this.pipelines = new Pipelines(this);
  }

  get address(): ServerAddress {
    return this.#opener.address;
  }

  get pipelineDepth(): number {
    return this.#limits.pipelineDepth;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Connections it may have, without the reserve. */
  get sizeMax(): number {
    return this.#limits.poolSize;
  }

  get idle(): number {
    return this.#idle.length;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  get opening(): number {
    return this.#opener.opening;
  }

  get servers(): Iterable<ServerConnection> {
    return this.#all;
  }

  get idleServers(): readonly ServerConnection[] {
    return this.#idle;
  }

  /** Of the client that waits longest; 0: nobody does. */
  get longestWaitMs(): number {
    return this.#waiters.longestMs;
  }

  /** Gives out nothing but to those in mid-transaction: PAUSE, maintenance mode. */
  get held(): boolean {
    return this.#paused || this.#maintenance;
  }

  /** An idle connection, or null when there is none right now. Never jumps the queue. */
  tryAcquire(): ServerConnection | null {
    if (this.#waiters.size > 0) return null;
    for (;;) {
      const server = this.#idle.pop();
      if (server === undefined) return null;
      if (server.closed) continue;
      this.stats.assignments += 1;
      return server;
    }
  }

  /** The one that would be next if it is in these settings; else null. */
  tryAcquireIn(settingsId: number): ServerConnection | null {
    const next = this.#idle.at(-1);
    if (next === undefined || next.settingsId !== settingsId || next.closed) return null;
    return this.tryAcquire();
  }

  /** A connection as soon as one is free or opened. Rejects with PgError `checkoutTimeout`,
   *  or with the reason when no connection can be opened. */
  acquire(owner?: WaitOwner): Promise<ServerConnection> {
    const server = this.tryAcquire();
    if (server !== null) return Promise.resolve(server);
    return new Promise((resolve, reject) => {
      this.wait({ ...(owner && { owner }), onServer: resolve, onRefused: reject });
    });
  }

  /** Whoever waits as `owner` gets `error` instead. */
  refuseWaiting(owner: WaitOwner, error: PgError): void {
    this.#waiters.refuse(owner, error);
  }

  /** The same for a caller that has found no idle connection. */
  wait(waiter: PoolWaiter): void {
    if (this.#closed) {
      waiter.onRefused(new PgError(errors.shuttingDown));
      return;
    }
    this.#waiters.add(waiter);
    this.#watchWaiters();
    this.#openForWaiters();
  }

  /** What is opened from here on is opened so; see `reconnect`. */
  reconfigure(address: ServerAddress, limits: PoolLimits, connect: Connect): void {
    this.#limits = limits;
    this.#opener.address = address;
    this.#opener.connect = connect;
  }

  /** Gives out nothing but to those in mid-transaction, and closes what comes back. Resolves when
   *  nothing is open any more, or with `resume`. */
  pause(): Promise<void> {
    this.#paused = true;
    this.reconnect();
    return this.#states.until(() => !this.#paused || this.#all.size + this.#opener.opening === 0);
  }

  resume(): void {
    this.#paused = false;
    this.#goOn();
  }

  /** The same while clients wait as long as it lasts. */
  setMaintenance(on: boolean): void {
    if (on === this.#maintenance) return;
    this.#maintenance = on;
    if (on) {
      this.reconnect();
      return;
    }
    this.#waiters.restart();
    this.#goOn();
  }

  /** Closes idle connections now and the others when they come back. */
  reconnect(): void {
    this.#opener.giveUp();
    for (const server of this.#all) server.closeNeeded = true;
    this.#closeIdle();
  }

  /** Resolves when those that `reconnect` gave up are closed. */
  givenUpClosed(): Promise<void> {
    return this.#states.until(() => ![...this.#all].some(server => server.closeNeeded));
  }

  /** Closes every connection, also those in use; clients that wait go on waiting. */
  cut(): void {
    for (const server of [...this.#all]) server.destroy();
  }

  #goOn(): void {
    this.#states.look();
    for (let open = 0; open < this.#waiters.size; open++) this.#openForWaiters();
  }

  #closeIdle(): void {
    for (const server of [...this.#idle]) this.#discard(server);
  }

  /** Refuses those that waited too long, and looks again while anybody waits. */
  #giveUpLate(): void {
    this.#sweep = null;
    turnClock.stale = true;
    const ms = this.#limits.checkoutTimeoutMs;
    this.#waiters.refuseLate(ms, this.#maintenance, sinceMs => {
      this.stats.waitTimeouts += 1;
      const failure = this.#opener.failureSince(sinceMs);
      return failure ?? new PgError(errors.checkoutTimeout, { shard: this.address.shard, ms });
    });
    if (this.#waiters.size === 0) return;
    if (this.#opener.mayRetry) {
      this.#openForWaiters();
      this.#rescueWaiter();
    }
    this.#watchWaiters();
  }

  #rescueWaiter(): void {
    if (!this.#rescue.mayBeNeeded) return;
    const rescued = this.#waiters.rescue(rescueMs, owner => this.#rescue.claim(owner));
    if (rescued && this.#all.size + this.#opener.opening === this.#sizeWithReserve) this.#open();
  }

  get #sizeWithReserve(): number {
    return this.#limits.poolSize + this.#limits.reservePoolSize;
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
    // Whoever read it last may have made it wait behind its very last answer.
    server.transport.resume();
    if (server.clean) {
      if (server.cancelling) server.afterCancels(() => this.#giveOn(server));
      else this.#giveOn(server);
      return;
    }
    if (this.#givesUp(server)) {
      leave(server, 'connection_recovery');
      server.afterCancels(() => {
        resetSession(server, this.#limits.rollbackTimeoutMs).catch(() => server.destroy());
      });
      return;
    }
    this.stats.cleaned += 1;
    // What runs now may end before it is looked at again.
    if (server.working) server.dirty ??= interrupted;
    if (server.transactionStatus !== TransactionStatus.idle) this.stats.rollbacks += 1;
    server.afterCancels(() => {
      resetSession(server, this.#limits.rollbackTimeoutMs).then(
        () => this.#giveOn(server),
        () => server.destroy(),
      );
    });
  }

  /** A connection that a client left in the middle of something need not be mended. */
  #givesUp(server: ServerConnection): boolean {
    const { connectionRecovery } = this.#limits;
    if (connectionRecovery === 'recover') return false;
    if (server.working) return true;
    return connectionRecovery === 'drop' && server.transactionStatus !== TransactionStatus.idle;
  }

  /** Closes what is idle too long or past its lifetime; keeps the minimum open. */
  maintain(nowMs: number): void {
    const { idleTimeoutMs, minPoolSize, poolSize } = this.#limits;
    for (const server of this.#all) {
      if (nowMs >= server.lifetimeEndMs) server.closeNeeded = true;
    }
    for (const server of [...this.#idle]) {
      const tooIdle = nowMs - server.idleSinceMs >= idleTimeoutMs && this.#all.size > minPoolSize;
      const tooMany = this.#all.size > poolSize;
      if (server.closeNeeded || tooIdle || tooMany) this.#discard(server);
    }
    if (this.held) return;
    this.#checkIdle(nowMs);
    const missing = minPoolSize - this.#all.size - this.#opener.opening;
    for (let i = 0; i < missing; i++) this.#open();
  }

  /** Finds those that died without a word before a client gets them. */
  #checkIdle(nowMs: number): void {
    const { healthcheckIntervalMs, healthcheckTimeoutMs } = this.#limits;
    for (const server of [...this.#idle]) {
      const { idleSinceMs, checkedAtMs } = server;
      if (nowMs - Math.max(idleSinceMs, checkedAtMs) < healthcheckIntervalMs) continue;
      this.#removeIdle(server);
      server.checkedAtMs = nowMs;
      checkConnection(server, healthcheckTimeoutMs).then(
        () => {
          this.#giveOn(server);
          // Nobody has used it, so it goes on ageing.
          if (this.#idle.at(-1) !== server) return;
          this.#idle.unshift(this.#idle.pop()!);
          server.idleSinceMs = idleSinceMs;
        },
        () => server.destroy(),
      );
    }
  }

  /** Closes idle connections now and the others when they come back. */
  close(): void {
    this.#closed = true;
    this.#closeIdle();
    this.#waiters.refuseAll(new PgError(errors.shuttingDown));
  }

  /** Closes every connection, also those in use. */
  destroy(): void {
    this.close();
    for (const server of [...this.#all]) server.destroy();
  }

  /** Every connection serves once, however short its lifetime (PgBouncer's `server_lifetime` 0). */
  #giveOn(server: ServerConnection, isNew = false): void {
    if (server.closed) return;
    const now = coarseClock.nowMs;
    const isOver = server.closeNeeded || (!isNew && now >= server.lifetimeEndMs);
    const isBeyond = this.#all.size > this.#sizeWithReserve && !this.#waiters.rescues;
    if (this.#closed || isOver || isBeyond) {
      this.#discard(server);
      return;
    }
    if (this.#waiters.size > 0 && this.#giveToWaiter(server)) return;
    // Of the reserve, or of a pool that has become smaller.
    if (this.held || this.#all.size > this.#limits.poolSize) {
      this.#discard(server);
      return;
    }
    server.idleSinceMs = now;
    this.#idle.push(server);
  }

  #giveToWaiter(server: ServerConnection): boolean {
    const wait = this.#waiters.first(this.held);
    if (wait === null) return false;
    if (wait.sharedCostMs(server) < Number.POSITIVE_INFINITY) {
      const pipeline = this.pipelines.begin(server);
      shareAmongWaiting(pipeline, this.#waiters, this, ms => this.stats.waited(ms));
      return true;
    }
    this.stats.waited(this.#waiters.end(wait));
    wait.waiter.onServer(server);
    return true;
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
    if (this.#opener.opening >= this.#waiters.count(this.held)) return;
    if (this.#all.size + this.#opener.opening >= this.#sizeMax()) return;
    this.#open();
  }

  /** The pool's size, with the reserve when the first client has waited long enough. */
  #sizeMax(): number {
    const { poolSize, reservePoolSize, reservePoolTimeoutMs } = this.#limits;
    const isLong = reservePoolSize > 0 && this.#waiters.longestMs >= reservePoolTimeoutMs;
    return isLong ? poolSize + reservePoolSize : poolSize;
  }

  #open(): void {
    if (!this.#closed) this.#opener.open();
  }

  onOpenFailed(error: unknown): void {
    this.#states.look();
    // With others still open the waiters can go on waiting for those, and for a server that is
    // starting.
    const isHopeless = this.#all.size === 0 && this.opening === 0 && !isStarting(error);
    if (isHopeless && !this.held) this.#waiters.refuseAll(error);
  }

  onOpened(server: ServerConnection): void {
    const { serverLifetimeMs, serverLifetimeJitterMs } = this.#limits;
    const jitter = (Math.random() * 2 - 1) * serverLifetimeJitterMs;
    server.lifetimeEndMs = server.connectedAtMs + serverLifetimeMs + jitter;
    this.#all.add(server);
    server.onClosed = () => {
      this.#all.delete(server);
      this.pipelines.forget(server);
      this.stats.serverGone(server);
      this.#removeIdle(server);
      this.#openForWaiters();
      this.#states.look();
    };
    this.#giveOn(server, true);
    this.#openForWaiters();
  }
}

/** The server accepts no connections yet, or not any more (57P03, cannot_connect_now). */
function isStarting(error: unknown): boolean {
  return error instanceof ServerError && error.sqlstate === '57P03';
}
