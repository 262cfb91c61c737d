// A CancelRequest for what a server connection runs now. The server closes the cancel connection
// after it has sent the signal, so the caller waits for that: only then may another query start.

import { cancelRequest } from '../protocol/frontend-messages.ts';
import { openTransport } from './open-transport.ts';
import type { ServerConnection } from './server-connection.ts';

const cancelTimeoutMs = 5_000;

/** Resolves when the request was delivered or could not be. Never rejects. */
export async function cancelQuery(server: ServerConnection): Promise<void> {
  server.cancelStarted();
  try {
    const transport = await openTransport(server.address, cancelTimeoutMs);
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => transport.destroy(), cancelTimeoutMs);
      transport.receiver = {
        onBytes() {},
        onDrain() {},
        onClose: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      transport.write(cancelRequest(server.processId, server.secret));
    });
  } catch {
    // The server cannot be reached: the query's own connection will tell.
  } finally {
    server.cancelEnded();
  }
}
