// Walks through the messages of a unit of the extended protocol: what each is about, and whether all of
// them belong on one server. What it prepares is registered, and taken back where they do not.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import {
  type BindMessage,
  clientMessageSize,
  readBind,
  readExecute,
  readParse,
  readTarget,
} from '../protocol/client-frame.ts';
import { Frontend } from '../protocol/message-codes.ts';
import { KeyUnknown } from '../sharding/lookup-cache.ts';
import { isCursorEffect } from './cursor-command.ts';
import { fixedShard } from './fixed-shard.ts';
import type { Unit } from './inbox.ts';
import { KeysLacking } from './lookups.ts';
import { isOwnCommand } from './own-command.ts';
import { isOwnEffect } from './own-settings.ts';
import { portableTypes } from './portable-types.ts';
import { lacksStatement } from './prepare-on-server.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import { checkQuerySize } from './query-size.ts';
import type { SessionContext } from './session-context.ts';
import type { ClosedStatement } from './session-statements.ts';
import { withArguments } from './set-config-call.ts';
import { relaysPlainly } from './shape.ts';
import { anyShard, chooseShard, type Execution } from './shard-choice.ts';
import type { SqlStatement } from './sql-statement.ts';
import { emptyStatement, type StatementCache } from './statement-cache.ts';
import type { StatementTiming } from './statement-timing.ts';
import { isLate } from './transaction-moment.ts';
import type { Item, UnitPlan } from './unit-plan.ts';

/** null: the unit has to be stepped through. Registers the statements it prepares. Throws
 *  `KeysLacking` and `StatementMissing`. */
export function planUnit(
  session: SessionContext,
  unit: Unit,
  cache: StatementCache,
): UnitPlan | null {
  const { transaction, database, exchangeServer } = session;
  if (transaction.mode === 'implicit') return null;
  if (transaction.failed && database.shardCount > 1) return null;
  const planner = new UnitPlanner(session, unit, cache);
  if (!planner.read()) {
    planner.undo();
    const { missing } = planner;
    // In a block the error leaves standing what was done.
    if (missing !== null && exchangeServer !== null && transaction.mode !== 'explicit') {
      throw missing;
    }
    return null;
  }
  const { lacking } = planner;
  if (lacking !== null) {
    planner.undo();
    throw new KeysLacking(() => {
      for (const place of lacking) place();
    });
  }
  // Within an open exchange there is no other server to go to.
  const { shard } = planner;
  if (exchangeServer !== null && shard !== anyShard && exchangeServer.address.shard !== shard) {
    planner.undo();
    return null;
  }
  planner.asksServer ||= exchangeServer !== null;
  if (planner.parsing.length > 0) session.statements.registered = planner;
  session.stats.unitPlanned(planner.parses, planner.binds);
  return planner;
}

/** A message behind others without a Sync names a statement that the client does not have: an error
 *  whose turn comes when those are answered. */
export class StatementMissing extends Error {
  readonly statement: string;
  /** Where the message begins in its unit. */
  readonly at: number;

  constructor(statement: string, at: number) {
    super('a statement that the client does not have');
    this.statement = statement;
    this.at = at;
  }
}

class UnitPlanner implements UnitPlan {
  readonly items: Item[] = [];
  readonly plans: StatementPlan[] = [];
  readonly parsing: string[] = [];
  effects = false;
  timing: StatementTiming | null = null;
  named = false;
  alone = true;
  shard = anyShard;
  verbatim = true;
  asksServer = false;
  parses = 0;
  binds = 0;
  /** null: the client has what it named. */
  missing: StatementMissing | null = null;
  /** Place keys that have to be looked up first. */
  lacking: (() => void)[] | null = null;
  readonly #session: SessionContext;
  readonly #bytes: Buffer;
  /** The exchange goes on after the unit. */
  readonly #open: boolean;
  readonly #cache: StatementCache;
  /** Statements closed in this unit, the last one first, and how many it had prepared before. */
  readonly #closing: (ClosedStatement & { readonly parsed: number })[] = [];
  #closingSql: Map<string, SqlStatement | null> | null = null;
  readonly replaced: PreparedStatement | null;
  /** Portals bound in this unit: the unnamed one, the others. */
  #unnamedPortal: PreparedStatement | null = null;
  #portals: Map<string, PreparedStatement> | null = null;

  constructor(session: SessionContext, unit: Unit, cache: StatementCache) {
    this.#session = session;
    this.#bytes = unit.bytes;
    this.#open = unit.ending === 'open';
    this.#cache = cache;
    this.replaced = session.statements.unnamed;
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
      if (this.#unnamedPortal !== null) this.#keepPortal('', this.#unnamedPortal);
      for (const [name, statement] of this.#portals ?? []) this.#keepPortal(name, statement);
    }
    return true;
  }

  lacks(server: ServerConnection): boolean {
    return this.named && lacksStatement(this.items, server);
  }

  /** Takes back what was registered. */
  undo(): void {
    this.#session.statements.deleteAll(this.parsing);
    const others = this.#closing.filter(({ name, parsed }) => {
      return !this.parsing.slice(0, parsed).includes(name);
    });
    this.#session.statements.restore(others);
    for (const [name, statement] of this.#closingSql ?? []) {
      this.#session.statements.sql.set(name, statement);
    }
    this.#session.statements.unnamed = this.replaced;
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
    this.parses += 1;
    const { statements, database } = this.#session;
    if (name !== '' && statements.has(name)) return false;
    const parameterTypes = portableTypes(declared, database.shardCount);
    if (parameterTypes !== declared) this.verbatim = false;
    const script = this.#cache.script(sql);
    if (script.error !== null) return false;
    if (script.statements.length > 1 && database.shardCount > 1) return false;
    const cached = script.statements[0] ?? this.#cache.statement(sql);
    const { wide, route, effect } = cached.plan;
    if (wide.kind === 'refusal' && wide.always) return false;
    if (isOwnEffect(effect) || isCursorEffect(effect)) return false;
    if (!this.#staysOn(fixedShard(route))) return false;
    const statement = statements.add(name, sql, parameterTypes, cached);
    if (name !== '') {
      this.parsing.push(name);
      this.verbatim = false;
      this.alone = false;
    }
    this.asksServer = true;
    this.items.push({ type: Frontend.parse, start, end, statement, bind: null });
    return true;
  }

  #bind(start: number, end: number): boolean {
    const bind = readBind(this.#bytes, start, end);
    this.binds += 1;
    const statement = this.#session.statements.find(bind.statement);
    if (statement === null) return this.#bindSql(start, end, bind);
    if (!statement.takes(bind) || !this.#place(statement, bind)) return false;
    this.named ||= bind.statement !== '';
    if (bind.statement !== '' || bind.portal !== '') this.verbatim = false;
    if (bind.portal !== '') this.alone = false;
    if (bind.portal === '') this.#unnamedPortal = statement;
    else (this.#portals ??= new Map()).set(bind.portal, statement);
    this.asksServer = true;
    this.items.push({ type: Frontend.bind, start, end, statement, bind });
    return true;
  }

  /** A statement of SQL, which the one server there is has under the client's own name. */
  #bindSql(start: number, end: number, bind: BindMessage): boolean {
    const { database, statements } = this.#session;
    if (!statements.hasSql(bind.statement) || database.shardCount > 1) {
      this.missing = new StatementMissing(bind.statement, start);
      return false;
    }
    if (bind.portal === '') this.#unnamedPortal = null;
    else this.#portals?.delete(bind.portal);
    statements.dropPortal(bind.portal);
    this.alone = false;
    this.asksServer = true;
    this.items.push({ type: Frontend.bind, start, end, statement: null, bind });
    return true;
  }

  /** Finds the statement's shard; false when it is not one, or not the unit's. */
  #place(statement: PreparedStatement, bind: BindMessage): boolean {
    const { database } = this.#session;
    if (database.shardCount === 1) return !isOwnCommand(this.#session, statement.cached.plan);
    const { plan } = statement.planIn(this.#cache);
    if (!relaysPlainly(plan)) return false;
    if (plan.route.groups.length === 0) return plan.groupless === 'any';
    const execution: Execution = {
      bind,
      parameterTypes: statement.parameterTypes,
      shardCount: database.shardCount,
      placements: database.placements,
    };
    try {
      const shard = chooseShard(plan.route, execution);
      if (shard < 0) return shard === anyShard;
      return !isLate(this.#session, plan, shard) && this.#staysOn(shard);
    } catch (error) {
      if (!(error instanceof KeyUnknown)) throw error;
      this.lacking ??= [];
      this.lacking.push(() => chooseShard(plan.route, execution));
      return true;
    }
  }

  /** False when the unit is another shard's already; `anyShard`: it does not matter. */
  #staysOn(shard: number): boolean {
    if (shard === anyShard) return true;
    if (this.shard !== anyShard && this.shard !== shard) return false;
    this.shard = shard;
    return true;
  }

  #describe(start: number, end: number): boolean {
    const { target, name } = readTarget(this.#bytes, start, end);
    const statement =
      target === 'S' ? this.#session.statements.find(name) : this.#portalStatement(name);
    if (statement === null) return this.#describeUnknown(target, start, end, name);
    const { plan } = statement.planIn(this.#cache);
    if (isOwnCommand(this.#session, plan) || !this.#staysOn(fixedShard(plan.route))) return false;
    if (target === 'S' && name !== '') {
      this.verbatim = false;
      this.named = true;
    }
    this.asksServer = true;
    const about = target === 'S' ? statement : null;
    this.items.push({ type: Frontend.describe, start, end, statement: about, bind: null });
    return true;
  }

  #describeUnknown(target: 'S' | 'P', start: number, end: number, name: string): boolean {
    if (target === 'P') return this.#passUnknownPortal(Frontend.describe, start, end, name);
    const { database, statements } = this.#session;
    if (statements.hasSql(name) && database.shardCount === 1) {
      return this.#pass(Frontend.describe, start, end);
    }
    this.missing = new StatementMissing(name, start);
    return false;
  }

  /** As it is, to the one server there is. */
  #pass(type: number, start: number, end: number): true {
    this.alone = false;
    this.asksServer = true;
    this.items.push({ type, start, end, statement: null, bind: null });
    return true;
  }

  #execute(start: number, end: number): boolean {
    const { portal } = readExecute(this.#bytes, start, end);
    const statement = this.#portalStatement(portal);
    if (statement === null) return this.#passUnknownPortal(Frontend.execute, start, end, portal);
    this.plans.push(withArguments(statement.cached.plan, this.items, portal));
    this.effects ||= statement.cached.plan.effect !== null;
    this.timing = statement.cached.timing;
    this.asksServer = true;
    this.items.push({ type: Frontend.execute, start, end, statement: null, bind: null });
    return true;
  }

  #close(start: number, end: number): boolean {
    this.alone = false;
    const { target, name } = readTarget(this.#bytes, start, end);
    if (target === 'S') {
      const statement = this.#session.statements.delete(name);
      const parsed = this.parsing.length;
      if (statement !== null) this.#closing.unshift({ name, statement, parsed });
      if (statement === null && this.#session.statements.hasSql(name))
        return this.#closeSql(name, start, end);
      this.verbatim = false;
      this.items.push({ type: 0, start, end, statement, bind: null });
      return true;
    }
    const portal = this.#session.statements.portal(name);
    if (portal?.wide) return false;
    this.#session.statements.dropPortal(name);
    this.asksServer = true;
    this.items.push({ type: Frontend.close, start, end, statement: null, bind: null });
    return true;
  }

  #closeSql(name: string, start: number, end: number): boolean {
    const { database, statements } = this.#session;
    const closed = statements.deleteSql(name);
    (this.#closingSql ??= new Map()).set(name, closed);
    if (database.shardCount === 1) return this.#pass(Frontend.close, start, end);
    this.verbatim = false;
    this.items.push({ type: 0, start, end, statement: null, bind: null });
    return true;
  }

  /** The statement of a portal on the server; null when it is held here, or unknown. */
  #portalStatement(name: string): PreparedStatement | null {
    const bound = name === '' ? this.#unnamedPortal : (this.#portals?.get(name) ?? null);
    if (bound !== null) return bound;
    const portal = this.#session.statements.portal(name);
    if (portal === null || portal.wide !== null) return null;
    const shard = portal.shard;
    if (this.shard !== anyShard && this.shard !== shard) return null;
    this.shard = shard;
    return portal.statement;
  }

  /** A portal that no Bind made may be a cursor that SQL declared (portalcmds.c: they are the
   *  same); the one server there is knows. */
  #passUnknownPortal(type: number, start: number, end: number, name: string): boolean {
    const { database, statements } = this.#session;
    if (database.shardCount > 1 || statements.portal(name) !== null) return false;
    if (type === Frontend.execute) this.plans.push(emptyStatement);
    return this.#pass(type, start, end);
  }

  #keepPortal(name: string, statement: PreparedStatement): void {
    const { transaction, homeShard, statements } = this.#session;
    if (name !== '') statements.dropPortal(name);
    const shard = this.shard === anyShard ? (transaction.openShard ?? homeShard) : this.shard;
    statements.setPortal(name, { statement, shard, wide: null });
  }
}
