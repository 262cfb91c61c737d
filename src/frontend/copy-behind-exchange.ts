// COPY data behind extended messages that have no Sync or Flush between: only the answers to those
// tell whether they began a COPY.

import type { ServerConnection } from '../backend/server-connection.ts';
import { flushMessage } from '../protocol/frontend-messages.ts';
import type { ClientIntake } from './client-intake.ts';
import type { Unit } from './inbox.ts';
import type { Relay } from './relay.ts';

/** True: `unit` waits until the server takes data, or until it has answered all it was
 *  sent: then it is dropped, and `onDropped` is called. False: it is to be dropped at once. */
export function awaitsCopy(
  unit: Unit,
  server: ServerConnection,
  relay: Relay,
  intake: ClientIntake,
  onDropped: () => void,
): boolean {
  // Accepted and ignored by a server that takes no data (postgres.c, PostgresMain).
  if (relay.pendingSteps === 0) return false;
  intake.putBack(unit);
  server.send(flushMessage, 0);
  relay.whenCaughtUp(() => {
    intake.dropNext();
    onDropped();
  });
  return true;
}
