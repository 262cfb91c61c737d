// The columns that all shards of a fragment must agree on before a row is merged.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { firstUserOid, typeName } from '../types/type-oid.ts';
import type { ColumnDescription } from './shard-client.ts';

/**
 * The first shard's columns, if every shard has the same names, types and formats. Table OIDs and
 * those of types made by CREATE are each server's own: the first shard's are taken. A type
 * modifier that differs (varchar(10) and varchar(20)) becomes -1. Error `shardsDisagree`.
 */
export function agreedColumns(
  shards: readonly (readonly ColumnDescription[])[],
): readonly ColumnDescription[] {
  const [first = [], ...others] = shards;
  const known = agreements.get(first);
  if (known !== undefined && isSame(known.others, others)) return known.columns;
  const columns = compared(first, others);
  agreements.set(first, { others, columns });
  return columns;
}

/** Whoever has the same descriptions again each time need not have them compared each time. */
const agreements = new WeakMap<readonly ColumnDescription[], Agreement>();

interface Agreement {
  readonly others: readonly (readonly ColumnDescription[])[];
  readonly columns: readonly ColumnDescription[];
}

function isSame<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((one, i) => one === right[i]);
}

function compared(
  first: readonly ColumnDescription[],
  others: readonly (readonly ColumnDescription[])[],
): readonly ColumnDescription[] {
  for (const other of others) {
    if (other.length !== first.length) {
      throw disagreement(`the number of columns (${first.length} and ${other.length})`);
    }
    first.forEach((column, i) => {
      assertSame(column, other[i]!, i + 1);
    });
  }
  return first.map((column, i) =>
    others.every(other => other[i]!.typeModifier === column.typeModifier)
      ? column
      : { ...column, typeModifier: -1 },
  );
}

function assertSame(left: ColumnDescription, right: ColumnDescription, position: number): void {
  if (left.name !== right.name) {
    throw disagreement(`the name of column ${position} ("${left.name}" and "${right.name}")`);
  }
  const bothUserTypes = left.typeOid >= firstUserOid && right.typeOid >= firstUserOid;
  if (left.typeOid !== right.typeOid && !bothUserTypes) {
    const types = `${typeName(left.typeOid)} and ${typeName(right.typeOid)}`;
    throw disagreement(`the type of column "${left.name}" (${types})`);
  }
  if (left.format !== right.format) {
    throw disagreement(`the format of column "${left.name}"`);
  }
}

function disagreement(what: string): PgError {
  return new PgError(errors.shardsDisagree, { what });
}
