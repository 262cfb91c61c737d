// The bytes that a unit becomes for one server, and what is to be done with each answer: names
// replaced by PgPack's, statements prepared where they are missing.

import type { ServerConnection } from '../backend/server-connection.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import { Frontend, headerBytes } from '../protocol/message-codes.ts';
import type { Unit } from './inbox.ts';
import { prepareWhereMissing, writeClientParse } from './prepare-on-server.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import type { RelayStep } from './relay-step.ts';
import type { RelayRequest, SessionContext } from './session-context.ts';
import type { ClosedStatement } from './session-statements.ts';
import type { Item, UnitPlan } from './unit-plan.ts';

export function requestFor(
  unit: Unit,
  plan: UnitPlan,
  server: ServerConnection,
  session: SessionContext,
): RelayRequest {
  const open = unit.ending === 'open';
  const goesOn = open || session.exchangeServer !== null;
  const { plans, parsing } = plan;
  // What becomes of them is in the answers from here on.
  session.statements.registered = null;
  const timing = plans.length === 1 ? plan.timing : null;
  if (plan.verbatim && !goesOn && parsesFirst(plan) && startsOwn(plan.items, server)) {
    const { bytes } = unit;
    const parsesUnnamed = plan.parses > 0;
    return { bytes, open, steps: null, forwardReady: true, plans, parsesUnnamed, parsing, timing };
  }
  const out = new ByteWriter(unit.bytes.length + 128);
  const steps: RelayStep[] = [];
  let unnamed = plan.replaced;
  for (const item of plan.items) {
    writeItem(out, steps, unit.bytes, item, server, { session, replaced: unnamed });
    const { type, statement } = item;
    if (statement?.serverName !== '') continue;
    if (type === Frontend.parse) unnamed = statement;
    else if (type === 0) unnamed = null;
  }
  const plain = !goesOn && steps.every(step => step.kind === 'forward');
  const bytes = out.take();
  return { bytes, open, steps: plain ? null : steps, forwardReady: true, plans, parsing, timing };
}

/** Of more than one, or one behind others, an error has to say which it is of. */
function parsesFirst({ parses, items }: UnitPlan): boolean {
  return parses === 0 || (parses === 1 && items[0]!.type === Frontend.parse);
}

/** The unnamed statement is parsed here before it is used, or is there already. */
function startsOwn(items: readonly Item[], server: ServerConnection): boolean {
  for (const { type, statement } of items) {
    if (type === Frontend.parse) server.unnamed = statement;
    else if (statement !== null && server.unnamed !== statement) return false;
  }
  return true;
}

function writeItem(
  out: ByteWriter,
  steps: RelayStep[],
  bytes: Buffer,
  item: Item,
  server: ServerConnection,
  client: { readonly session: SessionContext; readonly replaced: PreparedStatement | null },
): void {
  const { session, replaced } = client;
  const { type, start, end, statement, bind } = item;
  switch (type) {
    case Frontend.parse:
      writeClientParse(out, steps, statement!, server, {
        ...{ session, replaced },
        name: textAt(bytes, start + headerBytes),
      });
      return;
    case Frontend.bind:
      if (statement === null) out.bytes(bytes, start, end);
      else {
        prepareWhereMissing(out, steps, statement, server, session);
        out.begin(type).cstring(bind!.portal).cstring(statement.serverName);
        out.bytes(bytes, bind!.rest, bind!.end).end();
      }
      break;
    case Frontend.describe:
      if (statement === null) out.bytes(bytes, start, end);
      else {
        prepareWhereMissing(out, steps, statement, server, session);
        out.begin(type).text('S').cstring(statement.serverName).end();
        steps.push({ kind: 'describe', statement });
        return;
      }
      break;
    case 0:
      steps.push({ kind: 'close-complete', closed: closedBy(item, bytes) });
      return;
    case Frontend.sync:
    case Frontend.flush:
      out.bytes(bytes, start, end);
      return;
    default:
      out.bytes(bytes, start, end);
  }
  steps.push({ kind: 'forward' });
}

function closedBy({ start, statement }: Item, bytes: Buffer): ClosedStatement | null {
  if (statement === null) return null;
  return { name: textAt(bytes, start + headerBytes + 1), statement };
}

function textAt(bytes: Buffer, start: number): string {
  return bytes.toString('utf8', start, bytes.indexOf(0, start));
}
