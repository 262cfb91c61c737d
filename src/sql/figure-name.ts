// The name that PostgreSQL gives an output column without one (FigureColname, parse_target.c).

import type { SelectStmt, SyntaxNode } from './syntax-tree.ts';
import { qualifiedName } from './syntax-tree.ts';

/** How much a name says: that of what an expression is made of is taken only if it is the better
 *  one. */
interface Figured {
  readonly name: string;
  readonly strength: 0 | 1 | 2;
}

const none: Figured = { name: '?column?', strength: 0 };

/** Nodes that are called by one name, whatever they hold. */
const fixedNames: Readonly<Record<string, string>> = {
  GroupingFunc: 'grouping',
  MergeSupportFunc: 'merge_action',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  CoalesceExpr: 'coalesce',
  XmlSerialize: 'xmlserialize',
  JsonParseExpr: 'json',
  JsonScalarExpr: 'json_scalar',
  JsonSerializeExpr: 'json_serialize',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
  JsonArrayQueryConstructor: 'json_array',
  JsonObjectAgg: 'json_objectagg',
  JsonArrayAgg: 'json_arrayagg',
};

/** null: it is a star, or hangs on what a star in a subquery stands for. */
export function figureName(node: SyntaxNode): string | null {
  const parts = node.ColumnRef?.fields ?? node.A_Indirection?.indirection ?? [];
  if (parts.some(part => 'A_Star' in part)) return null;
  return figure(node)?.name ?? null;
}

function figure(node: SyntaxNode | undefined): Figured | null {
  const [type] = Object.keys(node ?? {});
  if (node === undefined || type === undefined) return none;
  if (fixedNames[type] !== undefined) return strong(fixedNames[type]);
  if (node.ColumnRef !== undefined) return lastName(node.ColumnRef.fields) ?? none;
  if (node.A_Indirection !== undefined) {
    return lastName(node.A_Indirection.indirection) ?? figure(node.A_Indirection.arg);
  }
  if (node.FuncCall !== undefined) return strong(qualifiedName(node.FuncCall.funcname).name);
  if (node.A_Expr !== undefined) {
    return node.A_Expr.kind === 'AEXPR_NULLIF' ? strong('nullif') : none;
  }
  if (node.TypeCast !== undefined) {
    const { name } = qualifiedName(node.TypeCast.typeName?.names);
    return stronger(figure(node.TypeCast.arg), name);
  }
  if (node.CollateClause !== undefined) return figure(node.CollateClause.arg);
  if (node.CaseExpr !== undefined) return stronger(figure(node.CaseExpr.defresult), 'case');
  if (node.SubLink !== undefined) return figureSubLink(node.SubLink);
  return figureKeyword(node) ?? none;
}

/** Those whose name is their operation's. */
function figureKeyword(node: SyntaxNode): Figured | null {
  if (node.MinMaxExpr !== undefined) {
    return strong(node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest');
  }
  if (node.SQLValueFunction !== undefined) {
    const op = node.SQLValueFunction.op ?? '';
    return strong(
      op
        .replace(/^SVFOP_/, '')
        .replace(/_N$/, '')
        .toLowerCase(),
    );
  }
  if (node.XmlExpr !== undefined) {
    const op = node.XmlExpr.op ?? '';
    return op === 'IS_DOCUMENT' ? none : strong(op.replace(/^IS_/, '').toLowerCase());
  }
  if (node.JsonFuncExpr === undefined) return null;
  return strong((node.JsonFuncExpr.op ?? '').replace(/_OP$/, '').toLowerCase());
}

function figureSubLink(link: NonNullable<SyntaxNode['SubLink']>): Figured | null {
  if (link.subLinkType === 'EXISTS_SUBLINK') return strong('exists');
  if (link.subLinkType === 'ARRAY_SUBLINK') return strong('array');
  if (link.subLinkType !== 'EXPR_SUBLINK') return none;
  // By then the query has names.
  let select: SelectStmt = (link.subselect as SyntaxNode | undefined)?.SelectStmt ?? {};
  while (select.larg !== undefined) select = select.larg;
  if (select.valuesLists !== undefined) return strong('column1');
  const target = (select.targetList?.[0] as SyntaxNode | undefined)?.ResTarget;
  if (target?.name !== undefined) return strong(target.name);
  const name = target?.val === undefined ? null : figureName(target.val);
  return name === null ? null : strong(name);
}

function lastName(fields: readonly SyntaxNode[] | undefined): Figured | null {
  const names = (fields ?? []).flatMap(field => field.String?.sval ?? []);
  const last = names.at(-1);
  return last === undefined ? null : strong(last);
}

function stronger(inner: Figured | null, name: string): Figured | null {
  return inner === null || inner.strength > 1 ? inner : { name, strength: 1 };
}

function strong(name: string): Figured {
  return { name, strength: 2 };
}
