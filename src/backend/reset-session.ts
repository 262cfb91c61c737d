// Brings a connection that a client left in any state back to one that the next can get:
// cancels what runs, reads what is due, ends the transaction, drops what a session left behind, or
// refuses where nothing but a new connection would do.

import { timerMs } from '../common/timer.ts';
import { copyFailMessage, queryMessage } from '../protocol/frontend-messages.ts';
import { TransactionStatus } from '../protocol/message-codes.ts';
import { cancelQuery } from './cancel-query.ts';
import { failingExchange } from './fail-exchange.ts';
import { readAnswers } from './internal-query.ts';
import { interrupted, isDiscarded } from './leftovers.ts';
import { idleSessionTimeout, type ServerConnection } from './server-connection.ts';
import { stopQuery } from './stop-query.ts';

/** Rejects when the connection cannot be brought back, or not within `timeoutMs`: close it then. */
export async function resetSession(server: ServerConnection, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // What runs would go on without its connection.
      if (server.working) void cancelQuery(server);
      reject(new Error('not reset in time'));
    }, timerMs(timeoutMs));
  });
  try {
    await Promise.race([bringBack(server), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function bringBack(server: ServerConnection): Promise<void> {
  if (server.working) {
    // What it still does to the session nobody follows any more.
    server.dirty ??= interrupted;
    if (server.openExchange) {
      server.openExchange = false;
      server.send(failingExchange, 1);
    } else {
      server.send(copyFailMessage('client is gone'), 0);
    }
    await stopQuery(server);
  }
  if (server.dirty !== null && !isDiscarded(server.dirty)) throw new Error(server.dirty);
  if (server.transactionStatus !== TransactionStatus.idle) {
    // It takes settings back, of which only the client's transaction kept an account.
    server.dirty ??= interrupted;
    server.send(queryMessage('ROLLBACK'), 1);
    await readAnswers(server);
  }
  if (server.listens && server.dirty === null) {
    server.send(queryMessage('UNLISTEN *'), 1);
    const error = await readAnswers(server);
    if (error !== null) throw error;
  }
  server.listens = false;
  if (server.timesIdle && server.dirty === null) await stopIdleTimer(server);
  if (server.dirty !== null) {
    server.send(queryMessage('DISCARD ALL'), 1);
    const error = await readAnswers(server);
    if (error !== null) throw error;
    server.dirty = null;
    server.unnamed = null;
    server.prepared.clear();
    server.settings = new Map();
    server.settingsId = 0;
  }
  if (!server.clean) throw new Error('connection is out of step');
}

/** It would run while nobody has the connection, and strike whoever gets it next. */
async function stopIdleTimer(server: ServerConnection): Promise<void> {
  server.send(queryMessage(`RESET ${idleSessionTimeout}`), 1);
  const error = await readAnswers(server);
  if (error !== null) throw error;
  const settings = new Map(server.settings);
  settings.delete(idleSessionTimeout);
  server.settings = settings;
  // No session's: the next one compares the settings themselves.
  server.settingsId = settings.size === 0 ? 0 : -1;
}
