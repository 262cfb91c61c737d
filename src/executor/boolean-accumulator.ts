// bool_and, every and bool_or: NULL until a partial is not NULL (booland_statefunc, bool.c).

import { malformedValue } from '../types/value-error.ts';
import type { Accumulator } from './accumulator.ts';
import type { RowColumns } from './data-row.ts';
import type { RowWriter } from './row-writer.ts';

const letterT = 0x74;
const letterF = 0x66;

export class BooleanAccumulator implements Accumulator {
  readonly groupBytes = 12;
  readonly #and: boolean;
  readonly #column: number;
  readonly #format: 0 | 1;
  readonly #values: (boolean | null)[] = [];

  /** `and` false: bool_or. */
  constructor(and: boolean, column: number, format: 0 | 1) {
    this.#and = and;
    this.#column = column;
    this.#format = format;
  }

  add(group: number, row: RowColumns): void {
    if (group === this.#values.length) this.#values.push(null);
    if (row.isNull(this.#column)) return;
    if (row.sizeOf(this.#column) !== 1) throw malformedValue('boolean');
    const byte = row.bytes[row.starts[this.#column]!]!;
    const value = this.#format === 1 ? byte !== 0 : byte === letterT;
    const before = this.#values[group] ?? this.#and;
    this.#values[group] = this.#and ? before && value : before || value;
  }

  write(group: number, writer: RowWriter): void {
    const value = this.#values[group] ?? null;
    if (value === null) writer.appendNull();
    else writer.appendValue(value ? trueBytes[this.#format] : falseBytes[this.#format], 0, 1);
  }
}

const trueBytes = [Uint8Array.of(letterT), Uint8Array.of(1)] as const;
const falseBytes = [Uint8Array.of(letterF), Uint8Array.of(0)] as const;
