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
  const [first] = aggregateCalls(tree, facts, true);
  return first === undefined ? null : qualifiedName(first.funcname).name;
}

/** Aggregates within an expression, not as window functions. */
export function aggregateCalls(
  tree: unknown,
  facts: ScopeBuilder,
  inSubqueries: boolean,
): readonly FuncCall[] {
  const found: FuncCall[] = [];
  walk(tree, value => {
    const { FuncCall: call, SelectStmt: inner } = value as SyntaxNode;
    if (call !== undefined && call.over === undefined && isAggregate(call, facts)) found.push(call);
    return inner === undefined || inSubqueries;
  });
  return found;
}
