// Opens the connections of one pool, in the queue of all that are being opened, and remembers what
// kept the last one from being opened: trying it again at once would be of no use.

import type PQueue from 'p-queue';
import type { PoolStats } from '../metrics/pool-stats.ts';
import type { ServerAddress } from './server-address.ts';
import type { ServerConnection } from './server-connection.ts';

/** After a connection could not be opened, so long nobody but a new client makes another try. */
const retryMs = 500;

export type Connect = (address: ServerAddress) => Promise<ServerConnection>;

export interface OpenerEvents {
  onOpened(server: ServerConnection): void;
  onOpenFailed(error: unknown): void;
}

export class PoolOpener {
  /** For what is opened from here on. */
  address: ServerAddress;
  connect: Connect;
  /** How many are on their way. */
  opening = 0;
  readonly #queue: PQueue;
  readonly #stats: PoolStats;
  readonly #events: OpenerEvents;
  /** Connections that were asked for before the last `giveUp` are not wanted any more. */
  #generation = 0;
  /** What kept the last connection from being opened, and when to try again. */
  #failure: unknown = null;
  #retryAtMs = 0;

  constructor(
    address: ServerAddress,
    connect: Connect,
    queue: PQueue,
    stats: PoolStats,
    events: OpenerEvents,
  ) {
    this.address = address;
    this.connect = connect;
    this.#queue = queue;
    this.#stats = stats;
    this.#events = events;
  }

  get mayRetry(): boolean {
    return Date.now() >= this.#retryAtMs;
  }

  /** Why the last one could not be opened, if that was tried at `ms` or later; else null. */
  failureSince(ms: number): unknown {
    return this.#retryAtMs - retryMs >= ms ? this.#failure : null;
  }

  /** Those on their way will have to be closed when they come back. */
  giveUp(): void {
    this.#generation += 1;
  }

  open(): void {
    this.opening += 1;
    const generation = this.#generation;
    const sinceMs = Date.now();
    this.#queue
      .add(() => this.connect(this.address))
      .then(
        server => {
          this.opening -= 1;
          this.#failure = null;
          this.#stats.connected(Date.now() - sinceMs);
          server.closeNeeded = generation !== this.#generation;
          this.#events.onOpened(server);
        },
        error => {
          this.opening -= 1;
          this.#failure = error;
          this.#stats.connectErrors += 1;
          this.#retryAtMs = Date.now() + retryMs;
          this.#events.onOpenFailed(error);
        },
      );
  }
}
