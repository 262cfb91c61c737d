// A grouped query above the groups that shards have made: its own clauses, in which what is grouped
// by and what is aggregated are columns of the shards' rows. It says which columns those are.

import { type ColumnUse, catalogColumn, type Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { FuncCall, SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';
import { collationOf, ignoresRepetition, splitAggregate } from './aggregate-split.ts';
import { isAggregate } from './builtin-call.ts';
import {
  bareName,
  canonicalExpression,
  dependsOn,
  groupItem,
  isConstant,
  isList,
  type Output,
  outputItem,
} from './group-keys.ts';
import { rewrittenQuery } from './independent-query.ts';
import { columnNode, expressionOf, targetNode } from './sql-fragment.ts';

const withoutEquality: readonly number[] = [typeOid.json, typeOid.xml, typeOid.point];
const groupable = new Set<number>(Object.values(typeOid).filter(o => !withoutEquality.includes(o)));

export class FinalGroups {
  /** By which the shards group: what the statement groups by, then DISTINCT arguments. */
  readonly keys: SyntaxNode[] = [];
  /** What the shards compute of each group. */
  readonly partials: SyntaxNode[] = [];
  /** What stands in the way, as a construct; null: nothing. */
  problem: string | null = null;
  readonly #select: SelectStmt;
  readonly #level: Level;
  readonly #facts: ScopeBuilder;
  readonly #outputs: readonly Output[];
  readonly #table: string;
  readonly #keyTexts: string[] = [];
  readonly #partialTexts: string[] = [];
  /** Keys that the statement groups by: they alone may be named outside of aggregates. */
  readonly #grouped = new Map<string, number>();
  /** Plain columns among them, that are in all grouping sets. */
  readonly #groupedUses: ColumnUse[] = [];
  readonly #dependent: SyntaxNode[] = [];

  constructor(
    select: SelectStmt,
    level: Level,
    facts: ScopeBuilder,
    outputs: readonly Output[],
    table: string,
  ) {
    this.#select = select;
    this.#level = level;
    this.#facts = facts;
    this.#outputs = outputs;
    this.#table = table;
  }

  /** The statement over the shards' rows; see `problem`. */
  statement(): SelectStmt {
    const { fromClause: _from, whereClause: _where, withClause: _with, ...above } = this.#select;
    const items = (above.groupClause ?? []) as readonly SyntaxNode[];
    for (const item of items) this.#addItem(item);
    if (this.keys.length === 0 && items.some(item => !isEmptySet(item))) {
      this.problem ??= 'GROUP BY of a constant';
    }
    const targets = this.#outputs.map(({ name, expression }) =>
      targetNode(name, this.#rewritten(expression)),
    );
    const written: Record<string, unknown> = { ...above, targetList: targets };
    for (const clause of ['havingClause', 'windowClause', 'limitOffset', 'limitCount'] as const) {
      if (above[clause] !== undefined) written[clause] = this.#rewritten(above[clause]);
    }
    for (const clause of ['sortClause', 'distinctClause'] as const) {
      const list = above[clause] as readonly SyntaxNode[] | undefined;
      if (list !== undefined) written[clause] = list.map(item => this.#orderItem(item));
    }
    const groups = [...items.map(item => this.#groupItem(item)), ...this.#dependent];
    if (groups.length > 0) written['groupClause'] = groups;
    const place = { schemaname: 'pg_temp', relname: this.#table };
    const rangeVar = { ...place, inh: true, relpersistence: 'p' };
    return { ...written, fromClause: [{ RangeVar: rangeVar }] } as unknown as SelectStmt;
  }

  #addItem(item: SyntaxNode): void {
    if (item.GroupingSet !== undefined) {
      for (const one of (item.GroupingSet.content ?? []) as readonly SyntaxNode[])
        this.#addItem(one);
      return;
    }
    if (isList(item)) {
      for (const one of (item.RowExpr!.args ?? []) as readonly SyntaxNode[]) this.#addItem(one);
      return;
    }
    const meant = groupItem(item, this.#level, this.#outputs);
    if (meant === null) this.problem ??= 'an item of GROUP BY whose meaning is not known';
    if (meant === null || isConstant(meant.expression)) return;
    const text = canonicalExpression(meant.expression, this.#level);
    this.#grouped.set(text, this.#addKey(meant.expression));
    const { ColumnRef } = meant.expression;
    const use = ColumnRef === undefined ? null : this.#level.resolve(ColumnRef);
    if (use !== null && !this.#hasGroupingSets()) this.#groupedUses.push(use);
  }

  #hasGroupingSets(): boolean {
    const items = (this.#select.groupClause ?? []) as readonly SyntaxNode[];
    return items.some(item => item.GroupingSet !== undefined);
  }

  #groupItem(item: SyntaxNode): SyntaxNode {
    const { GroupingSet: set, RowExpr: row } = item;
    if (set !== undefined) {
      const content = (set.content ?? []) as readonly SyntaxNode[];
      if (content.length === 0) return item;
      return {
        GroupingSet: { ...set, content: content.map(one => this.#groupItem(one)) },
      } as SyntaxNode;
    }
    if (isList(item)) {
      const args = (row!.args ?? []) as readonly SyntaxNode[];
      return { RowExpr: { ...row, args: args.map(one => this.#groupItem(one)) } } as SyntaxNode;
    }
    const meant = groupItem(item, this.#level, this.#outputs);
    if (meant === null) return item;
    const standing = outputItem(meant);
    return isConstant(standing) ? standing : this.#rewritten(standing);
  }

  /** An item of ORDER BY or DISTINCT ON: a bare name means the output column first
   *  (findTargetlistEntrySQL92, parse_clause.c). */
  #orderItem(item: SyntaxNode): SyntaxNode {
    const node = (item.SortBy?.node ?? item) as SyntaxNode;
    const name = bareName(node);
    if (name !== null && this.#outputs.some(one => one.name === name)) return item;
    return this.#rewritten(item);
  }

  #rewritten<T>(tree: T): T {
    if (typeof tree !== 'object' || tree === null) return tree;
    if (Array.isArray(tree)) return tree.map(one => this.#rewritten(one)) as T;
    const node = tree as SyntaxNode;
    const put = this.#replacement(node);
    if (put !== null) return put as T;
    const members = Object.entries(node).map(([name, value]) => [name, this.#rewritten(value)]);
    return Object.fromEntries(members) as T;
  }

  /** null: it stands as it is, what is below it may not. */
  #replacement(node: SyntaxNode): SyntaxNode | null {
    const { FuncCall: call, ColumnRef, SelectStmt } = node;
    const [type] = Object.keys(node);
    if (type === undefined || !/^[A-Z]/.test(type)) return null;
    const key = this.#grouped.get(canonicalExpression(node, this.#level));
    if (key !== undefined) return this.#keyColumn(key);
    if (call !== undefined && call.over === undefined && isAggregate(call, this.#facts)) {
      return this.#aggregate(call);
    }
    if (ColumnRef !== undefined) return this.#dependentColumn(node);
    if (SelectStmt !== undefined) return this.#query(SelectStmt);
    if (node.JsonArrayAgg !== undefined || node.JsonObjectAgg !== undefined) {
      this.problem ??= 'an aggregate of JSON';
    }
    return null;
  }

  #query(select: SelectStmt): SyntaxNode {
    const query = rewrittenQuery(select, this.#facts, use => {
      const column = columnNode(use.relation.refname, use.column);
      const meant = this.#level.resolve(column.ColumnRef!);
      if (meant?.relation !== use.relation) this.problem ??= 'a subquery above groups';
      return this.#replacement(column) ?? column;
    });
    if (query === null) this.problem ??= 'a subquery above groups';
    return { SelectStmt: query ?? select };
  }

  /** A column that is determined by those that are grouped by: grouping by it too changes nothing. */
  #dependentColumn(node: SyntaxNode): SyntaxNode {
    const use = this.#level.resolve(node.ColumnRef!);
    const type = use === null ? null : catalogColumn(use)?.typeOid;
    if (use === null || !groupable.has(type ?? -1) || !dependsOn(use, this.#groupedUses)) {
      this.problem ??= 'a column that is not grouped by';
      return node;
    }
    const key = this.#addKey(node);
    this.#grouped.set(canonicalExpression(node, this.#level), key);
    const column = this.#keyColumn(key);
    this.#dependent.push(column);
    return column;
  }

  #aggregate(call: FuncCall): SyntaxNode {
    if (call.agg_distinct && !ignoresRepetition(call, this.#facts)) return this.#distinct(call);
    const split = splitAggregate(call, this.#level, this.#facts);
    if (split === null) {
      this.problem ??= `aggregate ${qualifiedName(call.funcname).name}() in two steps`;
      return { FuncCall: call };
    }
    const columns = split.partials.map(
      partial => `${this.#table}.a${this.#addPartial(partial) + 1}`,
    );
    const combined = expressionOf(split.combined(columns));
    if (split.collation === null) return combined;
    return { CollateClause: { ...split.collation.CollateClause, arg: combined } } as SyntaxNode;
  }

  /** Over each combination of values once: shards group by the arguments as well. */
  #distinct(call: FuncCall): SyntaxNode {
    if (call.agg_within_group || call.func_variadic) this.problem ??= 'VARIADIC with DISTINCT';
    const args = (call.args ?? []) as readonly SyntaxNode[];
    const order = (call.agg_order ?? []) as readonly SyntaxNode[];
    const over: Record<string, unknown> = { ...call, args: args.map(arg => this.#value(arg)) };
    if (call.agg_filter !== undefined) over['agg_filter'] = this.#value(call.agg_filter);
    if (order.length > 0) {
      over['agg_order'] = order.map(({ SortBy: sort }) => {
        const node = (sort?.node ?? {}) as SyntaxNode;
        return { SortBy: { ...sort, node: this.#value(node) } };
      });
    }
    return { FuncCall: over } as unknown as SyntaxNode;
  }

  /** A value of each row as a column, a row as columns. */
  #value(node: SyntaxNode): SyntaxNode {
    if (isConstant(node)) return node;
    if (node.RowExpr === undefined) return this.#keyColumn(this.#addKey(node));
    const args = (node.RowExpr.args ?? []) as readonly SyntaxNode[];
    return { RowExpr: { ...node.RowExpr, args: args.map(arg => this.#value(arg)) } } as SyntaxNode;
  }

  #keyColumn(key: number): SyntaxNode {
    const column = columnNode(this.#table, `g${key + 1}`);
    const collation = collationOf(this.keys[key]!);
    if (!collation) return column;
    return { CollateClause: { ...collation.CollateClause, arg: column } } as SyntaxNode;
  }

  #addKey(expression: SyntaxNode): number {
    const text = canonicalExpression(expression, this.#level);
    const at = this.#keyTexts.indexOf(text);
    if (at !== -1) return at;
    if (collationOf(expression) === undefined) this.problem ??= 'COLLATE within a grouped value';
    const { ColumnRef: ref, RowExpr } = expression;
    // A row is no column of a table, a whole row is of a type that each shard has for itself.
    if (RowExpr !== undefined || (ref !== undefined && this.#level.resolve(ref) === null)) {
      this.problem ??= 'grouping by a row';
    }
    this.#keyTexts.push(text);
    return this.keys.push(expression) - 1;
  }

  #addPartial(call: SyntaxNode): number {
    const text = canonicalExpression(call, this.#level);
    const at = this.#partialTexts.indexOf(text);
    if (at !== -1) return at;
    this.#partialTexts.push(text);
    return this.partials.push(call) - 1;
  }
}

function isEmptySet({ GroupingSet }: SyntaxNode): boolean {
  return GroupingSet?.kind === 'GROUPING_SET_EMPTY';
}
