// Predicates in conjunction and what they confine. An equality counts only where every row that
// matters must satisfy it: a conjunct of WHERE, or of the ON of an inner join, or the ON of an
// outer join for the side whose unmatched rows disappear. Not in OR, NOT, CASE, FILTER, a target.

import type { KeySet } from '../plan/route.ts';
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
  if (condition.A_Expr !== undefined) addComparison(graph, condition.A_Expr, scope);
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
  const column = left ?? (isSymmetric(expr) ? right : null);
  if (column === null || !isFiltered(column, scope)) return;
  const set = constants(graph, expr, column, left === null ? expr.lexpr : expr.rexpr);
  if (set !== null) graph.confine(column, set);
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
