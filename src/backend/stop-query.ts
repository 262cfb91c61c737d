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
  const answers = readAnswers(server);
  answers.catch(() => {});
  await cancelUntil(server, answers, () => true);
  await answers;
}

/** Cancels until `answers` settles, which are read already; no request is on its way then. `isOurs`:
 *  the connection has not gone to somebody else meanwhile. */
export async function cancelUntil(
  server: ServerConnection,
  answers: Promise<unknown>,
  isOurs: () => boolean,
): Promise<void> {
  let ended = false;
  let wake = () => {};
  const end = () => {
    ended = true;
    wake();
  };
  answers.then(end, end);
  while (!ended && isOurs()) {
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
}
