// Who waits for a connection of a pool, as the pool sees them.

import type { ServerConnection } from './server-connection.ts';
import type { ServerPipeline } from './server-pipeline.ts';

/** For whom somebody waits. */
export interface WaitOwner {
  /** Connections of its are in use meanwhile: it waits in the middle of a transaction. */
  readonly holdsServers: boolean;
  /** Since when it waits, in ms since 1970; 0: it does not. Set here, as is `waitMs`. */
  waitingSinceMs: number;
  /** How long it has waited altogether. */
  waitMs: number;
}

/** Who waits for a connection. Called back at most once, with one of the three. */
export interface PoolWaiter {
  readonly owner?: WaitOwner;
  onServer(server: ServerConnection): void;
  /** PgError `checkoutTimeout`, or what kept a connection from being opened. */
  onRefused(error: unknown): void;
  /** How long it will use this connection if others use it at the same time, in ms; infinity, or
   *  absent: it needs one of its own. */
  sharedCostMs?(server: ServerConnection): number;
  /** Called in place of `onServer` where it shares. */
  onPipeline?(pipeline: ServerPipeline): void;
}
