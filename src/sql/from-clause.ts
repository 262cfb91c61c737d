// FROM: relations, joins and their conditions. Conditions of joins are read after all relations of
// the clause are known; which side a join's ON filters follows the join's type.

import type { KeyGraph } from './key-graph.ts';
import type { ColumnUse, Level, OutputColumn, ScopeRelation } from './level.ts';
import {
  addCondition,
  addEquality,
  addPresent,
  type ConditionScope,
  type Memberships,
} from './predicates.ts';
import type { Alias, JoinExpr, RangeVar, SyntaxNode } from './syntax-tree.ts';
import { nameParts } from './syntax-tree.ts';
import { unnestOutput } from './unnest-output.ts';

export interface FromContext {
  readonly graph: KeyGraph;
  readonly memberships: Memberships;
  relation(rangeVar: RangeVar, level: Level): ScopeRelation;
  /** A derived table; its query sees the columns of `parent`. */
  subquery(
    query: SyntaxNode,
    parent: Level | null,
    alias: Alias | undefined,
    level: Level,
  ): ScopeRelation;
  /** A function; `outputs` null: its columns are not known. */
  derived(
    outputs: readonly OutputColumn[] | null,
    alias: Alias | undefined,
    level: Level,
  ): ScopeRelation;
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
      const parent = lateral ? this.level : this.level.parent;
      return only(this.context.subquery(subquery ?? {}, parent, alias, this.level));
    }
    if (node.RangeTableSample !== undefined) {
      this.context.expressions(node.RangeTableSample.args, this.level);
      return this.item((node.RangeTableSample.relation ?? {}) as SyntaxNode);
    }
    // Functions, XMLTABLE, JSON_TABLE: their columns depend on types.
    this.context.expressions(node, this.level);
    const alias = node.RangeFunction?.alias ?? node.RangeTableFunc?.alias ?? node.JsonTable?.alias;
    const outputs = node.RangeFunction === undefined ? null : unnestOutput(node.RangeFunction);
    return only(this.context.derived(outputs, alias, this.level));
  }

  private join(join: JoinExpr): FromItem {
    const left = join.larg === undefined ? nothing : this.item(join.larg);
    const right = join.rarg === undefined ? nothing : this.item(join.rarg);
    const type = join.jointype ?? 'JOIN_INNER';
    const relations = new Set([...left.relations, ...right.relations]);
    const scope: ConditionScope = {
      level: this.level,
      filters: filteredBy(type, left, right, relations),
      visible: relations,
    };
    const merged = new Map([...left.merged, ...right.merged]);
    const equalities: (readonly [ColumnUse, ColumnUse])[] = [];
    for (const name of this.mergedNames(join, left, right)) {
      const a = lookUp(name, left);
      const b = lookUp(name, right);
      if (a !== null && b !== null) equalities.push([a, b]);
      merged.set(name, type === 'JOIN_FULL' ? null : type === 'JOIN_RIGHT' ? b : a);
    }
    const { graph, memberships } = this.context;
    const read = (one: ConditionScope, into: Memberships) => {
      for (const [a, b] of equalities) addEquality(graph, a, b, one);
      addCondition(graph, join.quals, one, into);
    };
    this.later.push(() => {
      read(scope, memberships);
      this.level.showing(relations, () => this.context.expressions(join.quals, this.level));
    });
    const extend = (extended: FromItem, other: FromItem) => {
      for (const relation of extended.relations) relation.nullable = true;
      const confirm = () => {
        read({ ...scope, filters: other.relations }, new Map());
        // It holds in every row now, but for those of a full join's other side.
        const known = !graph.own.all && graph.own.types.size === 0;
        if (type !== 'JOIN_FULL' && known) addPresent(join.quals, equalities, scope);
      };
      this.level.outerJoins.push({
        relations,
        extended: extended.relations,
        confirm,
        confirmed: false,
      });
    };
    if (type === 'JOIN_LEFT' || type === 'JOIN_FULL') extend(right, left);
    if (type === 'JOIN_RIGHT' || type === 'JOIN_FULL') extend(left, right);
    for (const name of [join.alias?.aliasname, join.join_using_alias?.aliasname]) {
      if (name !== undefined) this.level.joinNames.add(name);
    }
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
