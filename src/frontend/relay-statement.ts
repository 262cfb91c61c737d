// One statement as the client wrote it, on one shard, apart from the exchange it came in: everything
// of its answer but ReadyForQuery goes to the client.

import { ByteWriter } from '../protocol/byte-writer.ts';
import {
  queryMessage,
  syncMessage,
  writeExecute,
  writeParse,
} from '../protocol/frontend-messages.ts';
import { Frontend } from '../protocol/message-codes.ts';
import type { RelayStep } from './relay-step.ts';
import type { SessionContext, StatementRun } from './session-context.ts';

/** Answers false when the server's error went to the client. */
export async function relayStatement(
  session: SessionContext,
  run: StatementRun,
  shard: number,
): Promise<boolean> {
  const server = await session.transaction.open(shard);
  server.unnamed = null;
  const { bytes, steps } = run.bind === null ? simple(run) : extended(run);
  const result = await session.relay(server, {
    bytes,
    open: false,
    steps,
    forwardReady: false,
    plans: [run.cached.plan],
    parsing: [],
    timing: null,
  });
  return !result.failed;
}

function simple(run: StatementRun): { bytes: Buffer; steps: null } {
  return { bytes: queryMessage(run.cached.sql), steps: null };
}

function extended(run: StatementRun): { bytes: Buffer; steps: RelayStep[] } {
  const out = new ByteWriter(run.cached.sql.length + 256);
  writeParse(out, '', run.cached.sql, run.parameterTypes);
  const bind = run.bind!;
  out.begin(Frontend.bind).cstring('').cstring('').bytes(bind.buffer, bind.rest, bind.end).end();
  writeExecute(out, '', 0);
  const swallow: RelayStep = { kind: 'swallow', statement: null };
  return {
    bytes: out.bytes(syncMessage).take(),
    steps: [swallow, swallow, { kind: 'forward' }],
  };
}
