// The sharding keys that an INSERT stores: from VALUES row by row, or from a SELECT whose key
// column is a constant or a column with known constants. null: they cannot be told.

import type { KeySet } from '../plan/route.ts';
import type { KeyGraph } from './key-graph.ts';
import type { KeyRule } from './key-rules.ts';
import { familyOf, type KeyFamily } from './key-rules.ts';
import { keySet, keyValue } from './key-values.ts';
import type { Level, ScopeRelation } from './level.ts';
import type { InsertStmt, SelectStmt, SyntaxNode } from './syntax-tree.ts';

export interface InsertContext {
  readonly graph: KeyGraph;
  readonly input: { readonly rules: readonly KeyRule[] };
}

export interface InsertedKey {
  readonly family: KeyFamily;
  /** 0-based, in each row of the source. */
  readonly position: number;
}

/** Names of the columns that the statement gives values for: its list, or the table's order. */
export function insertColumns(insert: InsertStmt, target: ScopeRelation): readonly string[] {
  const given = (insert.cols ?? []) as readonly SyntaxNode[];
  if (given.length === 0) return target.table?.columns.map(column => column.name) ?? [];
  return given.map(node => node.ResTarget?.name ?? '');
}

/** Where the key stands; null when the target is not sharded or the statement leaves it out. */
export function insertedKey(
  insert: InsertStmt,
  target: ScopeRelation,
  rules: readonly KeyRule[],
): InsertedKey | null {
  const rule = rules[target.rule];
  if (rule === undefined || target.table === null) return null;
  const column = target.table.columns.find(one => one.name === rule.column);
  const family = column === undefined ? null : familyOf(column);
  if (family === null || family !== rule.dataType) return null;
  const position = insertColumns(insert, target).indexOf(rule.column);
  return position === -1 ? null : { family, position };
}

/** Key sets that hold for all rows together; null when a key cannot be told. */
export function insertedKeys(
  insert: InsertStmt,
  target: ScopeRelation,
  source: Level | null,
  context: InsertContext,
): readonly KeySet[] | null {
  const key = insertedKey(insert, target, context.input.rules);
  const select = (insert.selectStmt as SyntaxNode | undefined)?.SelectStmt;
  if (key === null || select === undefined) return null;
  const rows = valuesRows(select);
  if (rows === null) return selectedKeys(select, key, source, context.graph);
  const keys = rows.map(row => row[key.position] ?? {});
  const set = keySet(keys, key.family);
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
): readonly KeySet[] | null {
  if (level === null || select.targetList === undefined) return null;
  const before = select.targetList.slice(0, key.position + 1) as readonly SyntaxNode[];
  // A star before the key would shift it.
  if (before.some(isStar)) return null;
  const value = before[key.position]?.ResTarget?.val as SyntaxNode | undefined;
  const constant = keyValue(value, key.family);
  if (constant !== null) return [{ values: [constant] }];
  if (value?.ColumnRef === undefined) return null;
  const use = level.resolve(value.ColumnRef);
  if (use === null || use.relation.nullable || graph.family(use) !== key.family) return null;
  const sets = graph.setsOf(use);
  return sets.length === 0 ? null : sets;
}

function isStar(node: SyntaxNode): boolean {
  const value = node.ResTarget?.val as SyntaxNode | undefined;
  const last = (value?.ColumnRef?.fields ?? value?.A_Indirection?.indirection)?.at(-1);
  return last !== undefined && 'A_Star' in last;
}
