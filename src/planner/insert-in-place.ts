// INSERT … SELECT whose rows stay on the shard that they are read from: the key that is stored is the
// key of a table that is read, under the same function. Each shard inserts what it selects.

import { columnOf } from '../catalog/catalog.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import { keyUses } from '../sql/key-groups.ts';
import type { Level, ScopeRelation } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import { storedKeyColumn } from '../sql/stored-column.ts';
import type { InsertStmt, SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { callThatVaries, partThatVaries } from './call-safety.ts';
import { refuseWide } from './plan-input.ts';
import {
  joinRefusal,
  mixingClause,
  nestedAggregate,
  subqueryRefusal,
  unseenRows,
} from './wide-shape.ts';

/** `positions`: of the target's key columns in the rows of the SELECT. null: it may. */
export function inPlaceRefusal(
  insert: InsertStmt,
  target: ScopeRelation,
  positions: readonly number[],
  facts: ScopeBuilder,
): Refusal | null {
  const elsewhere = refuseWide('INSERT … SELECT into several shards');
  const select = (insert.selectStmt as SyntaxNode | undefined)?.SelectStmt;
  const level = facts.selects.find(one => one.select === select)?.level;
  if (select === undefined || level == null) return elsewhere;
  if (!storesKey(select, level, target, positions, facts)) return elsewhere;
  if (insert.withClause?.recursive || select.withClause?.recursive) return refuseWide('WITH');
  if (facts.writingCtes.length > 0 || facts.locking.length > 0) return elsewhere;
  const mixing = mixingClause(select, level, facts);
  if (mixing !== null) return refuseWide(`${mixing} in INSERT … SELECT`);
  const selects = facts.selects.map(one => one.select);
  const varying = callThatVaries(facts, false) ?? partThatVaries([insert, selects]);
  if (varying !== null) return refuseWide(`${varying} in INSERT … SELECT`);
  return (
    unseenRows({ InsertStmt: insert }, facts) ??
    subqueryRefusal(level, facts) ??
    joinRefusal(level, facts) ??
    nestedAggregate(level, facts)
  );
}

function storesKey(
  select: SelectStmt,
  level: Level,
  target: ScopeRelation,
  positions: readonly number[],
  facts: ScopeBuilder,
): boolean {
  const targets = (select.targetList ?? []) as readonly SyntaxNode[];
  const stored = positions.map((position, at) => {
    const value = targets[position]?.ResTarget?.val as SyntaxNode | undefined;
    const use = value?.ColumnRef === undefined ? null : level.resolve(value.ColumnRef);
    const column = columnOf(target.table!, target.key!.columns[at]!);
    return use === null || column === null ? null : storedKeyColumn(use, column);
  });
  // A star before the key would shift it.
  const last = Math.max(...positions);
  const shifted = targets.slice(0, last).some(one => JSON.stringify(one).includes('"A_Star"'));
  const source = stored[0]?.relation;
  if (shifted || source?.key == null) return false;
  const { placements } = facts.input.scheme;
  const key = keyUses(source);
  if (key === null || !placements.agree(source.key.placement, target.key!.placement)) return false;
  return key.every(
    (use, at) => stored[at]?.relation === source && stored[at].column === use.column,
  );
}
