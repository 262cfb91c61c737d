// Work of PgPack's own on a shard that clients wait for. Those in transactions may hold every
// connection of the pool: then it is done over another one, unless nobody is to have any (PAUSE).

import { cancelQuery } from '../backend/cancel-query.ts';
import type { Cluster } from '../backend/cluster.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import type { SettingsRegistry } from '../backend/settings-registry.ts';
import { ClientTransaction } from '../transaction/client-transaction.ts';
import { SessionSettings } from '../transaction/session-settings.ts';

/** Rejects with what kept a connection from being opened, with what `work` rejects with, and with
 *  the signal's reason: what runs is stopped then. The connection has the server's own settings. */
export async function besideClients<T>(
  { cluster, settings }: { readonly cluster: Cluster; readonly settings: SettingsRegistry },
  shard: number,
  work: (server: ServerConnection) => Promise<T>,
  signal: AbortSignal | null = null,
): Promise<T> {
  const pool = cluster.pools[shard]!;
  if ((pool.idle === 0 || pool.waiting > 0) && !cluster.atRest) {
    const server = await cluster.openAside(shard);
    try {
      return await orAborted(work(server), signal);
    } finally {
      if (signal?.aborted && !server.closed) await cancelQuery(server);
      server.close();
    }
  }
  const transaction = new ClientTransaction(cluster, new SessionSettings(settings, new Map()));
  const done = transaction.open(shard).then(server => {
    signal?.throwIfAborted();
    return work(server);
  });
  try {
    return await orAborted(done, signal);
  } finally {
    if (signal?.aborted) transaction.abandon();
    else transaction.release();
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (signal === null) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
