// Predicates in conjunction and what they confine. A predicate counts only where every row that
// matters must satisfy it: a conjunct of WHERE, or of the ON of an inner join, or the ON of an
// outer join for the side whose unmatched rows disappear. Not in CASE, FILTER, a target; in OR only
// where every arm that can be true confines the same column. `read…` gathers, `addCondition` records.

import type { KeyItem } from '../plan/route.ts';
import { firstUserOid } from '../types/type-oid.ts';
import { comparedItems } from './compared-items.ts';
import { type Comparison, conjunctsOf, isStrict, type Predicate } from './comparison.ts';
import type { ColumnSet, KeyGraph } from './key-graph.ts';
import { valuesKeySet } from './key-values.ts';
import type { ColumnUse, Level, ScopeRelation } from './level.ts';
import { catalogColumn, knownValues } from './level.ts';
import type { SelectStmt, SyntaxNode } from './syntax-tree.ts';

/** Where a condition stands. */
export interface ConditionScope {
  readonly level: Level;
  /** Relations whose rows have to satisfy it; null: all of the level (WHERE). */
  readonly filters: ReadonlySet<ScopeRelation> | null;
  /** Relations whose names it sees; null: all of the level. */
  readonly visible: ReadonlySet<ScopeRelation> | null;
  /** Of the query around, whose rows have to satisfy the condition as well (WHERE of EXISTS). */
  readonly outer?: ConditionScope;
}

/** A subquery in a conjunct: `tests` are a row of it (`in`) or none (`not in`), are its one row
 *  (`scalar`), or it has rows (`exists`, no tests). */
export interface Membership {
  readonly kind: 'in' | 'not in' | 'scalar' | 'exists';
  readonly tests: readonly (ColumnUse | null)[];
  readonly scope: ConditionScope;
}

export type Memberships = Map<SelectStmt, Membership>;

/** What conjuncts say together. */
interface Findings {
  readonly sets: { readonly column: ColumnUse; readonly values: readonly KeyItem[] }[];
  readonly equalities: (readonly [ColumnUse, ColumnUse])[];
  readonly memberships: (readonly [SelectStmt, Membership])[];
  /** Relations that are not NULL-extended where they hold. */
  readonly present: ScopeRelation[];
  /** No row satisfies them. */
  impossible: boolean;
}

/** Records what the conjuncts of `condition` say; subqueries among them go to `memberships`. */
export function addCondition(
  graph: KeyGraph,
  condition: SyntaxNode | undefined,
  scope: ConditionScope,
  memberships: Memberships,
): void {
  if (condition === undefined || graph.own.all) return;
  const found = readCondition(condition, false, scope);
  for (const { column, values } of found.sets) graph.confine(column, { values });
  for (const [a, b] of found.equalities) addEquality(graph, a, b, scope);
  for (const [select, membership] of found.memberships) memberships.set(select, membership);
  if (found.impossible) addImpossible(graph, scope);
  // Of WHERE and inner joins, which no row passes that does not satisfy them.
  if (scope.filters !== null && scope.filters !== scope.visible) return;
  // Users' own may find something in NULL.
  if (graph.own.types.size > 0) return;
  for (const relation of found.present) {
    scope.level.present.push({ relation, within: scope.visible });
  }
}

/** Records that two columns are equal (JOIN … USING). */
export function addEquality(
  graph: KeyGraph,
  a: ColumnUse,
  b: ColumnUse,
  scope: ConditionScope,
): void {
  if (graph.own.all) return;
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    if (!isFiltered(to, scope)) continue;
    graph.follow(from, to);
    confineToValues(graph, to, knownValues(from));
  }
}

/** The column is equal to one of the values. Literals of a query within are text, if no cast says
 *  otherwise: where that is no text column PostgreSQL refuses to compare them. */
export function confineToValues(
  graph: KeyGraph,
  use: ColumnUse,
  values: readonly SyntaxNode[] | null,
): void {
  const column = catalogColumn(use);
  const set = values === null || column === null ? null : valuesKeySet(values, column);
  if (set !== null) graph.confine(use, set);
}

/** Records which relations an outer join's condition asks for, once it holds in every row. */
export function addPresent(
  condition: SyntaxNode | undefined,
  equalities: readonly (readonly [ColumnUse, ColumnUse])[],
  scope: ConditionScope,
): void {
  const found = readCondition(condition ?? {}, false, scope);
  for (const use of equalities.flat()) notePresent(found, use, scope);
  for (const relation of found.present) {
    scope.level.present.push({ relation, within: scope.visible });
  }
}

/** No row of the filtered relations matters, so none of their columns has a value that does. */
function addImpossible(graph: KeyGraph, scope: ConditionScope): void {
  const none: ColumnSet = { values: [] };
  for (const relation of scope.filters ?? scope.level.relations) {
    for (const column of relation.columns ?? []) graph.confine({ relation, column }, none);
  }
}

function readCondition(condition: SyntaxNode, negated: boolean, scope: ConditionScope): Findings {
  const found: Findings = {
    sets: [],
    equalities: [],
    memberships: [],
    present: [],
    impossible: false,
  };
  for (const predicate of conjunctsOf(condition, negated)) readPredicate(found, predicate, scope);
  return found;
}

function readPredicate(found: Findings, predicate: Predicate, scope: ConditionScope): void {
  switch (predicate.kind) {
    case 'never':
      found.impossible = true;
      return;
    case 'any-of':
      readAlternatives(found, predicate.arms, predicate.negated, scope);
      return;
    case 'member': {
      const tests = predicate.tests.map(node => filteredColumn(node, scope));
      found.memberships.push([predicate.select, { kind: predicate.of, tests, scope }]);
      if (predicate.of === 'not in') return;
      for (const test of tests) if (test !== null) notePresent(found, test, scope);
      return;
    }
    case 'comparison':
      readComparison(found, predicate, scope);
  }
}

function readComparison(found: Findings, predicate: Comparison, scope: ConditionScope): void {
  const { left, right, operator } = predicate;
  const a = columnUse(left, scope);
  const b = right === null || Array.isArray(right) ? null : columnUse(right as SyntaxNode, scope);
  if (isStrict(operator)) {
    for (const use of [a, b]) if (use !== null) notePresent(found, use, scope);
  }
  if (a !== null && b !== null) {
    if (operator === '=') found.equalities.push([a, b]);
    return;
  }
  if (a === null || !isFiltered(a, scope)) return;
  const column = catalogColumn(a);
  if (column === null) return;
  const values = comparedItems(predicate, column, a.relation.nullable);
  if (values !== null) found.sets.push({ column: a, values });
}

/** Operators of types that are not built in may find something in NULL. */
function notePresent(found: Findings, use: ColumnUse, scope: ConditionScope): void {
  const type = catalogColumn(use)?.typeOid ?? firstUserOid;
  if (use.relation.level === scope.level && type < firstUserOid) found.present.push(use.relation);
}

/**
 * `k = 1 AND x OR k > 5`: a row that matters satisfies one of the arms, so a column which each of
 * them confines has one of their values. An arm that is never true adds none.
 */
function readAlternatives(
  found: Findings,
  arms: readonly SyntaxNode[],
  negated: boolean,
  scope: ConditionScope,
): void {
  const read = arms.map(arm => readCondition(arm, negated, scope)).filter(one => !one.impossible);
  const [first, ...others] = read;
  if (first === undefined) {
    found.impossible = true;
    return;
  }
  const done: ColumnUse[] = [];
  for (const { column, values } of first.sets) {
    if (done.some(other => sameColumn(other, column))) continue;
    done.push(column);
    const rest = others.map(arm => arm.sets.find(set => sameColumn(set.column, column)));
    if (rest.some(set => set === undefined)) continue;
    found.sets.push({ column, values: [...values, ...rest.flatMap(set => set!.values)] });
  }
}

function sameColumn(a: ColumnUse, b: ColumnUse): boolean {
  return a.relation === b.relation && a.column === b.column;
}

function filteredColumn(node: SyntaxNode, scope: ConditionScope): ColumnUse | null {
  const use = columnUse(node, scope);
  return use !== null && isFiltered(use, scope) ? use : null;
}

function columnUse(node: SyntaxNode | undefined, scope: ConditionScope): ColumnUse | null {
  if (node?.ColumnRef === undefined) return null;
  return scope.level.resolve(node.ColumnRef, scope.visible ?? undefined);
}

/** Whether rows of the column's relation have to satisfy the condition. */
function isFiltered(use: ColumnUse, scope: ConditionScope): boolean {
  if (use.relation.level !== scope.level) {
    return scope.outer !== undefined && isFiltered(use, scope.outer);
  }
  return scope.filters === null || scope.filters.has(use.relation);
}
