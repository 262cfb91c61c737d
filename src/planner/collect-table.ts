// The rows of one table that a statement may need, as each shard gives them: the columns that it
// names anywhere, confined by what its own WHERE says of this table alone.

import { columnOf, resolveFunctions } from '../catalog/catalog.ts';
import type { Level, ScopeRelation } from '../sql/level.ts';
import { ScopeBuilder } from '../sql/scope-builder.ts';
import type { RangeVar, SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { isStar, qualifiedName, walk } from '../sql/syntax-tree.ts';
import { callThatVaries, partThatVaries } from './call-safety.ts';

export interface TableFragment {
  readonly fragment: SelectStmt;
  /** See `CollectedTable`. */
  readonly primaryKey: readonly string[] | null;
  readonly wholeRows: boolean;
}

export function tableFragment(
  table: RangeVar,
  relation: ScopeRelation,
  facts: ScopeBuilder,
): TableFragment {
  const select = facts.selects.find(one => one.level === relation.level)?.select;
  const columns = neededColumns(relation, facts);
  const filters = relation.nullable || select === undefined ? [] : ownFilters(select, relation);
  const safe = filters.filter(filter => isSafe(filter, facts));
  return {
    fragment: {
      targetList: targetsOf(
        columns.map(name => ({ ResTarget: { val: columnRef([name]) } }) as SyntaxNode),
      ),
      fromClause: [{ RangeVar: table }],
      ...(safe.length === 0 ? {} : { whereClause: conjunction(safe) }),
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    } as SelectStmt,
    primaryKey: groupedKey(relation, facts),
    wholeRows: isWholeRow(relation, facts),
  };
}

export function columnRef(names: readonly string[]): SyntaxNode {
  return { ColumnRef: { fields: names.map(sval => ({ String: { sval } })) } } as SyntaxNode;
}

/** A row counts even where nothing of it is named. */
export function targetsOf(columns: readonly SyntaxNode[]): readonly SyntaxNode[] {
  if (columns.length > 0) return columns;
  const val = { A_Const: { boolval: { boolval: true } } };
  return [{ ResTarget: { name: 'pgpack', val } } as SyntaxNode];
}

/** By which columns are named. */
export type NamingFacts = Pick<ScopeBuilder, 'selects' | 'relations'>;

/** All, where the statement may mean columns without naming them. */
export function neededColumns(relation: ScopeRelation, facts: NamingFacts): readonly string[] {
  const columns = relation.columns ?? [];
  const named = new Set<string>();
  let all = false;
  walk(
    facts.selects.map(one => one.select),
    (value, member) => {
      const { sval } = value as { sval?: string };
      if (member === 'String' && sval !== undefined) named.add(sval);
      if (member === 'A_Star' || (value as { isNatural?: boolean }).isNatural) all = true;
      if (member === 'alias' && 'colnames' in value) all = true;
      return true;
    },
  );
  return all || isWholeRow(relation, facts) ? columns : columns.filter(one => named.has(one));
}

/** Its name by itself is the whole row unless a column has it, and so is the alias of a join; so is
 *  what stands before the name of a function (`t.row_to_json`, ParseFuncOrColumn). A star among the
 *  targets is only short for columns (ExpandColumnRefStar, parse_target.c). */
function isWholeRow({ refname, columns }: ScopeRelation, facts: NamingFacts): boolean {
  const selects = facts.selects.map(one => one.select);
  const joins = new Set<string>();
  walk(selects, value => {
    const alias = (value as SyntaxNode).JoinExpr?.alias as { aliasname?: string } | undefined;
    if (alias?.aliasname !== undefined) joins.add(alias.aliasname);
    return true;
  });
  const isColumn = (name: string): boolean =>
    facts.relations.some(one => one.columns?.includes(name));
  let found = false;
  walk(selects, value => {
    if (isStar((value as SyntaxNode).ResTarget?.val as SyntaxNode | undefined)) return false;
    const fields = (value as { fields?: readonly SyntaxNode[] }).fields ?? [];
    const names = fields.map(field => field.String?.sval ?? '');
    const [table, name] = names.length < 2 ? [names[0], null] : names.slice(-2);
    if (table === undefined) return !found;
    if (joins.has(table)) found ||= name == null || !isColumn(name);
    if (table === refname) found ||= !columns?.includes(name ?? table);
    return !found;
  });
  return found;
}

/** Whether it asks for the type of a whole row of a table or view: rows of what stands in its place
 *  have another. */
export function asksForRowType(stmt: SyntaxNode, { relations, input }: ScopeBuilder): boolean {
  const rows = new Set(relations.filter(one => one.table !== null).map(one => one.refname));
  const columns = new Set(relations.flatMap(one => one.columns ?? []));
  const isRow = (names: readonly string[]): boolean => {
    const last = names.at(-1) ?? '';
    return rows.has(last) && !columns.has(last);
  };
  // Of users' functions of one name it is the type that chooses.
  const takesIt = (name: string, schema: string | null = null): boolean => {
    const meant = resolveFunctions(input.catalog, name, schema, input.searchPath);
    return name === 'pg_typeof' || meant.some(one => one.schema !== 'pg_catalog');
  };
  let found = false;
  walk(stmt, value => {
    const { FuncCall: call, TypeCast: cast, A_Indirection: of } = value as SyntaxNode;
    const { schema, name } = qualifiedName(call?.funcname);
    if (call !== undefined && takesIt(name, schema)) found ||= holds(call.args, isRow);
    const [attribute] = (of?.indirection ?? []) as readonly SyntaxNode[];
    const names = [...referenced(of?.arg), attribute?.String?.sval ?? ''];
    for (const path of [namesOf(value), names]) {
      const last = path.at(-1) ?? '';
      found ||= isRow(path.slice(0, -1)) && !columns.has(last) && takesIt(last);
    }
    const { name: type } = qualifiedName(cast?.typeName?.names);
    found ||= isRow(referenced(cast?.arg)) && !texts.has(type);
    return !found;
  });
  return found;
}

/** Types that every row can be cast to. */
const texts: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar']);

/** Of a ColumnRef. */
function namesOf(ref: unknown): readonly string[] {
  const { fields = [] } = (ref ?? {}) as { fields?: readonly SyntaxNode[] };
  return fields.flatMap(field => field.String?.sval ?? []);
}

function referenced(node: unknown): readonly string[] {
  return namesOf((node as SyntaxNode | undefined)?.ColumnRef);
}

function holds(tree: unknown, isRow: (names: readonly string[]) => boolean): boolean {
  let found = false;
  walk(tree, value => {
    found ||= isRow(namesOf(value));
    return !found;
  });
  return found;
}

/** Conditions of WHERE that name columns of the relation and of no other. */
function ownFilters(select: SelectStmt, relation: ScopeRelation): readonly SyntaxNode[] {
  return conjuncts(select.whereClause as SyntaxNode | undefined).filter(condition =>
    isOf(condition, relation, relation.level),
  );
}

function conjuncts(node: SyntaxNode | undefined): readonly SyntaxNode[] {
  if (node === undefined) return [];
  const { BoolExpr } = node;
  if (BoolExpr?.boolop !== 'AND_EXPR') return [node];
  return ((BoolExpr.args ?? []) as readonly SyntaxNode[]).flatMap(conjuncts);
}

function conjunction(conditions: readonly SyntaxNode[]): SyntaxNode {
  const [only, ...more] = conditions;
  if (more.length === 0) return only!;
  return { BoolExpr: { boolop: 'AND_EXPR', args: conditions } } as SyntaxNode;
}

function isOf(condition: SyntaxNode, relation: ScopeRelation, level: Level): boolean {
  let own = true;
  walk(condition, value => {
    const { ColumnRef, SubLink } = value as SyntaxNode;
    if (SubLink !== undefined) own = false;
    if (ColumnRef !== undefined && level.resolve(ColumnRef)?.relation !== relation) own = false;
    return own;
  });
  return own;
}

/** Shards see it as the final fragment does. */
function isSafe(condition: SyntaxNode, { input }: ScopeBuilder): boolean {
  const facts = new ScopeBuilder(input);
  facts.expressions(condition, null, new Map());
  return callThatVaries(facts, false) === null && partThatVaries(condition) === null;
}

/** The primary key if some GROUP BY names all of it. */
function groupedKey(relation: ScopeRelation, facts: ScopeBuilder): readonly string[] | null {
  const { table, columns } = relation;
  const key = table?.uniqueIndexes.find(index => index.primary)?.columns;
  if (table == null || columns === null || key == null || relation.source !== 'sharded')
    return null;
  const visible = key.map(name => columns[table.columns.indexOf(columnOf(table, name)!)] ?? '');
  const select = facts.selects.find(one => one.level === relation.level)?.select;
  const grouped = new Set<string>();
  walk(select?.groupClause, value => {
    const { ColumnRef } = value as SyntaxNode;
    const use = ColumnRef === undefined ? null : relation.level.resolve(ColumnRef);
    if (use?.relation === relation) grouped.add(use.column);
    return true;
  });
  return visible.every(name => grouped.has(name)) ? visible : null;
}
