// Statements that go through PgPack also where there is one shard, since the server alone would
// answer for its connection and not for the session.

import type { StatementPlan } from '../plan/statement-plan.ts';
import { isNamed, isOnServer } from './named-statement.ts';
import { isServerName } from './prepared-statement.ts';
import type { SessionContext } from './session-context.ts';
import { resetsToStartup, startupAmong } from './session-reset.ts';
import { mayTakeStartup } from './set-config-default.ts';

export function hasOwnCommand(session: SessionContext, plans: readonly StatementPlan[]): boolean {
  return plans.some(plan => isOwnCommand(session, plan));
}

export function isOwnCommand(session: SessionContext, { effect }: StatementPlan): boolean {
  if (effect === null || session.transaction.failed) return false;
  switch (effect.kind) {
    case 'deallocate':
      return !isOnServer(session, effect.name);
    case 'prepare':
      return session.statements.find(effect.name) !== null || isServerName(effect.name);
    case 'execute':
      return session.database.shardCount > 1 || isNamed(session, effect);
    case 'set-own':
    case 'show-own':
      return true;
    case 'sequence-state':
      return session.transaction.mode === 'none' && !session.pinned;
    case 'block-resets':
      return startupAmong(session, effect.names) !== null;
    case 'set-config':
      return mayTakeStartup(session, effect.calls);
    default:
      return resetsToStartup(session, effect);
  }
}
