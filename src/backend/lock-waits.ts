// Who waits for a lock on a server, as the server knows it (`pg_blocking_pids`, lockfuncs.c). Any role
// may ask.

import { internalQuery } from './internal-query.ts';
import type { ServerAddress } from './server-address.ts';
import type { ServerConnection } from './server-connection.ts';

/** Backends are named by `backendName`. */
export interface LockWait {
  readonly waiter: string;
  /** Has what the other waits for, or is before it in the queue. */
  readonly blocker: string;
}

/** One of all backends of all servers. */
export function backendName({ host, port }: ServerAddress, processId: number | string): string {
  return `process ${processId} of ${host}:${port}`;
}

const waitsQuery = `
  SELECT waiter, blocker
  FROM (SELECT DISTINCT pid FROM pg_catalog.pg_locks WHERE NOT granted) AS waiting (waiter),
    pg_catalog.unnest(pg_catalog.pg_blocking_pids(waiter)) AS blocker`;

/** All of the server, whatever database they are in. Rejects as `internalQuery` does. */
export async function askLockWaits(server: ServerConnection): Promise<LockWait[]> {
  const rows = await internalQuery(server, waitsQuery);
  return rows.map(([waiter, blocker]) => ({
    waiter: backendName(server.address, waiter!),
    blocker: backendName(server.address, blocker!),
  }));
}
