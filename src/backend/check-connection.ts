// Asks an idle connection whether it is still there: one that died without a word (a half-open
// connection, a server that stands still) looks like any other until it is used.

import { timerMs } from '../common/timer.ts';
import { internalQuery } from './internal-query.ts';
import type { ServerConnection } from './server-connection.ts';

/** Rejects when the server has not answered within `timeoutMs`. The caller holds the connection. */
export async function checkConnection(server: ServerConnection, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), timerMs(timeoutMs));
  });
  try {
    // An empty statement: parsed by the server, and nothing else.
    await Promise.race([internalQuery(server, ''), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
