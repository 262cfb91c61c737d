// What keeps a client on its server connections beyond a transaction: session mode from the
// beginning, and what a statement left on a connection that no other has.

import { isDiscarded, leave, sessionMode } from '../backend/leftovers.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import type { Settings } from '../backend/settings-registry.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { unreadableAfter } from '../planner/plan-set.ts';
import { settingOf } from '../sql/setting.ts';
import type { DatabaseService } from './database-service.ts';

/** What binds a session from its beginning; null: nothing. */
export function firstPin(database: DatabaseService, startup: Settings): string | null {
  if (database.poolerMode === 'session') return sessionMode;
  for (const name of ['client_encoding', 'standard_conforming_strings']) {
    const sql = startup.get(name);
    const value = sql === undefined ? undefined : settingOf(sql)?.values[0];
    const construct = value === undefined ? null : unreadableAfter(name, value);
    if (construct !== null) return construct;
  }
  return null;
}

/** What still binds a session after DISCARD ALL. */
export function pinAfterDiscard(pin: string | null, first: string | null): string | null {
  return pin === null || isDiscarded(pin) ? first : pin;
}

/** The client is gone: its connections carry what bound it, and what its last statements, whose
 *  answers nobody waited for, may have left. */
export function noteLeftovers(
  servers: readonly ServerConnection[],
  pin: string | null,
  plans: readonly StatementPlan[],
): void {
  for (const server of servers) {
    if (pin !== null) leave(server, pin);
    for (const { pinsSession } of plans) if (pinsSession !== null) leave(server, pinsSession);
  }
}
