// SELECT with aggregates over groups that spread over shards: shards give partial groups, the merge
// adds them up. The target list stays as it is, so names and types are PostgreSQL's; what a second
// phase needs besides (sum and count of an average, grouping columns that are not selected) is
// appended.

import type { AggregateSpec } from '../plan/merge-plan.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import type { ByteText } from '../sql/byte-text.ts';
import { type Clauses, callText } from '../sql/clauses.ts';
import { keyUses } from '../sql/key-groups.ts';
import { type ColumnUse, innermostColumn, type Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { FuncCall, SyntaxNode } from '../sql/syntax-tree.ts';
import { comparableType } from '../types/key-decoder.ts';
import { typeOid } from '../types/type-oid.ts';
import { aggregateWithin, builtinCall, isAggregate } from './builtin-call.ts';
import { avgType, type ExpressionType, expressionType, sumType } from './expression-type.ts';
import type { OutputColumns } from './output-columns.ts';
import { refuseWide } from './plan-input.ts';
import { ofType, orderProblem } from './sort-keys.ts';

export class GroupAggregate {
  readonly groupColumns: number[] = [];
  readonly aggregates: AggregateSpec[] = [];
  private readonly level: Level;
  private readonly facts: ScopeBuilder;
  private readonly outputs: OutputColumns;
  private readonly clauses: Clauses;
  private readonly text: ByteText;
  private readonly groupUses: ColumnUse[] = [];

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
  }

  /** GROUP BY: plain columns, by name, alias or position. */
  addGroups(items: readonly SyntaxNode[]): Refusal | null {
    for (const item of items) {
      if (item.GroupingSet !== undefined) return refuseWide('GROUPING SETS, ROLLUP or CUBE');
      const use = groupedColumn(item, this.level, this.outputs);
      if (use === null) return refuseWide('GROUP BY of an expression');
      const problem = groupProblem(expressionTypeOf(use, this.level, this.facts));
      if (problem !== null) return refuseWide(`GROUP BY "${use.column}" ${problem}`);
      this.groupUses.push(use);
      const shown = this.outputs.indexOf(use);
      if (shown === -1 && use.relation.hidden) return refuseWide('GROUP BY in an aliased join');
      this.addGroupColumn(shown === -1 ? this.outputs.addColumn(use) : shown);
    }
    return null;
  }

  /** The target list: aggregates, grouped columns and literals. */
  addTargets(): Refusal | null {
    for (const [column, output] of this.outputs.visible.entries()) {
      const { use, expression } = output;
      if (use !== null) {
        if (!this.isGrouped(use)) return refuseWide(`ungrouped column "${use.column}"`);
        this.addGroupColumn(column);
        continue;
      }
      const call = expression?.FuncCall;
      if (call !== undefined && isAggregate(call, this.facts)) {
        const refusal = this.addAggregate(call, column);
        if (refusal !== null) return refusal;
        continue;
      }
      const aggregate = aggregateWithin(expression, this.facts);
      if (aggregate !== null) return refuseWide(`an expression over aggregate ${aggregate}()`);
      if (expression === null || !isLiteral(expression) || groupProblem(output.type) !== null) {
        return refuseWide('an expression beside aggregates');
      }
      this.addGroupColumn(column);
    }
    return null;
  }

  /** Helper column for a sort key that is not selected; -1: there cannot be one. */
  hidden(expression: SyntaxNode, use: ColumnUse | null): number {
    if (use !== null) {
      return this.isGrouped(use) && !use.relation.hidden ? this.outputs.addColumn(use) : -1;
    }
    const call = expression.FuncCall;
    if (call === undefined || !isAggregate(call, this.facts)) return -1;
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

  private isGrouped(use: ColumnUse): boolean {
    return this.groupUses.some(one => one.relation === use.relation && one.column === use.column);
  }

  private addAggregate(call: FuncCall, column: number): Refusal | null {
    const name = builtinCall(call, this.facts);
    const args = (call.args ?? []) as readonly SyntaxNode[];
    const extremes = name === 'min' || name === 'max';
    if (name !== 'count' && name !== 'sum' && name !== 'avg' && !extremes) {
      return refuseWide(`aggregate ${call.funcname?.map(namePart).join('.')}()`);
    }
    if (call.agg_order !== undefined || call.agg_within_group || call.func_variadic) {
      return refuseWide(`ORDER BY or VARIADIC in ${name}()`);
    }
    if (call.agg_distinct && !extremes && (name === 'avg' || !this.isKey(args[0]))) {
      return refuseWide(`${name}(DISTINCT …)`);
    }
    if (name === 'count') {
      this.aggregates.push({ kind: 'count', column });
      return null;
    }
    const type = expressionType(args[0], this.level, this.facts);
    if (type === null) return refuseWide(`${name}() of an expression whose type is not known`);
    if (name === 'avg') return this.addAverage(call, type, column);
    const problem = extremes ? orderProblem(type) : sumProblem(type);
    if (problem !== null) return refuseWide(`${name}() ${problem}`);
    this.aggregates.push({ kind: name, column });
    return null;
  }

  private addAverage(call: FuncCall, type: ExpressionType, column: number): Refusal | null {
    const parts = callText(this.clauses, call.location ?? 0);
    if (avgType(type.oid) === null || parts === null) {
      return refuseWide(`avg() ${ofType(type.oid)}`);
    }
    const sql = this.callSql(parts);
    const { args, filter } = parts;
    const filterSql = filter === null ? '' : ` ${this.text.slice(filter.start, filter.end)}`;
    // avg(float4) adds up in float8 (float4_accum); sum(float4) would not.
    const argument = this.text.slice(args.start, args.end).replace(/^\s*all\b/i, '');
    const sum = type.oid === typeOid.float4 ? `((${argument})::float8)${filterSql}` : sql;
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
  // A name that no relation of the level can have is an alias.
  const couldBeInput =
    level.opaque ||
    level.relations.some(one => one.columns === null || one.columns.includes(name ?? ''));
  if (name === undefined || couldBeInput) return null;
  return outputs?.visible.find(one => one.name === name)?.use ?? null;
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

function groupProblem(type: ExpressionType | null): string | null {
  if (type === null) return 'of a type that is not known';
  if (!comparableType(type.oid)) return ofType(type.oid);
  return type.collation === 'nondeterministic' ? 'under a nondeterministic collation' : null;
}

function sumProblem(type: ExpressionType): string | null {
  return sumType(type.oid) === null ? ofType(type.oid) : null;
}

function expressionTypeOf(use: ColumnUse, level: Level, facts: ScopeBuilder) {
  const fields = [use.relation.refname, use.column].map(sval => ({ String: { sval } }));
  return expressionType({ ColumnRef: { fields } }, level, facts);
}

function isLiteral(node: SyntaxNode): boolean {
  const inner = node.TypeCast === undefined ? node : (node.TypeCast.arg as SyntaxNode);
  return inner.A_Const !== undefined;
}

function namePart(node: SyntaxNode): string {
  return node.String?.sval ?? '';
}
