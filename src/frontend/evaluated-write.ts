// UPDATE and DELETE whose queries read other shards (`plan/evaluated-write-plan.ts`): those run first,
// in the client's transaction or one of the statement's own, each as it would by itself. Their values
// are written into the text, which then goes where its keys say.

import { readRows } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { MemoryBudget } from '../executor/memory-budget.ts';
import type { EvaluatedWritePlan, WriteRead } from '../plan/evaluated-write-plan.ts';
import type { ScatterPlan } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { requireExactText } from './collected-form.ts';
import { describeStatement } from './describe-statement.ts';
import { inItsPlace } from './error-place.ts';
import { startMerge } from './merge.ts';
import { mergeLimits } from './merge-memory.ts';
import { partsTypes } from './portable-types.ts';
import { isFloat, isText, ReadValues } from './read-values.ts';
import { type RowTaker, readWhole } from './read-whole.ts';
import { scatterInBlock } from './scatter.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { refusal, refuseAlways, refuseSeveral, statementShards } from './statement-shards.ts';
import { asksForMoment, runAtMoment, sqlInTime } from './transaction-moment.ts';
import { inBlock } from './wide-block.ts';
import type { WideRows } from './wide-run.ts';
import { startRows } from './wide-select.ts';

/** Runs it whole. */
export async function runEvaluatedWrite(
  session: SessionContext,
  run: StatementRun,
  plan: EvaluatedWritePlan,
): Promise<void> {
  try {
    const tag = await inBlock(session, async () => {
      const ready = await evaluatedWrite(session, run, plan);
      return write(session, run, ready);
    });
    session.applyEffect(run.cached.plan, tag);
    session.client.writeSoon(commandComplete(tag));
  } catch (error) {
    throw await inItsPlace(session, run, [session.homeShard], error);
  }
}

/** The run of the statement with values in its text. In a transaction. */
export async function evaluatedWrite(
  session: SessionContext,
  run: StatementRun,
  plan: EvaluatedWritePlan,
): Promise<StatementRun> {
  const { transaction, database } = session;
  const cache = session.cache ?? (await session.loadCache());
  const before = blanksBefore(run, plan);
  // In ascending order, as everybody waits for connections.
  const first = { ...run, cached: cache.statement(before + plan.reads[0]!.sql) };
  const firstShards = await database.lookups.evaluate(() => statementShards(session, first));
  const [server] = (await transaction.openAll(firstShards)) as [ServerConnection];
  let types = run.parameterTypes;
  if (run.bind !== null && run.bind.parameters > 0) {
    // What they are is told by the whole statement.
    types = (await describeStatement(server, run.cached.sql, types)).parameterTypes;
  }
  const partsRun = (sql: string, cached = cache.statement(sql)): StatementRun => {
    const parameterTypes = partsTypes(sql, types, database.shardCount, run.bind);
    return { ...run, cached, parameterTypes };
  };
  const budget = new MemoryBudget(mergeLimits(database.config));
  try {
    const texts: string[] = [];
    for (const read of plan.reads) {
      const values = await valuesOf(session, partsRun(before + read.sql), read, { server, budget });
      texts.push(values.sql(read));
    }
    const sql = before + plan.parts.map((part, at) => part + (texts[at] ?? '')).join('');
    return partsRun(sql, cache.once(sql));
  } finally {
    budget.release();
  }
}

/** What stands in place of the statements before it in a simple query: errors count from there. */
function blanksBefore({ cached }: StatementRun, { parts }: EvaluatedWritePlan): string {
  const [own, planned] = [cached.sql, parts[0]!].map(sql => sql.length - sql.trimStart().length);
  return ' '.repeat(Math.max(0, own! - planned!));
}

interface Reading {
  /** Any that the transaction has open. */
  readonly server: ServerConnection;
  readonly budget: MemoryBudget;
}

async function valuesOf(
  session: SessionContext,
  whole: StatementRun,
  read: WriteRead,
  { server, budget }: Reading,
): Promise<ReadValues> {
  const { plan } = whole.cached;
  refuseAlways(session, plan);
  if (plan.effect !== null || plan.pinsSession !== null) {
    const construct = 'a subquery of a write that changes the session';
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  }
  const run: StatementRun = { ...whole, described: null, format: 0 };
  const shards = await session.database.lookups.evaluate(() => statementShards(session, run));
  let found: ReadValues | null = null;
  await readAll(session, await startRows(session, run, shards, false), {
    columns: columns => {
      found = new ReadValues(columns, read.form, server.parameters);
    },
    chunk: chunk => {
      budget.reserve(chunk.bytes.length);
      found!.add(chunk);
    },
  });
  const values = found! as ReadValues;
  if (values.columns.some(isFloat)) {
    for (const one of await session.transaction.openAll(shards)) await requireExactText(one);
  }
  if (read.collated && values.columns.some(isText)) {
    values.collations = await collationsOf(session, run, values.columns, server);
  }
  return values;
}

/** What each column's COLLATE is, where it is not the database's own. */
async function collationsOf(
  session: SessionContext,
  run: StatementRun,
  columns: readonly ColumnDescription[],
  { address }: ServerConnection,
): Promise<readonly string[]> {
  const names = columns.map((_, at) => `c${at}`);
  const collations = columns.map((column, at) => {
    if (!isText(column)) return "''";
    const own = `pg_catalog.pg_collation_for(r.c${at})`;
    return `CASE WHEN ${own} <> '"default"' THEN ' COLLATE ' || ${own} ELSE '' END`;
  });
  const sql =
    `SELECT ${collations.join(', ')} ` +
    `FROM (SELECT) one LEFT JOIN (${run.cached.sql}) r (${names.join()}) ON false`;
  const root = { kind: 'gather', sql, hiddenColumns: 0 } as const;
  const plan = { kind: 'merge', root, otherwise: null } as const;
  const rows = await startMerge(session, run, plan, [address.shard], false);
  const texts: Buffer[] = [];
  await readAll(session, rows, { columns: () => {}, chunk: ({ bytes }) => texts.push(bytes) });
  return readRows(Buffer.concat(texts))[0]!.map(text => text ?? '');
}

async function readAll(session: SessionContext, rows: WideRows, taker: RowTaker): Promise<void> {
  for (const notice of await readWhole(session, rows, taker)) session.client.writeSoon(notice);
}

/** Answers the command tag. */
async function write(
  session: SessionContext,
  run: StatementRun,
  ready: StatementRun,
): Promise<string> {
  refuseAlways(session, ready.cached.plan);
  const shards = await session.database.lookups.evaluate(() => statementShards(session, ready));
  refuseSeveral(session, shards);
  const plan = await planOn(session, ready, shards);
  const { sql: original } = run.cached;
  return scatterInBlock(
    session,
    { ...ready, cached: { ...ready.cached, sql: original } },
    plan,
    shards,
  );
}

async function planOn(
  session: SessionContext,
  ready: StatementRun,
  shards: readonly number[],
): Promise<ScatterPlan> {
  const [shard, ...others] = shards;
  if (others.length === 0) {
    const sql = await sqlInTime(session, ready.cached, shard!);
    return { kind: 'scatter', tag: 'sum', sql };
  }
  const timed = asksForMoment(ready.cached.plan.wide)
    ? await runAtMoment(session, ready, shards)
    : ready;
  const { wide } = timed.cached.plan;
  if (wide.kind === 'refusal') throw refusal(wide);
  if (wide.kind === 'scatter') return { ...wide, sql: wide.sql ?? ready.cached.sql };
  const construct = 'this write that reads other shards';
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}
