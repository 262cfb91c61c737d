// Types of expressions, as far as merging needs them: columns, literals, casts, arithmetic and a
// few functions. null: not known, and then nothing is merged by it. Results follow pg_operator.dat
// and pg_proc.dat.

import type { CollationClass } from '../catalog/catalog.ts';
import { type ColumnUse, catalogColumn, knownValues, type Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { A_Const, A_Expr, FuncCall, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';
import { builtinCall } from './builtin-call.ts';
import { alternatives, commonType, nullIfType, takesAnyType } from './common-type.ts';

export interface ExpressionType {
  readonly oid: number;
  /** null: the type has none. */
  readonly collation: CollationClass | null;
}

const integers: readonly number[] = [typeOid.int2, typeOid.int4, typeOid.int8];
const numbers: readonly number[] = [...integers, typeOid.numeric, typeOid.float4, typeOid.float8];
const texts: readonly number[] = [typeOid.text, typeOid.varchar, typeOid.bpchar, typeOid.name];

export function isText(oid: number): boolean {
  return texts.includes(oid);
}

export function expressionType(
  node: SyntaxNode | undefined,
  level: Level,
  facts: ScopeBuilder,
): ExpressionType | null {
  if (node === undefined) return null;
  if (node.ColumnRef !== undefined) {
    const use = level.resolve(node.ColumnRef);
    const column = use === null ? null : catalogColumn(use);
    if (column === null) return use === null ? null : innerType(use, facts);
    return { oid: column.typeOid, collation: column.collation };
  }
  if (node.A_Const !== undefined) return constantType(node.A_Const, facts);
  if (node.TypeCast !== undefined) {
    const inner = expressionType(node.TypeCast.arg, level, facts);
    return castType(node.TypeCast.typeName, inner, facts);
  }
  const values = alternatives(node);
  if (values !== null) return typeOfAlternatives(values, level, facts);
  if (node.A_Expr !== undefined) return operatorType(node.A_Expr, level, facts);
  return node.FuncCall === undefined ? null : callType(node.FuncCall, level, facts);
}

function typeOfAlternatives(
  values: readonly SyntaxNode[],
  level: Level,
  facts: ScopeBuilder,
): ExpressionType | null {
  const types = values
    .filter(value => !takesAnyType(value))
    .map(value => expressionType(value, level, facts));
  const known = types.filter(type => type !== null);
  const oid = known.length < types.length ? null : commonType(known.map(type => type.oid));
  if (oid === null) return null;
  const collations = new Set(known.map(({ collation }) => collation));
  const [collation = null] = collations;
  if (collations.size === 1) return { oid, collation };
  return { oid, collation: collations.has('nondeterministic') ? 'nondeterministic' : 'other' };
}

/** What a derived table's column is, where it is one expression in every row; null: it is none. */
export function innerExpression(
  use: ColumnUse,
  facts: ScopeBuilder,
): { readonly expression: SyntaxNode; readonly level: Level } | null {
  const [value, ...others] = knownValues(use) ?? [];
  const level = facts.selects.find(one => one.level?.derivedAs === use.relation)?.level ?? null;
  // What passes through several derived tables stands in the innermost.
  const own = use.relation.outputs?.some(one => one.values?.[0] === value);
  if (level === null || value === undefined || others.length > 0 || !own) return null;
  return { expression: value, level };
}

function innerType(use: ColumnUse, facts: ScopeBuilder): ExpressionType | null {
  const inner = innerExpression(use, facts);
  return inner === null ? null : expressionType(inner.expression, inner.level, facts);
}

function constantType(constant: A_Const, facts: ScopeBuilder): ExpressionType | null {
  if (constant.ival !== undefined) return plain(typeOid.int4);
  if (constant.boolval !== undefined) return plain(typeOid.bool);
  if (constant.sval !== undefined) {
    return { oid: typeOid.text, collation: facts.input.catalog.defaultCollation };
  }
  const text = constant.fval?.fval;
  if (text === undefined) return null;
  const fits = /^-?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
  return plain(fits ? typeOid.int8 : typeOid.numeric);
}

function castType(
  type: NonNullable<SyntaxNode['TypeCast']>['typeName'],
  inner: ExpressionType | null,
  facts: ScopeBuilder,
): ExpressionType | null {
  if (type === undefined || type.setof || (type.arrayBounds?.length ?? 0) > 0) return null;
  const { schema, name } = qualifiedName(type.names);
  if (schema !== null && schema !== 'pg_catalog') return null;
  const oid = (typeOid as Readonly<Record<string, number>>)[name];
  if (oid === undefined) return null;
  if (!isText(oid)) return plain(oid);
  // Text keeps the collation that it has, of whatever it is made.
  if (inner === null) return null;
  return { oid, collation: inner.collation ?? facts.input.catalog.defaultCollation };
}

/** Of numbers; a literal in quotes takes the other's type. */
function typeOfNullIf(expr: A_Expr, level: Level, facts: ScopeBuilder): ExpressionType | null {
  const [first, second] = [expr.lexpr, expr.rexpr].map(side => (side ?? {}) as SyntaxNode);
  const left = expressionType(first, level, facts);
  const right = takesAnyType(second!) ? left : expressionType(second, level, facts);
  if (left === null || right === null || !isNumber(left.oid)) return null;
  const oid = nullIfType(left.oid, right.oid);
  return oid === null ? null : plain(oid);
}

function operatorType(expr: A_Expr, level: Level, facts: ScopeBuilder): ExpressionType | null {
  if (expr.kind === 'AEXPR_NULLIF') return typeOfNullIf(expr, level, facts);
  const { schema, name } = qualifiedName(expr.name);
  if (expr.kind !== 'AEXPR_OP' || (schema !== null && schema !== 'pg_catalog')) return null;
  if (!['+', '-', '*', '/', '%'].includes(name) || facts.input.catalog.operators.has(name)) {
    return null;
  }
  const right = expressionType(expr.rexpr, level, facts);
  if (expr.lexpr === undefined) return right !== null && isNumber(right.oid) ? right : null;
  const left = expressionType(expr.lexpr, level, facts);
  if (left === null || right === null) return null;
  const oid = arithmeticType(left.oid, right.oid);
  if (oid === null || (name === '%' && !integers.includes(oid) && oid !== typeOid.numeric)) {
    return null;
  }
  return plain(oid);
}

/** Integers widen to the larger, with numeric to numeric, with any other float to float8. */
function arithmeticType(a: number, b: number): number | null {
  if (!isNumber(a) || !isNumber(b)) return null;
  if (a === b) return a;
  const floats: readonly number[] = [typeOid.float4, typeOid.float8];
  if (floats.includes(a) || floats.includes(b)) return typeOid.float8;
  if (a === typeOid.numeric || b === typeOid.numeric) return typeOid.numeric;
  return integers.indexOf(a) > integers.indexOf(b) ? a : b;
}

function callType(call: FuncCall, level: Level, facts: ScopeBuilder): ExpressionType | null {
  const name = builtinCall(call, facts);
  if (name === null) return null;
  if (name === 'count') return plain(typeOid.int8);
  const args = (call.args ?? []) as readonly SyntaxNode[];
  const arg = args.length === 1 ? expressionType(args[0], level, facts) : null;
  if (arg === null) return null;
  switch (name) {
    case 'sum':
      return sumType(arg.oid);
    case 'avg':
      return avgType(arg.oid);
    case 'min':
    case 'max':
      return arg.oid === typeOid.varchar ? { ...arg, oid: typeOid.text } : arg;
    case 'lower':
    case 'upper':
      return isText(arg.oid) ? { ...arg, oid: typeOid.text } : null;
    case 'length':
      return isText(arg.oid) ? plain(typeOid.int4) : null;
    case 'abs':
      return isNumber(arg.oid) ? arg : null;
    default:
      return null;
  }
}

/** Result of sum; null: of a type that is not merged here. */
export function sumType(oid: number): ExpressionType | null {
  if (oid === typeOid.int2 || oid === typeOid.int4) return plain(typeOid.int8);
  if (oid === typeOid.int8) return plain(typeOid.numeric);
  return isNumber(oid) || oid === typeOid.interval ? plain(oid) : null;
}

export function avgType(oid: number): ExpressionType | null {
  if (integers.includes(oid) || oid === typeOid.numeric) return plain(typeOid.numeric);
  if (oid === typeOid.interval) return plain(oid);
  return isNumber(oid) ? plain(typeOid.float8) : null;
}

function isNumber(oid: number): boolean {
  return numbers.includes(oid);
}

function plain(oid: number): ExpressionType {
  return { oid, collation: null };
}
