// One condition taken apart: the predicates that hold together where it is true, with NOT pushed down
// to them. NULL counts as false: only rows for which the whole is true matter.

import type { A_Expr, SelectStmt, SyntaxNode } from './syntax-tree.ts';
import { qualifiedName } from './syntax-tree.ts';

/** The column is on the left. `=` and `not distinct` with one value, `in` with several, `any` with an
 *  array; `between` and `symmetric` with two. */
export type Operator =
  | '='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | 'any'
  | 'not distinct'
  | 'between'
  | 'symmetric'
  | 'outside'
  | 'is null'
  | 'is not null'
  | 'is true'
  | 'is false'
  | 'is not true'
  | 'is not false';

export interface Comparison {
  readonly kind: 'comparison';
  readonly operator: Operator;
  readonly left: SyntaxNode;
  /** An array for operators with several operands, null for those with none. */
  readonly right: SyntaxNode | readonly SyntaxNode[] | null;
}

export type Predicate =
  | Comparison
  | { readonly kind: 'any-of'; readonly arms: readonly SyntaxNode[]; readonly negated: boolean }
  | {
      readonly kind: 'member';
      readonly tests: readonly SyntaxNode[];
      readonly select: SelectStmt;
      readonly of: 'in' | 'not in' | 'scalar' | 'exists';
    }
  | { readonly kind: 'never' };

/** Predicates that are all true where the condition (or its negation) is; others are left out. */
export function conjunctsOf(node: SyntaxNode, negated: boolean): readonly Predicate[] {
  const { BoolExpr, A_Expr, A_Const, ColumnRef, NullTest, BooleanTest, SubLink } = node;
  if (BoolExpr !== undefined) {
    const args = (BoolExpr.args ?? []) as readonly SyntaxNode[];
    if (BoolExpr.boolop === 'NOT_EXPR') return conjunctsOf(args[0] ?? {}, !negated);
    const together = (BoolExpr.boolop === 'AND_EXPR') !== negated;
    if (together) return args.flatMap(arg => conjunctsOf(arg, negated));
    return [{ kind: 'any-of', arms: args, negated }];
  }
  if (A_Expr !== undefined) return ofExpression(A_Expr, negated);
  if (A_Const !== undefined) {
    // Not of other constants: numbers and texts are lifted out of the text that shares this plan.
    const isFalse = A_Const.boolval !== undefined && (A_Const.boolval.boolval ?? false) === negated;
    return A_Const.isnull || isFalse ? [{ kind: 'never' }] : [];
  }
  if (ColumnRef !== undefined) return [bare(negated ? 'is false' : 'is true', node)];
  if (NullTest !== undefined) {
    const isNull = (NullTest.nulltesttype === 'IS_NULL') !== negated;
    const operator = isNull ? 'is null' : 'is not null';
    return NullTest.arg === undefined ? [] : [bare(operator, NullTest.arg)];
  }
  if (BooleanTest !== undefined) return ofBooleanTest(BooleanTest, negated);
  return SubLink === undefined ? [] : ofSubLink(SubLink, negated);
}

function bare(operator: Operator, left: SyntaxNode): Predicate {
  return { kind: 'comparison', operator, left, right: null };
}

function ofBooleanTest(
  test: NonNullable<SyntaxNode['BooleanTest']>,
  negated: boolean,
): readonly Predicate[] {
  const operators: Readonly<Record<string, readonly [Operator, Operator | null]>> = {
    IS_TRUE: ['is true', 'is not true'],
    IS_NOT_TRUE: ['is not true', 'is true'],
    IS_FALSE: ['is false', 'is not false'],
    IS_NOT_FALSE: ['is not false', 'is false'],
    IS_UNKNOWN: ['is null', null],
  };
  const operator = operators[test.booltesttype ?? '']?.[negated ? 1 : 0] ?? null;
  const arg = test.arg as SyntaxNode | undefined;
  return operator === null || arg?.ColumnRef === undefined ? [] : [bare(operator, arg)];
}

const negations: Readonly<Record<string, string>> = {
  '=': '<>',
  '<>': '=',
  '!=': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};
const flipped: Readonly<Record<string, Operator>> = {
  '=': '=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  'not distinct': 'not distinct',
};

function ofExpression(expr: A_Expr, negated: boolean): readonly Predicate[] {
  const { schema, name } = qualifiedName(expr.name);
  if (schema !== null && schema !== 'pg_catalog') return [];
  const right = expr.rexpr as SyntaxNode | undefined;
  if (expr.lexpr === undefined || right === undefined) return [];
  const left = expr.lexpr as SyntaxNode;
  const operator = negated ? negations[name] : name;
  switch (expr.kind) {
    case 'AEXPR_OP':
      return ofOperator(operator ?? '', left, right);
    case 'AEXPR_NOT_DISTINCT':
      return negated ? [] : bothWays('not distinct', left, right);
    case 'AEXPR_DISTINCT':
      return negated ? bothWays('not distinct', left, right) : [];
    case 'AEXPR_IN':
      return operator === '=' ? ofList(left, right) : [];
    case 'AEXPR_OP_ANY':
      return name === '=' && !negated ? [compared('any', left, right)] : [];
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
      return ofBetween(expr.kind, negated, left, right);
    default:
      return [];
  }
}

function compared(
  operator: Operator,
  left: SyntaxNode,
  right: SyntaxNode | readonly SyntaxNode[],
): Predicate {
  return { kind: 'comparison', operator, left, right };
}

/** With the column on the left, on whichever side it stands: on both it is an equality of columns. */
function bothWays(operator: Operator, left: SyntaxNode, right: SyntaxNode): readonly Predicate[] {
  if (right.ColumnRef === undefined) return [compared(operator, left, right)];
  if (left.ColumnRef !== undefined) return operator === '=' ? [compared('=', left, right)] : [];
  return [compared(flipped[operator]!, right, left)];
}

function ofOperator(name: string, left: SyntaxNode, right: SyntaxNode): readonly Predicate[] {
  if (!(name in flipped)) return [];
  const operator = name as Operator;
  const a = rowItems(left);
  const b = rowItems(right);
  if (a !== null || b !== null) return ofRows(operator, a, b);
  if (operator === '=') {
    const scalar = ofScalarSubquery(left, right) ?? ofScalarSubquery(right, left);
    if (scalar !== null) return [scalar];
  }
  return bothWays(operator, left, right);
}

/** Rows are equal column by column; they are ordered by the first column in which they differ, so
 *  the first is ordered alike or equal (row_comparison in parse_expr.c). */
function ofRows(
  operator: Operator,
  left: readonly SyntaxNode[] | null,
  right: readonly SyntaxNode[] | null,
): readonly Predicate[] {
  if (left === null || right === null || left.length !== right.length) return [];
  if (operator === '=') return left.flatMap((one, at) => ofOperator('=', one, right[at]!));
  const [first] = left;
  const [other] = right;
  if (first === undefined || other === undefined) return [];
  const inclusive = operator.startsWith('<') ? '<=' : '>=';
  return ofOperator(left.length === 1 ? operator : inclusive, first, other);
}

/** `a IN (1, 2)`; `(a, b) IN ((1, 2), …)` column by column. */
function ofList(left: SyntaxNode, right: SyntaxNode): readonly Predicate[] {
  const items = (right.List?.items ?? null) as readonly SyntaxNode[] | null;
  if (items === null) return [];
  const columns = rowItems(left);
  if (columns === null) return [compared('in', left, items)];
  const rows = items.map(rowItems);
  if (rows.some(row => row?.length !== columns.length)) return [];
  return columns.map((column, at) =>
    compared(
      'in',
      column,
      rows.map(row => row![at]!),
    ),
  );
}

function ofBetween(
  kind: string,
  negated: boolean,
  left: SyntaxNode,
  right: SyntaxNode,
): readonly Predicate[] {
  const bounds = (right.List?.items ?? []) as readonly SyntaxNode[];
  if (kind === 'AEXPR_BETWEEN_SYM') return negated ? [] : [compared('symmetric', left, bounds)];
  const between = (kind === 'AEXPR_BETWEEN') !== negated;
  return [compared(between ? 'between' : 'outside', left, bounds)];
}

/** `a IN (SELECT …)`, `a = ANY (SELECT …)`, `a <> ALL (SELECT …)`, EXISTS. */
function ofSubLink(
  link: NonNullable<SyntaxNode['SubLink']>,
  negated: boolean,
): readonly Predicate[] {
  const select = (link.subselect as SyntaxNode | undefined)?.SelectStmt;
  const test = link.testexpr as SyntaxNode | undefined;
  if (select === undefined) return [];
  if (link.subLinkType === 'EXISTS_SUBLINK') {
    return negated ? [] : [{ kind: 'member', tests: [], select, of: 'exists' }];
  }
  const all = link.subLinkType === 'ALL_SUBLINK';
  if (test === undefined || (all ? negated : link.subLinkType !== 'ANY_SUBLINK')) return [];
  const operator = link.operName as readonly SyntaxNode[] | undefined;
  const { schema, name } = operator === undefined ? equals : qualifiedName(operator);
  if (name !== (all ? '<>' : '=') || (schema !== null && schema !== 'pg_catalog')) return [];
  const of = all || negated ? 'not in' : 'in';
  return [{ kind: 'member', tests: rowItems(test) ?? [test], select, of }];
}

const equals = { schema: null, name: '=' };

function ofScalarSubquery(test: SyntaxNode, other: SyntaxNode): Predicate | null {
  const link = other.SubLink;
  const select = (link?.subselect as SyntaxNode | undefined)?.SelectStmt;
  if (link?.subLinkType !== 'EXPR_SUBLINK' || select === undefined) return null;
  return { kind: 'member', tests: [test], select, of: 'scalar' };
}

function rowItems(node: SyntaxNode): readonly SyntaxNode[] | null {
  return (node.RowExpr?.args as readonly SyntaxNode[] | undefined) ?? null;
}

/** Whether the comparison is true of no NULL. */
export function isStrict(operator: Operator): boolean {
  return !['not distinct', 'is null', 'is not true', 'is not false'].includes(operator);
}
