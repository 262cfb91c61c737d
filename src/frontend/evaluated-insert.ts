// INSERT whose keys, or whose values for all copies of a table, PostgreSQL has to give first: they
// are asked of one shard, in the client's transaction, and written into the statement, which then
// goes where they name, or to all shards.

import { internalQuery } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { EvaluatedInsertPlan, EvaluationQuery } from '../plan/statement-plan.ts';
import type { BindMessage } from '../protocol/client-frame.ts';
import type { CachedStatement } from './cached-statement.ts';
import { describeStatement } from './describe-statement.ts';
import { FanOut } from './fan-out.ts';
import { partsTypes } from './portable-types.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { StatementCache } from './statement-cache.ts';
import { refusal, statementShards } from './statement-shards.ts';
import { type TextRow, textRows } from './text-rows.ts';
import { sqlInTime } from './transaction-moment.ts';
import { inBlock } from './wide-block.ts';

/** Where sequences are. */
const sequenceShard = 0;

/** What PostgreSQL gave for one hole. `type`: in SQL, without modifier. */
interface Value {
  readonly text: string | null;
  readonly type: string;
}

/** The run of the statement with its values in place. Rejects with PostgreSQL's error for one of
 *  them, and where the statement cannot be routed even so. */
export async function evaluatedInsert(
  session: SessionContext,
  run: StatementRun,
  plan: EvaluatedInsertPlan,
): Promise<StatementRun> {
  // What one statement asks of the time is one time.
  const several = plan.queries.filter(({ place }) => place === 'routed').length > 1;
  const ready = several
    ? await inBlock(session, () => evaluate(session, run, plan))
    : await evaluate(session, run, plan);
  const { transaction } = session;
  // A connection that is held while another is waited for could make clients wait in a circle.
  if (transaction.mode === 'none' && !session.pinned) transaction.release();
  return ready;
}

async function evaluate(
  session: SessionContext,
  run: StatementRun,
  plan: EvaluatedInsertPlan,
): Promise<StatementRun> {
  const { transaction, database } = session;
  const cache = session.cache ?? (await session.loadCache());
  const values: Value[] = [];
  let types = run.parameterTypes;
  let server: ServerConnection | null = null;
  for (const query of plan.queries) {
    const cached = cache.statement(query.sql);
    const shard = await placeOf(session, query, { ...run, cached });
    const sql = await sqlInTime(session, cached, shard);
    server = await transaction.open(shard);
    if (run.bind !== null && run.bind.parameters > 0) {
      const described = await describeStatement(server, run.cached.sql, run.parameterTypes);
      types = described.parameterTypes;
    }
    const row = await ask(session, run, { server, sql, types });
    for (const [n, holes] of query.holes.entries()) {
      const value = valueAt(row, 2 * n, query);
      for (const hole of holes) values[hole] = value;
    }
  }
  let cached = planned(cache, plan, values);
  if (isUnread(cached) && server !== null) {
    const assigned = await assignKeys(server, plan, values);
    cached = planned(cache, plan, assigned);
    // What PostgreSQL does not assign either, it says in its own words.
    if (isUnread(cached)) await describeStatement(server, cached.sql, types);
  }
  if (isUnread(cached)) {
    const construct = `an expression of another type for the sharding key of "${plan.table}"`;
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  }
  const parameterTypes = partsTypes(cached.sql, types, database.shardCount, run.bind);
  return { ...run, cached, parameterTypes };
}

async function placeOf(
  session: SessionContext,
  { place }: EvaluationQuery,
  run: StatementRun,
): Promise<number> {
  if (place === 'first') return sequenceShard;
  const { lookups } = session.database;
  const shards = await lookups.evaluate(() => statementShards(session, run));
  if (shards.length === 1) return shards[0]!;
  const construct = 'a subquery on several shards for a value of an INSERT';
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

async function ask(
  session: SessionContext,
  run: StatementRun,
  at: {
    readonly server: ServerConnection;
    readonly sql: string;
    readonly types: readonly number[];
  },
): Promise<TextRow> {
  const bind = run.bind === null ? null : withTextResults(run.bind);
  const fanOut = new FanOut([at.server], () => ({
    ...{ sql: at.sql, original: run.cached.sql, parameterTypes: at.types, bind },
    hiddenColumns: 0,
  }));
  try {
    const rows = await textRows(fanOut.streams[0]!);
    return rows[0]!;
  } finally {
    await fanOut.finished();
    for (const notice of fanOut.notices()) session.client.writeSoon(notice);
  }
}

/** The statement with constants in its holes. */
function planned(
  cache: StatementCache,
  { parts }: EvaluatedInsertPlan,
  values: readonly Value[],
): CachedStatement {
  const texts = values.map(literalOf);
  const cached = cache.once(parts.map((part, at) => part + (texts[at] ?? '')).join(''));
  const { wide } = cached.plan;
  if (wide.kind === 'refusal' && wide.always) throw refusal(wide);
  return cached;
}

/** Some value is of a type that says nothing of the key's shard. */
function isUnread({ plan }: CachedStatement): boolean {
  return plan.wide.kind === 'evaluated-insert';
}

/** The keys as an assignment to their columns makes them (coerce_to_target_type in
 *  parse_coerce.c: by pg_cast, or by text where the column is of a string type). */
async function assignKeys(
  server: ServerConnection,
  { keys }: EvaluatedInsertPlan,
  values: readonly Value[],
): Promise<readonly Value[]> {
  const assigned = [...values];
  for (const { hole, type } of keys) {
    const value = values[hole]!;
    if (type === null || value.text === null) continue;
    const from = `${literalOf({ text: value.type, type: 'pg_catalog.regtype' })}`;
    const to = literalOf({ text: type, type: 'pg_catalog.regtype' });
    const [known] = await internalQuery(
      server,
      `SELECT 1 FROM pg_catalog.pg_cast WHERE castsource = ${from} AND casttarget = ${to}
         AND castcontext <> 'e'
       UNION ALL
       SELECT 1 FROM pg_catalog.pg_type WHERE oid = ${to} AND typcategory = 'S'`,
    );
    if (known === undefined) continue;
    const [row] = await internalQuery(server, `SELECT (${literalOf(value)})::${type}`);
    assigned[hole] = { text: row![0]!, type };
  }
  return assigned;
}

/** Texts that another session would read otherwise, or that are rounded. */
const datedType = /^(date|time|interval|(ts|tstz|date)(multi)?range)/;
const floatType = /^(real|double precision)/;

function valueAt(row: TextRow, at: number, { holes }: EvaluationQuery): Value {
  const text = row[at] ?? null;
  const type = row[at + 1]!;
  const digits = Number(row[2 * holes.length]);
  const dateStyle = row[2 * holes.length + 1]!;
  if (text === null) return { text, type };
  if (floatType.test(type) && digits < 1) refuseValue(type, `extra_float_digits ${digits}`);
  if (datedType.test(type) && !dateStyle.startsWith('ISO')) {
    refuseValue(type, `DateStyle "${dateStyle}"`);
  }
  if (type.startsWith('record')) refuseValue(type, 'a sharding key beside it');
  return { text, type };
}

function literalOf({ text, type }: Value): string {
  if (text === null) return `NULL::${type}`;
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'::${type}`;
}

function refuseValue(type: string, where: string): never {
  const construct = `an expression of type ${type} with ${where} in an INSERT`;
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

/** The same parameters; the client's result formats are for the statement's own rows. */
function withTextResults(bind: BindMessage): BindMessage {
  const head = bind.buffer.subarray(bind.rest, bind.resultFormats);
  const buffer = Buffer.concat([head, Buffer.alloc(2)]);
  return {
    ...bind,
    buffer,
    rest: 0,
    end: buffer.length,
    values: bind.values - bind.rest,
    resultFormats: bind.resultFormats - bind.rest,
  };
}
