// HAVING over merged groups, where it compares aggregates and group columns with each other, with
// constants or parameters: types and operators whose order the merge knows exactly. Anything else is
// PostgreSQL's to evaluate.

import { ownComparisons } from '../catalog/catalog.ts';
import type { ComparisonOperator, RowCondition } from '../plan/row-condition.ts';
import type { Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import { qualifiedName, type SelectStmt, type SyntaxNode, walk } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';
import { isAggregate } from './builtin-call.ts';
import { comparand, orderProblem } from './comparable-key.ts';
import type { GroupAggregate } from './group-aggregate.ts';
import type { OutputColumns } from './output-columns.ts';
import { usesOf } from './row-limit.ts';

export interface GroupConditionContext {
  readonly select: SelectStmt;
  readonly level: Level;
  readonly facts: ScopeBuilder;
  readonly outputs: OutputColumns;
  /** Has its groups and targets. */
  readonly group: GroupAggregate;
}

const operators: readonly string[] = ['=', '<>', '<', '<=', '>', '>='];

/** Types by the names of their casts, and the types of constants without quotes that a comparison
 *  makes values of the same type. */
const types: ReadonlyMap<number, { readonly name: string; readonly numbers: readonly number[] }> =
  new Map([
    [typeOid.int4, { name: 'int4', numbers: [typeOid.int4] }],
    [typeOid.int8, { name: 'int8', numbers: [typeOid.int4, typeOid.int8] }],
    [typeOid.numeric, { name: 'numeric', numbers: [typeOid.int4, typeOid.int8, typeOid.numeric] }],
    [typeOid.text, { name: 'text', numbers: [] }],
    [typeOid.uuid, { name: 'uuid', numbers: [] }],
  ]);

/** null: it is not one that can be told here. */
export function groupCondition(
  having: SyntaxNode,
  context: GroupConditionContext,
): RowCondition | null {
  const { BoolExpr, NullTest, A_Expr } = having;
  if (BoolExpr !== undefined) {
    const args = (BoolExpr.args ?? []) as readonly SyntaxNode[];
    const parts = args.map(arg => groupCondition(arg, context));
    if (!parts.every(part => part !== null)) return null;
    if (BoolExpr.boolop === 'NOT_EXPR') return { kind: 'not', part: parts[0]! };
    return { kind: BoolExpr.boolop === 'OR_EXPR' ? 'or' : 'and', parts };
  }
  if (NullTest !== undefined) {
    const column = groupValue(NullTest.arg as SyntaxNode | undefined, context)?.column;
    if (column === undefined) return null;
    const isNull: RowCondition = { kind: 'is-null', column };
    return NullTest.nulltesttype === 'IS_NULL' ? isNull : { kind: 'not', part: isNull };
  }
  if (A_Expr === undefined || !hasOwnOperators(context)) return null;
  const { name, schema } = qualifiedName(A_Expr.name);
  const left = (A_Expr.lexpr ?? {}) as SyntaxNode;
  const right = (A_Expr.rexpr ?? {}) as SyntaxNode;
  if (A_Expr.kind === 'AEXPR_BETWEEN') {
    const [from, to] = (right.List?.items ?? []) as readonly SyntaxNode[];
    const parts = [
      comparison('>=', left, from ?? {}, context),
      comparison('<=', left, to ?? {}, context),
    ];
    return parts.every(part => part !== null) ? { kind: 'and', parts } : null;
  }
  const isKnown = operators.includes(name) && (schema === null || schema === 'pg_catalog');
  if (A_Expr.kind !== 'AEXPR_OP' || !isKnown) return null;
  return comparison(name as ComparisonOperator, left, right, context);
}

/** Comparisons mean PostgreSQL's own operators. */
function hasOwnOperators({ facts }: GroupConditionContext): boolean {
  const own = ownComparisons(facts.input.catalog, facts.input.searchPath);
  return !own.all && own.types.size === 0;
}

function comparison(
  operator: ComparisonOperator,
  first: SyntaxNode,
  second: SyntaxNode,
  context: GroupConditionContext,
): RowCondition | null {
  const [a, b] = [groupValue(first, context), groupValue(second, context)];
  const type = a?.type ?? b?.type;
  if (type === undefined || (a !== null && b !== null && a.type !== b.type)) return null;
  const left = a?.column ?? constantColumn(first, type, context);
  const right = b?.column ?? constantColumn(second, type, context);
  return left === null || right === null ? null : { kind: 'compare', operator, left, right };
}

/** An aggregate or a group column of a type that is compared; null: it is none. */
function groupValue(
  node: SyntaxNode | undefined,
  { select, level, facts, outputs, group }: GroupConditionContext,
): { readonly column: number; readonly type: number } | null {
  if (node === undefined) return null;
  const value = comparand(node, level, facts);
  const type = value.type?.oid ?? 0;
  if (!types.has(type) || orderProblem(value) !== null) return null;
  if (node.ColumnRef !== undefined) {
    const use = level.resolve(node.ColumnRef);
    if (use === null || use.relation.hidden) return null;
    const shown = outputs.indexOf(use);
    const column = shown === -1 ? outputs.addColumn(use) : shown;
    return group.groupColumns.includes(column) ? { column, type } : null;
  }
  if (node.FuncCall === undefined || !isAggregate(node.FuncCall, facts)) return null;
  const shown = outputs.indexOfExpression(node);
  if (shown === -1 && sharesParameter(node, select)) return null;
  const column = shown === -1 ? group.hidden(node, null, -1) : shown;
  return group.aggregates.some(one => one.column === column) ? { column, type } : null;
}

/** Parameters are of the type that their first place makes them of; HAVING comes behind WHERE, and a
 *  hidden column before it. */
function isShared(parameter: number, select: SelectStmt): boolean {
  return usesOf(parameter, select) > 1;
}

function sharesParameter(node: SyntaxNode, select: SelectStmt): boolean {
  let shares = false;
  walk(node, value => {
    const parameter = (value as SyntaxNode).ParamRef?.number;
    shares ||= parameter !== undefined && isShared(parameter, select);
    return true;
  });
  return shares;
}

/** A hidden column of a constant's or parameter's value as the comparison casts it; null: it is no
 *  such thing, or makes the comparison one of another type. */
function constantColumn(
  node: SyntaxNode,
  type: number,
  { select, level, facts, outputs }: GroupConditionContext,
): number | null {
  const { name, numbers } = types.get(type)!;
  const typed = (sql: string) => outputs.addHidden(`coalesce(${sql}, NULL::pg_catalog.${name})`);
  const parameter = node.ParamRef?.number;
  if (parameter !== undefined) return isShared(parameter, select) ? null : typed(`$${parameter}`);
  const constant = node.A_Const;
  if (constant === undefined) return null;
  const quoted = constant.sval?.sval;
  // Backslashes are read by the session's standard_conforming_strings.
  if (quoted !== undefined) {
    return quoted.includes('\\') ? null : typed(`'${quoted.replaceAll("'", "''")}'`);
  }
  const number =
    constant.ival === undefined ? constant.fval?.fval : String(constant.ival.ival ?? 0);
  const own = comparand(node, level, facts).type?.oid ?? 0;
  return number === undefined || !numbers.includes(own) ? null : typed(`(${number})`);
}
