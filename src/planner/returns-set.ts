// Functions that return sets (pg_proc.proretset): in a target list they make several rows of one.

import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import { builtinCall } from './builtin-call.ts';

/** Those of pg_catalog that may stand in a statement over several shards. */
const returningSets = new Set([
  'aclexplode',
  'generate_series',
  'generate_subscripts',
  'json_array_elements',
  'json_array_elements_text',
  'json_each',
  'json_each_text',
  'json_object_keys',
  'json_populate_recordset',
  'json_to_recordset',
  'jsonb_array_elements',
  'jsonb_array_elements_text',
  'jsonb_each',
  'jsonb_each_text',
  'jsonb_object_keys',
  'jsonb_path_query',
  'jsonb_path_query_tz',
  'jsonb_populate_recordset',
  'jsonb_to_recordset',
  'regexp_matches',
  'regexp_split_to_table',
  'string_to_table',
  'unnest',
]);

/** PostgreSQL's others are about itself. */
const prefixes = /^(pg_|ts_|txid_)/;

/** True also of users' functions and operators: it is not known of them. */
export function mayReturnSet(expression: SyntaxNode | null, facts: ScopeBuilder): boolean {
  let found = false;
  walk(expression, value => {
    const { FuncCall: call, A_Expr: operator, SubLink } = value as SyntaxNode;
    if (call !== undefined) {
      const name = builtinCall(call, facts);
      found ||= name === null || returningSets.has(name) || prefixes.test(name);
    } else if (operator !== undefined) {
      found ||= facts.input.catalog.operators.has(qualifiedName(operator.name).name);
    }
    // What a query in an expression gives is one value.
    return !found && SubLink === undefined;
  });
  return found;
}
