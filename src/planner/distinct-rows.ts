// DISTINCT over several shards: each sends its rows once and sorted, by the statement's ORDER BY
// first and then by every column, so that what is equal meets in the merge. Equality is that of the
// type's btree operator class, which is its DISTINCT's too.

import type { SortKey } from '../plan/merge-plan.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import type { ColumnUse, Level } from '../sql/level.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { sameExpression } from '../sql/syntax-tree.ts';
import { enumPosition, equalityProblem, orderProblem } from './comparable-key.ts';
import { coversKey, distinctColumn } from './group-aggregate.ts';
import type { OutputColumn, OutputColumns } from './output-columns.ts';
import { refuseWide } from './plan-input.ts';
import { keyColumn, type SortContext } from './sort-keys.ts';

/** How the rows of shards become those of the statement. */
export interface RowOrder {
  readonly keys: readonly SortKey[];
  /** Items that shards order by behind the statement's own, for the last of `keys`. */
  readonly added: readonly string[];
  readonly distinctKeys: number | null;
}

/** The columns that tell rows apart. */
export function distinctColumns(
  select: SelectStmt,
  level: Level,
  outputs: OutputColumns | null,
): readonly (ColumnUse | null)[] {
  const items = onItems(select);
  if (items.length === 0) return outputs?.visible.map(one => one.use) ?? [];
  return items.map(item => distinctColumn(item, level, outputs));
}

/** Rows of different shards differ where the key is among what is distinct. */
export function isWhole(columns: readonly (ColumnUse | null)[]): boolean {
  return coversKey(columns.filter(use => use?.relation.nullable === false));
}

/** `keys`: of the statement's ORDER BY. */
export function planDistinct(
  select: SelectStmt,
  keys: readonly SortKey[],
  context: SortContext,
): RowOrder | Refusal {
  const on = onItems(select);
  return on.length === 0 ? everyColumn(keys, context) : planOn(select, on, keys, context);
}

function onItems({ distinctClause }: SelectStmt): readonly SyntaxNode[] {
  const items = (distinctClause ?? []) as readonly SyntaxNode[];
  return items.filter(item => Object.keys(item).length > 0);
}

function everyColumn(keys: readonly SortKey[], { outputs }: SortContext): RowOrder | Refusal {
  const columns: number[] = [];
  for (const [at, output] of outputs.visible.entries()) {
    const column = distinctKey(at, output, outputs);
    if (typeof column !== 'number') return column;
    columns.push(column);
  }
  return extended(keys, columns, null);
}

/** What a column is sorted by to find equal rows: any order will do. */
function distinctKey(at: number, output: OutputColumn, outputs: OutputColumns): number | Refusal {
  const { use, value } = output;
  if (orderProblem(value) === null) return outputs.compare(at, value, 'order');
  const surrogate = (column: ColumnUse) => (sql: string) => {
    const bytes = equalityProblem(value) === null ? `${sql} COLLATE "C"` : null;
    return enumPosition(column, sql) ?? bytes;
  };
  const found = use === null ? null : outputs.surrogate(use, surrogate(use));
  const what = output.name === null ? 'a column' : `"${output.name}"`;
  return found ?? refuseWide(`DISTINCT of ${what} ${orderProblem(value)}`);
}

/**
 * The first row of each group: ON is what ORDER BY begins with, in any order
 * (transformDistinctOnClause, parse_clause.c). What it has more comes behind.
 */
function planOn(
  select: SelectStmt,
  on: readonly SyntaxNode[],
  keys: readonly SortKey[],
  context: SortContext,
): RowOrder | Refusal {
  const sorted = (select.sortClause ?? []) as readonly SyntaxNode[];
  const columns: number[] = [];
  for (const node of on) {
    const at = sorted.findIndex(one => sameExpression(one.SortBy?.node, node));
    const column = at === -1 ? keyColumn(node, -1, context) : keys[at]!.column;
    if (typeof column !== 'number') return column;
    columns.push(column);
  }
  const first = keys.findIndex(key => !columns.includes(key.column));
  const begun = first === -1 ? keys : keys.slice(0, first);
  const missing = columns.some(column => !begun.some(key => key.column === column));
  if (first !== -1 && missing) return refuseWide('DISTINCT ON of other columns than ORDER BY');
  return first === -1 ? extended(keys, columns, null) : extended(keys, [], begun.length);
}

/** Behind `keys` those of `columns` that are not among them. `distinctKeys` null: all keys. */
function extended(
  keys: readonly SortKey[],
  columns: readonly number[],
  distinctKeys: number | null,
): RowOrder {
  const more = [...new Set(columns)].filter(column => !keys.some(key => key.column === column));
  const all = more.map(column => ({ column, descending: false, nullsFirst: false }));
  return {
    keys: [...keys, ...all],
    added: more.map(column => String(column + 1)),
    distinctKeys: distinctKeys ?? keys.length + more.length,
  };
}
