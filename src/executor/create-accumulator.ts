// The accumulator of an aggregate, chosen by the types of its partials.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { AggregateSpec } from '../plan/merge-plan.ts';
import { typeName, typeOid } from '../types/type-oid.ts';
import type { Accumulator } from './accumulator.ts';
import { AnyValueAccumulator } from './any-value-accumulator.ts';
import { AvgFloat8, AvgInterval, AvgNumeric } from './avg-accumulator.ts';
import { BitAccumulator } from './bit-accumulator.ts';
import { BooleanAccumulator } from './boolean-accumulator.ts';
import { ExtremeAccumulator } from './extreme-accumulator.ts';
import { IntegerSum } from './integer-sum.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { ColumnDescription } from './shard-client.ts';
import { FloatSum, IntervalSum, NumericSum } from './sum-accumulator.ts';

/** Throws `unsupportedAcrossShards` for a type whose partials cannot be merged exactly. */
export function createAccumulator(
  spec: AggregateSpec,
  columns: readonly ColumnDescription[],
  budget: MemoryBudget,
): Accumulator {
  const column = columns[spec.column]!;
  switch (spec.kind) {
    case 'count':
      if (column.typeOid !== typeOid.int8) throw unmergeable('count', column.typeOid);
      return new IntegerSum(spec.column, column.format, 'zero');
    case 'sum':
      return sumOf(spec.column, column, budget);
    case 'min':
    case 'max':
      return new ExtremeAccumulator(spec.kind, spec.column, column, budget);
    case 'avg':
      return avgOf(spec, columns, budget);
    case 'bool-and':
    case 'bool-or':
      if (column.typeOid !== typeOid.bool) throw unmergeable(spec.kind, column.typeOid);
      return new BooleanAccumulator(spec.kind === 'bool-and', spec.column, column.format);
    case 'bit-and':
    case 'bit-or':
    case 'bit-xor': {
      const size = integerSizes.get(column.typeOid);
      if (size === undefined) throw unmergeable(spec.kind.replace('-', '_'), column.typeOid);
      return new BitAccumulator(spec.kind, spec.column, size, column.format);
    }
    case 'any-value':
      return new AnyValueAccumulator(spec.column, budget);
  }
}

const integerSizes: ReadonlyMap<number, 2 | 4 | 8> = new Map([
  [typeOid.int2, 2],
  [typeOid.int4, 4],
  [typeOid.int8, 8],
]);

function sumOf(index: number, column: ColumnDescription, budget: MemoryBudget): Accumulator {
  switch (column.typeOid) {
    case typeOid.int8:
      return new IntegerSum(index, column.format, 'null');
    case typeOid.numeric:
      return new NumericSum(index, column, column.format, budget);
    case typeOid.float4:
    case typeOid.float8:
      return new FloatSum(index, column, column.format);
    case typeOid.interval:
      return new IntervalSum(index, column.format, column.format);
    default:
      throw unmergeable('sum', column.typeOid);
  }
}

function avgOf(
  spec: AggregateSpec & { readonly kind: 'avg' },
  columns: readonly ColumnDescription[],
  budget: MemoryBudget,
): Accumulator {
  const { typeOid: result, format } = columns[spec.column]!;
  const sum = columns[spec.sumColumn]!;
  const count = columns[spec.countColumn]!;
  const places = { sum: spec.sumColumn, count: spec.countColumn };
  if (count.typeOid !== typeOid.int8) throw unmergeable('avg', count.typeOid);
  const counts = new IntegerSum(places.count, count.format, 'zero');
  const exact = sum.typeOid === typeOid.int8 || sum.typeOid === typeOid.numeric;
  if (result === typeOid.numeric && exact) {
    return new AvgNumeric(new NumericSum(places.sum, sum, format, budget), counts, format);
  }
  if (result === typeOid.float8 && sum.typeOid === typeOid.float8) {
    return new AvgFloat8(new FloatSum(places.sum, sum, format), counts, format);
  }
  if (result === typeOid.interval && sum.typeOid === typeOid.interval) {
    return new AvgInterval(new IntervalSum(places.sum, sum.format, format), counts, format);
  }
  throw unmergeable('avg', result);
}

function unmergeable(aggregate: string, oid: number): PgError {
  return new PgError(errors.unsupportedAcrossShards, {
    construct: `${aggregate} merged from values of type ${typeName(oid)}`,
  });
}
