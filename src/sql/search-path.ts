// The schemas that a SET of search_path names, as PostgreSQL will search them (namespace.c,
// recomputeNamespacePath): in order, `"$user"` being the user's own schema.

import { parseStatements } from './parser.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** Schemas that `sql`, a SET statement, makes the search path; null when it is none. */
export function searchPathOf(sql: string, user: string): readonly string[] | null {
  const [parsed] = parseStatements(sql);
  const set = parsed?.stmt.VariableSetStmt;
  if (set === undefined || set.kind !== 'VAR_SET_VALUE') return null;
  const path: string[] = [];
  for (const arg of (set.args ?? []) as readonly SyntaxNode[]) {
    const { sval, ival, fval } = arg.A_Const ?? {};
    const name = sval?.sval ?? fval?.fval ?? String(ival?.ival ?? '');
    if (name === '$user') path.push(user);
    else if (name !== '') path.push(name);
  }
  return path;
}
