// Copies of rows kept for later, packed into blocks, so that the chunks they came in can go.

import { copyBytes, type RowColumns } from './data-row.ts';
import type { MemoryBudget } from './memory-budget.ts';

const blockBytes = 65_536;
const firstBlockBytes = 1024;

export class RowArena {
  readonly #budget: MemoryBudget;
  readonly #overhead: number;
  readonly #blocks: Buffer[] = [];
  #used = 0;
  /** For each row: its block, and where it is there. */
  readonly #block: number[] = [];
  readonly #start: number[] = [];
  readonly #end: number[] = [];

  /** `overhead`: bytes counted for each row beside the row itself. */
  constructor(budget: MemoryBudget, overhead: number) {
    this.#budget = budget;
    this.#overhead = overhead + 24;
  }

  get length(): number {
    return this.#block.length;
  }

  append(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    this.#budget.reserve(size + this.#overhead);
    const last = this.#blocks.at(-1);
    if (last === undefined || this.#used + size > last.length) {
      const capacity = Math.max(size, this.#nextBlock(last));
      const isSmall = capacity <= firstBlockBytes;
      this.#blocks.push(isSmall ? Buffer.allocUnsafe(capacity) : Buffer.allocUnsafeSlow(capacity));
      this.#used = 0;
    }
    copyBytes(bytes, start, end, this.#blocks.at(-1)!, this.#used);
    this.#block.push(this.#blocks.length - 1);
    this.#start.push(this.#used);
    this.#end.push((this.#used += size));
  }

  /** The first block is small: most results have few groups. */
  #nextBlock(last: Buffer | undefined): number {
    return last === undefined ? firstBlockBytes : Math.min(blockBytes, 4 * last.length);
  }

  /** Points `columns` at a row. */
  locate(row: number, columns: RowColumns): void {
    columns.locate(this.#blocks[this.#block[row]!]!, this.#start[row]!, this.#end[row]!);
  }
}
