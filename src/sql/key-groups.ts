// From the facts of a statement to the key groups of its route: every sharded relation belongs to
// one, or to none only when its rows surely lie where another group's rows lie.

import { columnOf } from '../catalog/catalog.ts';
import type { KeyGroup, KeySet } from '../plan/route.ts';
import type { ColumnSet } from './key-graph.ts';
import { type ColumnUse, catalogColumn, type ScopeRelation } from './level.ts';
import type { ParameterUses } from './parameter-uses.ts';
import type { ScopeBuilder } from './scope-builder.ts';

/** The columns of a relation's sharding key as its level sees them; null when one is hidden. */
export function keyUses(relation: ScopeRelation): readonly ColumnUse[] | null {
  const { table, columns, key } = relation;
  if (key === null || table === null || columns === null) return null;
  const uses: ColumnUse[] = [];
  for (const name of key.columns) {
    const column = columnOf(table, name);
    const visible = column === null ? undefined : columns[table.columns.indexOf(column)];
    if (visible === undefined) return null;
    uses.push({ relation, column: visible });
  }
  return uses;
}

/**
 * The groups of all sharded relations, smallest confinement kept: a group whose constants include
 * all constants of another group (same function) lies within the other's shards and is left out.
 */
export function keyGroups(facts: ScopeBuilder, uses: ParameterUses): readonly KeyGroup[] {
  const groups: KeyGroup[] = [];
  for (const relation of facts.relations) {
    if (relation.source !== 'sharded') continue;
    const group = groupOf(relation, facts, uses);
    if (groups.some(other => includes(group, other, facts))) continue;
    const kept = groups.filter(other => !includes(other, group, facts));
    groups.splice(0, groups.length, ...kept, group);
  }
  return groups;
}

function groupOf(relation: ScopeRelation, facts: ScopeBuilder, uses: ParameterUses): KeyGroup {
  const { columns, placement } = relation.key!;
  return {
    table: relation.table?.name ?? relation.refname,
    columns,
    placement,
    sets: placement === -1 ? [] : keySets(relation, facts, uses),
    stored: facts.insertTargets.has(relation),
  };
}

function keySets(
  relation: ScopeRelation,
  facts: ScopeBuilder,
  parameters: ParameterUses,
): readonly KeySet[] {
  const inserted = facts.insertTargets.get(relation);
  if (inserted !== undefined) return inserted ?? [];
  const uses = keyUses(relation);
  if (uses === null) return [];
  const { kind } = facts.input.scheme.placements.list[relation.key!.placement]!;
  const ordered = kind === 'list' || kind === 'range';
  return uses.flatMap((use, column) => {
    const type = catalogColumn(use);
    if (type === null) return [];
    const certain = facts.graph
      .setsOf(use)
      .filter(set => parameters.areCertain(set, type) && (ordered || !hasRange(set)));
    return certain.map(({ values }) => ({ column, values }));
  });
}

/** Ranges say nothing of a hash. */
function hasRange({ values }: ColumnSet): boolean {
  return values.some(item => item.kind === 'range');
}

/** Equal sets are the same array: what confines a column confines those that follow it. A row that
 *  has a value which is compared has it as it is stored, but not the other way round. */
function includes(inner: KeyGroup, outer: KeyGroup, { input }: ScopeBuilder): boolean {
  if (inner.stored && !outer.stored && outer.sets.length > 0) return false;
  if (!input.scheme.placements.agree(inner.placement, outer.placement)) return false;
  return outer.sets.every(({ column, values }) =>
    inner.sets.some(set => set.column === column && set.values === values),
  );
}
