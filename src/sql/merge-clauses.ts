// WHEN clauses of MERGE: whose rows the condition filters, and which keys are inserted.

import { type Column, columnOf } from '../catalog/catalog.ts';
import type { KeySet } from '../plan/route.ts';
import type { ColumnSet, KeyGraph } from './key-graph.ts';
import { valuesKeySet } from './key-values.ts';
import { type ColumnUse, knownValues, type Level, type ScopeRelation } from './level.ts';
import type { MergeStmt, SyntaxNode } from './syntax-tree.ts';

export type MergeClause = NonNullable<SyntaxNode['MergeWhenClause']>;

export function mergeClauses({ mergeWhenClauses }: MergeStmt): readonly MergeClause[] {
  const nodes = (mergeWhenClauses ?? []) as readonly SyntaxNode[];
  return nodes.map(node => node.MergeWhenClause ?? {});
}

/**
 * Relations whose rows have to satisfy ON: source and target are joined from the side whose rows
 * without a match get a clause (transform_MERGE_to_join in prepjointree.c).
 */
export function mergeFilters(
  clauses: readonly MergeClause[],
  target: ScopeRelation,
): ReadonlySet<ScopeRelation> {
  const { relations } = target.level;
  const has = (kind: string) => clauses.some(({ matchKind }) => matchKind === kind);
  const keepsSource = has('MERGE_WHEN_NOT_MATCHED_BY_TARGET');
  const keepsTarget = has('MERGE_WHEN_NOT_MATCHED_BY_SOURCE');
  for (const relation of relations) {
    if (relation === target ? keepsSource : keepsTarget) relation.nullable = true;
  }
  return new Set(relations.filter(one => (one === target ? !keepsTarget : !keepsSource)));
}

/** Columns of the source that an INSERT clause stores as the key; null: it is something else. */
export function mergedKey(
  clause: MergeClause,
  target: ScopeRelation,
  level: Level,
): readonly ColumnUse[] | null {
  const names = insertedColumns(clause, target);
  const found: ColumnUse[] = [];
  for (const name of target.key?.columns ?? []) {
    const value = clause.values?.[names.indexOf(name)] as SyntaxNode | undefined;
    const use = value?.ColumnRef === undefined ? null : level.resolve(value.ColumnRef);
    if (use === null || use.relation === target) return null;
    found.push(use);
  }
  return found;
}

export function insertedColumns(clause: MergeClause, target: ScopeRelation): readonly string[] {
  const given = clause.targetList as readonly SyntaxNode[] | undefined;
  if (given !== undefined) return given.map(node => node.ResTarget?.name ?? '');
  return target.table?.columns.map(column => column.name) ?? [];
}

export function insertsRows({ commandType }: MergeClause): boolean {
  return commandType === 'CMD_INSERT';
}

/**
 * Keys of all rows that are inserted, which those that are matched have as well, as ON follows the
 * same columns; null: they cannot be told, undefined: none is inserted.
 */
export function mergedKeys(
  clauses: readonly MergeClause[],
  target: ScopeRelation,
  graph: KeyGraph,
): readonly KeySet[] | null | undefined {
  const { key, table, level } = target;
  const inserting = clauses.filter(insertsRows);
  if (inserting.length === 0) return undefined;
  const keys = inserting.map(clause => mergedKey(clause, target, level));
  const [first] = keys;
  if (key === null || table === null || first == null) return null;
  // Of one clause's columns, so that each row is where its key says.
  const same = keys.every(one => one?.every((use, at) => sameColumn(use, first[at]!)));
  if (!same) return null;
  const sets: KeySet[] = [];
  for (const [column, source] of first.entries()) {
    const found = storedSets(source, columnOf(table, key.columns[column]!), target, graph);
    if (found === null) return null;
    for (const { values } of found) sets.push({ column, values });
  }
  return sets;
}

function sameColumn(a: ColumnUse, b: ColumnUse): boolean {
  return a.relation === b.relation && a.column === b.column;
}

/** null unless ON compares the two: rows that are matched have the value as it is stored. A column's
 *  values, which are not known, have to be taken without rounding or NULL. */
function storedSets(
  source: ColumnUse,
  column: Column | null,
  target: ScopeRelation,
  graph: KeyGraph,
): readonly ColumnSet[] | null {
  if (column === null) return null;
  const key = { relation: target, column: column.name };
  const values = knownValues(source);
  if (values === null) {
    const isTaken = column.typeModifier === -1 && column.notNull;
    return isTaken && graph.leads(source, key) ? graph.setsOf(source) : null;
  }
  const set = valuesKeySet(values, column);
  const text = JSON.stringify(set?.values);
  const confined = graph.setsOf(key).some(one => JSON.stringify(one.values) === text);
  return set !== null && confined ? [set] : null;
}
