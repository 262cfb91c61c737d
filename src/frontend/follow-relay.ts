// What a relay that has ended means for its session: statements that were not prepared after all,
// effects of what succeeded, the transaction as the server left it.

import {
  catalogLacks,
  interrupted,
  isDiscarded,
  leave,
  survivesError,
} from '../backend/leftovers.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import type { RelayOutcome } from './relay-events.ts';
import type { SessionCatalog } from './session-catalog.ts';
import type { RelayRequest, SessionContext } from './session-context.ts';
import { applyEffect } from './session-effects.ts';
import type { SessionStatements } from './session-statements.ts';

/** Answers the construct that binds the session to the server from now on, or null. */
export function followRelay(
  session: SessionContext,
  catalog: SessionCatalog,
  server: ServerConnection,
  request: RelayRequest,
  outcome: RelayOutcome,
): string | null {
  const { transaction, statements } = session;
  const alone = session.database.shardCount === 1;
  if (outcome.failed) {
    forgetUnprepared(statements, server, request, outcome);
    if (!alone) transaction.fail();
  }
  const before = transaction.mode;
  for (let i = 0; i < outcome.tags.length; i++) {
    const plan = request.plans[i];
    // Several messages at once are one transaction, whose settings go with it if one fails; behind
    // a COMMIT among them begins another.
    if (alone && (request.plans.length > 1 || outcome.failed)) transaction.blockBegan();
    if (plan !== undefined) applyEffect(session, catalog, plan, outcome.tags[i]!);
  }
  let pins: string | null = null;
  for (const { pinsSession } of request.plans) {
    if (pinsSession === null) continue;
    if (outcome.failed && !survivesError(pinsSession)) leave(server, interrupted);
    else leave(server, (pins ??= pinsSession));
    if (!isDiscarded(pinsSession)) server.prepared.doubtAll();
    const unknown = pinsSession.endsWith(catalogLacks) && !outcome.failed;
    if (unknown && !session.pinned) session.database.readLater();
  }
  if (alone) followBlock(session, server, before, outcome);
  return pins;
}

/** The client does not have statements whose Parse failed or was skipped, and has those whose Close
 *  was. A Parse of the unnamed one drops what that was before (postgres.c, exec_parse_message). */
export function forgetUnprepared(
  statements: SessionStatements,
  server: ServerConnection,
  request: RelayRequest,
  { unparsed, unclosed, unnamed, answered }: RelayOutcome,
): void {
  server.unnamed = null;
  statements.deleteAll(request.parsing.slice(request.parsing.length - unparsed));
  if (unclosed !== null) statements.restore(unclosed);
  if (unnamed !== undefined) statements.unnamed = unnamed;
  else if (request.parsesUnnamed && !answered) statements.unnamed = null;
}

/** The server itself is the whole transaction. */
function followBlock(
  session: SessionContext,
  server: ServerConnection,
  before: SessionContext['transaction']['mode'],
  outcome: RelayOutcome,
): void {
  const { transaction } = session;
  transaction.followServer(server);
  if (transaction.mode !== 'none') return;
  transaction.blockEnded(!outcome.failed);
  if (before !== 'none') session.blockEnded();
}
