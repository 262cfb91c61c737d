// Names of a query's output columns (FigureColname, parse_target.c), as far as they can be told
// without types. Used to see which relation an unqualified name cannot belong to.

import type { SelectStmt, SyntaxNode } from './syntax-tree.ts';
import { qualifiedName } from './syntax-tree.ts';

const unnamed = '?column?';

/** null: not known (a star, an expression with a name of its own kind). */
export function outputNames(select: SelectStmt): readonly string[] | null {
  if (select.larg !== undefined) return outputNames(select.larg);
  const row = (select.valuesLists?.[0] as SyntaxNode | undefined)?.List?.items;
  if (row !== undefined) return row.map((_, at) => `column${at + 1}`);
  if (select.targetList === undefined) return null;
  const names: string[] = [];
  for (const node of select.targetList) {
    const name = outputName(node);
    if (name === null) return null;
    names.push(name);
  }
  return names;
}

/** Name of one item of a target list; null for a star and what is not known. */
export function outputName(node: SyntaxNode): string | null {
  const target = node.ResTarget;
  if (target === undefined) return null;
  return target.name ?? nameOf(target.val);
}

function nameOf(node: SyntaxNode | undefined): string | null {
  if (node === undefined) return null;
  if (node.ColumnRef !== undefined) {
    const last = node.ColumnRef.fields?.at(-1) as SyntaxNode | undefined;
    return last?.String === undefined ? null : (last.String.sval ?? '');
  }
  if (node.FuncCall !== undefined) return qualifiedName(node.FuncCall.funcname).name;
  if (node.TypeCast !== undefined) {
    const inner = nameOf(node.TypeCast.arg);
    return inner === unnamed ? qualifiedName(node.TypeCast.typeName?.names).name : inner;
  }
  if (node.A_Const !== undefined || node.A_Expr !== undefined) return unnamed;
  if (node.BoolExpr !== undefined || node.ParamRef !== undefined) return unnamed;
  if (node.CaseExpr !== undefined) return nameOf(node.CaseExpr.defresult) ?? 'case';
  return node.CoalesceExpr === undefined ? null : 'coalesce';
}
