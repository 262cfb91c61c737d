// What a statement that succeeded did to its session, followed after the fact: settings,
// savepoints, prepared statements, tables.

import type { StatementPlan } from '../plan/statement-plan.ts';
import type { SessionCatalog } from './session-catalog.ts';
import type { SessionContext } from './session-context.ts';

/** `tag`: the command tag of the statement. */
export function applyEffect(
  session: SessionContext,
  catalog: SessionCatalog,
  plan: StatementPlan,
  tag: string,
): void {
  if (tag === '') return;
  if (plan.changesSchema) catalog.schemaChanged();
  const { effect } = plan;
  if (effect === null) return;
  const { transaction } = session;
  const { settings } = transaction;
  switch (effect.kind) {
    case 'set':
      settings.set(effect.name, effect.sql);
      transaction.settingsApplied();
      break;
    case 'reset':
      settings.reset(effect.name);
      transaction.settingReset(effect.name);
      break;
    case 'reset-all':
      settings.resetAll(true);
      transaction.settingReset(null);
      break;
    case 'discard-all':
      settings.resetAll(false);
      transaction.settingReset(null);
      session.statements.clear();
      for (const server of transaction.servers) server.prepared.clear();
      break;
    case 'begin':
      transaction.blockBegan();
      break;
    case 'commit':
    case 'rollback':
      // COMMIT of a failed block is tagged ROLLBACK.
      transaction.blockEnded(tag !== 'ROLLBACK');
      if (effect.chain) transaction.blockBegan();
      break;
    case 'savepoint':
      settings.savepoint(effect.name);
      break;
    case 'release':
      settings.release(effect.name);
      break;
    case 'rollback-to':
      settings.rollbackTo(effect.name);
      break;
    case 'deallocate':
      if (effect.name !== null) break;
      session.statements.clear();
      for (const server of transaction.servers) server.prepared.clear();
      break;
    default:
      break;
  }
}
