// Whether a statement may be run a second time, unnoticed, and beside others on one server
// connection (`backend/server-pipeline.ts`): a plain read whose every table, function and operator
// is known to change nothing and to leave nothing behind.

import { resolveFunctions } from '../catalog/catalog.ts';
import type { ScopeRelation } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';

/** `facts` are those of `stmt`. What is not known for certain is not repeatable. */
export function isRepeatable(stmt: SyntaxNode, facts: ScopeBuilder): boolean {
  const select = stmt.SelectStmt;
  if (select === undefined || select.intoClause !== undefined || facts.unknown !== null) {
    return false;
  }
  if (facts.locking.length > 0 || facts.writingCtes.length > 0) return false;
  const { catalog, searchPath } = facts.input;
  for (const { schema, name } of facts.functions) {
    const overloads = resolveFunctions(catalog, name, schema, searchPath);
    const harmless = overloads.every(
      one => one.schema === 'pg_catalog' && one.volatility !== 'volatile',
    );
    if (overloads.length === 0 || !harmless) return false;
  }
  if (facts.operators.some(({ name }) => catalog.operators.has(name))) return false;
  return facts.relations.every(isPlain);
}

/** Views and policies may call anything; system relations are read by monitors, which are slow. */
function isPlain({ source, table }: ScopeRelation): boolean {
  if (source === 'cte' || source === 'subquery') return true;
  if (source !== 'sharded' && source !== 'omnisharded') return false;
  return table !== null && table.uses.length === 0 && !table.callsReaders;
}
