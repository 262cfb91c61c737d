// Sums of int8 partials: count, and sum of int2 and int4 (whose result is int8).

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { type Int64Halves, readInt32, readInt64Text } from '../types/integer-text.ts';
import { malformedValue } from '../types/value-error.ts';
import type { Accumulator } from './accumulator.ts';
import type { RowColumns } from './data-row.ts';
import { doubledFloats } from './doubled-array.ts';
import type { RowWriter } from './row-writer.ts';

const twoTo32 = 4294967296;
/** With a high half nearer to 0 a sum is a number without loss. */
const highOfSafe = 2 ** 20;
const int64Max = 9223372036854775807n;
const int64Min = -9223372036854775808n;
const halves: Int64Halves = { high: 0, low: 0 };
const scratch = Buffer.alloc(8);

export class IntegerSum implements Accumulator {
  /** Three numbers in an array that doubles. */
  readonly groupBytes = 36;
  readonly #column: number;
  readonly #format: 0 | 1;
  readonly #whenEmpty: 'zero' | 'null';
  /** For each group, side by side: the sum by halves (the high one stays exact for 2^21 additions
   *  of any int8), and how many were added. */
  #sums = new Float64Array(3 * 16);
  #groups = 0;

  /** `whenEmpty`: what a group whose partials are all NULL gives. */
  constructor(column: number, format: 0 | 1, whenEmpty: 'zero' | 'null') {
    this.#column = column;
    this.#format = format;
    this.#whenEmpty = whenEmpty;
  }

  add(group: number, row: RowColumns): void {
    if (group === this.#groups) {
      this.#groups++;
      if (3 * this.#groups > this.#sums.length) this.#sums = doubledFloats(this.#sums);
    }
    if (row.isNull(this.#column)) return;
    const start = row.starts[this.#column]!;
    if (this.#format === 0) {
      readInt64Text(row.bytes, start, row.ends[this.#column]!, halves);
    } else {
      if (row.sizeOf(this.#column) !== 8) throw malformedValue('bigint');
      halves.high = readInt32(row.bytes, start);
      halves.low = readInt32(row.bytes, start + 4) >>> 0;
    }
    const sums = this.#sums;
    const at = 3 * group;
    const low = sums[at + 1]! + halves.low;
    const carry = low >= twoTo32 ? 1 : 0;
    sums[at]! += halves.high + carry;
    sums[at + 1] = low - carry * twoTo32;
    sums[at + 2]!++;
  }

  /** The sum; null when every partial was NULL. Error 22003 when it is no int8. */
  total(group: number): bigint | null {
    const at = 3 * group;
    if (this.#sums[at + 2] === 0) return null;
    const total = (BigInt(this.#sums[at]!) << 32n) + BigInt(this.#sums[at + 1]!);
    if (total > int64Max || total < int64Min) throw new PgError(errors.bigintOutOfRange);
    return total;
  }

  write(group: number, writer: RowWriter): void {
    const at = 3 * group;
    const high = this.#sums[at]!;
    if (this.#format === 0 && this.#sums[at + 2] !== 0 && Math.abs(high) < highOfSafe) {
      writer.appendText(String(high * twoTo32 + this.#sums[at + 1]!));
      return;
    }
    const total = this.total(group) ?? (this.#whenEmpty === 'zero' ? 0n : null);
    if (total === null) {
      writer.appendNull();
    } else if (this.#format === 0) {
      writer.appendText(String(total));
    } else {
      scratch.writeBigInt64BE(total);
      writer.appendValue(scratch, 0, 8);
    }
  }
}
