// Sums of numeric, float and interval partials. Numeric and interval sums are exact; a float sum
// depends on the order of its additions, as it does in PostgreSQL.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { formatFloat4, formatFloat8 } from '../types/float-text.ts';
import { readInt64 } from '../types/integer-text.ts';
import {
  addIntervals,
  decodeInterval,
  encodeInterval,
  formatInterval,
  type Interval,
  parseInterval,
} from '../types/interval-value.ts';
import { readFloatText } from '../types/key-decoder.ts';
import {
  addNumerics,
  decodeNumeric,
  encodeNumeric,
  formatNumeric,
  type Numeric,
  parseNumeric,
  readSmallDecimal,
} from '../types/numeric-value.ts';
import { typeOid } from '../types/type-oid.ts';
import { malformedValue } from '../types/value-error.ts';
import type { Accumulator } from './accumulator.ts';
import type { RowColumns } from './data-row.ts';
import { doubledFloats } from './doubled-array.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { RowWriter } from './row-writer.ts';
import type { ColumnDescription } from './shard-client.ts';

/** A sum held as one value per group, null until a partial is not NULL. */
abstract class ValueSum<Value> implements Accumulator {
  abstract readonly groupBytes: number;
  protected readonly column: number;
  readonly #format: 0 | 1;
  readonly #totals: (Value | null)[] = [];

  /** `format` is that of what `write` appends. */
  constructor(column: number, format: 0 | 1) {
    this.column = column;
    this.#format = format;
  }

  add(group: number, row: RowColumns): void {
    while (group >= this.#totals.length) this.#totals.push(null);
    if (row.isNull(this.column)) return;
    const start = row.starts[this.column]!;
    const end = row.ends[this.column]!;
    const value = this.read(row.bytes, start, end);
    const total = this.#totals[group]!;
    this.#totals[group] = total === null ? value : this.plus(total, value);
  }

  /** The sum; null when every partial was NULL. */
  total(group: number): Value | null {
    return this.#totals[group] ?? null;
  }

  /** Sets what is the sum so far. */
  protected begin(group: number, value: Value): void {
    while (group >= this.#totals.length) this.#totals.push(null);
    this.#totals[group] = value;
  }

  write(group: number, writer: RowWriter): void {
    const total = this.total(group);
    if (total === null) writer.appendNull();
    else this.append(total, this.#format, writer);
  }

  protected abstract read(bytes: Uint8Array, start: number, end: number): Value;
  protected abstract plus(left: Value, right: Value): Value;
  protected abstract append(value: Value, format: 0 | 1, writer: RowWriter): void;
}

/** Appends a numeric in a wire format. */
export function appendNumeric(value: Numeric, format: 0 | 1, writer: RowWriter): void {
  if (format === 0) {
    writer.appendText(formatNumeric(value));
  } else {
    const bytes = encodeNumeric(value);
    writer.appendValue(bytes, 0, bytes.length);
  }
}

/** Appends an interval in a wire format. */
export function appendInterval(value: Interval, format: 0 | 1, writer: RowWriter): void {
  if (format === 0) {
    writer.appendText(formatInterval(value));
  } else {
    writer.appendValue(encodeInterval(value), 0, 16);
  }
}

const scratch = Buffer.alloc(8);
const small = { unscaled: 0, scale: 0 };

/** Appends a float4 or float8 in a wire format. */
export function appendFloat(
  value: number,
  single: boolean,
  format: 0 | 1,
  writer: RowWriter,
): void {
  if (format === 0) {
    writer.appendText(single ? formatFloat4(value) : formatFloat8(value));
  } else if (single) {
    scratch.writeFloatBE(value);
    writer.appendValue(scratch, 0, 4);
  } else {
    scratch.writeDoubleBE(value);
    writer.appendValue(scratch, 0, 8);
  }
}

/** A group has no sum yet, or one that is held as a value. */
const [noSum, isValue] = [-1, -2];
/** Of such a value beside its digits: the object, its BigInt and its place. */
const valueBytes = 84;

/** Numeric sums of numeric or int8 partials. As long as they fit they are held as whole numbers:
 *  values of a million groups are as many objects. */
export class NumericSum extends ValueSum<Numeric> {
  /** Two numbers in an array that doubles. */
  readonly groupBytes = 24;
  /** For each group, side by side: its sum times 10^scale, and the scale, where that is not
   *  negative; of one that is held as a value the bytes that are counted for its digits. */
  #sums = new Float64Array(2 * 16);
  #groups = 0;
  readonly #binary: boolean;
  readonly #integers: boolean;
  readonly #budget: MemoryBudget;

  constructor(index: number, column: ColumnDescription, format: 0 | 1, budget: MemoryBudget) {
    super(index, format);
    this.#binary = column.format === 1;
    this.#integers = column.typeOid === typeOid.int8;
    this.#budget = budget;
  }

  override add(group: number, row: RowColumns): void {
    const at = 2 * group;
    if (group === this.#groups) {
      this.#groups++;
      if (at === this.#sums.length) this.#sums = doubledFloats(this.#sums);
      this.#sums[at + 1] = noSum;
    }
    const { column } = this;
    if (row.isNull(column)) return;
    const sums = this.#sums;
    const scale = sums[at + 1]!;
    const start = row.starts[column]!;
    const end = row.ends[column]!;
    if (scale !== isValue) {
      const isRead = !this.#binary && readSmallDecimal(row.bytes, start, end, small);
      if (isRead && scale === noSum) {
        sums[at] = small.unscaled;
        sums[at + 1] = small.scale;
        return;
      }
      const sum = sums[at]! + small.unscaled;
      if (isRead && scale === small.scale && Number.isSafeInteger(sum)) {
        sums[at] = sum;
        return;
      }
      const total = this.total(group);
      if (total !== null) this.begin(group, total);
      sums[at] = 0;
      sums[at + 1] = isValue;
      this.#budget.reserve(valueBytes);
    }
    const size = end - start;
    if (size > sums[at]!) {
      this.#budget.reserve(size - sums[at]!);
      sums[at] = size;
    }
    super.add(group, row);
  }

  override total(group: number): Numeric | null {
    const scale = group < this.#groups ? this.#sums[2 * group + 1]! : noSum;
    if (scale < 0) return super.total(group);
    return { kind: 'finite', unscaled: BigInt(this.#sums[2 * group]!), scale };
  }

  protected read(bytes: Uint8Array, start: number, end: number): Numeric {
    if (!this.#binary) return parseNumeric(asciiText(bytes, start, end));
    if (!this.#integers) return decodeNumeric(bytes, start, end);
    if (end - start !== 8) throw malformedValue('bigint');
    return { kind: 'finite', unscaled: readInt64(bytes, start), scale: 0 };
  }

  protected plus(left: Numeric, right: Numeric): Numeric {
    return addNumerics(left, right);
  }

  protected append(value: Numeric, format: 0 | 1, writer: RowWriter): void {
    appendNumeric(value, format, writer);
  }
}

/** float4 sums are rounded to float4 at each addition, as float4pl does. */
export class FloatSum extends ValueSum<number> {
  /** A place in an array that grows by half, and the number. */
  readonly groupBytes = 28;
  readonly #single: boolean;
  readonly #binary: boolean;

  constructor(index: number, column: ColumnDescription, format: 0 | 1) {
    super(index, format);
    this.#single = column.typeOid === typeOid.float4;
    this.#binary = column.format === 1;
  }

  protected read(bytes: Uint8Array, start: number, end: number): number {
    const type = this.#single ? 'real' : 'double precision';
    if (!this.#binary) {
      const value = readFloatText(bytes, start, end, type);
      return this.#single ? Math.fround(value) : value;
    }
    if (end - start !== (this.#single ? 4 : 8)) throw malformedValue(type);
    scratch.set(bytes.subarray(start, end));
    return this.#single ? scratch.readFloatBE() : scratch.readDoubleBE();
  }

  /** An infinity that neither side had is error 22003 (float8pl). */
  protected plus(left: number, right: number): number {
    const sum = this.#single ? Math.fround(left + right) : left + right;
    const infinite = Math.abs(sum) === Number.POSITIVE_INFINITY;
    if (infinite && Number.isFinite(left) && Number.isFinite(right)) {
      throw new PgError(errors.floatOverflow);
    }
    return sum;
  }

  protected append(value: number, format: 0 | 1, writer: RowWriter): void {
    appendFloat(value, this.#single, format, writer);
  }
}

export class IntervalSum extends ValueSum<Interval> {
  /** A place in an array that grows by half, and the object with its BigInt. */
  readonly groupBytes = 92;
  readonly #binary: boolean;

  /** Partials come in `inputFormat`. */
  constructor(index: number, inputFormat: 0 | 1, format: 0 | 1) {
    super(index, format);
    this.#binary = inputFormat === 1;
  }

  protected read(bytes: Uint8Array, start: number, end: number): Interval {
    return this.#binary
      ? decodeInterval(bytes, start, end)
      : parseInterval(asciiText(bytes, start, end));
  }

  protected plus(left: Interval, right: Interval): Interval {
    return addIntervals(left, right);
  }

  protected append(value: Interval, format: 0 | 1, writer: RowWriter): void {
    appendInterval(value, format, writer);
  }
}

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
