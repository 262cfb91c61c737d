// SELECT … LIMIT n FOR UPDATE over several shards (`plan/locked-limit-plan.ts`): reads candidates, locks
// as many of them as rows are missing, and goes on while some of these turned out to be skipped,
// gone or changed. All of it is held before a row goes out, so that the last lock is had by then.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { RowColumns } from '../executor/data-row.ts';
import { limitRows } from '../executor/limit.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import {
  keysMark,
  type LockedLimitPlan,
  limitMark,
  lockedRowsMax,
} from '../plan/locked-limit-plan.ts';
import type { MergeNode, MergePlan } from '../plan/merge-plan.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { distinctNotices } from './fan-out.ts';
import { startMerge } from './merge.ts';
import { rowCountParameter } from './row-count-parameter.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { WideRows } from './wide-run.ts';

/** Candidates beyond those that are wanted: so many may be locked by others without a second look. */
const spareRows = 32;
const widerBy = 8;
const candidatesMax = 100_000;

/** Values of a key as text; null is NULL. */
type Key = readonly (string | null)[];

/** Locks the rows, in a transaction, and has them. */
export async function startLockedLimit(
  session: SessionContext,
  run: StatementRun,
  plan: LockedLimitPlan,
  shards: readonly number[],
): Promise<WideRows> {
  const wanted = wantedRows(run, plan);
  const rows = new LockedRows(session, run, plan, shards);
  // Who waits for a row knows afterwards what became of it: it may be there under another key.
  const waits = plan.rows.inTurn === true;
  const tried = new Set<string>();
  let asked = waits ? wanted : wanted + spareRows;
  for (;;) {
    const all = wanted === 0 ? [] : await rows.candidates(asked);
    const fresh = all.filter(key => !tried.has(JSON.stringify(key)));
    const goesOn = waits && fresh.length > 0;
    do {
      const some = fresh.splice(0, wanted - rows.count);
      for (const key of some) tried.add(JSON.stringify(key));
      await rows.lock(some);
    } while (fresh.length > 0 && rows.count < wanted);
    const missed = tried.size - rows.count;
    if (rows.count >= wanted || missed === 0) return rows;
    if (all.length < asked && !goesOn) return rows;
    const wider = waits && asked === wanted ? 0 : asked * widerBy;
    asked = Math.max(wanted + missed, wider);
    if (asked > candidatesMax) {
      const limit = `${candidatesMax} rows`;
      throw new PgError(errors.memoryLimit, { what: 'LIMIT behind rows locked by others', limit });
    }
  }
}

function wantedRows(run: StatementRun, { count }: LockedLimitPlan): number {
  const node = { kind: 'limit', count, offset: null, input: nothing } as const;
  const wanted = limitRows(node, index => rowCountParameter(run, index)).count;
  if (typeof wanted === 'bigint' && wanted <= BigInt(lockedRowsMax)) return Number(wanted);
  const construct = `LIMIT of more than ${lockedRowsMax} rows with FOR UPDATE or FOR SHARE`;
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

const nothing: MergeNode = { kind: 'gather', sql: '', hiddenColumns: 0 };

class LockedRows implements WideRows {
  columns: Promise<readonly ColumnDescription[]> = Promise.resolve([]);
  /** Rows that are locked. */
  count = 0;
  readonly #session: SessionContext;
  readonly #run: StatementRun;
  readonly #plan: LockedLimitPlan;
  readonly #shards: readonly number[];
  #chunks: RowChunk[] = [];
  #bytes = 0;
  readonly #notices: Buffer[] = [];

  constructor(
    session: SessionContext,
    run: StatementRun,
    plan: LockedLimitPlan,
    shards: readonly number[],
  ) {
    this.#session = session;
    this.#run = run;
    this.#plan = plan;
    this.#shards = shards;
  }

  /** The first `count` of them, as many as there are. */
  async candidates(count: number): Promise<Key[]> {
    const { candidates, key } = this.#plan;
    const { root } = withText(candidates, sql => replacedLast(sql, limitMark, String(count)));
    const limited = { kind: 'constant', rows: BigInt(count) } as const;
    const plan: MergePlan = {
      ...candidates,
      root: { kind: 'limit', count: limited, offset: null, input: root },
    };
    const keys: Key[] = [];
    const run = { ...this.#run, described: null, format: 0 as const };
    const place = new RowColumns(key.length);
    let keyBytes = 0;
    await this.#read(run, plan, ({ bytes, offsets, rows }) => {
      keyBytes += bytes.length;
      this.#requireRoom(keyBytes);
      for (let row = 0; row < rows; row++) {
        place.locate(bytes, offsets[row]!, offsets[row + 1]!);
        keys.push(key.map((_, column) => textOf(place, column)));
      }
    });
    return keys;
  }

  /** Those of the rows that are there and free, or become free. */
  async lock(keys: readonly Key[]): Promise<void> {
    const { rows, key } = this.#plan;
    const condition = conditionOf(keys, key);
    const plan = withText(rows, sql => sql.replace(keysMark, () => condition));
    const columns = await this.#read(this.#run, plan, chunk => {
      this.#chunks.push(chunk);
      this.count += chunk.rows;
      this.#bytes += chunk.bytes.length;
      this.#requireRoom(0);
    });
    this.columns = Promise.resolve(columns);
  }

  /** For the rows and keys of so many bytes. */
  #requireRoom(keyBytes: number): void {
    const { mergeMemoryLimit } = this.#session.database.config.general;
    if (this.#bytes + keyBytes <= mergeMemoryLimit) return;
    const what = 'the memory for rows with LIMIT and locks (merge_memory_limit)';
    throw new PgError(errors.memoryLimit, { what, limit: `${mergeMemoryLimit} bytes` });
  }

  async #read(
    run: StatementRun,
    plan: MergePlan,
    take: (chunk: RowChunk) => void,
  ): Promise<readonly ColumnDescription[]> {
    const rows = await startMerge(this.#session, run, plan, this.#shards, false);
    const forget = () => rows.forget();
    this.#session.leaving.add(forget);
    try {
      const columns = await rows.columns;
      for (let chunk = await rows.next(); chunk !== null; chunk = await rows.next()) take(chunk);
      this.#notices.push(...(await rows.finish()));
      return columns;
    } catch (error) {
      if (this.#session.closed) rows.forget();
      else await rows.stop(true);
      throw error;
    } finally {
      this.#session.leaving.delete(forget);
    }
  }

  async next(): Promise<RowChunk | null> {
    return this.#chunks.shift() ?? null;
  }

  async idle(): Promise<void> {}

  async finish(): Promise<readonly Buffer[]> {
    return distinctNotices(this.#notices);
  }

  async stop(): Promise<void> {
    this.forget();
  }

  forget(): void {
    this.#chunks = [];
  }
}

function textOf(place: RowColumns, column: number): string | null {
  if (place.isNull(column)) return null;
  const { bytes, starts, ends } = place;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    'utf8',
    starts[column],
    ends[column],
  );
}

/** `id = ANY ('{"5","6"}')`, `(id = '5' AND region = 'eu') OR …`, by PostgreSQL's own operators. */
function conditionOf(keys: readonly Key[], columns: readonly string[]): string {
  if (keys.length === 0) return 'false';
  const [column] = columns;
  if (columns.length === 1) {
    const values = keys.map(([value]) => `"${value!.replace(/["\\]/g, '\\$&')}"`);
    return `${column} OPERATOR(pg_catalog.=) ANY (${quoted(`{${values.join()}}`)})`;
  }
  const rows = keys.map(key => {
    const items = columns.map((column, at) => {
      const value = key[at]!;
      if (value === null) return `${column} IS NULL`;
      return `${column} OPERATOR(pg_catalog.=) ${quoted(value)}`;
    });
    return `(${items.join(' AND ')})`;
  });
  return `(${rows.join(' OR ')})`;
}

/** Under either value of standard_conforming_strings. */
function quoted(value: string): string {
  const text = value.replaceAll("'", "''");
  return text.includes('\\') ? ` E'${text.replaceAll('\\', '\\\\')}'` : `'${text}'`;
}

function withText(plan: MergePlan, edit: (sql: string) => string): MergePlan {
  return { ...plan, root: withTextAt(plan.root, edit) };
}

function withTextAt(node: MergeNode, edit: (sql: string) => string): MergeNode {
  if (node.kind === 'gather') return { ...node, sql: edit(node.sql) };
  return { ...node, input: withTextAt(node.input, edit) } as MergeNode;
}

function replacedLast(text: string, mark: string, by: string): string {
  const at = text.lastIndexOf(mark);
  return text.slice(0, at) + by + text.slice(at + mark.length);
}
