// Whether a statement's FROM and subqueries may run on every shard by itself, so that the shards'
// rows together are the rows of one PostgreSQL.

import type { Refusal } from '../plan/statement-plan.ts';
import { keyUse } from '../sql/key-groups.ts';
import { sameFunction } from '../sql/key-rules.ts';
import type { Level, ScopeRelation } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { walk } from '../sql/syntax-tree.ts';
import { refuseWide } from './plan-input.ts';

/**
 * The join is a union over the values of one relation's key: that relation is not NULL-extended,
 * and every other sharded one follows it by equalities (so its matching rows lie on the same
 * shard). Omnisharded tables are whole everywhere and may stand anywhere else.
 */
export function joinRefusal(level: Level, facts: ScopeBuilder): Refusal | null {
  const sharded = level.relations.filter(relation => relation.source === 'sharded');
  const other = level.relations.find(relation => relation.source === 'system');
  if (other !== undefined)
    return refuseWide(`system catalog "${other.refname}" with sharded tables`);
  const roots = sharded.filter(relation => !relation.nullable);
  if (roots.some(root => sharded.every(one => follows(one, root, level, facts)))) return null;
  const [first, second] = sharded;
  if (second === undefined) return refuseWide(`outer join that NULL-extends "${first?.refname}"`);
  return refuseWide(
    `join of "${first?.refname}" and "${second.refname}" that is not on their sharding keys`,
  );
}

function follows(
  relation: ScopeRelation,
  root: ScopeRelation,
  level: Level,
  facts: ScopeBuilder,
): boolean {
  if (relation === root) return true;
  const from = keyUse(root, facts);
  const to = keyUse(relation, facts);
  if (from === null || to === null) return false;
  if (!sameFunction(facts.input.rules, root.rule, relation.rule)) return false;
  return facts.graph.leads(from, to, level);
}

/** Subqueries may read omnisharded tables only, and must not pick rows in no order. */
export function subqueryRefusal(stmt: SyntaxNode, top: Level, facts: ScopeBuilder): Refusal | null {
  for (const relation of facts.relations) {
    if (relation.source === 'cte') return refuseWide('WITH');
    if (relation.level === top) continue;
    const name = relation.table?.name ?? relation.refname;
    if (relation.source === 'sharded') return refuseWide(`subquery on sharded table "${name}"`);
    if (relation.source === 'system') return refuseWide(`subquery on system catalog "${name}"`);
  }
  const clause = nestedClause(stmt);
  return clause === null ? null : refuseWide(`${clause} in a subquery`);
}

/** WITH, or a clause of a nested query by which shards could choose different rows. */
function nestedClause(stmt: SyntaxNode): string | null {
  let found: string | null = null;
  let outermost = true;
  walk(stmt, value => {
    const select = (value as SyntaxNode).SelectStmt;
    if (select === undefined) return found === null;
    if (!outermost || stmt.SelectStmt === undefined) found ??= choosingClause(select);
    outermost = false;
    return found === null;
  });
  return found;
}

function choosingClause(select: SelectStmt): string | null {
  if (select.withClause !== undefined) return 'WITH';
  if (select.limitCount !== undefined || select.limitOffset !== undefined) return 'LIMIT';
  if (select.distinctClause?.some(one => Object.keys(one).length > 0)) return 'DISTINCT ON';
  return select.windowClause === undefined ? null : 'WINDOW';
}
