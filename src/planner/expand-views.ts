// Views over sharded tables as the queries that they stand for, where no shard can answer the view by
// itself (groups, LIMIT, now()): one shard then runs such a query over the rows of all. A view is read
// with its owner's rights; where that may show other rows than those of whoever asks, it stays refused.

import { type Catalog, resolveFunctions, resolveTable, type Table } from '../catalog/catalog.ts';
import type { CollectPlan } from '../plan/collect-plan.ts';
import type { ScopeRelation } from '../sql/level.ts';
import { outputNames } from '../sql/output-names.ts';
import { parseStatements } from '../sql/parser.ts';
import { printStatement } from '../sql/print-statement.ts';
import { quoteName } from '../sql/quote-name.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { FuncCall, RangeVar, SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts, qualifiedName, walk } from '../sql/syntax-tree.ts';
import { viewQuery } from '../sql/view-query.ts';
import { asksForRowType, type NamingFacts, neededColumns } from './collect-table.ts';
import type { PlanInput } from './plan-input.ts';

export interface ExpandedViews {
  /** The statement with queries in place of views. */
  readonly input: PlanInput;
  /** The plan, which fails where somebody may not read a view of the statement. */
  guarded(plan: CollectPlan): CollectPlan;
}

/** Queries in place of views; those in such queries count too. */
const expansionsMax = 64;

/** null: there is none, or one that must stay. */
export function expandViews(input: PlanInput, facts: ScopeBuilder): ExpandedViews | null {
  const stmt = structuredClone(input.stmt);
  const views = viewsByPlace(facts);
  const expansion = new Expansion(input);
  if (views.size === 0 || asksForRowType(stmt, facts)) return null;
  if (!dropSchemas(stmt, facts, [...views.values()])) return null;
  walk(stmt, value => {
    const node = value as { RangeVar?: RangeVar };
    const view = node.RangeVar === undefined ? undefined : views.get(node.RangeVar.location ?? 0);
    if (view === undefined) return true;
    expansion.replace(node, view.table!);
    return false;
  });
  if (expansion.failed) return null;
  const sql = printStatement(stmt);
  const read = sql === null ? undefined : parseStatements(sql)[0]?.stmt;
  if (sql === null || read === undefined) return null;
  const own = ownFacts(input.stmt, facts);
  const guards = [...views.values()].map(view => guardOf(view, own));
  const names = [...views.values()].map(view => view.table!.name);
  const expanded = { ...input, sql, stmt: read };
  return { input: expanded, guarded: plan => guarded(plan, guards, names) };
}

function viewsByPlace({ relations }: ScopeBuilder): ReadonlyMap<number, ScopeRelation> {
  const views = relations.filter(one => one.source === 'subquery' && one.table?.view != null);
  return new Map(views.filter(one => one.location >= 0).map(one => [one.location, one]));
}

class Expansion {
  failed = false;
  readonly #input: PlanInput;
  #queries = 0;

  constructor(input: PlanInput) {
    this.#input = input;
    // Names of pg_catalog stand in views without it.
    this.failed = input.searchPath.indexOf('pg_catalog') > 0 || input.catalog.roundsFloats === true;
  }

  replace(node: { RangeVar?: RangeVar }, view: Table): void {
    const { alias, relname } = node.RangeVar!;
    const query = this.#queryOf(view);
    delete node.RangeVar;
    Object.assign(node, {
      RangeSubselect: {
        subquery: { SelectStmt: query },
        alias: { ...alias, aliasname: alias?.aliasname ?? relname },
      },
    });
  }

  #queryOf(view: Table): SelectStmt {
    const known = viewQuery(view);
    if (known === null || ++this.#queries > expansionsMax || !isOpen(view, this.#input)) {
      this.failed = true;
      return {};
    }
    const names = outputNames(known);
    const columns = view.columns.map(({ name }) => name);
    if (columns.length > 0 && columns.join('\0') !== names?.join('\0')) this.failed = true;
    const query = withoutPlaces(known);
    walk(query, value => {
      const node = value as SyntaxNode & { RangeVar?: RangeVar };
      if (!keepsMeaning(node, this.#input)) this.failed = true;
      if (node.RangeVar === undefined) return !this.failed;
      const table = this.#tableOf(node.RangeVar);
      if (table?.view != null) this.replace(node, table);
      return false;
    });
    return view.view?.barrier ? fenced(query) : query;
  }

  /** What has no schema in a view is a query of its WITH. */
  #tableOf({ relname = '', schemaname }: RangeVar): Table | null {
    const { catalog, searchPath } = this.#input;
    return schemaname === undefined ? null : resolveTable(catalog, relname, schemaname, searchPath);
  }
}

/** A copy that can be printed: no node of it says where it stood. */
function withoutPlaces(query: SelectStmt): SelectStmt {
  const text = JSON.stringify(query, (name, value) => (name === 'location' ? undefined : value));
  return JSON.parse(text) as SelectStmt;
}

/** Conditions around it see no rows that it leaves out: they are not pushed into a query with OFFSET
 *  (allpaths.c, subquery_is_pushdown_safe). */
function fenced(query: SelectStmt): SelectStmt {
  if (query.limitCount !== undefined || query.limitOffset !== undefined) return query;
  const limitOffset = { A_Const: { ival: {} } };
  return { ...query, limitOffset, limitOption: 'LIMIT_OPTION_COUNT' } as SelectStmt;
}

/** Everybody who may read the view's tables sees the rows that its owner sees (rewriteHandler.c,
 *  fireRIRrules: policies are those for the owner unless the view says otherwise). */
function isOpen({ view, uses }: Table, { catalog }: PlanInput): boolean {
  if (view === null) return false;
  return view.invoker || !uses.some(oid => catalog.tablesByOid.get(oid)?.rowSecurity === true);
}

/** What a view says without naming a schema is PostgreSQL's own, and its literals mean the same in
 *  every session. Names get their schema where users have others like them. */
function keepsMeaning(node: SyntaxNode, { catalog, searchPath }: PlanInput): boolean {
  const { FuncCall: call, A_Expr: expr, TypeCast: cast } = node;
  if (call !== undefined && isTaken(call, catalog, searchPath)) {
    Object.assign(call, { funcname: ownName(call.funcname) });
  }
  if (expr?.kind === 'AEXPR_OP' && nameParts(expr.name).length === 1) {
    const others = catalog.operators.get(qualifiedName(expr.name).name) ?? [];
    const taken = others.some(one => one.builtIn.length > 0 && searchPath.includes(one.schema));
    if (taken) Object.assign(expr, { name: ownName(expr.name) });
  }
  const text = (cast?.arg as SyntaxNode | undefined)?.A_Const?.sval?.sval;
  if (text === undefined) return true;
  const { name } = qualifiedName(cast!.typeName?.names);
  const form = plainForms[name];
  return form === undefined || form.test(text);
}

const isoDate = /^(\d{4,}-\d\d-\d\d|-?infinity$)/;
/** How each is written if not by the settings of a session (datetime.c, EncodeDateTime and its like). */
const plainForms: Readonly<Record<string, RegExp>> = {
  date: isoDate,
  timestamp: isoDate,
  timestamptz: isoDate,
  interval: /^(-?\d+:\d\d:\d\d(\.\d+)?|-?infinity|[^@]*\d (year|mon|day).*)$/,
  money: /^$/,
};

function isTaken({ funcname }: FuncCall, catalog: Catalog, searchPath: readonly string[]): boolean {
  const { schema, name } = qualifiedName(funcname);
  if (schema !== null) return false;
  const meant = resolveFunctions(catalog, name, null, searchPath);
  return meant.some(one => one.schema !== 'pg_catalog');
}

function ownName(names: FuncCall['funcname']): readonly SyntaxNode[] {
  return [{ String: { sval: 'pg_catalog' } } as SyntaxNode, ...((names ?? []) as SyntaxNode[])];
}

/** `schema.view.column` becomes `view.column`. False: that might be another relation's. */
function dropSchemas(
  stmt: SyntaxNode,
  { relations }: ScopeBuilder,
  views: readonly ScopeRelation[],
): boolean {
  let known = true;
  walk(stmt, value => {
    const ref = value as { fields?: readonly SyntaxNode[] };
    if (ref.fields === undefined || ref.fields.length < 3) return known;
    const [schema, name] = ref.fields.map(field => field.String?.sval);
    const meant = views.find(one => one.name === name && one.table?.schema === schema);
    if (meant === undefined) return known;
    known &&= relations.every(one => one.refname !== name || one.table === meant.table);
    ref.fields = ref.fields.slice(1);
    return known;
  });
  return known;
}

/** Without the queries of views. */
function ownFacts(stmt: SyntaxNode, { selects, relations }: ScopeBuilder): NamingFacts {
  const written = new Set<object>();
  walk(stmt, value => {
    written.add(value);
    return true;
  });
  return { selects: selects.filter(one => written.has(one.select)), relations };
}

/** Reads no row, and needs the rights to the view's columns that the statement names: PostgreSQL
 *  checks those of what it leaves out of a plan too (setrefs.c, flatten_unplanned_rtes). */
function guardOf(view: ScopeRelation, facts: NamingFacts): string {
  const { schema, name, columns } = view.table!;
  const visible = view.columns ?? [];
  const needed = neededColumns(view, facts).map(one => columns[visible.indexOf(one)]?.name ?? one);
  const list = needed.map(one => quoteName(one)).join(', ');
  const from = `${quoteName(schema)}.${quoteName(name)}`;
  return `NOT EXISTS (SELECT ${list} FROM ${from} WHERE false)`;
}

function guarded(
  plan: CollectPlan,
  guards: readonly string[],
  views: readonly string[],
): CollectPlan {
  const conditions = [...new Set(guards)].join(' AND ');
  const [first, ...others] = plan.tables;
  if (first === undefined) return plan;
  const sql = `SELECT * FROM (${first.sql}) AS pgpack WHERE ${conditions}`;
  return { ...plan, tables: [{ ...first, sql }, ...others], views };
}
