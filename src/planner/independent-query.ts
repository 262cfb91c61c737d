// A query within a statement that gives the same wherever it stands: it names nothing of what is
// around it and reads only what every shard has whole.

import type { Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';

/** `facts`: of the statement that `select` is part of. What cannot be told is not independent. */
export function isIndependent(select: SelectStmt, facts: ScopeBuilder): boolean {
  const levels = new Map(facts.selects.map(one => [one.select as object, one.level]));
  const within = new Set<Level>();
  const names = (value: unknown, level: Level | null): boolean => {
    if (typeof value !== 'object' || value === null) return true;
    if (Array.isArray(value)) return value.every(one => names(one, level));
    const own = levels.get(value);
    if (own !== undefined && (value as SelectStmt).withClause !== undefined) return false;
    if (own) within.add(own);
    const inner = own === undefined ? level : own;
    const { ColumnRef } = value as SyntaxNode;
    if (ColumnRef !== undefined) {
      const use = inner?.resolve(ColumnRef) ?? null;
      return use !== null && within.has(use.relation.level);
    }
    return Object.values(value).every(one => names(one, inner));
  };
  if (!levels.has(select) || !names(select, null)) return false;
  return facts.relations.every(({ level, source, location }) => {
    if (!within.has(level)) return true;
    // What has a place in the text and stands for a query is a view or WITH query.
    return (
      source === 'omnisharded' || source === 'function' || (source === 'subquery' && location < 0)
    );
  });
}
