// Whether the merge can compare the values of an expression as PostgreSQL does: by what is known of
// its type and collation, or, where the type is not, on conditions that are checked when it arrives.

import { type ColumnUse, catalogColumn, innermostColumn, type Level } from '../sql/level.ts';
import { quoteName } from '../sql/quote-name.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { comparableType, isCollated } from '../types/key-decoder.ts';
import { firstUserOid, typeName } from '../types/type-oid.ts';
import { expressionCollation, isByteCollation } from './expression-collation.ts';
import { type ExpressionType, expressionType } from './expression-type.ts';

/** What there is to compare. `type` null: not known. `collation`: of the expression if it is text;
 *  see `expressionCollation`. */
export interface Comparand {
  readonly type: ExpressionType | null;
  readonly collation: 'c' | 'other' | null;
}

export function comparand(
  node: SyntaxNode | undefined,
  level: Level,
  facts: ScopeBuilder,
): Comparand {
  if (isByteCollation(node?.CollateClause?.collname)) return { type: null, collation: 'c' };
  const type = expressionType(node, level, facts);
  if (type === null) return { type, collation: expressionCollation(node, level, facts) };
  return { type, collation: type.collation === 'nondeterministic' ? null : type.collation };
}

/** Why values cannot be put in order here; null: they can, if text of an unknown collation is not
 *  what they turn out to be. */
export function orderProblem({ type, collation }: Comparand): string | null {
  if (type === null) return null;
  if (!comparableType(type.oid)) return ofType(type.oid);
  return isCollated(type.oid) && collation !== 'c' ? 'under a collation other than "C"' : null;
}

/** Why equal values cannot be told here; null: they can, on the same condition. */
export function equalityProblem({ type, collation }: Comparand): string | null {
  if (type === null) return null;
  if (!comparableType(type.oid)) return ofType(type.oid);
  const isUnknown = isCollated(type.oid) && collation === null;
  return isUnknown ? 'under a nondeterministic collation' : null;
}

/** For messages; types that are not built in have no fixed OID to name them by. */
export function ofType(oid: number): string {
  return oid >= firstUserOid ? 'of a type that is not built in' : `of type ${typeName(oid)}`;
}

/** SQL of an integer in the order of the enum that the column is of; null: it is of none. Shards
 *  agree in the labels and their order, or their catalogs' drift has been refused. */
export function enumPosition(use: ColumnUse, sql: string): string | null {
  if (catalogColumn(use)?.keyType.kind !== 'enum') return null;
  const value = typedNull(use);
  // Once for all rows: reading the labels takes ten times as long as finding one.
  const labels =
    value === null ? `pg_catalog.enum_range(${sql})` : `(SELECT pg_catalog.enum_range(${value}))`;
  return `pg_catalog.array_position(${labels}, ${sql})`;
}

/** A NULL of the column's type, which need not be named for it. */
function typedNull(use: ColumnUse): string | null {
  const origin = innermostColumn(use);
  const table = origin?.relation.table ?? null;
  const column = table?.columns[origin?.relation.columns?.indexOf(origin.column) ?? -1];
  if (table === null || column === undefined) return null;
  const row = `${quoteName(table.schema)}.${quoteName(table.name)}`;
  return `(NULL::${row}).${quoteName(column.name)}`;
}
