// What LISTEN and NOTIFY ask of a statement's way through PgPack: before a LISTEN goes to its
// server the shared connections listen, and what a listening client may send itself is there before
// its ReadyForQuery. Clients that do not listen never come here.

import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { readyForQuery } from '../protocol/backend-messages.ts';
import { SessionNotifications } from './notification-session.ts';
import { relayStatement } from './relay-statement.ts';
import type { RelayRequest, SessionContext, StatementRun } from './session-context.ts';

/** Shard that all NOTIFYs go to: its commits put them in order. */
const notifyShard = 0;

/** The statements have to go by `relayListening`. */
export function concernsListening(
  session: SessionContext,
  plans: readonly StatementPlan[],
): boolean {
  if (plans.some(isListen)) return true;
  if (!session.notifications?.listening) return false;
  const inBlock = session.transaction.mode !== 'none';
  return plans.some(
    ({ effect, writes }) =>
      effect?.kind === 'commit' || effect?.kind === 'listening-channels' || (writes && !inBlock),
  );
}

/** Relays statements that may notify the client itself, or begin to listen. */
export async function relayListening(
  session: SessionContext,
  shard: number,
  plans: readonly StatementPlan[],
  requestFor: (server: ServerConnection) => RelayRequest,
): Promise<void> {
  refuseChannelList(session, plans);
  await prepareListen(session, plans);
  const server = session.exchangeServer ?? (await session.transaction.open(shard));
  if (plans.some(isListen)) server.listens = true;
  await session.notifications!.commitBegins();
  // Its connections have gone back meanwhile.
  if (session.closed) throw new PgError(errors.queryCanceled);
  const request = requestFor(server);
  await session.relay(server, { ...request, forwardReady: false });
  if (request.open) return;
  await session.notifications!.commitEnded();
  session.client.write(readyForQuery(session.transaction.status));
}

/** On a database of several shards, where statements come one by one. */
export async function runNotification(
  session: SessionContext,
  run: StatementRun,
): Promise<'done' | 'failed'> {
  const { plan } = run.cached;
  await prepareListen(session, [plan]);
  const server = await session.transaction.open(notifyShard);
  if (isListen(plan)) server.listens = true;
  await session.notifications?.commitBegins();
  return (await relayStatement(session, run, notifyShard)) ? 'done' : 'failed';
}

async function prepareListen(
  session: SessionContext,
  plans: readonly StatementPlan[],
): Promise<void> {
  const channels = plans.flatMap(({ effect }) => (effect?.kind === 'listen' ? effect.channel : []));
  if (channels.length === 0) return;
  const { general } = session.database.config;
  session.notifications ??= new SessionNotifications(
    session,
    session.database.cluster.notifications,
    { channelsMax: general.listenChannelsLimit, waitingMax: general.pubSubChannelSize },
  );
  await session.notifications.prepare(channels);
}

function isListen({ effect }: StatementPlan): boolean {
  return effect?.kind === 'listen';
}

/** The server's answer would be about its own connection. */
function refuseChannelList(session: SessionContext, plans: readonly StatementPlan[]): void {
  if (!session.notifications?.listening) return;
  if (!plans.some(({ effect }) => effect?.kind === 'listening-channels')) return;
  const construct = 'pg_listening_channels() by a client that listens in transaction mode';
  throw new PgError(errors.unsupported, { construct });
}
