// FROM: relations, joins and their conditions. Conditions of joins are read after all relations of
// the clause are known; which side a join's ON filters follows the join's type.

import type { KeyGraph } from './key-graph.ts';
import type { ColumnUse, Level, ScopeRelation } from './level.ts';
import { outputNames } from './output-names.ts';
import { addCondition, addEquality, type ConditionScope } from './predicates.ts';
import type { Alias, JoinExpr, RangeVar, SyntaxNode } from './syntax-tree.ts';
import { nameParts } from './syntax-tree.ts';

export interface FromContext {
  readonly graph: KeyGraph;
  relation(rangeVar: RangeVar, level: Level): ScopeRelation;
  derived(
    source: 'subquery' | 'function',
    columns: readonly string[] | null,
    alias: Alias | undefined,
    level: Level,
  ): ScopeRelation;
  subquery(query: SyntaxNode, parent: Level | null): void;
  expressions(tree: unknown, level: Level): void;
}

interface FromItem {
  readonly relations: ReadonlySet<ScopeRelation>;
  readonly merged: ReadonlyMap<string, ColumnUse | null>;
}

const nothing: FromItem = { relations: new Set(), merged: new Map() };

/** Reads the clause into `level`. */
export function readFrom(items: readonly SyntaxNode[], level: Level, context: FromContext): void {
  const reader = new FromReader(level, context);
  for (const item of items) {
    for (const [name, use] of reader.item(item).merged) level.merged.set(name, use);
  }
  reader.readConditions();
}

class FromReader {
  private readonly level: Level;
  private readonly context: FromContext;
  private readonly later: (() => void)[] = [];

  constructor(level: Level, context: FromContext) {
    this.level = level;
    this.context = context;
  }

  readConditions(): void {
    for (const read of this.later) read();
  }

  item(node: SyntaxNode): FromItem {
    if (node.RangeVar !== undefined) {
      return only(this.context.relation(node.RangeVar, this.level));
    }
    if (node.JoinExpr !== undefined) return this.join(node.JoinExpr);
    if (node.RangeSubselect !== undefined) {
      const { lateral, subquery, alias } = node.RangeSubselect;
      const query = (subquery ?? {}) as SyntaxNode;
      this.context.subquery(query, lateral ? this.level : this.level.parent);
      const columns = query.SelectStmt === undefined ? null : outputNames(query.SelectStmt);
      return only(this.context.derived('subquery', columns, alias, this.level));
    }
    if (node.RangeTableSample !== undefined) {
      this.context.expressions(node.RangeTableSample.args, this.level);
      return this.item((node.RangeTableSample.relation ?? {}) as SyntaxNode);
    }
    // Functions, XMLTABLE, JSON_TABLE: their columns depend on types.
    this.context.expressions(node, this.level);
    const alias = node.RangeFunction?.alias ?? node.RangeTableFunc?.alias ?? node.JsonTable?.alias;
    return only(this.context.derived('function', null, alias, this.level));
  }

  private join(join: JoinExpr): FromItem {
    const left = join.larg === undefined ? nothing : this.item(join.larg);
    const right = join.rarg === undefined ? nothing : this.item(join.rarg);
    const type = join.jointype ?? 'JOIN_INNER';
    if (type === 'JOIN_LEFT' || type === 'JOIN_FULL') setNullable(right);
    if (type === 'JOIN_RIGHT' || type === 'JOIN_FULL') setNullable(left);
    const relations = new Set([...left.relations, ...right.relations]);
    const scope: ConditionScope = {
      level: this.level,
      filters: filteredBy(type, left, right, relations),
      visible: relations,
    };
    const merged = new Map([...left.merged, ...right.merged]);
    for (const name of this.mergedNames(join, left, right)) {
      const a = lookUp(name, left);
      const b = lookUp(name, right);
      if (a !== null && b !== null) {
        this.later.push(() => addEquality(this.context.graph, a, b, scope));
      }
      merged.set(name, type === 'JOIN_FULL' ? null : type === 'JOIN_RIGHT' ? b : a);
    }
    this.later.push(() => {
      addCondition(this.context.graph, join.quals, scope);
      this.context.expressions(join.quals, this.level);
    });
    if (join.alias !== undefined) {
      for (const relation of relations) relation.hidden = true;
      if ((join.alias.colnames?.length ?? 0) > 0) this.level.opaque = true;
    }
    return { relations, merged };
  }

  private mergedNames(join: JoinExpr, left: FromItem, right: FromItem): readonly string[] {
    if (!join.isNatural) return nameParts(join.usingClause);
    const a = columnNames(left);
    const b = columnNames(right);
    if (a === null || b === null) {
      this.level.opaque = true;
      return [];
    }
    return [...new Set(a.filter(name => b.includes(name)))];
  }
}

function only(relation: ScopeRelation): FromItem {
  return { relations: new Set([relation]), merged: new Map() };
}

function setNullable(item: FromItem): void {
  for (const relation of item.relations) relation.nullable = true;
}

/** Rows that do not satisfy an outer join's ON disappear only from the side that is extended. */
function filteredBy(
  type: string,
  left: FromItem,
  right: FromItem,
  both: ReadonlySet<ScopeRelation>,
): ReadonlySet<ScopeRelation> {
  if (type === 'JOIN_INNER') return both;
  if (type === 'JOIN_LEFT') return right.relations;
  return type === 'JOIN_RIGHT' ? left.relations : nothing.relations;
}

function lookUp(name: string, item: FromItem): ColumnUse | null {
  const merged = item.merged.get(name);
  if (merged !== undefined) return merged;
  let found: ColumnUse | null = null;
  for (const relation of item.relations) {
    if (relation.columns === null) return null;
    if (!relation.columns.includes(name)) continue;
    if (found !== null) return null;
    found = { relation, column: name };
  }
  return found;
}

function columnNames(item: FromItem): string[] | null {
  const names: string[] = [];
  for (const relation of item.relations) {
    if (relation.columns === null) return null;
    names.push(...relation.columns);
  }
  return names;
}
