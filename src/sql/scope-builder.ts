// Walks a statement level by level, CTEs, subqueries and set operations included, and gathers what
// planning asks: every relation that is touched and in which role, what its key is equal to, which
// functions and operators are called. Nothing is decided here.

import type { Catalog } from '../catalog/catalog.ts';
import { isSystemSchema, resolveTable } from '../catalog/catalog.ts';
import type { KeySet } from '../plan/route.ts';
import { type FromContext, readFrom } from './from-clause.ts';
import { insertedKeys } from './inserted-keys.ts';
import { KeyGraph } from './key-graph.ts';
import type { KeyRule } from './key-rules.ts';
import { ruleOf } from './key-rules.ts';
import type { RelationSource, ScopeRelation } from './level.ts';
import { Level } from './level.ts';
import { outputNames } from './output-names.ts';
import { addCondition } from './predicates.ts';
import type {
  Alias,
  DeleteStmt,
  InsertStmt,
  RangeVar,
  SelectStmt,
  SyntaxNode,
  UpdateStmt,
  WithClause,
} from './syntax-tree.ts';
import { nameParts, qualifiedName } from './syntax-tree.ts';

export interface ScopeInput {
  readonly catalog: Catalog;
  readonly rules: readonly KeyRule[];
  readonly searchPath: readonly string[];
}

export interface FunctionUse {
  readonly schema: string | null;
  readonly name: string;
  readonly args: readonly SyntaxNode[];
}

/** Names of WITH queries in scope and the columns they have (null: not known). */
type CteScope = ReadonlyMap<string, readonly string[] | null>;

export class ScopeBuilder {
  readonly input: ScopeInput;
  readonly graph = new KeyGraph();
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
  /** The level of the statement itself; null for set operations and VALUES. */
  top: Level | null = null;
  /** Something this walk does not know: nothing can be proved. */
  unknown: string | null = null;

  constructor(input: ScopeInput) {
    this.input = input;
  }

  statement(stmt: SyntaxNode, parent: Level | null, ctes: CteScope): void {
    if (stmt.SelectStmt !== undefined) this.select(stmt.SelectStmt, parent, ctes);
    else if (stmt.InsertStmt !== undefined) this.insert(stmt.InsertStmt, ctes);
    else if (stmt.UpdateStmt !== undefined) this.update(stmt.UpdateStmt, ctes);
    else if (stmt.DeleteStmt !== undefined) this.delete(stmt.DeleteStmt, ctes);
    else this.unknown = 'MERGE';
  }

  select(select: SelectStmt, parent: Level | null, outerCtes: CteScope): void {
    const ctes = this.with(select.withClause, parent, outerCtes);
    const level = new Level(parent);
    if (select.larg !== undefined && select.rarg !== undefined) {
      this.select(select.larg, parent, ctes);
      this.select(select.rarg, parent, ctes);
    } else {
      if (this.top === null && parent === null) this.top = level;
      this.from(select.fromClause, level, ctes);
      this.condition(select.whereClause, level, ctes);
    }
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
      this.insertTargets.set(target, insertedKeys(insert, target, sourceLevel, this));
    }
    const conflict = insert.onConflictClause;
    this.expressions(conflict?.targetList, level, ctes);
    this.expressions(conflict?.whereClause, level, ctes);
    this.expressions(conflict?.infer, level, ctes);
    this.expressions(insert.returningClause, level, ctes);
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
  }

  private delete(remove: DeleteStmt, outerCtes: CteScope): void {
    const ctes = this.with(remove.withClause, null, outerCtes);
    const level = new Level(null);
    this.top ??= level;
    this.target(remove.relation, level);
    this.from(remove.usingClause, level, ctes);
    this.condition(remove.whereClause, level, ctes);
    this.expressions(remove.returningClause, level, ctes);
  }

  private with(clause: WithClause | undefined, parent: Level | null, outer: CteScope): CteScope {
    if (clause === undefined) return outer;
    const scope = new Map(outer);
    const ctes = (clause.ctes ?? []).map(node => (node as SyntaxNode).CommonTableExpr ?? {});
    if (clause.recursive) for (const cte of ctes) scope.set(cte.ctename ?? '', null);
    for (const cte of ctes) {
      const query = (cte.ctequery ?? {}) as SyntaxNode;
      if (query.SelectStmt === undefined) this.writingCtes.push(query);
      const top = this.top;
      this.top = new Level(null);
      this.statement(query, query.SelectStmt === undefined ? null : parent, scope);
      this.top = top;
      const given = nameParts(cte.aliascolnames);
      const names = query.SelectStmt === undefined ? null : outputNames(query.SelectStmt);
      scope.set(cte.ctename ?? '', names === null ? null : renamed(names, given));
    }
    return scope;
  }

  private from(items: readonly SyntaxNode[] | undefined, level: Level, ctes: CteScope): void {
    const context: FromContext = {
      graph: this.graph,
      relation: (rangeVar, inner) => this.rangeVar(rangeVar, inner, ctes),
      derived: (source, columns, alias, inner) => this.derived(source, columns, alias, inner),
      subquery: (query, parent) => this.statement(query, parent, ctes),
      expressions: (tree, inner) => this.expressions(tree, inner, ctes),
    };
    readFrom(items ?? [], level, context);
  }

  private condition(node: SyntaxNode | undefined, level: Level, ctes: CteScope): void {
    addCondition(this.graph, node, { level, filters: null, visible: null });
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
    const relation = this.rangeVar(rangeVar, level, new Map());
    relation.target = true;
    return relation;
  }

  private rangeVar(rangeVar: RangeVar, level: Level, ctes: CteScope): ScopeRelation {
    const { catalog, rules, searchPath } = this.input;
    const name = rangeVar.relname ?? '';
    const schema = rangeVar.schemaname ?? null;
    const location = rangeVar.location ?? 0;
    if (schema === null && ctes.has(name)) {
      const columns = ctes.get(name) ?? null;
      return this.add({ source: 'cte', columns, name, location }, rangeVar.alias, level);
    }
    const table = resolveTable(catalog, name, schema, searchPath);
    if (table === null) {
      const source = schema !== null && isSystemSchema(schema) ? 'system' : 'missing';
      return this.add({ source, columns: null, name, location }, rangeVar.alias, level);
    }
    const rule = ruleOf(table, catalog, rules);
    const source = sourceOf(table.kind, table.schema, rule);
    // Columns of system catalogs are not loaded.
    const columns = source === 'system' ? null : table.columns.map(column => column.name);
    return this.add({ source, columns, name, location, table, rule }, rangeVar.alias, level);
  }

  private derived(
    source: 'subquery' | 'function',
    columns: readonly string[] | null,
    alias: Alias | undefined,
    level: Level,
  ): ScopeRelation {
    return this.add({ source, columns, name: '', location: -1 }, alias, level);
  }

  private add(
    from: Pick<ScopeRelation, 'source' | 'columns' | 'location'> &
      Partial<Pick<ScopeRelation, 'table' | 'rule'>> & { readonly name: string },
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
      rule: from.rule ?? -1,
      columns: columns === null ? null : renamed(columns, nameParts(alias?.colnames)),
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

function sourceOf(kind: string, schema: string, rule: number): RelationSource {
  if (isSystemSchema(schema)) return 'system';
  if (kind === 'view' || kind === 'matview') return 'view';
  if (rule !== -1) return 'sharded';
  if (kind === 'foreign') return 'foreign';
  if (kind === 'sequence') return 'sequence';
  return 'omnisharded';
}
