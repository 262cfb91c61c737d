// What an error does to a client's session: what the client is told, what is undone, which of its
// messages are skipped, and whether the session ends.

import type { ServerConnection } from '../backend/server-connection.ts';
import { PgError } from '../common/pg-error.ts';
import { readyForQuery } from '../protocol/backend-messages.ts';
import { errorAnswer } from './error-answer.ts';
import type { Unit } from './inbox.ts';
import type { Relay } from './relay.ts';
import type { RelayOutcome } from './relay-events.ts';
import { syncRequest } from './relay-request.ts';
import { ReportedError } from './reported-error.ts';
import type { SessionContext } from './session-context.ts';

export interface FailingSession extends SessionContext {
  busy: boolean;
  exchangeServer: ServerConnection | null;
  unitDone(): void;
  /** The unit runs again on another connection: nothing of an answer has gone to the client. */
  onRelayDisplaced(): void;
  /** Tells the client why and closes; null: it has been told. `servers`: those it is read from. */
  terminate(error: unknown, servers?: readonly ServerConnection[]): void;
}

export class SessionErrors {
  readonly #session: FailingSession;
  readonly #relay: Relay;
  #skipUntilSync = false;

  constructor(session: FailingSession, relay: Relay) {
    this.#session = session;
    this.#relay = relay;
  }

  /** After an error everything up to Sync is skipped (protocol section "Extended Query"). */
  skips(unit: Unit): boolean {
    const session = this.#session;
    const server = session.exchangeServer;
    if (server !== null && this.#relay.failed) {
      if (unit.ending !== 'sync') return true;
      session.busy = true;
      session.startRelay(server, syncRequest);
      return true;
    }
    if (!this.#skipUntilSync) return false;
    if (unit.ending !== 'sync') return true;
    this.#skipUntilSync = false;
    session.client.write(readyForQuery(session.transaction.status));
    session.database.stats.requestDone(session.stats, session.transaction.mode !== 'none');
    return true;
  }

  unitFailed(error: unknown, unit: Unit): void {
    const session = this.#session;
    if (session.closed) return;
    if (error instanceof PgError && error.severity === 'FATAL') {
      session.terminate(error);
      return;
    }
    session.transaction.fail();
    session.statements.takeBack();
    if (!(error instanceof ReportedError)) {
      session.stats.errors += 1;
      session.client.write(errorAnswer(error));
    }
    this.#closeExchange()
      .then(() => {
        if (session.transaction.mode === 'none') session.statements.closePortals();
        if (unit.ending === 'open') this.#skipUntilSync = true;
        else session.client.write(readyForQuery(session.transaction.status));
        session.unitDone();
      })
      .catch(failure => session.terminate(failure));
  }

  /** An exchange could not be ended ahead of its Sync: `error` says why. */
  exchangeFailed(error: unknown, unit: Unit): void {
    if (error instanceof ReportedError) {
      this.#skipUntilSync = true;
      this.#session.unitDone();
    } else this.unitFailed(error, unit);
  }

  /** An error of ours in the middle of an exchange: what the server did since the last Sync is
   *  undone, as PostgreSQL undoes it. */
  async #closeExchange(): Promise<void> {
    const { exchangeServer: server, transaction } = this.#session;
    if (server !== null) {
      this.#session.exchangeServer = null;
      this.#relay.detach();
      await transaction.abortExchange(server);
    }
    if (transaction.mode === 'implicit') await transaction.end(false);
    else await transaction.failServers();
  }

  /** `waiter`: of the answers; null: the session goes on when they came. `parsing`: names of
   *  statements that were on their way. */
  serverLost(
    server: ServerConnection,
    { lost, shared }: RelayOutcome,
    waiter: { reject(error: unknown): void } | null,
    parsing: readonly string[],
  ): void {
    const session = this.#session;
    const { forwarded, failed } = this.#relay;
    if (shared && !forwarded) {
      session.onRelayDisplaced();
      return;
    }
    const error = lost!;
    const { transaction, client } = session;
    if (waiter === null) session.stats.errors += 1;
    transaction.drop(server);
    session.statements.deleteAll(parsing);
    if (forwarded || transaction.mode !== 'none') {
      // PostgreSQL would have ended the session; half an answer cannot be taken back.
      session.terminate(failed ? null : error, [server]);
    } else if (waiter !== null) {
      waiter.reject(error);
    } else {
      client.write(errorAnswer(error));
      client.write(readyForQuery(transaction.status));
      session.unitDone();
    }
  }
}
