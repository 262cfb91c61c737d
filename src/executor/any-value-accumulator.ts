// any_value: the first partial that is not NULL, its bytes as they came.

import type { Accumulator } from './accumulator.ts';
import type { RowColumns } from './data-row.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { RowWriter } from './row-writer.ts';

export class AnyValueAccumulator implements Accumulator {
  readonly #column: number;
  readonly #budget: MemoryBudget;
  readonly #values: (Uint8Array | null)[] = [];

  constructor(column: number, budget: MemoryBudget) {
    this.#column = column;
    this.#budget = budget;
  }

  add(group: number, row: RowColumns): void {
    if (group === this.#values.length) this.#values.push(null);
    if (this.#values[group] !== null || row.isNull(this.#column)) return;
    const start = row.starts[this.#column]!;
    const end = row.ends[this.#column]!;
    this.#budget.reserve(end - start + 96);
    this.#values[group] = row.bytes.slice(start, end);
  }

  write(group: number, writer: RowWriter): void {
    const value = this.#values[group] ?? null;
    if (value === null) writer.appendNull();
    else writer.appendValue(value, 0, value.length);
  }
}
