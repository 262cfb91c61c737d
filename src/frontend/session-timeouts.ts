// Time limits of clients: looked at now and then for all of them, so that no query sets a timer.
// Each limit is overrun by at most one period.

import { idleSessionTimeout } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { type ClientTimeouts, clientTimeouts } from '../config/client-limits.ts';
import type { Config } from '../config/config.ts';
import { timeoutSetMs } from '../sql/timeout-setting.ts';
import type { ClientSession } from './client-session.ts';

const periodMsMin = 10;
const periodMsMax = 1_000;

/** Looks that are farther apart were late. */
const stallMs = periodMsMax + 500;

/** When a statement that goes on is cancelled again. */
const cancelAgainMs = 500;

type Limits = Omit<ClientTimeouts, 'rollbackTimeoutMs'>;

/** How often to look, in ms: a quarter of the shortest limit. */
export function timeoutPeriodMs({ general, users }: Config): number {
  // Users that the configuration does not name have the limits of [general].
  const all: Limits[] = [general, ...users.map(user => clientTimeouts(general, user))];
  const shortest = Math.min(
    ...all.flatMap(limits => [
      limits.clientIdleTimeoutMs,
      limits.clientIdleInTransactionTimeoutMs,
      limits.queryTimeoutMs,
      limits.transactionTimeoutMs,
      limits.clientWriteTimeoutMs,
    ]),
  );
  return Math.max(periodMsMin, Math.min(periodMsMax, shortest / 4));
}

/** Something that lasts: which one it is, and since when. */
interface Lasting {
  readonly id: number;
  readonly sinceMs: number;
}

interface Cancelled extends Lasting {
  readonly lastMs: number;
}

export class SessionTimeouts {
  /** The transaction a client was seen in; by the number of those it had ended before. */
  readonly #transactions = new WeakMap<ClientSession, Lasting>();
  /** Clients that owe reading; by what they had read. */
  #unread = new WeakMap<ClientSession, Lasting>();
  /** Statements that were cancelled, by the time at which they began. */
  readonly #cancelled = new WeakMap<ClientSession, Cancelled>();

  #lookedAtMs = Number.POSITIVE_INFINITY;

  /** Ends clients and cancels statements that are over a limit. */
  look(sessions: Iterable<ClientSession>, nowMs: number): void {
    // When this process itself stood still, no client is to blame for what was not read.
    if (nowMs - this.#lookedAtMs > stallMs) this.#unread = new WeakMap();
    this.#lookedAtMs = nowMs;
    for (const session of sessions) {
      const limits = session.database.timeouts;
      if (session.client.backlogBytes > 0 && this.#cutIfUnread(session, limits, nowMs)) continue;
      if (session.busy || session.inTransaction) this.#active(session, limits, nowMs);
      else if (nowMs - session.sinceMs >= idleLimitMs(session, limits)) {
        session.terminate(new PgError(errors.idleTimeout));
      }
    }
  }

  /** True when the client was cut off: it takes nothing, so it is not told either. */
  #cutIfUnread(session: ClientSession, limits: ClientTimeouts, nowMs: number): boolean {
    const stuck = lasting(this.#unread, session, session.client.bytesTaken, nowMs);
    const ms = limits.clientWriteTimeoutMs;
    if (nowMs - stuck.sinceMs < ms) return false;
    session.client.destroy(new PgError(errors.clientWriteTimeout, { ms }));
    return true;
  }

  #active(session: ClientSession, limits: ClientTimeouts, nowMs: number): void {
    if (limits.transactionTimeoutMs !== Infinity) {
      const sinceMs = session.busy ? session.sinceMs : nowMs;
      const { ended } = session.transaction;
      const transaction = lasting(this.#transactions, session, ended, sinceMs);
      if (nowMs - transaction.sinceMs >= limits.transactionTimeoutMs) {
        session.terminate(new PgError(errors.transactionTimeout));
        return;
      }
    }
    const sinceMs = nowMs - session.sinceMs;
    if (session.busy) {
      if (sinceMs >= limits.queryTimeoutMs) this.#cancel(session, limits, nowMs);
    } else if (sinceMs >= limits.clientIdleInTransactionTimeoutMs) {
      session.terminate(new PgError(errors.idleInTransactionTimeout));
    }
  }

  /** Until it is obeyed: a request may have come before the statement. A server that does not
   *  obey within rollback_timeout loses its connection. */
  #cancel(session: ClientSession, limits: ClientTimeouts, nowMs: number): void {
    const active = session.servers.filter(server => server.working);
    const before = this.#cancelled.get(session);
    const again = before !== undefined && before.id === session.sinceMs && active.length > 0;
    if (again && nowMs - before.sinceMs >= limits.rollbackTimeoutMs) {
      for (const server of active) server.destroy();
      return;
    }
    if (again && nowMs - before.lastMs < cancelAgainMs) return;
    if (active.length > 0) {
      const sinceMs = again ? before.sinceMs : nowMs;
      this.#cancelled.set(session, { id: session.sinceMs, sinceMs, lastMs: nowMs });
    }
    session.cancel(errors.queryTimeout);
  }
}

/** The configuration's and the client's own, whichever is shorter. */
function idleLimitMs({ transaction }: ClientSession, limits: ClientTimeouts): number {
  const sql = transaction.settings.current.get(idleSessionTimeout);
  if (sql === undefined) return limits.clientIdleTimeoutMs;
  return Math.min(limits.clientIdleTimeoutMs, timeoutSetMs(sql));
}

/** What is known of the session if it is still the same thing, else noted from `sinceMs` on. */
function lasting(
  known: WeakMap<ClientSession, Lasting>,
  session: ClientSession,
  id: number,
  sinceMs: number,
): Lasting {
  const before = known.get(session);
  if (before?.id === id) return before;
  const now = { id, sinceMs };
  known.set(session, now);
  return now;
}
