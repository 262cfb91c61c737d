// The type of expressions whose value is one of several: CASE, COALESCE, GREATEST, LEAST
// (select_common_type, parse_coerce.c), where it is a number's or all agree; and of NULLIF.

import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';

/** Each can be what stands before it, implicitly (pg_cast.dat). */
const widening: readonly number[] = [
  typeOid.int2,
  typeOid.int4,
  typeOid.int8,
  typeOid.numeric,
  typeOid.float4,
  typeOid.float8,
];

/** What its value may be; null: it is no such expression. */
export function alternatives(node: SyntaxNode): readonly SyntaxNode[] | null {
  const { CaseExpr: chosen, CoalesceExpr, MinMaxExpr } = node;
  if (chosen !== undefined) {
    const whens = (chosen.args ?? []) as readonly SyntaxNode[];
    const results = whens.map(when => (when.CaseWhen?.result ?? {}) as SyntaxNode);
    return chosen.defresult === undefined ? results : [...results, chosen.defresult as SyntaxNode];
  }
  return ((CoalesceExpr ?? MinMaxExpr)?.args as readonly SyntaxNode[] | undefined) ?? null;
}

/** NULL or a literal in quotes: it takes the others' type. */
export function takesAnyType({ A_Const: constant }: SyntaxNode): boolean {
  return constant?.isnull === true || constant?.sval !== undefined;
}

/** null: not known. */
export function commonType(oids: readonly number[]): number | null {
  const [first] = oids;
  if (first === undefined) return null;
  if (oids.every(oid => oid === first)) return first;
  const ranks = oids.map(oid => widening.indexOf(oid));
  return ranks.includes(-1) ? null : widening[Math.max(...ranks)]!;
}

const integers: readonly number[] = [typeOid.int2, typeOid.int4, typeOid.int8];

/** Of NULLIF: that of the first operand of the `=` that PostgreSQL chooses, which takes any two
 *  integers as they are (transformAExprNullIf, parse_expr.c). null: not known. */
export function nullIfType(first: number, second: number): number | null {
  if (first === second || (integers.includes(first) && integers.includes(second))) return first;
  const known = [...integers, typeOid.numeric, typeOid.float8];
  return known.includes(first) && known.includes(second) ? commonType([first, second]) : null;
}
