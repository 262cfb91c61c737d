// A connection beside those of a client's transaction, with the same settings, for what cannot be asked
// of them any more.

import { cancelQuery } from '../backend/cancel-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { ClientTransaction } from '../transaction/client-transaction.ts';
import type { SessionContext } from './session-context.ts';

/** A transaction may keep a table locked that it cannot be asked about itself. */
const patienceMs = 500;

/** What `work` gives, or null: it failed, or there is no connection to be had. Who holds some must not
 *  wait for those of others. */
export async function onOtherConnection<T>(
  { transaction, database }: SessionContext,
  shard: number,
  work: (server: ServerConnection) => Promise<T>,
): Promise<T | null> {
  const { cluster } = database;
  const pool = cluster.pools[shard]!;
  const isFree = pool.idle > 0 || pool.size + pool.opening < pool.sizeMax;
  if (!isFree || pool.waiting > 0 || pool.held) return null;
  const beside = new ClientTransaction(cluster, transaction.settings);
  let stopped = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  try {
    const server = await beside.open(shard);
    timer = setTimeout(() => {
      stopped = cancelQuery(server);
    }, patienceMs);
    return await work(server);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    await stopped;
    beside.release();
  }
}
