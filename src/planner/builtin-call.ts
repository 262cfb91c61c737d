// Calls by what the catalog says of the function: PostgreSQL's own, aggregate, window.

import { resolveFunctions } from '../catalog/catalog.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { FuncCall, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';

/** The function's name when it can only be PostgreSQL's own; null otherwise. */
export function builtinCall(call: FuncCall, facts: ScopeBuilder): string | null {
  const { schema, name } = qualifiedName(call.funcname);
  const { catalog, searchPath } = facts.input;
  const overloads = resolveFunctions(catalog, name, schema, searchPath);
  if (overloads.length === 0) return null;
  return overloads.every(one => one.schema === 'pg_catalog') ? name : null;
}

/** Any overload of the name is an aggregate. */
export function isAggregate(call: FuncCall, facts: ScopeBuilder): boolean {
  const { schema, name } = qualifiedName(call.funcname);
  const { catalog, searchPath } = facts.input;
  return resolveFunctions(catalog, name, schema, searchPath).some(one => one.kind === 'aggregate');
}

/** The first aggregate within an expression, subqueries included; null: none. */
export function aggregateWithin(tree: unknown, facts: ScopeBuilder): string | null {
  let found: string | null = null;
  walk(tree, value => {
    const call = (value as SyntaxNode).FuncCall;
    if (call !== undefined && call.over === undefined && isAggregate(call, facts)) {
      found ??= qualifiedName(call.funcname).name;
    }
    return found === null;
  });
  return found;
}

/** The first window function within a tree; null: none. */
export function windowWithin(tree: unknown): string | null {
  let found: string | null = null;
  walk(tree, value => {
    const call = (value as SyntaxNode).FuncCall;
    if (call?.over !== undefined) found ??= qualifiedName(call.funcname).name;
    return found === null;
  });
  return found;
}
