// sort: reads all rows of its input, then emits them in order. Held in memory, within the budget.

import type { SortKey } from '../plan/merge-plan.ts';
import { compareRows } from '../types/key-order.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { BatchLayout, RowBatch } from './row-batch.ts';
import type { RowSource } from './row-source.ts';
import { RowWriter } from './row-writer.ts';
import type { ColumnDescription, RowChunk } from './shard-client.ts';

export class Sort implements RowSource {
  readonly #input: RowSource;
  readonly #keys: readonly SortKey[];
  readonly #layout: BatchLayout;
  readonly #writer: RowWriter;
  readonly #budget: MemoryBudget;
  readonly #batches: RowBatch[] = [];
  /** For each row in the order read: its batch and its row in the batch. */
  #batchOf = new Int32Array(0);
  #rowOf = new Int32Array(0);
  /** Row numbers in sorted order; null before the input was read. */
  #order: Int32Array | null = null;
  #emitted = 0;

  /** Throws `unsupportedAcrossShards` for a key of a type whose order is not known. */
  constructor(
    input: RowSource,
    columns: readonly ColumnDescription[],
    keys: readonly SortKey[],
    dropped: number,
    budget: MemoryBudget,
  ) {
    this.#input = input;
    this.#keys = keys;
    this.#layout = BatchLayout.of(
      columns,
      keys.map(key => key.column),
    );
    this.#writer = new RowWriter(columns.length, dropped);
    this.#budget = budget;
  }

  async next(): Promise<RowChunk | null> {
    this.#order ??= this.#sorted(await this.#readAll());
    const order = this.#order;
    const writer = this.#writer;
    while (this.#emitted < order.length && !writer.full) {
      const row = order[this.#emitted++]!;
      const { view, chunk } = this.#batches[this.#batchOf[row]!]!;
      const at = this.#rowOf[row]!;
      writer.copyRow(view, chunk.offsets[at]!, chunk.offsets[at + 1]!);
    }
    return writer.rows > 0 ? writer.take() : null;
  }

  /** Returns the number of rows. */
  async #readAll(): Promise<number> {
    let rows = 0;
    for (;;) {
      const chunk = await this.#input.next();
      if (chunk === null) return rows;
      const batch = RowBatch.decode(chunk, this.#layout);
      // Three numbers a row to sort by, beside the batch itself.
      this.#budget.reserve(batch.byteLength + 12 * chunk.rows);
      this.#batches.push(batch);
      rows += chunk.rows;
    }
  }

  #sorted(rows: number): Int32Array {
    this.#batchOf = new Int32Array(rows);
    this.#rowOf = new Int32Array(rows);
    const order = new Int32Array(rows);
    let number = 0;
    this.#batches.forEach((batch, index) => {
      for (let row = 0; row < batch.chunk.rows; row++) {
        this.#batchOf[number] = index;
        this.#rowOf[number] = row;
        order[number] = number++;
      }
    });
    // Stable, so that rows with equal keys keep the order they were read in.
    return order.sort((a, b) => this.#compare(a, b));
  }

  #compare(a: number, b: number): number {
    const left = this.#batches[this.#batchOf[a]!]!.keys;
    const right = this.#batches[this.#batchOf[b]!]!.keys;
    return compareRows(left, this.#rowOf[a]!, right, this.#rowOf[b]!, this.#keys);
  }
}
