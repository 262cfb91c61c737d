// Stops what runs on a connection whose client is gone. One cancel request is not enough: it may
// come before the statement has begun, and PostgreSQL keeps none for later (postgres.c,
// StatementCancelHandler and the loop of PostgresMain).

import { cancelQuery } from './cancel-query.ts';
import { readAnswers } from './internal-query.ts';
import type { ServerConnection } from './server-connection.ts';

const cancelAgainMs = 500;

/** Cancels until everything that is due has come; no request is on its way then. Rejects when the
 *  connection is lost. */
export async function stopQuery(server: ServerConnection): Promise<void> {
  let ended = false;
  let wake = () => {};
  const answers = readAnswers(server).finally(() => {
    ended = true;
    wake();
  });
  answers.catch(() => {});
  while (!ended) {
    await cancelQuery(server);
    if (ended) break;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, cancelAgainMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  await answers;
}
