// bit_and, bit_or and bit_xor of int2, int4 and int8: NULL until a partial is not NULL.

import { type Int64Halves, readInt32, readInt64Text } from '../types/integer-text.ts';
import { malformedValue } from '../types/value-error.ts';
import type { Accumulator } from './accumulator.ts';
import type { RowColumns } from './data-row.ts';
import type { RowWriter } from './row-writer.ts';

const halves: Int64Halves = { high: 0, low: 0 };
const scratch = Buffer.alloc(8);

export class BitAccumulator implements Accumulator {
  /** Three numbers in arrays that grow by half. */
  readonly groupBytes = 36;
  readonly #kind: 'bit-and' | 'bit-or' | 'bit-xor';
  readonly #column: number;
  readonly #size: 2 | 4 | 8;
  readonly #format: 0 | 1;
  /** By group: the 64 bits of the value, signs extended, and whether there is one. */
  readonly #high: number[] = [];
  readonly #low: number[] = [];
  readonly #found: boolean[] = [];

  /** `size`: bytes of the integer. */
  constructor(
    kind: 'bit-and' | 'bit-or' | 'bit-xor',
    column: number,
    size: 2 | 4 | 8,
    format: 0 | 1,
  ) {
    this.#kind = kind;
    this.#column = column;
    this.#size = size;
    this.#format = format;
  }

  add(group: number, row: RowColumns): void {
    if (group === this.#found.length) {
      this.#found.push(false);
      this.#high.push(this.#kind === 'bit-and' ? -1 : 0);
      this.#low.push(this.#kind === 'bit-and' ? -1 : 0);
    }
    if (row.isNull(this.#column)) return;
    this.#read(row);
    this.#found[group] = true;
    this.#high[group] = this.#combined(this.#high[group]!, halves.high);
    this.#low[group] = this.#combined(this.#low[group]!, halves.low);
  }

  #combined(a: number, b: number): number {
    if (this.#kind === 'bit-and') return a & b;
    return this.#kind === 'bit-or' ? a | b : a ^ b;
  }

  #read({ bytes, starts, ends }: RowColumns): void {
    const start = starts[this.#column]!;
    const end = ends[this.#column]!;
    if (this.#format === 0) {
      readInt64Text(bytes, start, end, halves);
      return;
    }
    if (end - start !== this.#size) throw malformedValue('bigint');
    const first = bytes[start]!;
    halves.high = this.#size === 8 ? readInt32(bytes, start) : (first << 24) >> 31;
    if (this.#size === 2) halves.low = (((first << 8) | bytes[start + 1]!) << 16) >> 16;
    else halves.low = readInt32(bytes, end - 4);
  }

  write(group: number, writer: RowWriter): void {
    if (!this.#found[group]) {
      writer.appendNull();
      return;
    }
    scratch.writeInt32BE(this.#high[group]! | 0, 0);
    scratch.writeInt32BE(this.#low[group]! | 0, 4);
    if (this.#format === 0) writer.appendText(String(scratch.readBigInt64BE()));
    else writer.appendValue(scratch, 8 - this.#size, 8);
  }
}
