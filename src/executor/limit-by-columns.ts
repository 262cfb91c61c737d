// limit that reads hidden columns of the rows before it drops them: counts that are expressions, and
// the sort keys of WITH TIES (nodeLimit.c).

import type { SortKey } from '../plan/merge-plan.ts';
import { type Int64Halves, readInt32, readInt64Text } from '../types/integer-text.ts';
import { compareRows } from '../types/key-order.ts';
import { RowColumns, viewOf } from './data-row.ts';
import type { FragmentRun } from './fragment-run.ts';
import type { Count, LimitRows } from './limit.ts';
import { BatchLayout, RowBatch } from './row-batch.ts';
import type { RowSource } from './row-source.ts';
import { RowWriter } from './row-writer.ts';
import type { ColumnDescription, RowChunk } from './shard-client.ts';

const halves: Int64Halves = { high: 0, low: 0 };

export class LimitByColumns implements RowSource {
  readonly #input: RowSource;
  readonly #run: FragmentRun;
  readonly #columns: readonly ColumnDescription[];
  readonly #rows: LimitRows;
  readonly #ties: readonly SortKey[] | null;
  readonly #layout: BatchLayout;
  readonly #writer: RowWriter;
  #begun = false;
  #toSkip = 0;
  #toPass = Number.POSITIVE_INFINITY;
  /** The last row that was counted. */
  #last: { readonly batch: RowBatch; readonly row: number } | null = null;

  /** `input` keeps its hidden columns, the last `dropped` of which are left out here. */
  constructor(
    input: RowSource,
    run: FragmentRun,
    columns: readonly ColumnDescription[],
    rows: LimitRows,
    ties: readonly SortKey[] | null,
    dropped: number,
  ) {
    this.#input = input;
    this.#run = run;
    this.#columns = columns;
    this.#rows = rows;
    this.#ties = ties;
    this.#layout = BatchLayout.of(
      columns,
      (ties ?? []).map(key => key.column),
    );
    this.#writer = new RowWriter(columns.length, dropped);
  }

  async next(): Promise<RowChunk | null> {
    while (this.#toPass > 0 || this.#last !== null) {
      const chunk = await this.#input.next();
      if (chunk === null) return null;
      if (!this.#begun) this.#begin(chunk);
      const from = Math.min(this.#toSkip, chunk.rows);
      const counted = Math.min(from + this.#toPass, chunk.rows);
      this.#toSkip -= from;
      this.#toPass -= counted - from;
      const to = this.#toPass > 0 ? counted : this.#withTies(chunk, from, counted);
      if (this.#toPass === 0 && this.#last === null) this.#run.cancel();
      if (from < to) return this.#visible(chunk, from, to);
    }
    this.#run.cancel();
    return null;
  }

  #begin(first: RowChunk): void {
    this.#begun = true;
    const row = new RowColumns(this.#columns.length);
    row.locate(first.bytes, 0, first.offsets[1]!);
    this.#toSkip = Number(this.#value(this.#rows.offset, row) ?? 0n);
    const count = this.#value(this.#rows.count, row);
    if (count !== null) this.#toPass = Number(count);
  }

  #value(count: Count, row: RowColumns): bigint | null {
    if (count === null || typeof count === 'bigint') return count;
    const { column } = count;
    if (row.isNull(column)) return null;
    const start = row.starts[column]!;
    if (this.#columns[column]!.format === 0) {
      readInt64Text(row.bytes, start, row.ends[column]!, halves);
      return (BigInt(halves.high) << 32n) + BigInt(halves.low);
    }
    const low = BigInt(readInt32(row.bytes, start + 4) >>> 0);
    return (BigInt(readInt32(row.bytes, start)) << 32n) + low;
  }

  /** Where rows end that are equal to the last counted one; in this chunk it is `counted` - 1. */
  #withTies(chunk: RowChunk, from: number, counted: number): number {
    if (this.#ties === null) return counted;
    const batch = RowBatch.decode(chunk, this.#layout);
    if (this.#last === null && counted > from) this.#last = { batch, row: counted - 1 };
    const last = this.#last;
    if (last === null) return counted;
    let to = counted;
    while (to < chunk.rows) {
      if (compareRows(last.batch.keys, last.row, batch.keys, to, this.#ties) !== 0) {
        this.#last = null;
        return to;
      }
      to++;
    }
    return to;
  }

  #visible({ bytes, offsets }: RowChunk, from: number, to: number): RowChunk {
    const view = viewOf(bytes);
    for (let row = from; row < to; row++) {
      this.#writer.copyRow(view, offsets[row]!, offsets[row + 1]!);
    }
    return this.#writer.take();
  }
}
