// set_config() of NULL goes back to what the session began with. Its server knows only what the pool
// began with, so startup parameters are set by their values.

import { internalQuery } from '../backend/internal-query.ts';
import type { SetConfigCall, StatementPlan } from '../plan/statement-plan.ts';
import { commandComplete, dataRow } from '../protocol/backend-messages.ts';
import { rowDescription, textColumn } from '../protocol/row-description.ts';
import { quoteText, settingName, valueSet } from '../sql/setting.ts';
import { reportChanges, reportedBy } from './parameter-changes.ts';
import { relayStatement } from './relay-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { configChanges, refuseConfig, resolved } from './set-config-call.ts';

/** Some call sets NULL, or may do so with its parameters, where the startup value counts. */
export function mayTakeStartup(session: SessionContext, calls: readonly SetConfigCall[]): boolean {
  const { startup } = session.transaction.settings;
  if (startup.size === 0) return false;
  return calls.some(({ name, value }) => {
    if (value.kind === 'text' && value.text !== null) return false;
    return name.kind === 'parameter' || startup.has(settingName(name.text ?? ''));
  });
}

/** Sends everything of the answer but ReadyForQuery; `none`: it goes the way of all set_config().
 *  Rejects with the server's error. */
export async function runSetConfigDefaults(
  session: SessionContext,
  run: StatementRun,
): Promise<'done' | 'failed' | 'none'> {
  const { transaction } = session;
  const { effect } = run.cached.plan;
  if (effect?.kind !== 'set-config' || !mayTakeStartup(session, effect.calls)) return 'none';
  const plan = resolved(run.cached.plan, run.bind);
  if (plan.effect?.kind === 'set-config' && mayTakeStartup(session, plan.effect.calls)) {
    await runWithValues(session, run, plan, plan.effect.calls);
    return 'done';
  }
  if (session.database.shardCount > 1) return 'none';
  const known = { ...run, cached: { ...run.cached, plan } };
  const shard = transaction.openShard ?? session.homeShard;
  return (await relayStatement(session, known, shard)) ? 'done' : 'failed';
}

async function runWithValues(
  session: SessionContext,
  run: StatementRun,
  plan: StatementPlan,
  asked: readonly SetConfigCall[],
): Promise<void> {
  const { transaction, client } = session;
  const calls = asked.map(call => withStartupValue(session, call));
  if (session.database.shardCount > 1) refuseConfig(calls);
  const sql = `SELECT ${configChanges(calls).map(callOf).join(', ')}`;
  const server = await transaction.open(transaction.openShard ?? session.homeShard);
  const before = reportedBy(server);
  const [row] = await internalQuery(server, sql);
  for (const one of transaction.servers) if (one !== server) await internalQuery(one, sql);
  session.applyEffect({ ...plan, effect: { kind: 'set-config', calls } }, 'SELECT 1');
  // The columns of an extended query were told by Describe.
  const columns = calls.map(call => textColumn(call.column));
  if (run.bind === null) client.writeSoon(rowDescription(columns));
  client.writeSoon(dataRow(row!));
  client.writeSoon(commandComplete('SELECT 1'));
  reportChanges(session, before, server);
}

function withStartupValue(session: SessionContext, call: SetConfigCall): SetConfigCall {
  const { name, value } = call;
  if (name.kind !== 'text' || value.kind !== 'text' || value.text !== null) return call;
  const sql = session.transaction.settings.startup.get(settingName(name.text ?? ''));
  return sql === undefined ? call : { ...call, value: { kind: 'text', text: valueSet(sql) } };
}

function callOf({ name, value, local }: ReturnType<typeof configChanges>[number]): string {
  const text = value === null ? 'NULL' : quoteText(value);
  return `pg_catalog.set_config(${quoteText(name)}, ${text}, ${local})`;
}
