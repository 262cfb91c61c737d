// GROUP BY of a statement as the expressions that its items mean: columns by any of their names,
// expressions, output columns by alias or position. References are compared as what they mean.

import type { ColumnUse, Level } from '../sql/level.ts';
import type { ColumnRef, SyntaxNode } from '../sql/syntax-tree.ts';
import { ordinalNode } from './sql-fragment.ts';

/** An item of GROUP BY. `output`: 0-based, of a name or position; null: it is an expression. */
export interface GroupItem {
  readonly expression: SyntaxNode;
  readonly output: number | null;
}

/** Items of the target list, stars expanded, each with its name. */
export interface Output {
  readonly name: string;
  readonly expression: SyntaxNode;
}

/** What an item of GROUP BY that is no list means; null: it cannot be told. Input columns come before
 *  output columns (findTargetlistEntrySQL92, parse_clause.c). */
export function groupItem(
  item: SyntaxNode,
  level: Level,
  outputs: readonly Output[],
): GroupItem | null {
  if (item.A_Const !== undefined) {
    const output = (item.A_Const.ival?.ival ?? 0) - 1;
    const meant = outputs[output];
    return meant === undefined ? null : { expression: meant.expression, output };
  }
  const name = bareName(item);
  if (name === null || level.resolve(item.ColumnRef!) !== null) {
    return { expression: item, output: null };
  }
  if (mayBeColumn(name, level)) return null;
  const output = outputs.findIndex(one => one.name === name);
  const [meant, ...others] = outputs.filter(one => one.name === name);
  if (meant === undefined) return null;
  const first = canonicalExpression(meant.expression, level);
  if (others.some(one => canonicalExpression(one.expression, level) !== first)) return null;
  return { expression: meant.expression, output };
}

/** Some relation of the level may have a column of the name. */
function mayBeColumn(name: string, level: Level): boolean {
  if (level.opaque) return true;
  return level.relations.some(one => one.columns === null || one.columns.includes(name));
}

/** The name of a reference by a name alone; null: it is none. */
export function bareName(node: SyntaxNode): string | null {
  const fields = (node.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  return fields.length === 1 ? (fields[0]?.String?.sval ?? null) : null;
}

/** `GROUP BY (a, b)` is a list; ROW(a, b) is one value (transformGroupClause, parse_clause.c). */
export function isList(item: SyntaxNode): boolean {
  return item.RowExpr?.row_format === 'COERCE_IMPLICIT_CAST';
}

/** The same value in every row: nothing has to be grouped by it. */
export function isConstant(node: SyntaxNode): boolean {
  if (node.TypeCast !== undefined) return isConstant((node.TypeCast.arg ?? {}) as SyntaxNode);
  return node.A_Const !== undefined || node.ParamRef !== undefined;
}

/** The item as it may stand where FROM has other columns. */
export function outputItem({ expression, output }: GroupItem): SyntaxNode {
  return output === null ? expression : ordinalNode(output + 1);
}

/**
 * Expressions with the same text here have the same value in a row: places are left out, columns
 * are what they mean. A column that USING merges may be of another type than either.
 */
export function canonicalExpression(node: SyntaxNode, level: Level): string {
  return JSON.stringify(node, (member, value: unknown) => {
    if (member === 'location') return undefined;
    // Names in a query within mean its own columns first.
    if (member === 'SelectStmt') return canonicalQuery(value);
    if (member !== 'ColumnRef') return value;
    const ref = value as ColumnRef;
    const use = level.resolve(ref);
    if (use === null || use.relation.level !== level) return value;
    const merged = ref.fields?.length === 1 && level.merged.has(use.column);
    return `${use.relation.id} ${merged ? 'merged' : 'own'} ${use.column}`;
  });
}

function canonicalQuery(query: unknown): string {
  return JSON.stringify(query, (member, value: unknown) =>
    member === 'location' ? undefined : value,
  );
}

/**
 * Columns of a table whose primary key is grouped by have one value in each group
 * (check_functional_grouping, pg_constraint.c). `grouped`: columns in all grouping sets.
 */
export function dependsOn(use: ColumnUse, grouped: readonly ColumnUse[]): boolean {
  const { table, columns } = use.relation;
  const key = table?.uniqueIndexes.find(index => index.primary)?.columns;
  if (table == null || columns === null || key == null) return false;
  return key.every(name => {
    const visible = columns[table.columns.findIndex(column => column.name === name)];
    return grouped.some(one => one.relation === use.relation && one.column === visible);
  });
}
