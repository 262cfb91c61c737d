// From the facts of a statement to the key groups of its route: every sharded relation belongs to
// one, or to none only when its rows surely lie where another group's rows lie.

import { columnOf } from '../catalog/catalog.ts';
import type { KeyGroup, KeySet } from '../plan/route.ts';
import { type KeyFamily, sameFunction } from './key-rules.ts';
import type { ColumnUse, ScopeRelation } from './level.ts';
import type { ParameterUses } from './parameter-uses.ts';
import type { ScopeBuilder } from './scope-builder.ts';

/** The sharding key of a relation as its level sees it; null when it has no such column. */
export function keyUse(relation: ScopeRelation, facts: ScopeBuilder): ColumnUse | null {
  const rule = facts.input.rules[relation.rule];
  const { table, columns } = relation;
  if (rule === undefined || table === null || columns === null) return null;
  const column = columnOf(table, rule.column);
  if (column === null) return null;
  const visible = columns[table.columns.indexOf(column)];
  return visible === undefined ? null : { relation, column: visible };
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
  const rule = facts.input.rules[relation.rule]!;
  // A family that is not the rule's has no sets.
  const family = rule.dataType as KeyFamily;
  return {
    table: relation.table?.name ?? relation.refname,
    column: rule.column,
    rule: relation.rule,
    sets: keySets(relation, facts).filter(set => uses.areCertain(set, family)),
  };
}

function keySets(relation: ScopeRelation, facts: ScopeBuilder): readonly KeySet[] {
  if (facts.insertTargets.has(relation)) return facts.insertTargets.get(relation) ?? [];
  const key = keyUse(relation, facts);
  if (key === null) return [];
  const { graph } = facts;
  const dataType = facts.input.rules[relation.rule]?.dataType;
  return graph.family(key) === dataType ? graph.setsOf(key) : [];
}

function includes(inner: KeyGroup, outer: KeyGroup, facts: ScopeBuilder): boolean {
  if (!sameFunction(facts.input.rules, inner.rule, outer.rule)) return false;
  return outer.sets.every(set => inner.sets.includes(set));
}
