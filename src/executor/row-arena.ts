// Copies of rows kept for later, packed into blocks, so that the chunks they came in can go.

import { copyBetween, type RowColumns, viewOf } from './data-row.ts';
import { doubledInts } from './doubled-array.ts';
import type { MemoryBudget } from './memory-budget.ts';

const blockBytes = 65_536;
const firstBlockBytes = 1024;

export class RowArena {
  readonly #budget: MemoryBudget;
  readonly #overhead: number;
  readonly #blocks: Buffer[] = [];
  /** Of the last block. */
  #view = viewOf(Buffer.alloc(0));
  #used = 0;
  /** For each row, side by side: its block, and where it is there. */
  #places = new Int32Array(3 * 16);
  #rows = 0;

  /** `overhead`: bytes counted for each row beside the row itself. */
  constructor(budget: MemoryBudget, overhead: number) {
    this.#budget = budget;
    // Three numbers in an array that doubles.
    this.#overhead = overhead + 18;
  }

  get length(): number {
    return this.#rows;
  }

  append(rows: DataView, start: number, end: number): void {
    const size = end - start;
    this.#budget.reserve(size + this.#overhead);
    const last = this.#blocks.at(-1);
    if (last === undefined || this.#used + size > last.length) {
      // What is left of a block is lost: of rows of half a block as much as they take.
      if (last !== undefined) this.#budget.reserve(last.length - this.#used);
      const capacity = Math.max(size, this.#nextBlock(last));
      const isSmall = capacity <= firstBlockBytes;
      this.#blocks.push(isSmall ? Buffer.allocUnsafe(capacity) : Buffer.allocUnsafeSlow(capacity));
      this.#view = viewOf(this.#blocks.at(-1)!);
      this.#used = 0;
    }
    copyBetween(rows, start, end, this.#view, this.#used);
    const at = 3 * this.#rows++;
    if (at === this.#places.length) this.#places = doubledInts(this.#places);
    const places = this.#places;
    places[at] = this.#blocks.length - 1;
    places[at + 1] = this.#used;
    this.#used += size;
    places[at + 2] = this.#used;
  }

  /** The first block is small: most results have few groups. */
  #nextBlock(last: Buffer | undefined): number {
    return last === undefined ? firstBlockBytes : Math.min(blockBytes, 4 * last.length);
  }

  /** Points `columns` at a row. */
  locate(row: number, columns: RowColumns): void {
    const at = 3 * row;
    const places = this.#places;
    columns.locate(this.#blocks[places[at]!]!, places[at + 1]!, places[at + 2]!);
  }
}
