// The rows that a LIMIT with FOR UPDATE locks on several shards: their candidates, those of them that
// are free, and what was locked, which is held until all of it is there.

import { runCommand } from '../backend/internal-query.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { RowColumns, viewOf } from '../executor/data-row.ts';
import { cutChunk } from '../executor/limit.ts';
import { RowWriter } from '../executor/row-writer.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import { keysMark, type LockedLimitPlan, limitMark } from '../plan/locked-limit-plan.ts';
import { type Fragment, fragmentOf, type MergeNode, type MergePlan } from '../plan/merge-plan.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { distinctNotices } from './fan-out.ts';
import { keyCondition, type RowKey } from './key-condition.ts';
import { startMerge } from './merge.ts';
import { readWhole } from './read-whole.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { WideRows } from './wide-run.ts';

const savepoint = 'pgpack_free_rows';
const releaseLocks = `ROLLBACK TO SAVEPOINT ${savepoint}; RELEASE SAVEPOINT ${savepoint}`;

/** Columns of a row as text. */
type TextColumns = readonly (string | null)[];

export class LockedRows implements WideRows {
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

  /** The keys of the first `count` of them, as many as there are; the values of LIMIT and OFFSET
   *  behind each where they are expressions. */
  async candidates(count: number): Promise<TextColumns[]> {
    const plan = withLeaf(this.#plan.candidates, leaf => withCount(leaf, count));
    const limited = { kind: 'constant', rows: BigInt(count) } as const;
    const root: MergeNode = { kind: 'limit', count: limited, offset: null, input: plan.root };
    return this.#keys({ ...plan, root });
  }

  /**
   * The first `count` of them that nobody else has locked. Each shard locks so many in a
   * subtransaction, which is undone in the same breath: others find those rows locked for about as
   * long as the shard takes to find them.
   */
  async free(count: number): Promise<TextColumns[]> {
    const servers = await this.#session.transaction.openAll(this.#shards);
    const set = await Promise.allSettled(
      servers.map(server => runCommand(server, `SAVEPOINT ${savepoint}`)),
    );
    for (const one of set) if (one.status === 'rejected') throw one.reason;
    const plan = withLeaf(this.#plan.free!, leaf => withCount(leaf, count));
    return (await this.#keys(plan, releaseLocks)).slice(0, count);
  }

  async #keys(plan: MergePlan, behind?: string): Promise<TextColumns[]> {
    const { keyAt } = this.#plan;
    const rows: TextColumns[] = [];
    const run = { ...this.#run, described: null, format: 0 as const };
    let keyBytes = 0;
    const take = (chunk: RowChunk) => {
      keyBytes += chunk.bytes.length;
      this.#requireRoom(keyBytes);
      for (const row of textRows(chunk, keyAt)) rows.push(row);
    };
    await this.#read(run, plan, take, behind);
    return rows;
  }

  /** Locks those of the rows that are there and free, or become free, and tells their keys. */
  async lock(keys: readonly RowKey[]): Promise<RowKey[]> {
    const { rows, key } = this.#plan;
    const condition = keyCondition(keys, key);
    const plan = withLeaf(rows, leaf => {
      return { ...leaf, sql: leaf.sql.replace(keysMark, () => condition) };
    });
    const locked: RowKey[] = [];
    const columns = await this.#read(this.#run, plan, chunk => {
      const all = chunk.bytes.readInt16BE(5);
      locked.push(...textRows(chunk, all - key.length));
      this.#keep(chunk, all);
    });
    this.columns = Promise.resolve(columns);
    return locked;
  }

  /** The same rows once more, in their order. */
  async lockAgain(keys: readonly RowKey[]): Promise<void> {
    this.#chunks = [];
    this.#bytes = 0;
    this.count = 0;
    await this.lock(keys);
  }

  /** Without their hidden columns. */
  #keep(chunk: RowChunk, columns: number): void {
    const { hiddenColumns } = fragmentOf(this.#plan.rows.root);
    const writer = new RowWriter(columns, hiddenColumns);
    const view = viewOf(chunk.bytes);
    for (let row = 0; row < chunk.rows; row++) {
      writer.copyRow(view, chunk.offsets[row]!, chunk.offsets[row + 1]!);
    }
    const shown = writer.take();
    this.#chunks.push(shown);
    this.count += shown.rows;
    this.#bytes += shown.bytes.length;
    this.#requireRoom(0);
  }

  /** The first rows are locked and not returned. */
  skip(rows: number): void {
    let left = rows;
    while (left > 0 && this.#chunks.length > 0) {
      const chunk = this.#chunks.shift()!;
      if (chunk.rows > left) this.#chunks.unshift(cutChunk(chunk, left, chunk.rows));
      left -= Math.min(left, chunk.rows);
    }
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
    behind?: string,
  ): Promise<readonly ColumnDescription[]> {
    const rows = await startMerge(this.#session, run, plan, this.#shards, false, behind);
    let described: readonly ColumnDescription[] = [];
    const columns = (all: readonly ColumnDescription[]) => {
      described = all;
    };
    const notices = await readWhole(this.#session, rows, { columns, chunk: take });
    this.#notices.push(...notices);
    return described;
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

/** All rows of the statement, of which the first `offset` are not returned. */
export function allRows({ rows }: LockedLimitPlan, offset: bigint): MergePlan {
  const plan = withLeaf(rows, leaf => {
    return { ...leaf, sql: leaf.sql.replace(keysMark, 'true'), keepsHidden: false };
  });
  if (offset === 0n) return plan;
  const skipped = { kind: 'constant', rows: offset } as const;
  return { ...plan, root: { kind: 'limit', count: null, offset: skipped, input: plan.root } };
}

/** Columns of the rows from `first` on. */
function* textRows({ bytes, offsets, rows }: RowChunk, first: number): Generator<TextColumns> {
  const place = new RowColumns(rows === 0 ? 0 : bytes.readInt16BE(5));
  for (let row = 0; row < rows; row++) {
    place.locate(bytes, offsets[row]!, offsets[row + 1]!);
    const { starts, ends } = place;
    yield Array.from({ length: starts.length - first }, (_, at) => {
      const column = first + at;
      return place.isNull(column) ? null : bytes.toString('utf8', starts[column], ends[column]);
    });
  }
}

function withCount(leaf: Fragment, count: number): Fragment {
  const { sql } = leaf;
  const at = sql.lastIndexOf(limitMark);
  return { ...leaf, sql: sql.slice(0, at) + count + sql.slice(at + limitMark.length) };
}

function withLeaf(plan: MergePlan, edit: (leaf: Fragment) => Fragment): MergePlan {
  const edited = (node: MergeNode): MergeNode => {
    if (node.kind === 'gather') return edit(node);
    return { ...node, input: edited(node.input) } as MergeNode;
  };
  return { ...plan, root: edited(plan.root) };
}
