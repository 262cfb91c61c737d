// Time limits of clients: looked at now and then for all of them, so that no query sets a timer.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { General } from '../config/general-keys.ts';
import type { ClientSession } from './client-session.ts';

type Limits = Pick<
  General,
  'clientIdleTimeoutMs' | 'clientIdleInTransactionTimeoutMs' | 'queryTimeoutMs'
>;

/** How often to look, in ms; null: there is nothing to look for. */
export function timeoutPeriodMs(limits: Limits): number | null {
  const shortest = Math.min(
    limits.clientIdleTimeoutMs,
    limits.clientIdleInTransactionTimeoutMs,
    limits.queryTimeoutMs,
  );
  return Number.isFinite(shortest) ? Math.max(10, Math.min(1_000, shortest / 4)) : null;
}

/** Ends clients that were idle too long, cancels statements that run too long. */
export function enforceTimeouts(
  sessions: Iterable<ClientSession>,
  limits: Limits,
  nowMs: number,
): void {
  for (const session of sessions) {
    const sinceMs = nowMs - session.sinceMs;
    if (session.busy) {
      if (sinceMs < limits.queryTimeoutMs) continue;
      session.sinceMs = nowMs;
      session.cancel();
    } else if (session.inTransaction) {
      if (sinceMs >= limits.clientIdleInTransactionTimeoutMs) {
        session.terminate(new PgError(errors.idleInTransactionTimeout));
      }
    } else if (sinceMs >= limits.clientIdleTimeoutMs) {
      session.terminate(new PgError(errors.idleTimeout));
    }
  }
}
