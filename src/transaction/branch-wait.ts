// Who waits for a branch of a transaction.

import type { PoolWaiter } from '../backend/pool-waiter.ts';
import type { ServerConnection } from '../backend/server-connection.ts';

/** Called back by the pool, whose connection it gives to `ClientTransaction.take`, then by that. */
export interface BranchWait extends PoolWaiter {
  /** The connection is there, in the session's settings. */
  onReady(server: ServerConnection): void;
}
