// FunctionCall, the protocol's "fast path" (libpq's lo_* functions use it): what the function does
// is unknown here, so only a database of one shard passes it on.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { Unit } from './inbox.ts';
import type { SessionContext } from './session-context.ts';

export function handleFunctionCall(session: SessionContext, unit: Unit): Promise<void> | null {
  if (session.database.shardCount > 1) {
    throw new PgError(errors.unsupportedAcrossShards, { construct: 'function call message' });
  }
  const request = {
    bytes: unit.bytes,
    open: false,
    steps: null,
    forwardReady: true,
    plans: [],
    parsing: [],
    timing: null,
  };
  const server = session.transaction.ready(0);
  if (server !== null) {
    session.startRelay(server, request);
    return null;
  }
  return session.transaction.open(0).then(async opened => {
    await session.relay(opened, request);
  });
}
