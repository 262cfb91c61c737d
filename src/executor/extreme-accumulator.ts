// min and max: the least or greatest partial by the type's btree order, its bytes kept as they came.

import { KeyColumn } from '../types/key-column.ts';
import { type KeyDecoder, keyDecoder } from '../types/key-decoder.ts';
import { compareValues } from '../types/key-order.ts';
import type { Accumulator } from './accumulator.ts';
import type { RowColumns } from './data-row.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { RowWriter } from './row-writer.ts';
import type { ColumnDescription } from './shard-client.ts';
import { ValueStore } from './value-store.ts';

export class ExtremeAccumulator implements Accumulator {
  /** -1 looks for smaller values, 1 for greater ones. */
  readonly #wanted: -1 | 1;
  readonly #column: number;
  readonly #decoder: KeyDecoder;
  readonly #best: ValueStore;
  readonly #bestKey: KeyColumn;
  readonly #key: KeyColumn;

  /** Throws `unsupportedAcrossShards` for a type whose order is not known. */
  constructor(kind: 'min' | 'max', index: number, column: ColumnDescription, budget: MemoryBudget) {
    this.#wanted = kind === 'min' ? -1 : 1;
    this.#column = index;
    this.#decoder = keyDecoder(column.typeOid, column.format);
    this.#best = new ValueStore(budget);
    this.#bestKey = new KeyColumn(this.#decoder.kind, 1);
    this.#key = new KeyColumn(this.#decoder.kind, 1);
  }

  get groupBytes(): number {
    return this.#best.groupBytes;
  }

  add(group: number, row: RowColumns): void {
    const best = this.#best;
    if (group === best.groups) best.addGroup();
    if (row.isNull(this.#column)) return;
    const start = row.starts[this.#column]!;
    const end = row.ends[this.#column]!;
    // The value is read even when it is the first: one that cannot be compared must not pass.
    this.#decode(row.bytes, start, end, this.#key);
    if (best.locate(group)) {
      this.#decode(best.bytes, best.start, best.end, this.#bestKey);
      // Of equal values the later one, as the server's own min and max (numeric_smaller) do.
      if (compareValues(this.#key, 0, this.#bestKey, 0) * this.#wanted < 0) return;
    }
    best.set(group, row.bytes, start, end);
  }

  #decode(bytes: Uint8Array, start: number, end: number, into: KeyColumn): void {
    into.reset();
    this.#decoder.decode(bytes, start, end, into);
  }

  write(group: number, writer: RowWriter): void {
    const best = this.#best;
    if (best.locate(group)) writer.appendValue(best.bytes, best.start, best.end);
    else writer.appendNull();
  }
}
