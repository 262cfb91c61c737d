// avg from partial sums and counts, divided once at the end: numeric_avg and int8_avg (numeric.c),
// float8_avg (float.c), interval_avg (timestamp.c).

import { divideInterval } from '../types/interval-value.ts';
import { divideNumeric } from '../types/numeric-value.ts';
import type { Accumulator } from './accumulator.ts';
import type { RowColumns } from './data-row.ts';
import type { IntegerSum } from './integer-sum.ts';
import type { RowWriter } from './row-writer.ts';
import {
  appendFloat,
  appendInterval,
  appendNumeric,
  type FloatSum,
  type IntervalSum,
  type NumericSum,
} from './sum-accumulator.ts';

interface Sums<Value> extends Accumulator {
  total(group: number): Value | null;
}

abstract class Avg<Value> implements Accumulator {
  readonly #sums: Sums<Value>;
  readonly #counts: IntegerSum;
  readonly #format: 0 | 1;

  constructor(sums: Sums<Value>, counts: IntegerSum, format: 0 | 1) {
    this.#sums = sums;
    this.#counts = counts;
    this.#format = format;
  }

  get groupBytes(): number {
    return this.#sums.groupBytes + this.#counts.groupBytes;
  }

  add(group: number, row: RowColumns): void {
    this.#sums.add(group, row);
    this.#counts.add(group, row);
  }

  write(group: number, writer: RowWriter): void {
    const sum = this.#sums.total(group);
    const count = this.#counts.total(group) ?? 0n;
    if (sum === null || count === 0n) writer.appendNull();
    else this.appendQuotient(sum, count, this.#format, writer);
  }

  protected abstract appendQuotient(
    sum: Value,
    count: bigint,
    format: 0 | 1,
    writer: RowWriter,
  ): void;
}

type NumericTotal = NonNullable<ReturnType<NumericSum['total']>>;
type IntervalTotal = NonNullable<ReturnType<IntervalSum['total']>>;

/** avg of integers and numeric. */
export class AvgNumeric extends Avg<NumericTotal> {
  protected appendQuotient(
    sum: NumericTotal,
    count: bigint,
    format: 0 | 1,
    writer: RowWriter,
  ): void {
    appendNumeric(divideNumeric(sum, count), format, writer);
  }
}

/** avg of float4 and float8, whose partial sums are float8. */
export class AvgFloat8 extends Avg<NonNullable<ReturnType<FloatSum['total']>>> {
  protected appendQuotient(sum: number, count: bigint, format: 0 | 1, writer: RowWriter): void {
    // The server's sum begins at 0, so that an average of -0 is 0 (float8_accum).
    appendFloat((0 + sum) / Number(count), false, format, writer);
  }
}

export class AvgInterval extends Avg<IntervalTotal> {
  protected appendQuotient(
    sum: IntervalTotal,
    count: bigint,
    format: 0 | 1,
    writer: RowWriter,
  ): void {
    appendInterval(divideInterval(sum, Number(count)), format, writer);
  }
}
