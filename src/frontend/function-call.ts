// FunctionCall, the protocol's "fast path" (libpq's lo_* functions use it): what the function does
// is unknown here, so only a database of one shard passes it on.

import { internalQuery } from '../backend/internal-query.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { basePlan } from '../planner/plan-input.ts';
import { headerBytes } from '../protocol/message-codes.ts';
import type { Unit } from './inbox.ts';
import type { SessionContext } from './session-context.ts';

export function handleFunctionCall(session: SessionContext, unit: Unit): Promise<void> | null {
  if (session.database.shardCount > 1) return refuse(session, unit);
  const request = {
    bytes: unit.bytes,
    open: false,
    steps: null,
    forwardReady: true,
    plans: isLargeObject(unit) ? [] : [unknownCall],
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

/** OIDs of what libpq calls this way, which leaves nothing behind: lo_create, lo_open, lo_close,
 *  loread, lowrite, lo_lseek, lo_creat, lo_tell, lo_unlink, lo_truncate and their 64-bit forms. */
const largeObjectCalls = new Set([
  715, 952, 953, 954, 955, 956, 957, 958, 964, 1004, 3170, 3171, 3172,
]);

function isLargeObject({ bytes }: Unit): boolean {
  return bytes.length >= headerBytes + 4 && largeObjectCalls.has(bytes.readUInt32BE(headerBytes));
}

/** Any other may be set_config() or worse. */
const unknownCall: StatementPlan = { ...basePlan(''), pinsSession: 'function call message' };

/** Says of what does not exist what PostgreSQL says (fastpath.c, HandleFunctionRequest and
 *  fetch_fp_info). */
async function refuse(session: SessionContext, { bytes }: Unit): Promise<never> {
  const { transaction, homeShard } = session;
  if (transaction.failed) throw new PgError(errors.inFailedTransaction);
  if (bytes.length >= headerBytes + 4) {
    const oid = bytes.readUInt32BE(headerBytes);
    const server = await transaction.open(transaction.openShard ?? homeShard);
    const found = await internalQuery(
      server,
      `SELECT 1 FROM pg_catalog.pg_proc WHERE oid = '${oid}'::pg_catalog.oid`,
    );
    if (found.length === 0) throw new PgError(errors.functionMissing, { oid });
  }
  throw new PgError(errors.unsupportedAcrossShards, { construct: 'function call message' });
}
