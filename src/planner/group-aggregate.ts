// SELECT with aggregates over groups that spread over shards: shards give partial groups, the merge
// adds them up. The target list stays as it is, so names and types are PostgreSQL's; what a second
// phase needs besides (sum and count of an average, what is grouped by and not selected) is
// appended.

import type { AggregateSpec } from '../plan/merge-plan.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import type { ByteText } from '../sql/byte-text.ts';
import { groupItems } from '../sql/clause-items.ts';
import { type Clauses, callText, orderItems, type Range } from '../sql/clauses.ts';
import { keyUses } from '../sql/key-groups.ts';
import { type ColumnUse, innermostColumn, type Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { FuncCall, SyntaxNode } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';
import { aggregateWithin, builtinCall, isAggregate } from './builtin-call.ts';
import {
  type Comparand,
  comparand,
  enumPosition,
  equalityProblem,
  ofType,
  orderProblem,
} from './comparable-key.ts';
import { avgType, sumType } from './expression-type.ts';
import type { OutputColumns } from './output-columns.ts';
import { refuseWide } from './plan-input.ts';
import { mayReturnSet } from './returns-set.ts';
import { describe } from './sort-keys.ts';

const added: ReadonlyMap<string, AggregateSpec['kind']> = new Map([
  ['every', 'bool-and'],
  ['bool_and', 'bool-and'],
  ['bool_or', 'bool-or'],
  ['bit_and', 'bit-and'],
  ['bit_or', 'bit-or'],
  ['bit_xor', 'bit-xor'],
  ['any_value', 'any-value'],
]);

export class GroupAggregate {
  readonly groupColumns: number[] = [];
  readonly aggregates: AggregateSpec[] = [];
  private readonly level: Level;
  private readonly facts: ScopeBuilder;
  private readonly outputs: OutputColumns;
  private readonly clauses: Clauses;
  private readonly text: ByteText;
  private readonly groupRanges: readonly Range[];
  private readonly orderRanges: readonly Range[];

  constructor(
    level: Level,
    facts: ScopeBuilder,
    outputs: OutputColumns,
    clauses: Clauses,
    text: ByteText,
  ) {
    this.level = level;
    this.facts = facts;
    this.outputs = outputs;
    this.clauses = clauses;
    this.text = text;
    this.groupRanges = groupItems(clauses);
    this.orderRanges = orderItems(clauses);
  }

  /** GROUP BY: columns and expressions, by name, alias or position. */
  addGroups(items: readonly SyntaxNode[]): Refusal | null {
    for (const [at, item] of items.entries()) {
      if (item.GroupingSet !== undefined) return refuseWide('GROUPING SETS, ROLLUP or CUBE');
      if (item.RowExpr !== undefined) return refuseWide('GROUP BY of a list');
      const use = groupedColumn(item, this.level, this.outputs);
      const refusal = use === null ? this.addExpression(item, at) : this.addColumn(use);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  private addColumn(use: ColumnUse): Refusal | null {
    const fields = [use.relation.refname, use.column].map(sval => ({ String: { sval } }));
    const value = comparand({ ColumnRef: { fields } }, this.level, this.facts);
    const problem = equalityProblem(value);
    if (problem !== null) {
      const surrogate = this.outputs.surrogate(use, sql => enumPosition(use, sql));
      if (surrogate === null) return refuseWide(`GROUP BY "${use.column}" ${problem}`);
      this.addGroupColumn(surrogate);
      return null;
    }
    const shown = this.outputs.indexOf(use);
    if (shown === -1 && use.relation.hidden) return refuseWide('GROUP BY in an aliased join');
    this.addGroupColumn(
      this.outputs.compare(shown === -1 ? this.outputs.addColumn(use) : shown, value, 'equality'),
    );
    return null;
  }

  /** An output column that is an expression, or an expression of input columns. */
  private addExpression(item: SyntaxNode, at: number): Refusal | null {
    const named = this.outputOf(item);
    if (named === null) return refuseWide(`GROUP BY ${describe(item)}, which cannot be told`);
    const shown = named === -1 ? this.outputs.indexOfExpression(item) : named;
    const value =
      shown === -1 ? comparand(item, this.level, this.facts) : this.outputs.visible[shown]!.value;
    const problem = equalityProblem(value);
    if (problem !== null) return refuseWide(`GROUP BY ${describe(item)} ${problem}`);
    const range = this.groupRanges[at];
    if (shown === -1 && range === undefined) return refuseWide('GROUP BY in this form');
    const column =
      shown === -1 ? this.outputs.addHidden(this.text.slice(range!.start, range!.end)) : shown;
    this.addGroupColumn(this.outputs.compare(column, value, 'equality'));
    return null;
  }

  /** The output column that a position or a name means; -1: the item is no such thing; null: it
   *  cannot be told (findTargetlistEntrySQL92, parse_clause.c). */
  private outputOf(item: SyntaxNode): number | null {
    const { visible } = this.outputs;
    if (item.A_Const !== undefined) {
      const at = (item.A_Const.ival?.ival ?? 0) - 1;
      return visible[at] === undefined ? null : at;
    }
    const fields = (item.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
    if (item.ColumnRef === undefined) return -1;
    const name = fields.length === 1 ? fields[0]?.String?.sval : undefined;
    if (name === undefined || couldBeInput(name, this.level)) return null;
    const [at, ...others] = visible.flatMap((one, place) => (one.name === name ? [place] : []));
    return at === undefined || others.length > 0 ? null : at;
  }

  /** The target list: aggregates, and what has one value in each group, which PostgreSQL sees to:
   *  the first row's will do. */
  addTargets(): Refusal | null {
    for (const [column, { expression }] of this.outputs.visible.entries()) {
      const call = expression?.FuncCall;
      if (call !== undefined && isAggregate(call, this.facts)) {
        const refusal = this.addAggregate(call, column);
        if (refusal !== null) return refusal;
        continue;
      }
      const aggregate = aggregateWithin(expression, this.facts);
      if (aggregate !== null) return refuseWide(`an expression over aggregate ${aggregate}()`);
      // Groups become several rows, of which it cannot be told which belong together.
      if (!this.groupColumns.includes(column) && mayReturnSet(expression, this.facts)) {
        return refuseWide('a function that may return sets beside aggregates');
      }
    }
    return null;
  }

  /** No shard evaluates for its part of a group what HAVING might keep from being evaluated. */
  showsGroupsOnly(): boolean {
    return this.outputs.visible.every(({ use, expression }, column) => {
      return use !== null || expression?.A_Const !== undefined || this.isOfGroup(column);
    });
  }

  /** A column that is grouped by, or an aggregate. */
  isOfGroup(column: number): boolean {
    return this.groupColumns.includes(column) || this.aggregates.some(one => one.column === column);
  }

  /** Helper column for a sort key that is not selected; -1: there cannot be one. */
  hidden(expression: SyntaxNode, use: ColumnUse | null, item: number): number {
    if (use !== null && !use.relation.hidden) return this.outputs.addColumn(use);
    const call = expression.FuncCall;
    if (call !== undefined && isAggregate(call, this.facts)) return this.hiddenAggregate(call);
    const range = this.orderRanges[item];
    const inner = aggregateWithin(expression, this.facts);
    if (range === undefined || inner !== null || mayReturnSet(expression, this.facts)) return -1;
    return this.outputs.addHidden(this.text.slice(range.start, range.end));
  }

  private hiddenAggregate(call: FuncCall): number {
    const parts = callText(this.clauses, call.location ?? 0);
    if (parts === null) return -1;
    const name = builtinCall(call, this.facts);
    const column = this.outputs.addHidden(`${name}${this.callSql(parts)}`);
    if (this.aggregates.some(one => one.column === column)) return column;
    return this.addAggregate(call, column) === null ? column : -1;
  }

  private addGroupColumn(column: number): void {
    if (!this.groupColumns.includes(column)) this.groupColumns.push(column);
  }

  private addAggregate(call: FuncCall, column: number): Refusal | null {
    const name = builtinCall(call, this.facts);
    const args = (call.args ?? []) as readonly SyntaxNode[];
    const extremes = name === 'min' || name === 'max';
    const once = added.get(name ?? '');
    if (name !== 'count' && name !== 'sum' && name !== 'avg' && !extremes && once === undefined) {
      return refuseWide(`aggregate ${call.funcname?.map(namePart).join('.')}()`);
    }
    if (call.agg_order !== undefined || call.agg_within_group || call.func_variadic) {
      return refuseWide(`ORDER BY or VARIADIC in ${name}()`);
    }
    if (once !== undefined) return this.addOnce(call, once, column);
    if (call.agg_distinct && !extremes && (name === 'avg' || !this.isKey(args[0]))) {
      return refuseWide(`${name}(DISTINCT …)`);
    }
    if (name === 'count') {
      this.aggregates.push({ kind: 'count', column });
      return null;
    }
    const value = comparand(args[0], this.level, this.facts);
    if (name === 'avg') return this.addAverage(call, value, column);
    const problem = extremes ? orderProblem(value) : sumProblem(value);
    if (problem !== null) return refuseWide(`${name}() ${problem}`);
    this.outputs.compare(column, value, 'order');
    this.aggregates.push({ kind: extremes ? (name as 'min' | 'max') : 'sum', column });
    return null;
  }

  /** Aggregates that take no notice of a value that comes twice, but for bit_xor. */
  private addOnce(call: FuncCall, kind: AggregateSpec['kind'], column: number): Refusal | null {
    const args = (call.args ?? []) as readonly SyntaxNode[];
    if (call.agg_distinct && kind === 'bit-xor' && !this.isKey(args[0])) {
      return refuseWide('bit_xor(DISTINCT …)');
    }
    // bit_and and its like take bit strings too, which is seen when they arrive.
    const value = { type: null, collation: 'c' as const };
    if (kind.startsWith('bit-')) this.outputs.compare(column, value, 'order');
    this.aggregates.push({ kind, column } as AggregateSpec);
    return null;
  }

  private addAverage(call: FuncCall, value: Comparand, column: number): Refusal | null {
    const { type } = value;
    const parts = callText(this.clauses, call.location ?? 0);
    if (parts === null) return refuseWide('avg() in this form');
    if (type !== null && avgType(type.oid) === null) return refuseWide(`avg() ${ofType(type.oid)}`);
    this.outputs.compare(column, value, 'order');
    const sql = this.callSql(parts);
    const { args, filter } = parts;
    const filterSql = filter === null ? '' : ` ${this.text.slice(filter.start, filter.end)}`;
    // avg(float4) adds up in float8 (float4_accum); sum(float4) would not.
    const argument = this.text.slice(args.start, args.end).replace(/^\s*all\b/i, '');
    const sum = type?.oid === typeOid.float4 ? `((${argument})::float8)${filterSql}` : sql;
    this.aggregates.push({
      kind: 'avg',
      column,
      sumColumn: this.outputs.addHidden(`pg_catalog.sum${sum}`),
      countColumn: this.outputs.addHidden(`pg_catalog.count${sql}`),
    });
    return null;
  }

  /** `(arguments)` and FILTER as the statement has them. */
  private callSql(parts: NonNullable<ReturnType<typeof callText>>): string {
    const { args, filter } = parts;
    const argumentSql = `(${this.text.slice(args.start, args.end)})`;
    return filter === null
      ? argumentSql
      : `${argumentSql} ${this.text.slice(filter.start, filter.end)}`;
  }

  /** Equal keys are on one shard: distinct values of the key add up. */
  private isKey(node: SyntaxNode | undefined): boolean {
    const use = node?.ColumnRef === undefined ? null : this.level.resolve(node.ColumnRef);
    return coversKey([use]);
  }
}

/** Rows with equal values in all of these columns lie on one shard: a key is among them. */
export function coversKey(outer: readonly (ColumnUse | null)[]): boolean {
  const columns = outer.map(use => (use === null ? null : innermostColumn(use)));
  return columns.some(column => {
    if (column?.relation.key == null || column.relation.key.placement === -1) return false;
    const key = keyUses(column.relation);
    const has = (part: ColumnUse) =>
      columns.some(one => one?.relation === part.relation && one.column === part.column);
    return key?.every(has) ?? false;
  });
}

/** The plain column that an item of GROUP BY means; input columns come before aliases. */
export function groupedColumn(
  item: SyntaxNode,
  level: Level,
  outputs: OutputColumns | null,
): ColumnUse | null {
  if (item.A_Const !== undefined) {
    return outputs?.visible[(item.A_Const.ival?.ival ?? 0) - 1]?.use ?? null;
  }
  if (item.ColumnRef === undefined) return null;
  const use = level.resolve(item.ColumnRef);
  if (use !== null) return use;
  const fields = (item.ColumnRef.fields ?? []) as readonly SyntaxNode[];
  const name = fields.length === 1 ? fields[0]?.String?.sval : undefined;
  if (name === undefined || couldBeInput(name, level)) return null;
  return outputs?.visible.find(one => one.name === name)?.use ?? null;
}

/** Some relation of the level may have a column of the name: else it is an alias. */
function couldBeInput(name: string, level: Level): boolean {
  if (level.opaque) return true;
  return level.relations.some(one => one.columns === null || one.columns.includes(name));
}

/** The plain column that an item of DISTINCT ON means: a bare name is an output column's first
 *  (findTargetlistEntrySQL92, parse_clause.c). */
export function distinctColumn(
  item: SyntaxNode,
  level: Level,
  outputs: OutputColumns | null,
): ColumnUse | null {
  const fields = (item.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  if (fields.length === 1) {
    const name = fields[0]?.String?.sval ?? null;
    if (outputs === null) return null;
    const shown = outputs.visible.find(one => one.name === name);
    if (shown !== undefined) return shown.use;
    if (outputs.visible.some(one => one.name === null)) return null;
  }
  return groupedColumn(item, level, outputs);
}

function sumProblem({ type }: Comparand): string | null {
  return type !== null && sumType(type.oid) === null ? ofType(type.oid) : null;
}

function namePart(node: SyntaxNode): string {
  return node.String?.sval ?? '';
}
