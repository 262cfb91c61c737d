// Integers that PostgreSQL computes from literals before anything else: sums, differences, products
// and signs of integer and bigint, with its types and its overflow (int4pl and its like in int.c,
// int8.c).

import type { A_Const, SyntaxNode } from './syntax-tree.ts';
import { qualifiedName } from './syntax-tree.ts';

interface TypedInteger {
  readonly value: bigint;
  readonly bits: 32 | 64;
}

/** null: something else than such an expression, or it overflows. */
export function constantInteger(node: SyntaxNode): bigint | null {
  return typedInteger(node)?.value ?? null;
}

function typedInteger(node: SyntaxNode | undefined): TypedInteger | null {
  if (node?.A_Const !== undefined) return ofLiteral(node.A_Const);
  const expr = node?.A_Expr;
  if (expr?.kind !== 'AEXPR_OP') return null;
  const { schema, name } = qualifiedName(expr.name);
  if (schema !== null && schema !== 'pg_catalog') return null;
  const right = typedInteger(expr.rexpr);
  const left =
    expr.lexpr === undefined ? { value: 0n, bits: 32 as const } : typedInteger(expr.lexpr);
  if (left === null || right === null) return null;
  const bits = left.bits === 64 || right.bits === 64 ? 64 : 32;
  const value = computed(name, left.value, right.value, expr.lexpr === undefined);
  return value === null || BigInt.asIntN(bits, value) !== value ? null : { value, bits };
}

function computed(operator: string, left: bigint, right: bigint, unary: boolean): bigint | null {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  return operator === '*' && !unary ? left * right : null;
}

/** integer, or bigint for what is larger (make_const). */
function ofLiteral(constant: A_Const): TypedInteger | null {
  if (constant.ival !== undefined) return { value: BigInt(constant.ival.ival ?? 0), bits: 32 };
  const text = constant.fval?.fval;
  if (text === undefined || !/^-?\d{1,19}$/.test(text)) return null;
  const value = BigInt(text);
  if (BigInt.asIntN(32, value) === value) return { value, bits: 32 };
  return BigInt.asIntN(64, value) === value ? { value, bits: 64 } : null;
}
