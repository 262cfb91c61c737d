// A simple Query message: one text with any number of statements.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { emptyQueryResponse, readyForQuery } from '../protocol/backend-messages.ts';
import { stringEnd } from '../protocol/client-frame.ts';
import { headerBytes } from '../protocol/message-codes.ts';
import { KeyUnknown } from '../sharding/lookup-cache.ts';
import { liftLiterals } from '../sql/lexer.ts';
import type { CachedScript, CachedStatement } from './cached-statement.ts';
import type { Unit } from './inbox.ts';
import { concernsListening, relayListening } from './notification-gate.ts';
import { hasOwnCommand } from './own-command.ts';
import { raiseParseError } from './parse-error.ts';
import { checkQuerySize } from './query-size.ts';
import { ReportedError } from './reported-error.ts';
import { runStatement } from './run-statement.ts';
import type { RelayRequest, SessionContext, StatementRun } from './session-context.ts';
import { noShape, relaysPlainly } from './shape.ts';
import { anyShard, chooseShard, executionOf } from './shard-choice.ts';
import type { StatementCache } from './statement-cache.ts';
import type { SharedRead, StatementTiming } from './statement-timing.ts';
import { isLate } from './transaction-moment.ts';

/** Longer texts are not looked up by shape: bulk inserts, mostly, which never come again. */
const liftedBytesMax = 4_096;

/** Answers null when a relay was started that ends the unit by itself. */
export function handleSimpleQuery(session: SessionContext, unit: Unit): Promise<void> | null {
  const end = stringEnd(unit.bytes, headerBytes, unit.bytes.length);
  checkQuerySize(session, unit.bytes.length);
  // postgres.c, exec_simple_query: drop_unnamed_stmt
  session.statements.delete('');
  const { cache } = session;
  if (cache === null) {
    return session.loadCache().then(loaded => runText(session, unit, end, loaded, relayLater));
  }
  const relayed = relayByShape(session, unit, end, cache);
  return relayed === undefined ? runText(session, unit, end, cache, relayNow) : relayed;
}

/** The fast way: a text whose shape is known goes to the shard its literal names. undefined: the
 *  text has to be looked at. */
function relayByShape(
  session: SessionContext,
  unit: Unit,
  end: number,
  cache: StatementCache,
): Promise<void> | null | undefined {
  if (end - headerBytes > liftedBytesMax) return undefined;
  if (session.transaction.failed && session.database.shardCount > 1) return undefined;
  if (!liftLiterals(unit.bytes, headerBytes, end, cache.lifted)) return undefined;
  let shape = cache.shape();
  if (shape === undefined) {
    cache.learnShape(cache.script(unit.bytes.toString('utf8', headerBytes, end)));
    shape = cache.shape();
  }
  if (shape === null || shape === undefined) return undefined;
  const shard = shape.shardOf(unit.bytes, cache.lifted, session.database.placements);
  if (shard === noShape) return undefined;
  const { plan, plans, timing } = shape;
  if (plan.writes && session.notifications !== null) return undefined;
  if (plan.momentSql !== null && isLate(session, plan, placeOf(session, shard))) return undefined;
  if (plan.repeatable) {
    const pipeline = session.pipelineFor(placeOf(session, shard), timing);
    if (pipeline !== null) {
      pipeline.server.unnamed = null;
      session.startShared(pipeline, requestOf(unit.bytes, plans, timing));
      return null;
    }
  }
  return relayNow(session, unit.bytes, shard, plans, timing, plan.repeatable ? shape : null);
}

type RelayText<Result> = (
  session: SessionContext,
  message: Buffer,
  shard: number,
  plans: readonly StatementPlan[],
  timing: StatementTiming | null,
  shared?: SharedRead | null,
) => Result;

/** Sends the message as it came, at once if a connection is there. `shard` -1: any. */
const relayNow: RelayText<Promise<void> | null> = (...input) => {
  const [session, message, shard, plans, timing, shared = null] = input;
  const server = session.transaction.ready(placeOf(session, shard));
  if (server === null) {
    const requestFor = (opened: ServerConnection) => {
      opened.unnamed = null;
      return requestOf(message, plans, timing);
    };
    session.relayWhenReady(placeOf(session, shard), requestFor, shared);
    return null;
  }
  server.unnamed = null;
  session.startRelay(server, requestOf(message, plans, timing));
  return null;
};

const relayLater: RelayText<Promise<void>> = async (session, message, shard, plans, timing) => {
  const server = await session.transaction.open(placeOf(session, shard));
  server.unnamed = null;
  await session.relay(server, requestOf(message, plans, timing));
};

function placeOf(session: SessionContext, shard: number): number {
  return shard >= 0 ? shard : (session.transaction.openShard ?? session.homeShard);
}

const nothingParsed: readonly string[] = [];

function requestOf(
  bytes: Buffer,
  plans: readonly StatementPlan[],
  timing: StatementTiming | null,
): RelayRequest {
  const parsing = nothingParsed;
  return { bytes, open: false, steps: null, forwardReady: true, plans, parsing, timing };
}

/** A text whose statements have to be looked at one by one. */
function runText<Result extends Promise<void> | null>(
  session: SessionContext,
  unit: Unit,
  end: number,
  cache: StatementCache,
  relay: RelayText<Result>,
): Result | Promise<void> {
  const script = cache.script(unit.bytes.toString('utf8', headerBytes, end));
  if (script.error !== null) return raiseParseError(session, script.sql, script.error);
  if (script.statements.length === 0) {
    session.client.write(
      Buffer.concat([emptyQueryResponse, readyForQuery(session.transaction.status)]),
    );
    return Promise.resolve();
  }
  const plans = script.statements.map(statement => statement.plan);
  const whole = session.database.shardCount === 1 && !hasOwnCommand(session, plans);
  const shard = whole ? 0 : commonShard(session, script);
  if (shard === null) return runScript(session, script, cache);
  if (!concernsListening(session, plans)) return relay(session, unit.bytes, shard, plans, null);
  return relayListening(session, placeOf(session, shard), plans, server => {
    server.unnamed = null;
    return requestOf(unit.bytes, plans, null);
  });
}

/** The shard that the whole text can be relayed to, or null. */
function commonShard(session: SessionContext, script: CachedScript): number | null {
  if (session.transaction.failed || session.transaction.mode === 'implicit') return null;
  let common = anyShard;
  for (const cached of script.statements) {
    const { plan } = cached;
    if (!relaysPlainly(plan) || (plan.route.groups.length === 0 && plan.groupless === 'all')) {
      return null;
    }
    const shard = knownShard(session, cached);
    if (shard === anyShard) continue;
    if (shard === null || shard < 0 || (common !== anyShard && common !== shard)) return null;
    if (plan.momentSql !== null && isLate(session, plan, shard)) return null;
    common = shard;
  }
  return common;
}

/** null: its key has to be looked up. */
function knownShard({ database }: SessionContext, cached: CachedStatement): number | null {
  const execution = executionOf(database, { bind: null, parameterTypes: [] });
  try {
    return chooseShard(cached.plan.route, execution);
  } catch (error) {
    if (error instanceof KeyUnknown) return null;
    throw error;
  }
}

/** One after the other; several of them are one transaction (protocol section "Multiple
 *  Statements in a Simple Query"). */
async function runScript(
  session: SessionContext,
  script: CachedScript,
  first: StatementCache,
): Promise<void> {
  const { transaction } = session;
  const { length } = script.statements;
  let { statements } = script;
  let cache = first;
  try {
    for (let i = 0; i < length; i++) {
      if (length > 1) await transaction.beginImplicit(script.sql);
      // Statements further on are planned by what those before them set and changed. A row of schema
      // changes goes by the tables that there were.
      if (i > 0 && session.cache !== cache && !statements[i]!.plan.changesSchema) {
        cache = session.cache ?? (await session.loadCache());
        const { sql, statements: now, error } = cache.script(script.sql);
        if (error !== null) return raiseParseError(session, sql, error);
        statements = now;
      }
      const cached = statements[i]!;
      const run: StatementRun = { cached, bind: null, parameterTypes: [], described: null };
      if (!(await runStatement(session, run))) throw new ReportedError();
    }
  } catch (error) {
    transaction.fail();
    if (transaction.mode === 'implicit') await transaction.end(false);
    throw error;
  }
  if (transaction.mode === 'implicit') await transaction.end(true);
  await session.notifications?.commitEnded();
  session.client.write(readyForQuery(transaction.status));
}
