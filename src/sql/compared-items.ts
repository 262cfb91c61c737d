// What a comparison says of the column it is about: the values, ranges and NULL among which the
// column is where the comparison is true.

import type { Column } from '../catalog/catalog.ts';
import type { KeyBound, KeyItem, KeyValue } from '../plan/route.ts';
import { typeOid } from '../types/type-oid.ts';
import type { Comparison, Operator } from './comparison.ts';
import { arrayKeySet, keySet, keyValue } from './key-values.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/**
 * What the column of a comparison may be where it is true; null: nothing can be said. `nullable`:
 * its relation may be NULL-extended, so that IS NULL finds rows without a match as well.
 */
export function comparedItems(
  { operator, left, right }: Comparison,
  column: Column,
  nullable: boolean,
): readonly KeyItem[] | null {
  if (Array.isArray(right)) return ofSeveral(operator, right as readonly SyntaxNode[], column);
  if (right === null) return withoutOperand(operator, left, column, nullable);
  const operand = right as SyntaxNode;
  if (operator === 'any') return arrayKeySet(operand, column)?.values ?? null;
  const value = keyValue(operand, column);
  if (value === null) return null;
  if (operator === '=') return [value];
  if (operator === 'not distinct') return notDistinct(value, column, nullable);
  const inclusive = operator === '<=' || operator === '>=';
  const bound = { value, inclusive };
  return operator.startsWith('<') ? range(null, bound, column) : range(bound, null, column);
}

function ofSeveral(
  operator: Operator,
  operands: readonly SyntaxNode[],
  column: Column,
): readonly KeyItem[] | null {
  if (operator === 'in') return keySet(operands, column)?.values ?? null;
  const low = keyValue(operands[0], column);
  const high = keyValue(operands[1], column);
  if (low === null || high === null) return null;
  if (operator === 'outside') {
    const below = range(null, { value: low, inclusive: false }, column);
    const above = range({ value: high, inclusive: false }, null, column);
    return below === null || above === null ? null : [...below, ...above];
  }
  const lower = { value: low, inclusive: true };
  const upper = { value: high, inclusive: true };
  const between = range(lower, upper, column);
  if (operator === 'between' || between === null) return between;
  return [...between, ...(range(upper, lower, column) ?? [])];
}

/** null where the order of the column's values is not known here. */
function range(
  lower: KeyBound | null,
  upper: KeyBound | null,
  column: Column,
): readonly KeyItem[] | null {
  if (column.keyType.kind === 'enum' || column.collation === 'other') return null;
  return [{ kind: 'range', lower, upper }];
}

/** IS NOT DISTINCT FROM: equal, or both NULL. */
function notDistinct(
  value: KeyValue,
  column: Column,
  nullable: boolean,
): readonly KeyItem[] | null {
  if (value.kind === 'constant') return [value];
  if (nullable) return null;
  if (value.kind === 'null') return [{ kind: 'is-null' }];
  return column.notNull ? [value] : [value, { kind: 'is-null' }];
}

function withoutOperand(
  operator: Operator,
  left: SyntaxNode,
  column: Column,
  nullable: boolean,
): readonly KeyItem[] | null {
  const isNull: KeyItem = { kind: 'is-null' };
  if (operator === 'is null') return nullable ? null : [isNull];
  // That leaves every shard but that of NULL: not worth a second set beside a value.
  if (operator === 'is not null') return null;
  if (column.typeOid !== typeOid.bool) return null;
  // Nothing is lifted where the column's name stands, so the text stays as it is here.
  const location = left.ColumnRef?.location ?? 0;
  const wanted = operator === 'is true' || operator === 'is not false';
  const value: KeyItem = { kind: 'constant', text: String(wanted), location };
  if (operator === 'is true' || operator === 'is false') return [value];
  return nullable ? null : [value, isNull];
}
