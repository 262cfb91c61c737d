// An UPDATE that sets the sharding key to the value it has anyway, as mappers of objects do that
// write every column: the row stays where it is.

import { keyUses } from '../sql/key-groups.ts';
import type { ColumnUse, ScopeRelation } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';

/** A column of the key that may get another value; null: none does. */
export function changedKey(
  assigned: readonly SyntaxNode[],
  target: ScopeRelation,
  facts: ScopeBuilder,
): string | null {
  const uses = keyUses(target);
  for (const [at, name] of (target.key?.columns ?? []).entries()) {
    for (const { ResTarget: one } of assigned) {
      if (one?.name !== name) continue;
      const use = uses?.[at];
      const whole = (one.indirection?.length ?? 0) === 0;
      if (use === undefined || !whole || !isSame(one.val, use, facts)) return name;
    }
  }
  return null;
}

/**
 * A column that equals the key in each combination of rows, or the parameter that the key is
 * confined to. Not a literal: another statement of the same shape has another in one of the places.
 */
function isSame(value: SyntaxNode | undefined, key: ColumnUse, facts: ScopeBuilder): boolean {
  if (value?.ColumnRef !== undefined) {
    const use = key.relation.level.resolve(value.ColumnRef);
    if (use === null) return false;
    const own = use.relation === key.relation && use.column === key.column;
    return own || (use.relation.level === key.relation.level && facts.graph.leads(use, key));
  }
  const index = (value?.ParamRef?.number ?? 0) - 1;
  return facts.graph.setsOf(key).some(({ values }) => {
    const [only] = values;
    return values.length === 1 && only?.kind === 'parameter' && !only.array && only.index === index;
  });
}
