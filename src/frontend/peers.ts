// What one of several workers, each an event loop with clients and pools of its own, knows of the
// others and asks of them. `src/workers` implements it; an event loop that is alone has none.

import type { LimitedUser } from '../config/client-limits.ts';
import type { Config } from '../config/config.ts';

/** Clients per user and per database. */
export interface ClientCounter {
  /** Refused with PgError `tooManyDatabaseClients` or `tooManyUserClients`; else the client counts
   *  until `leave`. */
  enter(config: Config, user: LimitedUser, database: string): void | Promise<void>;
  leave(user: LimitedUser, database: string): void;
}

export interface Peers {
  /** From 0; of so many. */
  readonly worker: number;
  readonly workers: number;
  readonly counter: ClientCounter;
  /** A client has connected; answers how many others all workers have. */
  clientCame(): number;
  clientLeft(): void;
  /** A CancelRequest that is for another worker; resolves when that has obeyed. */
  cancel(processId: number, secret: Buffer): Promise<void>;
  /** A number that is another whenever a worker, this one too, has changed tables of the database
   *  (or, rarely, of another). Reading it costs next to nothing. */
  schemaVersion(database: string): SchemaVersion;
}

/** A pool by what its parts at all workers have in common. */
export interface PoolName {
  readonly user: string;
  readonly database: string;
  readonly shard: number;
}

export interface SchemaVersion {
  current(): number;
  /** Answers the new one. */
  raise(): number;
}
