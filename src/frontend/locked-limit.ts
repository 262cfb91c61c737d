// SELECT … LIMIT n FOR UPDATE over several shards (`plan/locked-limit-plan.ts`): reads candidates, locks
// as many of them as rows are missing, and goes on while some of these turned out to be skipped,
// gone or changed. All of it is held before a row goes out, so that the last lock is had by then.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { type Count, limitRows } from '../executor/limit.ts';
import { type LockedLimitPlan, lockedRowsMax } from '../plan/locked-limit-plan.ts';
import type { MergeNode } from '../plan/merge-plan.ts';
import { ServerError } from '../protocol/server-error.ts';
import { FanOut } from './fan-out.ts';
import type { RowKey } from './key-condition.ts';
import { allRows, LockedRows } from './locked-rows.ts';
import { startMerge } from './merge.ts';
import { onOtherConnection } from './other-connection.ts';
import { rowCountParameter } from './row-count-parameter.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { WideRows } from './wide-run.ts';

/** Candidates beyond those that are wanted: so many may be gone without a second look. */
const spareRows = 32;
const widerBy = 8;
const candidatesMax = 100_000;

/** Rows that others have locked are met so many times, then those are looked for that are free. */
const attemptsMax = 2;

/** What nobody has free may be locked by somebody who looks for free rows as well, for a moment. */
const looksMax = 3;
const momentMs = 2;

/** Free rows may be somebody else's when they are to be locked. */
const racesMax = 1_000;

/** Locks the rows, in a transaction, and has them. */
export async function startLockedLimit(
  session: SessionContext,
  run: StatementRun,
  plan: LockedLimitPlan,
  shards: readonly number[],
): Promise<WideRows> {
  const rows = new LockedRows(session, run, plan, shards);
  try {
    const { count, offset } = await boundsOf(run, plan, rows);
    if (count === null) {
      return await begun(await startMerge(session, run, allRows(plan, offset), shards, false));
    }
    const wanted = wantedRows(count, offset);
    // Their columns are told.
    if (wanted === 0) await rows.lock([]);
    else if (plan.free !== null) await lockFree(rows, plan, wanted);
    else await lockInTurn(rows, plan, wanted);
    rows.skip(Number(offset));
    return rows;
  } catch (error) {
    throw await ofHiddenKey(session, run, shards[0]!, error);
  }
}

/** Rows of which the first error is thrown here, with all servers free. */
async function begun(rows: WideRows): Promise<WideRows> {
  try {
    await rows.columns;
  } catch (error) {
    await rows.stop(true);
    throw error;
  }
  return rows;
}

/** The error as it is, unless PostgreSQL would let the statement pass: it may read what it asks for,
 *  and not the key beside it. */
async function ofHiddenKey(
  session: SessionContext,
  { cached, bind, parameterTypes }: StatementRun,
  shard: number,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof ServerError) || error.sqlstate !== '42501' || session.closed) return error;
  const sql = `EXPLAIN ${cached.sql}`;
  const request = {
    sql,
    original: sql,
    parameterTypes,
    bind,
    hiddenColumns: 0,
    format: 0 as const,
  };
  const isAllowed = await onOtherConnection(session, shard, async server => {
    await new FanOut([server], () => request).finished();
    return true;
  });
  if (!isAllowed) return error;
  const construct = 'LIMIT with FOR UPDATE or FOR SHARE and no privilege to read the primary key';
  return new PgError(errors.unsupportedAcrossShards, { construct }, { cause: error });
}

interface Bounds {
  /** null: all rows. */
  readonly count: bigint | null;
  readonly offset: bigint;
}

/** An expression's value comes with the first row; where there is none it does not matter. */
async function boundsOf(
  run: StatementRun,
  { count, offset, keyAt }: LockedLimitPlan,
  rows: LockedRows,
): Promise<Bounds> {
  const node = { kind: 'limit', count, offset, input: nothing } as const;
  const given = limitRows(node, index => rowCountParameter(run, index));
  const isUnknown = isColumn(given.count) || isColumn(given.offset);
  const [first] = isUnknown ? await rows.candidates(1) : [[]];
  if (first === undefined) return { count: 0n, offset: 0n };
  const rowsOf = (bound: Count): bigint | null => {
    if (!isColumn(bound)) return bound;
    const text = first[bound.column - keyAt] ?? null;
    return text === null ? null : BigInt(text);
  };
  return { count: rowsOf(given.count), offset: rowsOf(given.offset) ?? 0n };
}

function isColumn(count: Count): count is { readonly column: number } {
  return typeof count === 'object' && count !== null;
}

const nothing: MergeNode = { kind: 'gather', sql: '', hiddenColumns: 0 };

/** Rows that OFFSET skips are locked too; none are where LIMIT is 0 (ExecLimit, nodeLimit.c). */
function wantedRows(count: bigint, offset: bigint): number {
  const wanted = count === 0n ? 0n : count + offset;
  if (wanted <= BigInt(lockedRowsMax)) return Number(wanted);
  const construct = `LIMIT of more than ${lockedRowsMax} rows with FOR UPDATE or FOR SHARE`;
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

/** Waits for rows, or fails at the first that is locked. */
async function lockInTurn(rows: LockedRows, plan: LockedLimitPlan, wanted: number): Promise<void> {
  // Who waits for a row knows afterwards what became of it: it may be there under another key.
  const waits = plan.rows.inTurn === true;
  const tried = new Set<string>();
  let asked = waits ? wanted : wanted + spareRows;
  for (;;) {
    const all = await candidateKeys(rows, plan, asked);
    const fresh = all.filter(key => !tried.has(idOf(key)));
    const goesOn = waits && fresh.length > 0;
    do {
      const some = fresh.splice(0, wanted - rows.count);
      for (const key of some) tried.add(idOf(key));
      await rows.lock(some);
    } while (fresh.length > 0 && rows.count < wanted);
    const missed = tried.size - rows.count;
    if (rows.count >= wanted || missed === 0) return;
    if (all.length < asked && !goesOn) return;
    const wider = waits && asked === wanted ? 0 : asked * widerBy;
    asked = Math.max(wanted + missed, wider);
    if (asked > candidatesMax) throw tooMany('that change', `${candidatesMax} rows`);
  }
}

function tooMany(rows: string, limit: string): PgError {
  return new PgError(errors.memoryLimit, { what: `LIMIT behind rows ${rows}`, limit });
}

/** Passes over what others have locked (SKIP LOCKED). */
async function lockFree(rows: LockedRows, plan: LockedLimitPlan, wanted: number): Promise<void> {
  const all = await candidateKeys(rows, plan, wanted + Math.min(wanted, spareRows));
  const owned = new Map<string, RowKey>();
  const lock = async (keys: readonly RowKey[]) => {
    for (const key of await rows.lock(keys)) owned.set(idOf(key), key);
  };
  const next = [...all];
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    await lock(next.splice(0, wanted - owned.size));
    if (owned.size === wanted || owned.size === all.length) return;
    if (next.length === 0) break;
  }
  let inOrder = true;
  let races = 0;
  for (let look = 0; look < looksMax && owned.size < wanted; ) {
    if (look > 0) await aMoment();
    const free = await rows.free(wanted);
    const fresh = free.filter(key => !owned.has(idOf(key)));
    if (fresh.length === 0) look++;
    else {
      if (++races > racesMax) throw tooMany('locked by others meanwhile', `${racesMax} times`);
      inOrder &&= areFirst(free, owned);
      await lock(fresh.slice(0, wanted - owned.size));
    }
  }
  const isOrdered = plan.rows.root.kind !== 'gather';
  if (isOrdered && !inOrder) await rows.lockAgain([...owned.values()]);
}

async function candidateKeys(rows: LockedRows, { key }: LockedLimitPlan, count: number) {
  return (await rows.candidates(count)).map((columns): RowKey => columns.slice(0, key.length));
}

/** All of them, before any other. */
function areFirst(keys: readonly RowKey[], owned: ReadonlyMap<string, RowKey>): boolean {
  return keys.slice(0, owned.size).every(key => owned.has(idOf(key)));
}

function idOf(key: RowKey): string {
  return JSON.stringify(key);
}

function aMoment(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, momentMs * (1 + Math.random())));
}
