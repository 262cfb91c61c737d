// Messages of the extended protocol, up to their Sync or Flush. If everything in the unit belongs
// on one server, the unit is relayed there in one piece; else it is stepped through message by
// message (`extended-steps.ts`).

import type { ServerConnection } from '../backend/server-connection.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { closeComplete, parseComplete, readyForQuery } from '../protocol/backend-messages.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import {
  type BindMessage,
  clientMessageSize,
  readBind,
  readExecute,
  readParse,
  readTarget,
} from '../protocol/client-frame.ts';
import { writeClose, writeParse } from '../protocol/frontend-messages.ts';
import { Frontend, TransactionStatus } from '../protocol/message-codes.ts';
import { stepThrough } from './extended-steps.ts';
import type { Unit } from './inbox.ts';
import { portableTypes } from './portable-types.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import { checkQuerySize } from './query-size.ts';
import type { RelayStep } from './relay.ts';
import type { RelayRequest, SessionContext } from './session-context.ts';
import { relaysPlainly } from './shape.ts';
import { anyShard, chooseShard } from './shard-choice.ts';
import type { StatementCache } from './statement-cache.ts';
import { leavesFailedBlock } from './statement-shards.ts';

/** One message of a unit, and the statement it is about. */
interface Item {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  readonly statement: PreparedStatement | null;
  readonly bind: BindMessage | null;
}

interface UnitPlan {
  readonly items: readonly Item[];
  /** `anyShard` or the one shard. */
  readonly shard: number;
  /** Every message can be sent as it came, and is answered by the server. */
  readonly verbatim: boolean;
  /** Needs a server at all. */
  readonly asksServer: boolean;
  readonly plans: readonly StatementPlan[];
  readonly parsing: readonly string[];
}

/** Answers null when a relay was started that ends the unit by itself. */
export function handleExtended(session: SessionContext, unit: Unit): Promise<void> | null {
  const { cache } = session;
  if (cache === null) return session.loadCache().then(loaded => handleLater(session, unit, loaded));
  return handleNow(session, unit, cache);
}

async function handleLater(
  session: SessionContext,
  unit: Unit,
  cache: StatementCache,
): Promise<void> {
  const plan = planUnit(session, unit, cache);
  if (plan === null) return stepThrough(session, unit, cache);
  if (!plan.asksServer) return answerLocally(session, unit, plan);
  const server = await openFor(session, plan);
  await session.relay(server, requestFor(unit, plan, server, session));
}

function handleNow(
  session: SessionContext,
  unit: Unit,
  cache: StatementCache,
): Promise<void> | null {
  const plan = planUnit(session, unit, cache);
  if (plan === null && session.exchangeServer !== null) {
    const construct = 'statements for different shards without a Sync between them';
    return session.endExchange(construct).then(() => handleLater(session, unit, cache));
  }
  if (plan === null) return stepThrough(session, unit, cache);
  if (!plan.asksServer) {
    answerLocally(session, unit, plan);
    return Promise.resolve();
  }
  const server = session.exchangeServer ?? session.transaction.ready(shardFor(session, plan));
  if (server === null) {
    session.relayWhenReady(shardFor(session, plan), opened =>
      requestFor(unit, plan, opened, session),
    );
    return null;
  }
  session.startRelay(server, requestFor(unit, plan, server, session));
  return null;
}

function openFor(session: SessionContext, plan: UnitPlan): Promise<ServerConnection> {
  return session.transaction.open(shardFor(session, plan));
}

function shardFor(session: SessionContext, { shard }: UnitPlan): number {
  if (shard !== anyShard) return shard;
  return session.transaction.openShard ?? session.homeShard;
}

/** null: the unit has to be stepped through. Registers the statements it prepares. */
function planUnit(session: SessionContext, unit: Unit, cache: StatementCache): UnitPlan | null {
  const { transaction, database, exchangeServer } = session;
  if (transaction.mode === 'implicit') return null;
  if (transaction.failed && database.shardCount > 1) return null;
  const planner = new UnitPlanner(session, unit, cache);
  if (!planner.read()) {
    planner.undo();
    return null;
  }
  // Within an open exchange there is no other server to go to.
  const { shard } = planner;
  if (exchangeServer !== null && shard !== anyShard && exchangeServer.address.shard !== shard) {
    planner.undo();
    return null;
  }
  planner.asksServer ||= exchangeServer !== null;
  return planner;
}

class UnitPlanner implements UnitPlan {
  readonly items: Item[] = [];
  readonly plans: StatementPlan[] = [];
  readonly parsing: string[] = [];
  shard = anyShard;
  verbatim = true;
  asksServer = false;
  readonly #session: SessionContext;
  readonly #bytes: Buffer;
  /** The exchange goes on after the unit. */
  readonly #open: boolean;
  readonly #cache: StatementCache;
  /** Portals bound in this unit. */
  readonly #portals = new Map<string, PreparedStatement>();

  constructor(session: SessionContext, unit: Unit, cache: StatementCache) {
    this.#session = session;
    this.#bytes = unit.bytes;
    this.#open = unit.ending === 'open';
    this.#cache = cache;
  }

  /** False when some message needs more than one server's plain answer. */
  read(): boolean {
    const { length } = this.#bytes;
    for (let pos = 0; pos < length; ) {
      const end = pos + clientMessageSize(this.#bytes, pos, length, Number.MAX_SAFE_INTEGER);
      if (!this.#message(this.#bytes[pos]!, pos, end)) return false;
      pos = end;
    }
    const { transaction } = this.#session;
    if (this.#open || transaction.mode !== 'none') {
      for (const [name, statement] of this.#portals) this.#keepPortal(name, statement);
    }
    return true;
  }

  /** Takes back what was registered. */
  undo(): void {
    this.#session.statements.deleteAll(this.parsing);
  }

  #message(type: number, start: number, end: number): boolean {
    switch (type) {
      case Frontend.parse:
        return this.#parse(start, end);
      case Frontend.bind:
        return this.#bind(start, end);
      case Frontend.describe:
        return this.#describe(start, end);
      case Frontend.execute:
        return this.#execute(start, end);
      case Frontend.close:
        return this.#close(start, end);
      default:
        this.items.push({ type, start, end, statement: null, bind: null });
        return true;
    }
  }

  #parse(start: number, end: number): boolean {
    checkQuerySize(this.#session, end - start);
    const { name, sql, parameterTypes: declared } = readParse(this.#bytes, start, end);
    const { statements, database } = this.#session;
    if (name !== '' && statements.find(name) !== null) return false;
    const parameterTypes = portableTypes(declared, database.shardCount);
    if (parameterTypes !== declared) this.verbatim = false;
    const script = this.#cache.script(sql);
    if (script.error !== null) return false;
    if (script.statements.length > 1 && database.shardCount > 1) return false;
    const cached = script.statements[0] ?? this.#cache.statement(sql);
    const { wide } = cached.plan;
    if (cached.unresolved || (wide.kind === 'refusal' && wide.always)) return false;
    const statement = statements.add(name, sql, parameterTypes, cached);
    if (name !== '') {
      this.parsing.push(name);
      this.verbatim = false;
    }
    this.asksServer = true;
    this.items.push({ type: Frontend.parse, start, end, statement, bind: null });
    return true;
  }

  #bind(start: number, end: number): boolean {
    const bind = readBind(this.#bytes, start, end);
    const statement = this.#session.statements.find(bind.statement);
    if (statement === null || !this.#place(statement, bind)) return false;
    if (bind.statement !== '' || bind.portal !== '') this.verbatim = false;
    this.#portals.set(bind.portal, statement);
    this.asksServer = true;
    this.items.push({ type: Frontend.bind, start, end, statement, bind });
    return true;
  }

  /** Finds the statement's shard; false when it is not one, or not the unit's. */
  #place(statement: PreparedStatement, bind: BindMessage): boolean {
    const { database } = this.#session;
    if (database.shardCount === 1) return true;
    const { plan } = statement.planIn(this.#cache);
    if (!relaysPlainly(plan)) return false;
    if (plan.route.groups.length === 0) return plan.groupless === 'any';
    const shard = chooseShard(plan.route, {
      bind,
      parameterTypes: statement.parameterTypes,
      shardCount: database.shardCount,
      rules: database.rules,
      insert: plan.tag === 'INSERT',
    });
    if (shard < 0) return shard === anyShard;
    if (this.shard !== anyShard && this.shard !== shard) return false;
    this.shard = shard;
    return true;
  }

  #describe(start: number, end: number): boolean {
    const { target, name } = readTarget(this.#bytes, start, end);
    const statement =
      target === 'S' ? this.#session.statements.find(name) : this.#portalStatement(name);
    if (statement === null) return false;
    if (target === 'S' && name !== '') this.verbatim = false;
    this.asksServer = true;
    const about = target === 'S' ? statement : null;
    this.items.push({ type: Frontend.describe, start, end, statement: about, bind: null });
    return true;
  }

  #execute(start: number, end: number): boolean {
    const { portal } = readExecute(this.#bytes, start, end);
    const statement = this.#portalStatement(portal);
    if (statement === null) return false;
    this.plans.push(statement.cached.plan);
    this.asksServer = true;
    this.items.push({ type: Frontend.execute, start, end, statement: null, bind: null });
    return true;
  }

  #close(start: number, end: number): boolean {
    const { target, name } = readTarget(this.#bytes, start, end);
    if (target === 'S') {
      this.#session.statements.delete(name);
      this.verbatim = false;
    } else {
      const portal = this.#session.statements.portal(name);
      if (portal?.wide) return false;
      void this.#session.statements.closePortal(name);
      this.asksServer = true;
    }
    const type = target === 'S' ? 0 : Frontend.close;
    this.items.push({ type, start, end, statement: null, bind: null });
    return true;
  }

  /** The statement of a portal on the server; null when it is held here, or unknown. */
  #portalStatement(name: string): PreparedStatement | null {
    const bound = this.#portals.get(name);
    if (bound !== undefined) return bound;
    const portal = this.#session.statements.portal(name);
    if (portal === null || portal.wide !== null) return null;
    const shard = portal.shard;
    if (this.shard !== anyShard && this.shard !== shard) return null;
    this.shard = shard;
    return portal.statement;
  }

  #keepPortal(name: string, statement: PreparedStatement): void {
    const { transaction, homeShard, statements } = this.#session;
    if (name !== '') void statements.closePortal(name);
    const shard = this.shard === anyShard ? (transaction.openShard ?? homeShard) : this.shard;
    statements.setPortal(name, { statement, shard, wide: null });
  }
}

/** The bytes for the server, names replaced by PgPack's, statements prepared where missing. */
function requestFor(
  unit: Unit,
  plan: UnitPlan,
  server: ServerConnection,
  session: SessionContext,
): RelayRequest {
  const open = unit.ending === 'open';
  const goesOn = open || session.exchangeServer !== null;
  const { plans, parsing } = plan;
  if (plan.verbatim && !goesOn && startsOwn(plan.items, server)) {
    return { bytes: unit.bytes, open, steps: null, forwardReady: true, plans, parsing };
  }
  const out = new ByteWriter(unit.bytes.length + 128);
  const steps: RelayStep[] = [];
  for (const item of plan.items) writeItem(out, steps, unit.bytes, item, server);
  const plain = !goesOn && steps.every(step => step.kind === 'forward');
  const bytes = out.take();
  return { bytes, open, steps: plain ? null : steps, forwardReady: true, plans, parsing };
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
): void {
  const { type, start, end, statement, bind } = item;
  switch (type) {
    case Frontend.parse:
      writeClientParse(out, steps, statement!, server);
      return;
    case Frontend.bind:
      prepareWhereMissing(out, steps, statement!, server);
      out.begin(type).cstring(bind!.portal).cstring(statement!.serverName);
      out.bytes(bytes, bind!.rest, bind!.end).end();
      break;
    case Frontend.describe:
      if (statement === null) out.bytes(bytes, start, end);
      else {
        prepareWhereMissing(out, steps, statement, server);
        out.begin(type).text('S').cstring(statement.serverName).end();
        steps.push({ kind: 'describe', statement });
        return;
      }
      break;
    case 0:
      steps.push({ kind: 'close-complete' });
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

function writeClientParse(
  out: ByteWriter,
  steps: RelayStep[],
  statement: PreparedStatement,
  server: ServerConnection,
): void {
  if (statement.serverName === '') {
    server.unnamed = statement;
  } else if (isRefusedAtParse(statement, server)) {
    steps.push({ kind: 'forward' });
    writeParse(out, statement.serverName, statement.sql, statement.parameterTypes);
    return;
  } else if (statement.isOn(server)) {
    steps.push({ kind: 'parse-complete' });
    return;
  } else {
    makeRoom(out, steps, server);
  }
  writeParse(out, statement.serverName, statement.sql, statement.parameterTypes);
  statement.preparedOn(server);
  steps.push({ kind: 'parse', statement });
}

/** In a failed block PostgreSQL parses nothing but its end. */
function isRefusedAtParse(statement: PreparedStatement, server: ServerConnection): boolean {
  const { plan } = statement.cached;
  return server.transactionStatus === TransactionStatus.failed && !leavesFailedBlock(plan);
}

/** Closes the statement that was not used for the longest time, if there are too many. */
function makeRoom(out: ByteWriter, steps: RelayStep[], server: ServerConnection): void {
  const oldest = server.prepared.oldestAtLimit();
  if (oldest === null) return;
  writeClose(out, 'S', oldest);
  server.prepared.delete(oldest);
  steps.push({ kind: 'closed', name: oldest });
}

function prepareWhereMissing(
  out: ByteWriter,
  steps: RelayStep[],
  statement: PreparedStatement,
  server: ServerConnection,
): void {
  if (statement.isOn(server)) return;
  if (statement.serverName === '') server.unnamed = statement;
  else makeRoom(out, steps, server);
  writeParse(out, statement.serverName, statement.sql, statement.parameterTypes);
  statement.preparedOn(server);
  steps.push({ kind: 'swallow', statement });
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
