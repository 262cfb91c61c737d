// merge-sort: streams that each shard sorted by the same keys become one sorted stream. At most one
// batch per shard is held; rows with equal keys come from the lower shard first. For DISTINCT, whose
// duplicates are adjacent then, only the first of rows with equal first keys is kept.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { SortKey } from '../plan/merge-plan.ts';
import type { KeyColumn } from '../types/key-column.ts';
import { compareRows, type KeyDirection } from '../types/key-order.ts';
import type { FragmentRun } from './fragment-run.ts';
import { LoserTree } from './loser-tree.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { BatchLayout, RowBatch } from './row-batch.ts';
import type { RowSource } from './row-source.ts';
import { RowWriter } from './row-writer.ts';
import type { ColumnDescription, RowChunk } from './shard-client.ts';

/** Where the merge stands in one shard's stream. */
interface Cursor {
  /** null at the end of the stream. */
  batch: RowBatch | null;
  /** Its memory is for a batch to come. */
  spare: RowBatch | null;
  row: number;
}

export class MergeSort implements RowSource {
  readonly #run: FragmentRun;
  readonly #budget: MemoryBudget;
  readonly #layout: BatchLayout;
  readonly #directions: readonly KeyDirection[];
  /** Of the keys that tell rows apart; null: every row is kept. */
  readonly #distinct: readonly KeyDirection[] | null;
  /** The last row that was kept. */
  #kept: readonly KeyColumn[] | null = null;
  #keptRow = 0;
  readonly #cursors: readonly Cursor[];
  readonly #tree: LoserTree;
  readonly #writer: RowWriter;
  /** The read that the merge cannot go on without. */
  #refill: Promise<void> | null = null;
  #started = false;

  /** Throws `unsupportedAcrossShards` for a key of a type whose order is not known. */
  constructor(
    run: FragmentRun,
    columns: readonly ColumnDescription[],
    keys: readonly SortKey[],
    dropped: number,
    budget: MemoryBudget,
    distinctKeys?: number,
  ) {
    this.#run = run;
    this.#budget = budget;
    this.#layout = BatchLayout.of(
      columns,
      keys.map(key => key.column),
    );
    this.#directions = keys;
    this.#distinct = distinctKeys === undefined ? null : keys.slice(0, distinctKeys);
    const cursors: Cursor[] = [];
    for (let i = 0; i < run.shardCount; i++) cursors.push({ batch: null, spare: null, row: 0 });
    this.#cursors = cursors;
    this.#tree = new LoserTree(run.shardCount, (a, b) => this.#before(a, b));
    this.#writer = new RowWriter(columns.length, dropped);
  }

  async next(): Promise<RowChunk | null> {
    if (!this.#started) {
      this.#started = true;
      const reads = this.#cursors.map((_, index) => this.#advance(index));
      if (reads.some(read => read !== null)) await Promise.all(reads);
      this.#tree.build();
    }
    for (;;) {
      if (this.#refill !== null) {
        await this.#refill;
        this.#refill = null;
        this.#tree.replay();
      }
      this.#merge();
      if (this.#writer.rows > 0) return this.#writer.take();
      if (this.#refill === null) return null;
    }
  }

  /** Writes rows until the chunk is full, a shard's batch is used up or all are at their end. */
  #merge(): void {
    const cursors = this.#cursors;
    const tree = this.#tree;
    const writer = this.#writer;
    while (!writer.full) {
      const index = tree.winner;
      const cursor = cursors[index];
      if (cursor === undefined || cursor.batch === null) return;
      const { offsets, rows } = cursor.batch.chunk;
      const row = cursor.row++;
      if (this.#distinct === null || this.#isNew(cursor.batch.keys, row)) {
        writer.copyRow(cursor.batch.view, offsets[row]!, offsets[row + 1]!);
      }
      if (row + 1 === rows) {
        // Asked for now, awaited when the rows written so far are on their way.
        this.#refill = this.#advance(index);
        this.#refill?.catch(() => {});
        if (this.#refill !== null) return;
      }
      tree.replay();
    }
  }

  #isNew(keys: readonly KeyColumn[], row: number): boolean {
    const kept = this.#kept;
    if (kept !== null && compareRows(kept, this.#keptRow, keys, row, this.#distinct!) === 0) {
      return false;
    }
    this.#kept = keys;
    this.#keptRow = row;
    return true;
  }

  /** Puts the cursor on its next batch; null: it was there already. */
  #advance(index: number): Promise<void> | null {
    const cursor = this.#cursors[index]!;
    const previous = cursor.batch;
    cursor.batch = null;
    this.#budget.hold(-(previous?.byteLength ?? 0));
    const chunk = this.#run.ready(index);
    if (chunk === undefined) {
      return this.#run.read(index).then(next => this.#enter(cursor, next, previous));
    }
    try {
      this.#enter(cursor, chunk, previous);
      return null;
    } catch (error) {
      // Rows that were written before are still right.
      return Promise.reject(error);
    }
  }

  #enter(cursor: Cursor, chunk: RowChunk | null, previous: RowBatch | null): void {
    if (chunk === null) return;
    const batch = RowBatch.decodeInto(cursor.spare, chunk, this.#layout);
    this.#assertSorted(batch, previous?.keys);
    this.#budget.hold(batch.byteLength);
    cursor.batch = batch;
    // What was kept of it is compared with rows to come.
    cursor.spare = this.#distinct === null ? previous : null;
    cursor.row = 0;
  }

  /**
   * A stream that is not in our order was sorted by another one (a collation that is not C after
   * all): merging it would give a wrong answer without a sign, so it is an error.
   */
  #assertSorted({ keys, chunk }: RowBatch, previous: readonly KeyColumn[] | undefined): void {
    const directions = this.#directions;
    let ordered =
      previous === undefined ||
      directions.length === 0 ||
      compareRows(previous, previous[0]!.length - 1, keys, 0, directions) <= 0;
    for (let row = 1; row < chunk.rows && ordered; row++) {
      ordered = compareRows(keys, row - 1, keys, row, directions) <= 0;
    }
    if (!ordered) {
      throw new PgError(errors.unsupportedAcrossShards, {
        construct: 'ORDER BY under a collation or operator class that orders values in another way',
      });
    }
  }

  #before(a: number, b: number): boolean {
    const left = this.#cursors[a]!;
    const right = this.#cursors[b]!;
    if (left.batch === null || right.batch === null) {
      if (left.batch !== null) return true;
      return right.batch === null && a < b;
    }
    const order = compareRows(
      left.batch.keys,
      left.row,
      right.batch.keys,
      right.row,
      this.#directions,
    );
    return order < 0 || (order === 0 && a < b);
  }
}
