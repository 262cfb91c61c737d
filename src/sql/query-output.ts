// The columns that a query gives to the query around it, and of which columns of its own relations
// they are made, so that a predicate on a derived table, view or WITH query confines what is inside.

import type { Column } from '../catalog/catalog.ts';
import type { KeyGraph } from './key-graph.ts';
import {
  type ColumnUse,
  catalogColumn,
  type Level,
  type OutputColumn,
  type OutputOrigin,
  type ScopeRelation,
} from './level.ts';
import { outputName, outputNames } from './output-names.ts';
import { confineToValues, type Membership } from './predicates.ts';
import type { SelectStmt, SyntaxNode } from './syntax-tree.ts';
import { walk } from './syntax-tree.ts';

/** Of a query without set operation, whose FROM is in `level`; null: not known. */
export function outputOf(select: SelectStmt, level: Level): readonly OutputColumn[] | null {
  if (select.valuesLists !== undefined) return outputOfValues(select);
  if (select.targetList === undefined) return null;
  const isWhole = keepsValuesApart(select);
  const isNulled = hasGroupingSets(select);
  const plain = (name: string, use: ColumnUse) => {
    const column = plainColumn(name, use, level, isWhole);
    const type = column.type === null ? null : { ...column.type, notNull: false };
    return isNulled ? { ...column, type, origins: [] } : column;
  };
  const outputs: OutputColumn[] = [];
  for (const target of select.targetList as readonly SyntaxNode[]) {
    const value = target.ResTarget?.val as SyntaxNode | undefined;
    if (value?.ColumnRef?.fields?.some(field => 'A_Star' in field)) {
      const uses = starColumns(value.ColumnRef.fields as readonly SyntaxNode[], level);
      if (uses === null) return null;
      for (const use of uses) outputs.push(plain(use.column, use));
      continue;
    }
    const name = outputName(target);
    if (name === null) return null;
    const use = value?.ColumnRef === undefined ? null : level.resolve(value.ColumnRef);
    const values = value === undefined || isNulled ? null : [value];
    outputs.push(use === null ? { ...unknownColumn(name), values } : plain(name, use));
  }
  return outputs;
}

function unknownColumn(name: string): OutputColumn {
  return { name, type: null, origins: [], values: null };
}

function outputOfValues(select: SelectStmt): readonly OutputColumn[] | null {
  const rows = (select.valuesLists ?? []).map(
    list => ((list as SyntaxNode).List?.items ?? []) as readonly SyntaxNode[],
  );
  return (
    outputNames(select)?.map((name, at) => ({
      ...unknownColumn(name),
      values: rows.map(row => row[at] ?? {}),
    })) ?? null
  );
}

/**
 * Of UNION, INTERSECT and EXCEPT: whole rows are compared, so rows with a value in a column come of
 * rows with it, of either arm. But a value of one arm need not be one of the other.
 */
export function outputOfArms(
  select: SelectStmt,
  left: readonly OutputColumn[] | null,
  right: readonly OutputColumn[] | null,
): readonly OutputColumn[] | null {
  if (left === null || left.length !== right?.length) {
    return outputNames(select)?.map(unknownColumn) ?? null;
  }
  const isWhole = keepsValuesApart(select);
  return left.map(({ name, type, origins, values }, at) => {
    const other = right[at]!;
    if (values !== null && other.values !== null) {
      return { ...unknownColumn(name), values: [...values, ...other.values] };
    }
    // Of two types the arms' values would become those of a third.
    if (type === null || !sameType(type, other.type)) return unknownColumn(name);
    const both = [...origins, ...other.origins].map(origin => ({
      use: origin.use,
      isValue: false,
      isWhole: isWhole && origin.isWhole,
    }));
    return { name, type: { ...type, notNull: false }, origins: both, values: null };
  });
}

function sameType(type: Column, other: Column | null): boolean {
  return type.typeOid === other?.typeOid && type.collation === other.collation;
}

/** A relation that is NULL-extended within has rows behind a NULL as well: nothing is said of it. */
function plainColumn(name: string, use: ColumnUse, level: Level, isWhole: boolean): OutputColumn {
  const type = catalogColumn(use);
  const { nullable } = use.relation;
  const own = use.relation.level === level && !nullable;
  const origins = own ? [{ use, isValue: true, isWhole }] : [];
  const shown = type !== null && nullable ? { ...type, notNull: false } : type;
  return { name, type: shown, origins, values: null };
}

/**
 * Whether rows of the query with a value v in a plain column depend on rows with v only. Not where
 * rows are counted off or numbered together (LIMIT, DISTINCT ON, window functions, locks). Groups
 * do: PostgreSQL takes a plain column there only if it has one value in each group, but for
 * grouping sets, which leave it out by turns.
 */
function keepsValuesApart(select: SelectStmt): boolean {
  const { limitCount, limitOffset, lockingClause, windowClause, distinctClause } = select;
  if (limitCount !== undefined || limitOffset !== undefined) return false;
  if (lockingClause !== undefined || windowClause !== undefined) return false;
  if (distinctClause?.some(item => Object.keys(item).length > 0)) return false;
  if (hasGroupingSets(select)) return false;
  let apart = true;
  walk([select.targetList, select.sortClause], value => {
    // WindowDef of a call, or of JSON_ARRAYAGG and JSON_OBJECTAGG.
    if ('over' in (value as object)) apart = false;
    return apart;
  });
  return apart;
}

/** ROLLUP, CUBE and GROUPING SETS make rows in which what they group by is NULL, constants too. */
export function hasGroupingSets(select: SelectStmt): boolean {
  const grouped = (select.groupClause ?? []) as readonly SyntaxNode[];
  return grouped.some(item => item.GroupingSet !== undefined);
}

/** What `*` or `t.*` stands for, in order; null: not known. */
function starColumns(fields: readonly SyntaxNode[], level: Level): readonly ColumnUse[] | null {
  if (fields.length > 2 || level.opaque) return null;
  const table = fields.length === 2 ? (fields[0]?.String?.sval ?? '') : null;
  // Columns that are merged come first, and once.
  if (table === null && level.merged.size > 0) return null;
  const relations = level.relations.filter(one => table === null || one.refname === table);
  if (relations.length === 0 || (table !== null && relations.length > 1)) return null;
  const uses: ColumnUse[] = [];
  for (const relation of relations) {
    if (relation.columns === null || relation.hidden) return null;
    for (const column of relation.columns) uses.push({ relation, column });
  }
  return uses;
}

/** Values pass both ways between a relation's columns and what they are made of. */
export function linkOutput(graph: KeyGraph, relation: ScopeRelation): void {
  const { columns, outputs } = relation;
  if (columns === null || outputs === null) return;
  for (const [at, { origins }] of outputs.entries()) {
    const column = columns[at]!;
    if (columns.indexOf(column) !== columns.lastIndexOf(column)) continue;
    for (const origin of origins) linkOrigin(graph, { relation, column }, origin, true, true);
  }
}

/** A conjunct tests columns against the rows of a query. */
export function linkMembership(
  graph: KeyGraph,
  { kind, tests }: Membership,
  outputs: readonly OutputColumn[] | null,
): void {
  for (const [at, test] of tests.entries()) {
    const output = outputs?.[at];
    if (test === null || output === undefined) continue;
    if (kind !== 'not in') confineToValues(graph, test, output.values);
    for (const origin of output.origins) {
      if (kind === 'not in') {
        if (neverNull(test, output.type)) linkOrigin(graph, test, origin, false, true);
      } else {
        // Without its other rows a scalar subquery may be none, or no error.
        linkOrigin(graph, test, origin, true, kind === 'in');
      }
    }
  }
}

/** NULL NOT IN (…) is true if there are no rows, 5 NOT IN (…) is not if one is NULL. */
function neverNull(test: ColumnUse, type: Column | null): boolean {
  const notNull = catalogColumn(test)?.notNull ?? false;
  return notNull && !test.relation.nullable && (type?.notNull ?? false);
}

/** `outer` is compared with, or is, the column of a row of the query: `up`, it is equal to one of
 *  its values; `down`, only equal ones count. */
function linkOrigin(
  graph: KeyGraph,
  outer: ColumnUse,
  { use, isValue, isWhole }: OutputOrigin,
  up: boolean,
  down: boolean,
): void {
  if (isValue && up) graph.follow(use, outer);
  if (isWhole && down) graph.follow(outer, use);
}
