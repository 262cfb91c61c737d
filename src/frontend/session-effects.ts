// What a statement that succeeded did to its session, followed after the fact: settings,
// savepoints, prepared statements, tables.

import type { StatementPlan } from '../plan/statement-plan.ts';
import type { SessionCatalog } from './session-catalog.ts';
import type { SessionContext } from './session-context.ts';
import { applySetConfig } from './set-config-call.ts';

/** `tag`: the command tag of the statement. */
export function applyEffect(
  session: SessionContext,
  catalog: SessionCatalog,
  plan: StatementPlan,
  tag: string,
): void {
  if (tag === '') return;
  if (plan.changesSchema) catalog.schemaChanged(plan.sparesPlans === true);
  const { effect } = plan;
  if (effect === null) return;
  const { transaction } = session;
  const { settings } = transaction;
  session.notifications?.follow(effect);
  switch (effect.kind) {
    case 'set':
      for (const { name, sql } of effect.changes) settings.set(name, sql);
      transaction.settingsApplied();
      break;
    case 'set-local':
      settings.setLocal(effect.name, effect.sql);
      break;
    case 'set-config':
      if (tag !== 'SELECT 0') applySetConfig(session, effect.calls);
      break;
    case 'prepare':
      session.statements.sql.set(effect.name, null);
      break;
    case 'reset':
      settings.reset(effect.name);
      transaction.settingReset(effect.name, true);
      break;
    case 'reset-all':
      settings.resetAll(true);
      transaction.settingReset(null, true);
      break;
    case 'discard-all':
      settings.resetAll(false);
      transaction.settingReset(null, false);
      forgetPrepared(session, true);
      break;
    case 'begin':
      transaction.blockBegan();
      break;
    case 'commit':
    case 'rollback':
    case 'prepare-transaction':
      // COMMIT of a failed block is tagged ROLLBACK.
      transaction.blockEnded(tag !== 'ROLLBACK');
      if ('chain' in effect && effect.chain) transaction.blockBegan();
      break;
    case 'savepoint':
      settings.savepoint(effect.name);
      break;
    case 'release':
      settings.release(effect.name);
      break;
    case 'rollback-to':
      if (settings.rollbackTo(effect.name)) transaction.settingsApplied();
      break;
    case 'deallocate':
      if (effect.name !== null) {
        session.statements.sql.delete(effect.name);
        break;
      }
      forgetPrepared(session);
      break;
    default:
      break;
  }
}

function forgetPrepared({ statements, transaction }: SessionContext, cursors = false): void {
  statements.clear();
  if (cursors) statements.cursors.clear();
  for (const server of transaction.servers) server.prepared.clear();
}
