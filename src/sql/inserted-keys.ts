// The sharding keys that an INSERT stores: from VALUES row by row, or from a SELECT whose key
// column is a constant or a column with known constants. null: they cannot be told.

import { type Column, columnOf } from '../catalog/catalog.ts';
import type { KeySet } from '../plan/route.ts';
import type { ColumnSet, KeyGraph } from './key-graph.ts';
import { readingOf } from './key-reading.ts';
import { keySet, keyValue } from './key-values.ts';
import { catalogColumn, type Level, type ScopeRelation } from './level.ts';
import { hasGroupingSets } from './query-output.ts';
import { familyOf } from './sharding-scheme.ts';
import { storedKeyColumn } from './stored-column.ts';
import type { InsertStmt, SelectStmt, SyntaxNode } from './syntax-tree.ts';

/** Where one column of the key stands. */
export interface InsertedKey {
  readonly column: Column;
  /** 0-based, in each row of the source. */
  readonly position: number;
}

/** Names of the columns that the statement gives values for: its list, or the table's order. */
export function insertColumns(insert: InsertStmt, target: ScopeRelation): readonly string[] {
  const given = (insert.cols ?? []) as readonly SyntaxNode[];
  if (given.length === 0) return target.table?.columns.map(column => column.name) ?? [];
  return given.map(node => node.ResTarget?.name ?? '');
}

/** Where the columns of the key stand, in their order; null when the target's rows cannot be placed
 *  or the statement leaves one out. */
export function insertedKey(
  insert: InsertStmt,
  target: ScopeRelation,
): readonly InsertedKey[] | null {
  const { key, table } = target;
  if (key === null || key.placement === -1 || table === null) return null;
  const given = insertColumns(insert, target);
  const found: InsertedKey[] = [];
  for (const name of key.columns) {
    const column = columnOf(table, name);
    const position = given.indexOf(name);
    if (column === null || position === -1) return null;
    found.push({ column, position });
  }
  return found;
}

/** Key sets that hold for all rows together; null when a key cannot be told. */
export function insertedKeys(
  insert: InsertStmt,
  target: ScopeRelation,
  source: Level | null,
  graph: KeyGraph,
): readonly KeySet[] | null {
  const key = insertedKey(insert, target);
  const select = (insert.selectStmt as SyntaxNode | undefined)?.SelectStmt;
  if (key === null || select === undefined) return null;
  const rows = valuesRows(select);
  const sets: KeySet[] = [];
  for (const [column, part] of key.entries()) {
    const lists =
      rows === null ? selectedKeys(select, part, source, graph) : storedKeys(rows, part);
    if (lists === null) return null;
    // Values of several columns are paired row by row, which a SELECT's are only one by one.
    const isPaired = rows !== null || lists.every(({ values }) => values.length === 1);
    if (key.length > 1 && !(lists.length === 1 && isPaired)) return null;
    for (const { values } of lists) sets.push({ column, values });
  }
  return sets;
}

function storedKeys(
  rows: readonly (readonly SyntaxNode[])[],
  { column, position }: InsertedKey,
): readonly ColumnSet[] | null {
  const set = keySet(
    rows.map(row => row[position] ?? {}),
    column,
  );
  return set === null ? null : [set];
}

/** Rows of a plain VALUES; null for any other query. */
export function valuesRows(select: SelectStmt): readonly (readonly SyntaxNode[])[] | null {
  const { valuesLists, sortClause, limitCount, limitOffset, withClause } = select;
  if (valuesLists === undefined || withClause !== undefined) return null;
  if (sortClause !== undefined || limitCount !== undefined || limitOffset !== undefined)
    return null;
  return valuesLists.map(list => ((list as SyntaxNode).List?.items ?? []) as readonly SyntaxNode[]);
}

function selectedKeys(
  select: SelectStmt,
  key: InsertedKey,
  level: Level | null,
  graph: KeyGraph,
): readonly ColumnSet[] | null {
  if (level === null || select.targetList === undefined || hasGroupingSets(select)) return null;
  const before = select.targetList.slice(0, key.position + 1) as readonly SyntaxNode[];
  // A star before the key would shift it.
  if (before.some(isStar)) return null;
  const value = before[key.position]?.ResTarget?.val as SyntaxNode | undefined;
  const constant = keyValue(value, key.column);
  if (constant !== null) return [{ values: [constant] }];
  if (value?.ColumnRef === undefined) return null;
  const use = level.resolve(value.ColumnRef);
  const type = use === null ? null : catalogColumn(use);
  if (use === null || type === null || use.relation.nullable) return null;
  if (graph.family(use) !== familyOf(key.column)) return null;
  // Constants of another type would be read otherwise ('0.1' as real and as double precision).
  if (readingOf(type) !== readingOf(key.column)) return null;
  // What the target rounds is another value than the one that the source is read by.
  if (type.typeModifier !== key.column.typeModifier) return null;
  const sets = graph.setsOf(use);
  // Any shard's, each row where it is read (`planner/insert-in-place.ts`).
  return sets.length > 0 || storedKeyColumn(use, key.column) !== null ? sets : null;
}

function isStar(node: SyntaxNode): boolean {
  const value = node.ResTarget?.val as SyntaxNode | undefined;
  const last = (value?.ColumnRef?.fields ?? value?.A_Indirection?.indirection)?.at(-1);
  return last !== undefined && 'A_Star' in last;
}
