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
} from '../types/numeric-value.ts';
import { typeOid } from '../types/type-oid.ts';
import { malformedValue } from '../types/value-error.ts';
import type { Accumulator } from './accumulator.ts';
import type { RowColumns } from './data-row.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { RowWriter } from './row-writer.ts';
import type { ColumnDescription } from './shard-client.ts';

/** A sum held as one value per group, null until a partial is not NULL. */
abstract class ValueSum<Value> implements Accumulator {
  readonly #column: number;
  readonly #format: 0 | 1;
  readonly #totals: (Value | null)[] = [];

  /** `format` is that of what `write` appends. */
  constructor(column: number, format: 0 | 1) {
    this.#column = column;
    this.#format = format;
  }

  add(group: number, row: RowColumns): void {
    if (group === this.#totals.length) this.#totals.push(null);
    if (row.isNull(this.#column)) return;
    const start = row.starts[this.#column]!;
    const end = row.ends[this.#column]!;
    const value = this.read(row.bytes, start, end);
    const total = this.#totals[group]!;
    this.#totals[group] = total === null ? value : this.plus(total, value);
    if (total === null) this.first(end - start);
  }

  /** The sum; null when every partial was NULL. */
  total(group: number): Value | null {
    return this.#totals[group] ?? null;
  }

  write(group: number, writer: RowWriter): void {
    const total = this.#totals[group] ?? null;
    if (total === null) writer.appendNull();
    else this.append(total, this.#format, writer);
  }

  /** A group got its first value, `size` bytes on the wire. */
  protected first(_size: number): void {}
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

/** Numeric sums of numeric or int8 partials. */
export class NumericSum extends ValueSum<Numeric> {
  readonly #binary: boolean;
  readonly #integers: boolean;
  readonly #budget: MemoryBudget;

  constructor(index: number, column: ColumnDescription, format: 0 | 1, budget: MemoryBudget) {
    super(index, format);
    this.#binary = column.format === 1;
    this.#integers = column.typeOid === typeOid.int8;
    this.#budget = budget;
  }

  protected override first(size: number): void {
    this.#budget.reserve(size + 64);
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
