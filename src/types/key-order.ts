// The order of decoded keys: that of PostgreSQL's btree operator classes, with each sort key's
// direction and place of NULLs (ORDER BY … ASC/DESC NULLS FIRST/LAST).

import type { KeyColumn } from './key-column.ts';

/** Direction of one sort key. */
export interface KeyDirection {
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Compares two values that are not NULL: negative, 0 or positive. Columns are of one kind. */
export function compareValues(
  left: KeyColumn,
  leftRow: number,
  right: KeyColumn,
  rightRow: number,
): number {
  switch (left.kind) {
    case 'int32': {
      const a = left.int32[leftRow]!;
      const b = right.int32[rightRow]!;
      return a < b ? -1 : a > b ? 1 : 0;
    }
    case 'int64': {
      const a = left.int32[2 * leftRow + 1]!;
      const b = right.int32[2 * rightRow + 1]!;
      if (a !== b) return a < b ? -1 : 1;
      const lowA = left.int32[2 * leftRow]! >>> 0;
      const lowB = right.int32[2 * rightRow]! >>> 0;
      return lowA < lowB ? -1 : lowA > lowB ? 1 : 0;
    }
    case 'float64':
      return compareFloats(left.float64[leftRow]!, right.float64[rightRow]!);
    case 'bytes':
      return compareBytes(left, leftRow, right, rightRow);
  }
}

/** NaN equals NaN and is above all numbers (float8_cmp_internal). */
function compareFloats(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

function compareBytes(a: KeyColumn, aRow: number, b: KeyColumn, bRow: number): number {
  const aData = a.data;
  const bData = b.data;
  const aStart = a.offsets[aRow]!;
  const bStart = b.offsets[bRow]!;
  const aSize = a.offsets[aRow + 1]! - aStart;
  const bSize = b.offsets[bRow + 1]! - bStart;
  const size = Math.min(aSize, bSize);
  for (let i = 0; i < size; i++) {
    const difference = aData[aStart + i]! - bData[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aSize - bSize;
}

/** Compares two rows by all sort keys; column i of each side and direction i belong together. */
export function compareRows(
  left: readonly KeyColumn[],
  leftRow: number,
  right: readonly KeyColumn[],
  rightRow: number,
  directions: readonly KeyDirection[],
): number {
  for (let i = 0; i < directions.length; i++) {
    const a = left[i]!;
    const b = right[i]!;
    const direction = directions[i]!;
    if (a.nullCount !== 0 || b.nullCount !== 0) {
      const aNull = a.isNull(leftRow);
      const bNull = b.isNull(rightRow);
      if (aNull || bNull) {
        if (aNull && bNull) continue;
        return aNull === direction.nullsFirst ? -1 : 1;
      }
    }
    const order = compareValues(a, leftRow, b, rightRow);
    if (order !== 0) return direction.descending ? -order : order;
  }
  return 0;
}
