// COPY (query) TO STDOUT whose rows are merged or collected: they are written as lines here. What
// options mean for PostgreSQL, and the header line, one shard says of the same COPY without rows.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { CopyLines, CopyOutPlan } from '../plan/statement-plan.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { ServerError, withPosition } from '../protocol/server-error.ts';
import { requireSplittableEncoding } from '../types/copy/open-copy-rows.ts';
import { RowLines } from '../types/copy/row-lines.ts';
import { CopyOutRun } from './copy-out-run.ts';
import { FanOut } from './fan-out.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { startRows } from './wide-select.ts';

/** `run`: of the query. Answers the command tag. */
export async function writtenCopy(
  session: SessionContext,
  run: StatementRun,
  plan: CopyOutPlan,
  shards: readonly number[],
): Promise<string> {
  const { lines } = plan;
  const told = await withoutRows(session, plan, shards[0]!);
  if (lines.unknown !== null) throw unsupported(`COPY option ${lines.unknown} over merged rows`);
  if (lines.format.format !== 'binary') requireEncoding(lines, told.encoding);
  const rows = await startRows(session, run, shards, false);
  const { format } = lines;
  const copy = new CopyOutRun(session, rows, async () => ({
    ...{ response: told.response, head: told.head, binary: format.format === 'binary' },
    lines: new RowLines({
      ...{ format, forceQuote: quotedColumns(lines, await rows.columns) },
      toLatin1: becomesLatin1(lines, told.encoding),
    }),
  }));
  return `COPY ${await copy.run()}`;
}

interface Told {
  readonly response: Buffer;
  /** CopyData of the header line. */
  readonly head: Buffer;
  /** The client's. */
  readonly encoding: string;
}

const outer = 'SELECT * FROM (';
const end = '\n) AS pgpack LIMIT 0';

async function withoutRows(
  { transaction, pinned }: SessionContext,
  { query, before, behind, lines }: CopyOutPlan,
  shard: number,
): Promise<Told> {
  const server = await transaction.open(shard);
  const sql = `${before}${outer}${query.slice(before.length)}${end}${behind}`;
  const common = { parameterTypes: [], bind: null, hiddenColumns: 0, copyOf: '' };
  const fanOut = new FanOut([server], () => ({ ...common, sql, original: sql }));
  const [stream] = fanOut.streams;
  const parts: Buffer[] = [];
  try {
    await fanOut.readBy(async () => {
      for (let one = await stream!.next(); one !== null; one = await stream!.next()) {
        parts.push(one.bytes);
      }
    });
  } catch (error) {
    throw error instanceof ServerError ? inStatement(error, before, query) : error;
  }
  // Held while others are waited for, it could be what those wait for.
  if (transaction.mode === 'none' && !pinned) transaction.release();
  const head = lines.format.header ? Buffer.concat(parts) : Buffer.alloc(0);
  const encoding = server.parameters.get('client_encoding') ?? 'UTF8';
  return { response: stream!.copyResponse!, head, encoding };
}

/** It points into what the client wrote. */
function inStatement(error: ServerError, before: string, query: string): ServerError {
  const start = lengthOf(before);
  const inner = start + lengthOf(outer);
  const behind = inner + lengthOf(query) - start;
  return withPosition(error, at => {
    if (at <= start) return at;
    return at - outer.length - (at > behind ? end.length : 0);
  });
}

/** In characters. */
function lengthOf(text: string): number {
  return [...text].length;
}

/** LATIN1 for clients of UTF-8 is the one conversion that is made here. */
function becomesLatin1({ encoding }: CopyLines, clients: string): boolean {
  return plainName(clients) === 'utf8' && latin1.has(plainName(encoding ?? ''));
}

const latin1: ReadonlySet<string> = new Set(['latin1', 'iso88591']);

/** What is written here is in the encoding in which rows come, or made of it. */
function requireEncoding(lines: CopyLines, clients: string): void {
  const { encoding, format } = lines;
  requireSplittableEncoding(clients, format.format, false);
  const isSame = encoding === null || plainName(encoding) === plainName(clients);
  if (!isSame && !becomesLatin1(lines, clients)) {
    throw unsupported(`COPY option ENCODING ${encoding} over merged rows`);
  }
  const { delimiter, quote, nullText } = format;
  const isAscii = /^[\0-\x7f]*$/;
  const isUtf8 = plainName(clients) === 'utf8';
  if ([delimiter, quote, format.escape].every(one => isAscii.test(one))) {
    if (isUtf8 || isAscii.test(nullText)) return;
  }
  throw unsupported(`COPY options beyond ASCII with client_encoding ${clients}`);
}

function plainName(encoding: string): string {
  const name = encoding.toLowerCase().replace(/[^a-z0-9]/g, '');
  return name === 'unicode' ? 'utf8' : name;
}

/** A name is its first column (CopyGetAttnums, copy.c). */
function quotedColumns(
  { forceQuote }: CopyLines,
  columns: readonly ColumnDescription[],
): readonly boolean[] {
  if (forceQuote === '*') return columns.map(() => true);
  const quoted = new Set(forceQuote.map(name => columns.findIndex(one => one.name === name)));
  return columns.map((_, i) => quoted.has(i));
}

function unsupported(construct: string): PgError {
  return new PgError(errors.unsupportedAcrossShards, { construct });
}
