// What kind of value a column default gives, from its expression (pg_get_expr): the same on every
// evaluation, the same within a transaction, a new one each time, or the next of a sequence.

import type { CatalogFunction, DefaultKind } from '../catalog/catalog.ts';
import { datedTypeNames } from './moment-text.ts';
import { parseStatements } from './parser.ts';
import type { SyntaxNode, TypeName } from './syntax-tree.ts';
import { qualifiedName, walk } from './syntax-tree.ts';

const ranks = ['none', 'constant', 'stable', 'volatile', 'sequence'] as const;
const plainConstant = /^(-?\d+(\.\d+)?|true|false|'[^'\\]*'(::[\w ".()]+)?|NULL(::[\w ".()]+)?)$/;

/** `expression` null: the column has no default. */
export function defaultKind(
  expression: string | null,
  functions: ReadonlyMap<string, readonly CatalogFunction[]>,
): DefaultKind {
  if (expression === null) return 'none';
  if (plainConstant.test(expression)) return 'constant';
  let kind: DefaultKind = 'constant';
  const raise = (other: DefaultKind) => {
    if (ranks.indexOf(other) > ranks.indexOf(kind)) kind = other;
  };
  const [parsed] = parseStatements(`SELECT ${expression}`);
  walk(parsed?.stmt, value => {
    const node = value as SyntaxNode;
    if (node.SQLValueFunction !== undefined || castsText(node)) raise('stable');
    // One of users': PostgreSQL's own are printed without a schema.
    if ((node.A_Expr?.name?.length ?? 0) > 1) raise('volatile');
    if (node.FuncCall !== undefined) {
      const { schema, name } = qualifiedName(node.FuncCall.funcname);
      raise(callKind(name, schema, functions));
    }
    return true;
  });
  return kind;
}

/** `('now'::text)::date` is read anew each time, `'2020-01-01'::date` once. */
function castsText({ TypeCast: cast }: SyntaxNode): boolean {
  if (cast === undefined || !isDated(cast.typeName)) return false;
  const inner = cast.arg as SyntaxNode | undefined;
  return inner?.A_Const === undefined && !isDated(inner?.TypeCast?.typeName);
}

function isDated(type: TypeName | undefined): boolean {
  return datedTypeNames.has(qualifiedName(type?.names).name);
}

/** `nextval('name')`, the name a constant, perhaps with its cast to regclass, and nothing else. */
export function isSequenceCall(node: SyntaxNode | undefined): boolean {
  const call = node?.FuncCall;
  if (call === undefined || call.args?.length !== 1) return false;
  const { schema, name } = qualifiedName(call.funcname);
  if (name !== 'nextval' || (schema !== null && schema !== 'pg_catalog')) return false;
  const argument = call.args[0] as SyntaxNode;
  const inner = (argument.TypeCast?.arg as SyntaxNode | undefined) ?? argument;
  return inner.A_Const?.sval !== undefined;
}

function callKind(
  name: string,
  schema: string | null,
  functions: ReadonlyMap<string, readonly CatalogFunction[]>,
): DefaultKind {
  if (name === 'nextval') return 'sequence';
  const overloads = functions.get(name) ?? [];
  // pg_get_expr leaves out the schemas of the search path: any overload may be meant.
  const meant = schema === null ? overloads : overloads.filter(one => one.schema === schema);
  if (meant.length === 0 || meant.some(one => one.volatility === 'volatile')) return 'volatile';
  return meant.some(one => one.volatility === 'stable') ? 'stable' : 'constant';
}
