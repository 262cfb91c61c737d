// Predicates in conjunction and what they confine. An equality counts only where every row that
// matters must satisfy it: a conjunct of WHERE, or of the ON of an inner join, or the ON of an
// outer join for the side whose unmatched rows disappear. Not in NOT, CASE, FILTER, a target; in OR
// only where every arm confines the same column.

import type { KeySet, KeyValue } from '../plan/route.ts';
import type { KeyGraph } from './key-graph.ts';
import { arrayKeySet, keySet, keyValue } from './key-values.ts';
import type { ColumnUse, Level, ScopeRelation } from './level.ts';
import type { A_Expr, SyntaxNode } from './syntax-tree.ts';
import { qualifiedName } from './syntax-tree.ts';

/** Where a condition stands. */
export interface ConditionScope {
  readonly level: Level;
  /** Relations whose rows have to satisfy it; null: all of the level (WHERE). */
  readonly filters: ReadonlySet<ScopeRelation> | null;
  /** Relations whose names it sees; null: all of the level. */
  readonly visible: ReadonlySet<ScopeRelation> | null;
}

/** Records what the conjuncts of `condition` say. */
export function addCondition(
  graph: KeyGraph,
  condition: SyntaxNode | undefined,
  scope: ConditionScope,
): void {
  if (condition === undefined) return;
  if (condition.BoolExpr?.boolop === 'AND_EXPR') {
    for (const arg of condition.BoolExpr.args ?? []) addCondition(graph, arg, scope);
    return;
  }
  if (condition.BoolExpr?.boolop === 'OR_EXPR') {
    addAlternatives(graph, condition.BoolExpr.args ?? [], scope);
  } else if (condition.A_Expr !== undefined) addComparison(graph, condition.A_Expr, scope);
}

/** `k = 1 OR k IN (2, 3)`: all arms confine the same column, so it has one of their values. */
function addAlternatives(
  graph: KeyGraph,
  arms: readonly SyntaxNode[],
  scope: ConditionScope,
): void {
  let column: ColumnUse | null = null;
  const values: KeyValue[] = [];
  for (const { A_Expr: arm } of arms) {
    const found = arm === undefined ? null : confinement(graph, arm, scope);
    if (found === null) return;
    column ??= found.column;
    const { relation, column: name } = found.column;
    if (relation !== column.relation || name !== column.column) return;
    values.push(...found.set.values);
  }
  if (column !== null) graph.confine(column, { values });
}

/** Records that two columns are equal (JOIN … USING). */
export function addEquality(
  graph: KeyGraph,
  a: ColumnUse,
  b: ColumnUse,
  scope: ConditionScope,
): void {
  if (isFiltered(b, scope)) graph.follow(a, b);
  if (isFiltered(a, scope)) graph.follow(b, a);
}

function addComparison(graph: KeyGraph, expr: A_Expr, scope: ConditionScope): void {
  if (!isBuiltinEquals(expr)) return;
  if (expr.lexpr !== undefined && 'RowExpr' in expr.lexpr) {
    for (const column of columnwise(expr)) addComparison(graph, column, scope);
    return;
  }
  const left = columnUse(expr.lexpr, scope);
  const right = columnUse(expr.rexpr, scope);
  if (left !== null && right !== null) {
    if (expr.kind === 'AEXPR_OP') addEquality(graph, left, right, scope);
    return;
  }
  const found = confinement(graph, expr, scope);
  if (found !== null) graph.confine(found.column, found.set);
}

/** The column that a comparison with constants confines, and to which. */
function confinement(
  graph: KeyGraph,
  expr: A_Expr,
  scope: ConditionScope,
): { readonly column: ColumnUse; readonly set: KeySet } | null {
  if (!isBuiltinEquals(expr)) return null;
  const left = columnUse(expr.lexpr, scope);
  const column = left ?? (isSymmetric(expr) ? columnUse(expr.rexpr, scope) : null);
  if (column === null || !isFiltered(column, scope)) return null;
  const set = constants(graph, expr, column, left === null ? expr.lexpr : expr.rexpr);
  return set === null ? null : { column, set };
}

/** `(a, b) = (1, 2)` and `(a, b) IN ((1, 2), …)` column by column; nothing for other forms. */
function columnwise(expr: A_Expr): readonly A_Expr[] {
  const left = rowItems(expr.lexpr);
  if (expr.kind === 'AEXPR_OP') {
    const right = rowItems(expr.rexpr);
    if (left === null || right?.length !== left.length) return [];
    return left.map((lexpr, at) => ({ ...expr, lexpr, rexpr: right[at]! }) as A_Expr);
  }
  const rows = (expr.rexpr as SyntaxNode | undefined)?.List?.items?.map(rowItems);
  if (expr.kind !== 'AEXPR_IN' || left === null || rows === undefined) return [];
  if (rows.some(row => row?.length !== left.length)) return [];
  return left.map((lexpr, at) => {
    const items = rows.map(row => row![at]!);
    return { ...expr, lexpr, rexpr: { List: { items } } } as A_Expr;
  });
}

function rowItems(node: SyntaxNode | undefined): readonly SyntaxNode[] | null {
  return (node?.RowExpr?.args as readonly SyntaxNode[] | undefined) ?? null;
}

function constants(
  graph: KeyGraph,
  expr: A_Expr,
  column: ColumnUse,
  other: SyntaxNode | undefined,
): KeySet | null {
  const family = graph.family(column);
  if (family === null) return null;
  switch (expr.kind) {
    case 'AEXPR_OP': {
      const value = keyValue(other, family);
      return value === null ? null : { values: [value] };
    }
    case 'AEXPR_NOT_DISTINCT': {
      const value = keyValue(other, family);
      // `IS NOT DISTINCT FROM NULL` keeps NULL-extended rows: it finds what has no match.
      if (value === null || value.kind === 'null') return null;
      if (value.kind === 'parameter' && column.relation.nullable) return null;
      return { values: [value] };
    }
    case 'AEXPR_IN':
      return keySet(other?.List?.items ?? [{}], family);
    case 'AEXPR_OP_ANY':
      return arrayKeySet(other, family);
    default:
      return null;
  }
}

function isBuiltinEquals(expr: A_Expr): boolean {
  const { schema, name } = qualifiedName(expr.name);
  return name === '=' && (schema === null || schema === 'pg_catalog');
}

function isSymmetric(expr: A_Expr): boolean {
  return expr.kind === 'AEXPR_OP' || expr.kind === 'AEXPR_NOT_DISTINCT';
}

function columnUse(node: SyntaxNode | undefined, scope: ConditionScope): ColumnUse | null {
  if (node?.ColumnRef === undefined) return null;
  return scope.level.resolve(node.ColumnRef, scope.visible ?? undefined);
}

/** Whether rows of the column's relation have to satisfy the condition. */
function isFiltered(use: ColumnUse, scope: ConditionScope): boolean {
  if (use.relation.level !== scope.level) return false;
  return scope.filters === null || scope.filters.has(use.relation);
}
