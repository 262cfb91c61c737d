// A query within a statement over the shards' rows: it reads only what every shard has whole, and of
// the statement around it names nothing but columns that those rows have.

import type { ColumnUse, Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';

/**
 * The query with other references in the place of those to columns of the statement's own level;
 * null: its names cannot all be told, or it reads what shards do not have alike. `facts`: of the
 * statement that `select` is part of.
 */
export function rewrittenQuery(
  select: SelectStmt,
  facts: ScopeBuilder,
  outer: (use: ColumnUse) => SyntaxNode,
): SelectStmt | null {
  const levels = new Map(facts.selects.map(one => [one.select as object, one.level]));
  const within = new Set<Level>();
  let isKnown = levels.has(select);
  const rewritten = (value: unknown, level: Level | null): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(one => rewritten(one, level));
    const own = levels.get(value);
    if (own !== undefined && (value as SelectStmt).withClause !== undefined) isKnown = false;
    if (own) within.add(own);
    const inner = own === undefined ? level : own;
    const { ColumnRef } = value as SyntaxNode;
    if (ColumnRef !== undefined) {
      const use = inner?.resolve(ColumnRef) ?? null;
      if (use !== null && use.relation.level === facts.top) return outer(use);
      if (use === null || !within.has(use.relation.level)) isKnown = false;
      return value;
    }
    // Whose they are is not told by the catalog of functions.
    if ('JsonArrayAgg' in value || 'JsonObjectAgg' in value) isKnown = false;
    const members = Object.entries(value).map(([name, one]) => [name, rewritten(one, inner)]);
    return Object.fromEntries(members);
  };
  const query = rewritten(select, null) as SelectStmt;
  isKnown &&= facts.relations.every(
    ({ level, source, location }) =>
      !within.has(level) ||
      source === 'omnisharded' ||
      source === 'function' ||
      // What has a place in the text and stands for a query is a view or WITH query.
      (source === 'subquery' && location < 0),
  );
  return isKnown ? query : null;
}
