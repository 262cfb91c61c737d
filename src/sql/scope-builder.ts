// Walks a statement level by level, CTEs, subqueries and set operations included, and gathers what
// planning asks: every relation that is touched and in which role, what its key is equal to, which
// functions and operators are called. Nothing is decided here.

import type { Catalog, Table } from '../catalog/catalog.ts';
import { isSystemSchema, ownComparisons, resolveTable } from '../catalog/catalog.ts';
import type { KeySet } from '../plan/route.ts';
import { type FromContext, readFrom } from './from-clause.ts';
import { insertedKeys } from './inserted-keys.ts';
import { KeyGraph } from './key-graph.ts';
import type { RelationSource, ScopeRelation } from './level.ts';
import { Level, type OutputColumn } from './level.ts';
import { mergeClauses, mergedKeys, mergeFilters } from './merge-clauses.ts';
import { outputNames } from './output-names.ts';
import { addCondition, type ConditionScope, type Memberships } from './predicates.ts';
import { linkMembership, linkOutput, outputOf, outputOfArms } from './query-output.ts';
import type { ShardedKey, ShardingScheme } from './sharding-scheme.ts';
import type {
  Alias,
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  RangeVar,
  SelectStmt,
  SyntaxNode,
  UpdateStmt,
  WithClause,
} from './syntax-tree.ts';
import { nameParts, qualifiedName } from './syntax-tree.ts';
import { viewQuery } from './view-query.ts';

export interface ScopeInput {
  readonly catalog: Catalog;
  readonly scheme: ShardingScheme;
  readonly searchPath: readonly string[];
}

export interface FunctionUse {
  readonly schema: string | null;
  readonly name: string;
  readonly args: readonly SyntaxNode[];
}

/** A WITH query. A reference to it means a copy of its query, confined by what is around it. */
interface Cte {
  /** null: it writes or is recursive. */
  readonly query: SelectStmt | null;
  readonly columnNames: readonly string[];
  /** Where it is no copy; null: not known. */
  readonly columns: readonly string[] | null;
  /** What its query sees. */
  readonly scope: CteScope;
  readonly parent: Level | null;
  /** Its query has been walked without anything around it, or as a copy. */
  walked: 'no' | 'as a copy' | 'by itself';
}

/** WITH queries in scope by name. */
type CteScope = ReadonlyMap<string, Cte>;

/** References to WITH queries and to views that are read as copies; those in copies count too. */
const copiesMax = 64;

type NamedRelation = Pick<ScopeRelation, 'source' | 'name' | 'location'> &
  Partial<Pick<ScopeRelation, 'table'>>;

/** Walks a query and tells its level. */
type DerivedQuery = (derivedAs: (level: Level) => void) => readonly OutputColumn[] | null;

interface DerivedAlias {
  readonly alias: Alias | undefined;
  /** By which a WITH clause or view renames the query's columns. */
  readonly columnNames: readonly string[];
  readonly level: Level;
}

export class ScopeBuilder {
  readonly input: ScopeInput;
  readonly graph: KeyGraph;
  readonly memberships: Memberships = new Map();
  readonly relations: ScopeRelation[] = [];
  /** Keys that each INSERT stores into its target; null: they cannot be told. */
  readonly insertTargets = new Map<ScopeRelation, readonly KeySet[] | null>();
  readonly functions: FunctionUse[] = [];
  readonly operators: { schema: string | null; name: string }[] = [];
  /** now(), CURRENT_USER and the like that are written without parentheses. */
  readonly valueFunctions: string[] = [];
  /** Levels that lock rows (FOR UPDATE and the like). */
  readonly locking: Level[] = [];
  /** Statements in WITH that write. */
  readonly writingCtes: SyntaxNode[] = [];
  /** All SELECTs, with their levels; null for set operations. */
  readonly selects: { readonly select: SelectStmt; readonly level: Level | null }[] = [];
  /** The level of the statement itself; null for set operations and VALUES. */
  top: Level | null = null;
  /** Something this walk does not know: nothing can be proved. */
  unknown: string | null = null;
  private copies = 0;

  constructor(input: ScopeInput) {
    this.input = input;
    this.graph = new KeyGraph(ownComparisons(input.catalog, input.searchPath));
  }

  statement(stmt: SyntaxNode, parent: Level | null, ctes: CteScope): void {
    if (stmt.SelectStmt !== undefined) this.select(stmt.SelectStmt, parent, ctes);
    else if (stmt.InsertStmt !== undefined) this.insert(stmt.InsertStmt, ctes);
    else if (stmt.UpdateStmt !== undefined) this.update(stmt.UpdateStmt, ctes);
    else if (stmt.DeleteStmt !== undefined) this.delete(stmt.DeleteStmt, ctes);
    else if (stmt.MergeStmt !== undefined) this.merge(stmt.MergeStmt, ctes);
    else this.unknown = 'this statement';
  }

  /** `derivedAs` is told the level of a SELECT that is no set operation. */
  select(
    select: SelectStmt,
    parent: Level | null,
    outerCtes: CteScope,
    derivedAs: (level: Level) => void = () => undefined,
  ): readonly OutputColumn[] | null {
    const membership = this.memberships.get(select);
    const ctes = this.with(select.withClause, parent, outerCtes);
    const level = new Level(parent);
    let outputs: readonly OutputColumn[] | null;
    if (select.larg !== undefined && select.rarg !== undefined) {
      this.selects.push({ select, level: null });
      const left = this.select(select.larg, parent, ctes);
      outputs = outputOfArms(select, left, this.select(select.rarg, parent, ctes));
    } else {
      if (this.top === null && parent === null) this.top = level;
      this.selects.push({ select, level });
      this.from(select.fromClause, level, ctes);
      const exists = membership?.kind === 'exists' && this.hasRowPerRow(select);
      this.condition(select.whereClause, level, ctes, exists ? membership.scope : undefined);
      outputs = outputOf(select, level);
      derivedAs(level);
    }
    if (membership !== undefined) linkMembership(this.graph, membership, outputs);
    const rest = [
      select.distinctClause,
      select.targetList,
      select.groupClause,
      select.havingClause,
      select.windowClause,
      select.valuesLists,
      select.sortClause,
      select.limitOffset,
      select.limitCount,
    ];
    for (const part of rest) this.expressions(part, level, ctes);
    if ((select.lockingClause?.length ?? 0) > 0) this.locking.push(level);
    this.walkOthers(ctes, outerCtes);
    return outputs;
  }

  /** It has a row only if one satisfies its WHERE: an aggregate may have one of none. */
  private hasRowPerRow(select: SelectStmt): boolean {
    if (select.havingClause !== undefined || select.groupClause !== undefined) return false;
    const text = JSON.stringify([select.targetList, select.sortClause]);
    return !/"(FuncCall|JsonArrayAgg|JsonObjectAgg)"/.test(text);
  }

  private insert(insert: InsertStmt, outerCtes: CteScope): void {
    const ctes = this.with(insert.withClause, null, outerCtes);
    const level = new Level(null);
    this.top ??= level;
    const target = this.target(insert.relation, level);
    const source = (insert.selectStmt as SyntaxNode | undefined)?.SelectStmt;
    let sourceLevel: Level | null = null;
    if (source !== undefined) {
      const top = this.top;
      this.top = null;
      this.select(source, null, ctes);
      sourceLevel = this.top;
      this.top = top;
    }
    if (target !== null) {
      this.insertTargets.set(target, insertedKeys(insert, target, sourceLevel, this.graph));
    }
    const conflict = insert.onConflictClause;
    this.expressions(conflict?.targetList, level, ctes);
    this.expressions(conflict?.whereClause, level, ctes);
    this.expressions(conflict?.infer, level, ctes);
    this.expressions(insert.returningClause, level, ctes);
    this.walkOthers(ctes, outerCtes);
  }

  private update(update: UpdateStmt, outerCtes: CteScope): void {
    const ctes = this.with(update.withClause, null, outerCtes);
    const level = new Level(null);
    this.top ??= level;
    this.target(update.relation, level);
    this.from(update.fromClause, level, ctes);
    this.condition(update.whereClause, level, ctes);
    this.expressions(update.targetList, level, ctes);
    this.expressions(update.returningClause, level, ctes);
    this.walkOthers(ctes, outerCtes);
  }

  private delete(remove: DeleteStmt, outerCtes: CteScope): void {
    const ctes = this.with(remove.withClause, null, outerCtes);
    const level = new Level(null);
    this.top ??= level;
    this.target(remove.relation, level);
    this.from(remove.usingClause, level, ctes);
    this.condition(remove.whereClause, level, ctes);
    this.expressions(remove.returningClause, level, ctes);
    this.walkOthers(ctes, outerCtes);
  }

  private merge(merge: MergeStmt, outerCtes: CteScope): void {
    const ctes = this.with(merge.withClause, null, outerCtes);
    const level = new Level(null);
    this.top ??= level;
    const target = this.target(merge.relation, level);
    const source = merge.sourceRelation as SyntaxNode | undefined;
    this.from(source === undefined ? [] : [source], level, ctes);
    if (target === null) return;
    const clauses = mergeClauses(merge);
    const filters = mergeFilters(clauses, target);
    const scope = { level, filters, visible: null };
    addCondition(this.graph, merge.joinCondition, scope, this.memberships);
    this.expressions(merge.joinCondition, level, ctes);
    this.expressions(merge.mergeWhenClauses, level, ctes);
    this.expressions(merge.returningClause, level, ctes);
    this.walkOthers(ctes, outerCtes);
    const keys = mergedKeys(clauses, target, this.graph);
    if (keys !== undefined) this.insertTargets.set(target, keys);
  }

  private with(clause: WithClause | undefined, parent: Level | null, outer: CteScope): CteScope {
    if (clause === undefined) return outer;
    const scope = new Map(outer);
    const ctes = (clause.ctes ?? []).map(node => (node as SyntaxNode).CommonTableExpr ?? {});
    const opaque = { query: null, parent, scope: outer, walked: 'by itself' as const };
    if (clause.recursive) {
      for (const cte of ctes)
        scope.set(cte.ctename ?? '', { ...opaque, columnNames: [], columns: null });
    }
    for (const cte of ctes) {
      const query = (cte.ctequery ?? {}) as SyntaxNode;
      const name = cte.ctename ?? '';
      const columnNames = nameParts(cte.aliascolnames);
      const names = query.SelectStmt === undefined ? null : outputNames(query.SelectStmt);
      const columns = names === null ? null : renamed(names, columnNames);
      if (query.SelectStmt !== undefined && !clause.recursive) {
        const before = new Map(scope);
        const own: Cte = {
          query: query.SelectStmt,
          columnNames,
          columns,
          scope: before,
          parent,
          walked: 'no',
        };
        scope.set(name, own);
        continue;
      }
      if (query.SelectStmt === undefined) this.writingCtes.push(query);
      this.aside(() =>
        this.statement(query, query.SelectStmt === undefined ? null : parent, scope),
      );
      scope.set(name, { ...opaque, columnNames, columns });
    }
    return scope;
  }

  /** Walks a query that is not the statement's own. */
  private aside<T>(walk: () => T): T {
    const { top } = this;
    this.top = top ?? new Level(null);
    const result = walk();
    this.top = top;
    return result;
  }

  /** Queries of a WITH clause that nothing refers to. */
  private walkOthers(ctes: CteScope, outer: CteScope): void {
    for (const [name, cte] of ctes) {
      if (outer.get(name) !== cte && cte.walked === 'no') this.walkByItself(cte);
    }
  }

  private walkByItself(cte: Cte): readonly OutputColumn[] | null {
    const { query, parent, scope } = cte;
    cte.walked = 'by itself';
    return query === null ? null : this.aside(() => this.select(query, parent, scope));
  }

  private from(items: readonly SyntaxNode[] | undefined, level: Level, ctes: CteScope): void {
    const context: FromContext = {
      graph: this.graph,
      memberships: this.memberships,
      relation: (rangeVar, inner) => this.rangeVar(rangeVar, inner, ctes),
      subquery: (query, parent, alias, inner) => {
        const select = query.SelectStmt ?? {};
        return this.derived(
          { source: 'subquery', name: '', location: -1 },
          derivedAs => this.select(select, parent, ctes, derivedAs),
          { alias, columnNames: [], level: inner },
        );
      },
      derived: (outputs, alias, inner) => {
        const columns = outputs?.map(({ name }) => name) ?? null;
        const from = { source: 'function' as const, columns, outputs, name: '', location: -1 };
        return this.add(from, alias, inner);
      },
      expressions: (tree, inner) => this.expressions(tree, inner, ctes),
    };
    readFrom(items ?? [], level, context);
  }

  private condition(
    node: SyntaxNode | undefined,
    level: Level,
    ctes: CteScope,
    outer?: ConditionScope,
  ): void {
    const own: ConditionScope = { level, filters: null, visible: null };
    const scope = outer === undefined ? own : { ...own, outer };
    addCondition(this.graph, node, scope, this.memberships);
    level.confirmOuterJoins();
    this.expressions(node, level, ctes);
  }

  /** Everything below expressions: calls, operators and subqueries. */
  expressions(tree: unknown, level: Level | null, ctes: CteScope): void {
    if (typeof tree !== 'object' || tree === null) return;
    if (Array.isArray(tree)) {
      for (const item of tree) this.expressions(item, level, ctes);
      return;
    }
    const node = tree as SyntaxNode;
    if (node.SelectStmt !== undefined) {
      this.select(node.SelectStmt, level ?? new Level(null), ctes);
      return;
    }
    this.noteCall(node);
    for (const child of Object.values(tree)) this.expressions(child, level, ctes);
  }

  private noteCall(node: SyntaxNode): void {
    if (node.FuncCall !== undefined) {
      const args = (node.FuncCall.args ?? []) as readonly SyntaxNode[];
      this.functions.push({ ...qualifiedName(node.FuncCall.funcname), args });
    } else if (node.A_Expr !== undefined) {
      this.operators.push(qualifiedName(node.A_Expr.name));
    } else if (node.SQLValueFunction !== undefined) {
      const op = node.SQLValueFunction.op ?? '';
      this.valueFunctions.push(op.replace(/^SVFOP_/, '').replace(/_N$/, ''));
    } else if (node.CurrentOfExpr !== undefined) {
      this.unknown = 'WHERE CURRENT OF';
    }
  }

  private target(rangeVar: RangeVar | undefined, level: Level): ScopeRelation | null {
    if (rangeVar === undefined) return null;
    const relation = this.rangeVar(rangeVar, level, new Map(), true);
    relation.target = true;
    return relation;
  }

  private rangeVar(
    rangeVar: RangeVar,
    level: Level,
    ctes: CteScope,
    target = false,
  ): ScopeRelation {
    const { catalog, scheme, searchPath } = this.input;
    const name = rangeVar.relname ?? '';
    const schema = rangeVar.schemaname ?? null;
    const location = rangeVar.location ?? 0;
    const cte = schema === null ? ctes.get(name) : undefined;
    if (cte !== undefined) return this.cte(cte, { source: 'cte', name, location }, rangeVar, level);
    const table = resolveTable(catalog, name, schema, searchPath);
    if (table === null) {
      const source = schema !== null && isSystemSchema(schema) ? 'system' : 'missing';
      return this.add({ source, columns: null, name, location }, rangeVar.alias, level);
    }
    if (table.view !== null && !target && scheme.readsSharded(table)) {
      const view = this.view(table, { source: 'subquery', name, location, table }, rangeVar, level);
      if (view !== null) return view;
    }
    const key = scheme.keyOf(table);
    const source = sourceOf(table.kind, table.schema, key);
    // Columns of system catalogs are not loaded.
    const columns = source === 'system' ? null : table.columns.map(column => column.name);
    return this.add({ source, columns, name, location, table, key }, rangeVar.alias, level);
  }

  /** A copy of the query; one of too many, or of what cannot be copied, stands for itself. */
  private cte(cte: Cte, from: NamedRelation, { alias }: RangeVar, level: Level): ScopeRelation {
    const { query, parent, scope, columnNames } = cte;
    if (query !== null && this.copies < copiesMax) {
      this.copies++;
      if (cte.walked === 'no') cte.walked = 'as a copy';
      const copy = { ...from, source: 'subquery' as const };
      const walk: DerivedQuery = derivedAs =>
        this.aside(() => this.select(query, parent, scope, derivedAs));
      return this.derived(copy, walk, { alias, columnNames, level });
    }
    if (cte.walked !== 'by itself') this.walkByItself(cte);
    return this.add({ ...from, columns: cte.columns }, alias, level);
  }

  /** The view's query in its place; null: it cannot be read. */
  private view(
    table: Table,
    from: NamedRelation,
    { alias }: RangeVar,
    level: Level,
  ): ScopeRelation | null {
    const query = viewQuery(table);
    if (query === null || this.copies >= copiesMax) return null;
    this.copies++;
    const columnNames = table.columns.map(column => column.name);
    const walk: DerivedQuery = derivedAs =>
      this.aside(() => this.select(query, null, new Map(), derivedAs));
    return this.derived(from, walk, { alias, columnNames, level });
  }

  /** A relation that stands for a query, whose columns are what the query's are. */
  private derived(
    from: NamedRelation,
    walk: DerivedQuery,
    { alias, columnNames, level }: DerivedAlias,
  ): ScopeRelation {
    const levels: Level[] = [];
    const outputs = walk(one => levels.push(one));
    const names = outputs?.map(({ name }) => name) ?? (from.table && columnNames) ?? null;
    const columns = names === null ? null : renamed(names, columnNames);
    const relation = this.add({ ...from, columns, outputs }, alias, level);
    const [own] = levels;
    if (own !== undefined) own.derivedAs = relation;
    linkOutput(this.graph, relation);
    return relation;
  }

  private add(
    from: Pick<ScopeRelation, 'source' | 'columns' | 'location'> &
      Partial<Pick<ScopeRelation, 'table' | 'key' | 'outputs'>> & { readonly name: string },
    alias: Alias | undefined,
    level: Level,
  ): ScopeRelation {
    const { columns } = from;
    const relation: ScopeRelation = {
      id: this.relations.length,
      level,
      name: from.name,
      refname: alias?.aliasname ?? from.name,
      aliased: alias !== undefined,
      source: from.source,
      table: from.table ?? null,
      key: from.key ?? null,
      columns: columns === null ? null : renamed(columns, nameParts(alias?.colnames)),
      outputs: from.outputs ?? null,
      location: from.location,
      nullable: false,
      hidden: false,
      target: false,
    };
    this.relations.push(relation);
    level.relations.push(relation);
    return relation;
  }
}

/** Column aliases rename from the left; columns beyond them keep their names. */
function renamed(columns: readonly string[], aliases: readonly string[]): readonly string[] {
  return columns.map((column, position) => aliases[position] ?? column);
}

function sourceOf(kind: string, schema: string, key: ShardedKey | null): RelationSource {
  if (isSystemSchema(schema)) return 'system';
  if (kind === 'view' || kind === 'matview') return 'view';
  if (key !== null) return 'sharded';
  if (kind === 'foreign') return 'foreign';
  if (kind === 'sequence') return 'sequence';
  return 'omnisharded';
}
