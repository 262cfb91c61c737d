// min and max: the least or greatest partial by the type's btree order, its bytes kept as they came.

import { KeyColumn } from '../types/key-column.ts';
import { type KeyDecoder, keyDecoder } from '../types/key-decoder.ts';
import { compareValues } from '../types/key-order.ts';
import type { Accumulator } from './accumulator.ts';
import type { RowColumns } from './data-row.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { RowWriter } from './row-writer.ts';
import type { ColumnDescription } from './shard-client.ts';

export class ExtremeAccumulator implements Accumulator {
  /** -1 looks for smaller values, 1 for greater ones. */
  readonly #wanted: -1 | 1;
  readonly #column: number;
  readonly #decoder: KeyDecoder;
  readonly #budget: MemoryBudget;
  readonly #best: (Uint8Array | null)[] = [];
  readonly #bestKey: KeyColumn;
  readonly #key: KeyColumn;

  /** Throws `unsupportedAcrossShards` for a type whose order is not known. */
  constructor(kind: 'min' | 'max', index: number, column: ColumnDescription, budget: MemoryBudget) {
    this.#wanted = kind === 'min' ? -1 : 1;
    this.#column = index;
    this.#decoder = keyDecoder(column.typeOid, column.format);
    this.#budget = budget;
    this.#bestKey = new KeyColumn(this.#decoder.kind, 1);
    this.#key = new KeyColumn(this.#decoder.kind, 1);
  }

  add(group: number, row: RowColumns): void {
    if (group === this.#best.length) this.#best.push(null);
    if (row.isNull(this.#column)) return;
    const start = row.starts[this.#column]!;
    const end = row.ends[this.#column]!;
    const best = this.#best[group]!;
    // The value is read even when it is the first: one that cannot be compared must not pass.
    this.#decode(row.bytes, start, end, this.#key);
    if (best !== null) {
      this.#decode(best, 0, best.length, this.#bestKey);
      // Of equal values the later one, as the server's own min and max (numeric_smaller) do.
      if (compareValues(this.#key, 0, this.#bestKey, 0) * this.#wanted < 0) return;
    }
    this.#budget.reserve(end - start + (best === null ? 96 : -best.length));
    this.#best[group] = row.bytes.slice(start, end);
  }

  #decode(bytes: Uint8Array, start: number, end: number, into: KeyColumn): void {
    into.reset();
    this.#decoder.decode(bytes, start, end, into);
  }

  write(group: number, writer: RowWriter): void {
    const best = this.#best[group] ?? null;
    if (best === null) writer.appendNull();
    else writer.appendValue(best, 0, best.length);
  }
}
