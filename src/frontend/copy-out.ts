// COPY … TO STDOUT from several shards: what they send is passed on, their headers once, or the
// rows of a merge or collect are written as lines here.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { executeMerge } from '../executor/execute-merge.ts';
import { isPassedOn } from '../plan/copy-out.ts';
import { fragmentOf } from '../plan/merge-plan.ts';
import type { CopyOutPlan } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { CopyOutRun } from './copy-out-run.ts';
import { CopyOutStream } from './copy-out-stream.ts';
import { inItsPlace } from './error-place.ts';
import { FanOut, summedTag } from './fan-out.ts';
import { MergedRows } from './merge.ts';
import { mergeLimits } from './merge-memory.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { asksForMoment, runAtMoment } from './transaction-moment.ts';
import { inBlock } from './wide-block.ts';
import { writtenCopy } from './written-copy.ts';

export async function runCopyOut(
  session: SessionContext,
  run: StatementRun,
  given: CopyOutPlan,
  shards: readonly number[],
): Promise<void> {
  const placed = inItsMessage(given, run.cached.sql);
  const { run: inner, plan } = await atMoment(session, run, placed, shards);
  const copy = async () => {
    try {
      if (!isPassedOn(plan)) return await writtenCopy(session, inner, plan, shards);
      return await passOn(session, run.cached.sql, partOf(run, plan), shards);
    } catch (error) {
      throw await inItsPlace(session, inner, shards, error);
    }
  };
  const tag = isAtOnce(plan) ? await inBlock(session, copy) : await copy();
  session.applyEffect(run.cached.plan, tag);
  session.client.writeSoon(commandComplete(tag));
}

/** Behind blanks for the statements before it in one message: places of errors are those in it. */
function inItsMessage(plan: CopyOutPlan, sql: string): CopyOutPlan {
  const { rows, before, query, behind } = plan;
  if (rows === null) return plan;
  const blanks = ' '.repeat(Math.max(0, sql.length - query.length - behind.length));
  return { ...plan, before: blanks + before, query: blanks + query };
}

/** It changes or locks rows: on all shards or on none. */
function isAtOnce({ rows }: CopyOutPlan): boolean {
  return rows?.kind === 'scatter' || (rows?.kind === 'merge' && rows.locks === true);
}

/** On one shard, whose answer it is. `sql`: the statement as it goes there. */
export async function runCopyOutOn(
  session: SessionContext,
  run: StatementRun,
  sql: string,
  shard: number,
): Promise<void> {
  const part = { sql, query: '', binary: false, header: false, unknown: null };
  const tag = await passOn(session, run.cached.sql, part, [shard]);
  session.client.writeSoon(commandComplete(tag));
}

/** The query's own run, which knows the time if it asks for it. */
async function atMoment(
  session: SessionContext,
  run: StatementRun,
  plan: CopyOutPlan,
  shards: readonly number[],
): Promise<{ readonly run: StatementRun; readonly plan: CopyOutPlan }> {
  const { rows, query } = plan;
  if (rows === null) return { run, plan };
  const cached = {
    ...run.cached,
    sql: query,
    plan: { ...run.cached.plan, tag: 'SELECT', wide: rows },
  };
  const format = plan.lines.format.format === 'binary' ? 1 : 0;
  const inner: StatementRun = {
    ...{ cached, format, bind: null, parameterTypes: [], described: null },
  };
  if (!asksForMoment(rows)) return { run: inner, plan };
  const timed = await runAtMoment(session, inner, shards);
  return { run: timed, plan: { ...plan, rows: timed.cached.plan.wide as typeof rows } };
}

/** What goes to the shards. */
interface CopyPart {
  readonly sql: string;
  /** For the columns. */
  readonly query: string;
  readonly binary: boolean;
  readonly header: boolean;
  /** An option that PostgreSQL knows and PgPack does not; null: none. */
  readonly unknown: string | null;
}

function partOf({ cached }: StatementRun, plan: CopyOutPlan): CopyPart {
  const { rows, query, before, behind, lines } = plan;
  const { format, header } = lines.format;
  const common = { binary: format === 'binary', header, unknown: lines.unknown };
  if (rows === null) return { ...common, sql: cached.sql, query };
  const own = rows.kind === 'merge' ? fragmentOf(rows.root).sql : undefined;
  const fragment = rows.kind === 'scatter' ? (rows.sql ?? query) : own!;
  if (fragment.trim() === query.trim()) return { ...common, sql: cached.sql, query };
  return {
    ...common,
    sql: `${before}${fragment.trim()}\n${behind}`,
    query: ' '.repeat(before.length) + fragment.trim(),
  };
}

/** Answers the command tag. */
async function passOn(
  session: SessionContext,
  original: string,
  { sql, query, binary, header, unknown }: CopyPart,
  shards: readonly number[],
): Promise<string> {
  const servers = await session.transaction.openAll(shards);
  const common = { parameterTypes: [], bind: null, hiddenColumns: 0, copyOf: query };
  const request = { ...common, sql, original };
  const fanOut = new FanOut(servers, () => request);
  const streams = fanOut.streams.map(stream => new CopyOutStream(stream, { binary, header }));
  const root = { kind: 'gather', sql, hiddenColumns: 0 } as const;
  const execution = executeMerge({
    plan: { kind: 'merge', root, otherwise: null },
    client: { open: () => streams, columns: () => fanOut.columns() },
    shards,
    rowCount: () => null,
    memory: mergeLimits(session.database.config),
  });
  const rows = new MergedRows(execution, fanOut);
  const copy = new CopyOutRun(session, rows, async () => {
    const responses = fanOut.streams.map(({ copyResponse }) => copyResponse!);
    if (responses.some(one => !one.equals(responses[0]!))) {
      throw new PgError(errors.shardsDisagree, { what: 'the columns of a COPY' });
    }
    if (unknown !== null) {
      const construct = `COPY option ${unknown}`;
      throw new PgError(errors.unsupportedAcrossShards, { construct });
    }
    if (header) await streams[0]!.begin();
    return { response: responses[0]!, head: streams[0]!.head, binary, lines: null };
  });
  await copy.run();
  return summedTag(fanOut.streams.map(stream => stream.tag));
}
