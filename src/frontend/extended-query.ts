// Messages of the extended protocol, up to their Sync or Flush. If everything in the unit belongs
// on one server, the unit is relayed there in one piece; else it is stepped through message by
// message (`extended-steps.ts`).

import type { ServerConnection } from '../backend/server-connection.ts';
import { closeComplete, parseComplete, readyForQuery } from '../protocol/backend-messages.ts';
import { Frontend } from '../protocol/message-codes.ts';
import { stepThrough } from './extended-steps.ts';
import type { Unit } from './inbox.ts';
import { KeysLacking } from './lookups.ts';
import { concernsListening, relayListening } from './notification-gate.ts';
import { planUnit, StatementMissing } from './plan-unit.ts';
import { prepareAhead } from './prepare-on-server.ts';
import { syncRequest } from './relay-request.ts';
import type { RelayRequest, SessionContext } from './session-context.ts';
import { anyShard } from './shard-choice.ts';
import type { StatementCache } from './statement-cache.ts';
import type { UnitPlan } from './unit-plan.ts';
import { requestFor } from './unit-request.ts';

const otherShards = 'statements for different shards without a Sync between them';

/** Answers null when a relay was started that ends the unit by itself. */
export function handleExtended(session: SessionContext, unit: Unit): Promise<void> | null {
  const { cache } = session;
  if (cache === null) return session.loadCache().then(loaded => handleLater(session, unit, loaded));
  try {
    return handleNow(session, unit, cache);
  } catch (error) {
    if (error instanceof StatementMissing) return raiseInTurn(session, unit, error);
    if (!(error instanceof KeysLacking)) throw error;
    return handleLater(session, unit, cache);
  }
}

/** The error, when what came before it is answered. */
async function raiseInTurn(
  session: SessionContext,
  unit: Unit,
  { statement, at }: StatementMissing,
): Promise<void> {
  const { cache } = session;
  if (at > 0 && cache !== null) {
    await handleLater(
      session,
      { ...unit, bytes: unit.bytes.subarray(0, at), ending: 'open' },
      cache,
    );
  }
  if (await session.exchangeAnswered()) session.statements.get(statement);
  else if (unit.ending === 'sync') await session.relay(session.exchangeServer!, syncRequest);
}

async function handleLater(
  session: SessionContext,
  unit: Unit,
  cache: StatementCache,
): Promise<void> {
  try {
    await handlePlanned(session, unit, cache);
  } catch (error) {
    if (!(error instanceof StatementMissing)) throw error;
    await raiseInTurn(session, unit, error);
  }
}

async function handlePlanned(
  session: SessionContext,
  unit: Unit,
  cache: StatementCache,
): Promise<void> {
  const { lookups } = session.database;
  const plan = await lookups.attempt(() => planUnit(session, unit, session.cache ?? cache));
  if (plan === null && session.exchangeServer !== null) {
    await session.endExchange(otherShards);
    return handleLater(session, unit, cache);
  }
  if (plan === null) return stepThrough(session, unit, session.cache ?? cache);
  if (!plan.asksServer) return answerLocally(session, unit, plan);
  if (listens(session, plan)) return relayUnit(session, unit, plan);
  const server = await openFor(session, plan);
  await session.relay(server, await preparedRequest(unit, plan, server, session));
}

/** The request, as soon as what it uses is prepared on the server. */
function preparedRequest(
  unit: Unit,
  plan: UnitPlan,
  server: ServerConnection,
  session: SessionContext,
): RelayRequest | Promise<RelayRequest> {
  const ahead = session.exchangeServer === null && plan.lacks(server);
  if (!ahead) return requestFor(unit, plan, server, session);
  const prepared = prepareAhead(session, plan.items, server);
  return prepared.then(() => requestFor(unit, plan, server, session));
}

function handleNow(
  session: SessionContext,
  unit: Unit,
  cache: StatementCache,
): Promise<void> | null {
  const plan = planUnit(session, unit, cache);
  if (plan === null && session.exchangeServer !== null) {
    return session.endExchange(otherShards).then(() => handleLater(session, unit, cache));
  }
  if (plan === null) return stepThrough(session, unit, cache);
  if (!plan.asksServer) {
    answerLocally(session, unit, plan);
    return Promise.resolve();
  }
  if (listens(session, plan)) return relayUnit(session, unit, plan);
  const isRead = isOneRead(unit, plan);
  if (isRead) {
    const pipeline = session.pipelineFor(shardFor(session, plan), plan.timing!);
    if (pipeline !== null) {
      if (!plan.lacks(pipeline.server)) {
        session.startShared(pipeline, requestFor(unit, plan, pipeline.server, session));
        return null;
      }
      pipeline.giveUp();
    }
  }
  const server = session.exchangeServer ?? session.transaction.ready(shardFor(session, plan));
  if (server === null) {
    const later = (opened: ServerConnection) => preparedRequest(unit, plan, opened, session);
    session.relayWhenReady(shardFor(session, plan), later, isRead ? plan : null);
    return null;
  }
  const request = preparedRequest(unit, plan, server, session);
  if (request instanceof Promise) return request.then(later => relayed(session, server, later));
  session.startRelay(server, request);
  return null;
}

async function relayed(
  session: SessionContext,
  server: ServerConnection,
  request: RelayRequest,
): Promise<void> {
  await session.relay(server, request);
}

/** One read and nothing else: it can go with other clients' reads, and can be run again. */
function isOneRead(unit: Unit, { plans, alone }: UnitPlan): boolean {
  return alone && unit.ending === 'sync' && plans.length === 1 && plans[0]!.repeatable;
}

function listens(session: SessionContext, { plans, effects }: UnitPlan): boolean {
  if (!effects && session.notifications === null) return false;
  return concernsListening(session, plans);
}

function relayUnit(session: SessionContext, unit: Unit, plan: UnitPlan): Promise<void> {
  return relayListening(session, shardFor(session, plan), plan.plans, server =>
    requestFor(unit, plan, server, session),
  );
}

function openFor(session: SessionContext, plan: UnitPlan): Promise<ServerConnection> {
  return session.transaction.open(shardFor(session, plan));
}

function shardFor(session: SessionContext, { shard }: UnitPlan): number {
  if (shard !== anyShard) return shard;
  return session.transaction.openShard ?? session.homeShard;
}

/** Only Close of statements, Sync and Flush: no server needs to know. */
function answerLocally(session: SessionContext, unit: Unit, plan: UnitPlan): void {
  const replies: Buffer[] = [];
  for (const item of plan.items) {
    if (item.type === 0) replies.push(closeComplete);
    else if (item.type === Frontend.parse) replies.push(parseComplete);
  }
  if (unit.ending === 'sync') replies.push(readyForQuery(session.transaction.status));
  if (replies.length > 0) session.client.write(Buffer.concat(replies));
}
