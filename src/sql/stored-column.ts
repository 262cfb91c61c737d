// A column of one table stored into another's key: whether the row then belongs on the shard that
// has the row it comes from.

import type { Column } from '../catalog/catalog.ts';
import { readingOf } from './key-reading.ts';
import { type ColumnUse, catalogColumn, innermostColumn } from './level.ts';

/** The key column of a sharded table whose value is stored as it is; null: it is something else, or
 *  NULL where the table's row is not. */
export function storedKeyColumn(use: ColumnUse, target: Column): ColumnUse | null {
  const inner = use.relation.nullable ? null : innermostColumn(use);
  const source = inner === null ? null : catalogColumn(inner);
  if (inner?.relation.key == null || source === null || inner.relation.nullable) return null;
  const modified = target.typeModifier !== -1 && target.typeModifier !== source.typeModifier;
  if (modified || readingOf(source) !== readingOf(target)) return null;
  const at = inner.relation.table?.columns.indexOf(source) ?? -1;
  const isKey = inner.relation.key.columns.includes(inner.relation.table?.columns[at]?.name ?? '');
  return isKey ? inner : null;
}
