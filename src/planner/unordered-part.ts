// What hangs on the order in which rows are met, which is any, and may be another on each copy of an
// omnisharded table: shards that compute it for themselves come to different values.

import { resolveFunctions } from '../catalog/catalog.ts';
import type { FuncCall, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import type { PlanInput } from './plan-input.ts';

/** PostgreSQL's own aggregates of which the documentation says so ("Aggregate Functions"). */
const ordered: ReadonlySet<string> = new Set(
  `any_value array_agg json_agg json_agg_strict json_object_agg json_object_agg_strict
   json_object_agg_unique json_object_agg_unique_strict jsonb_agg jsonb_agg_strict jsonb_object_agg
   jsonb_object_agg_strict string_agg xmlagg`.split(/\s+/),
);

/** A part of a statement, by name; null: none. */
export function unorderedPart(trees: unknown, input: PlanInput): string | null {
  let found: string | null = null;
  walk(trees, (value, member) => {
    const { FuncCall: call, SubLink, RangeTableSample } = value as SyntaxNode;
    if (RangeTableSample !== undefined) found ??= 'TABLESAMPLE';
    if (member === 'JsonArrayQueryConstructor') found ??= 'JSON_ARRAY of a query';
    if (call !== undefined && hangsOnOrder(call, input)) {
      found ??= `${qualifiedName(call.funcname).name}() without ORDER BY`;
    }
    if (SubLink?.subLinkType === 'ARRAY_SUBLINK') {
      const query = (SubLink.subselect as SyntaxNode | undefined)?.SelectStmt;
      if (query?.sortClause === undefined) found ??= 'ARRAY of a query without ORDER BY';
    }
    return found === null;
  });
  return found;
}

function hangsOnOrder(call: FuncCall, { catalog, searchPath }: PlanInput): boolean {
  if (call.over !== undefined || call.agg_order !== undefined) return false;
  const { schema, name } = qualifiedName(call.funcname);
  const meant = resolveFunctions(catalog, name, schema, searchPath);
  return meant.some(
    one => one.kind === 'aggregate' && (one.schema !== 'pg_catalog' || ordered.has(one.name)),
  );
}
