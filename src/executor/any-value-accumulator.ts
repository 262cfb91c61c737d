// any_value: the first partial that is not NULL, its bytes as they came.

import type { Accumulator } from './accumulator.ts';
import type { RowColumns } from './data-row.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { RowWriter } from './row-writer.ts';
import { ValueStore } from './value-store.ts';

export class AnyValueAccumulator implements Accumulator {
  readonly #column: number;
  readonly #values: ValueStore;

  constructor(column: number, budget: MemoryBudget) {
    this.#column = column;
    this.#values = new ValueStore(budget);
  }

  get groupBytes(): number {
    return this.#values.groupBytes;
  }

  add(group: number, row: RowColumns): void {
    if (group === this.#values.groups) this.#values.addGroup();
    if (row.isNull(this.#column) || this.#values.locate(group)) return;
    this.#values.set(group, row.bytes, row.starts[this.#column]!, row.ends[this.#column]!);
  }

  write(group: number, writer: RowWriter): void {
    const values = this.#values;
    if (values.locate(group)) writer.appendValue(values.bytes, values.start, values.end);
    else writer.appendNull();
  }
}
