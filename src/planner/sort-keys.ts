// ORDER BY as columns of the output, or helper columns behind it: names mean output columns first,
// anything else input columns (findTargetlistEntrySQL92, parse_clause.c). Only orders that are
// known exactly are merged; a type that is not known yet is looked at when it arrives.

import { ownComparisons } from '../catalog/catalog.ts';
import type { SortKey } from '../plan/merge-plan.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import type { ColumnUse, Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SortBy, SyntaxNode } from '../sql/syntax-tree.ts';
import { isStar, qualifiedName, sameExpression } from '../sql/syntax-tree.ts';
import { type Comparand, comparand, enumPosition, orderProblem } from './comparable-key.ts';
import { isByteCollation } from './expression-collation.ts';
import type { OutputColumns } from './output-columns.ts';
import { refuseWide } from './plan-input.ts';

export interface SortContext {
  readonly level: Level;
  readonly facts: ScopeBuilder;
  readonly outputs: OutputColumns;
  /** ORDER BY stays in the shards' SQL: they say what is wrong with it. */
  readonly kept: boolean;
  /** Index of a helper column for what is not selected; -1: there cannot be one. */
  hidden(expression: SyntaxNode, use: ColumnUse | null, item: number): number;
}

interface SortColumn {
  /** -1: there is none, and cannot be. A helper column is added when it is asked for. */
  readonly column: () => number;
  readonly value: Comparand;
  /** The column it is, when it is one as it stands. */
  readonly use: ColumnUse | null;
}

export function sortKeys(
  sortClause: readonly SyntaxNode[],
  context: SortContext,
): readonly SortKey[] | Refusal {
  const keys: SortKey[] = [];
  for (const [item, { SortBy: sortBy }] of sortClause.entries()) {
    const key = sortBy === undefined ? refuseWide('ORDER BY') : sortKey(sortBy, item, context);
    if ('kind' in key) return key;
    keys.push(key);
  }
  return keys;
}

function sortKey(sortBy: SortBy, item: number, context: SortContext): SortKey | Refusal {
  const descending = isDescending(sortBy, context.facts);
  if (descending === null) return refuseWide('ORDER BY … USING');
  const node = (sortBy.node ?? {}) as SyntaxNode;
  const column = keyColumn(node, item, context);
  if (typeof column !== 'number') return column;
  const nulls = sortBy.sortby_nulls;
  const nullsFirst =
    nulls === 'SORTBY_NULLS_FIRST' || (nulls !== 'SORTBY_NULLS_LAST' && descending);
  return { column, descending, nullsFirst };
}

/** USING means the order that an operator belongs to; of PostgreSQL's own `<` and `>` it is the
 *  type's (addTargetToSortList, parse_clause.c). null: another operator. */
function isDescending({ sortby_dir, useOp }: SortBy, facts: ScopeBuilder): boolean | null {
  if (sortby_dir !== 'SORTBY_USING') return sortby_dir === 'SORTBY_DESC';
  const { schema, name } = qualifiedName(useOp as readonly SyntaxNode[] | undefined);
  if (name !== '<' && name !== '>') return null;
  if (schema === 'pg_catalog') return name === '>';
  const { all, types } = ownComparisons(facts.input.catalog, facts.input.searchPath);
  return schema === null && !all && types.size === 0 ? name === '>' : null;
}

/** The column to compare for an item of ORDER BY or DISTINCT ON. */
export function keyColumn(node: SyntaxNode, item: number, context: SortContext): number | Refusal {
  const { outputs } = context;
  // `t.*` is one value here, and many columns where a helper column would stand.
  if (isStar(node)) return refuseWide('ORDER BY a whole row');
  if (!context.kept && isAmbiguous(node, outputs)) {
    return refuseWide(`ORDER BY ${describe(node)}, the name of several output columns`);
  }
  const found = sortColumn(node, item, context);
  const problem = found === null ? null : orderProblem(found.value);
  if (found !== null && problem !== null) {
    const { use } = found;
    const surrogate = use === null ? null : outputs.surrogate(use, sql => enumPosition(use, sql));
    return surrogate ?? refuseWide(`ORDER BY ${describe(node)} ${problem}`);
  }
  const column = found?.column() ?? -1;
  if (column !== -1) return outputs.compare(column, found!.value, 'order');
  return refuseWide(`ORDER BY ${describe(node)} that is not an output column`);
}

function sortColumn(node: SyntaxNode, item: number, context: SortContext): SortColumn | null {
  const { outputs } = context;
  if (node.A_Const !== undefined) {
    const column = (node.A_Const.ival?.ival ?? 0) - 1;
    const output = outputs.visible[column];
    if (output === undefined) return null;
    return { column: () => column, value: output.value, use: output.use };
  }
  if (node.CollateClause !== undefined) return collated(node.CollateClause, node, item, context);
  const named = outputByName(node, outputs);
  return named ?? inputColumn(node, item, context);
}

function collated(
  clause: NonNullable<SyntaxNode['CollateClause']>,
  node: SyntaxNode,
  item: number,
  context: SortContext,
): SortColumn | null {
  if (!isByteCollation(clause.collname)) return null;
  const shown = context.outputs.indexOfExpression(node);
  const argument = (clause.arg ?? {}) as SyntaxNode;
  const inner = inputColumn(argument, item, context, shown === -1 ? null : shown);
  if (inner === null) return null;
  const { type } = inner.value;
  return { ...inner, value: { type: type && { ...type, collation: 'c' }, collation: 'c' } };
}

/** A bare name that is an output column's; a name that might be is not guessed. */
function outputByName(node: SyntaxNode, outputs: OutputColumns): SortColumn | null {
  const fields = node.ColumnRef?.fields as readonly SyntaxNode[] | undefined;
  const name = fields?.length === 1 ? fields[0]?.String?.sval : undefined;
  if (name === undefined) return null;
  const column = outputs.visible.findIndex(one => one.name === name);
  if (column === -1) return null;
  const { value, use } = outputs.visible[column]!;
  return { column: () => column, value, use };
}

/** A bare name of several output columns that are not the same one (findTargetlistEntrySQL92). */
function isAmbiguous(node: SyntaxNode, outputs: OutputColumns): boolean {
  const fields = node.ColumnRef?.fields as readonly SyntaxNode[] | undefined;
  const name = fields?.length === 1 ? fields[0]?.String?.sval : undefined;
  const [first, ...others] = outputs.visible.filter(one => name !== undefined && one.name === name);
  if (first === undefined) return false;
  return others.some(({ use, expression }) => {
    if (first.use === null || use === null) return !sameExpression(expression, first.expression);
    return use.relation !== first.use.relation || use.column !== first.use.column;
  });
}

/** `shown`: the output column that it is, where that is known. */
function inputColumn(
  node: SyntaxNode,
  item: number,
  context: SortContext,
  shown: number | null = null,
): SortColumn | null {
  const { level, facts, outputs } = context;
  const use = node.ColumnRef === undefined ? null : level.resolve(node.ColumnRef);
  const value = comparand(node, level, facts);
  const at = shown ?? (use === null ? outputs.indexOfExpression(node) : outputs.indexOf(use));
  if (at !== -1) {
    const output = outputs.visible[at]!;
    return { column: () => at, value: output.value.type === null ? value : output.value, use };
  }
  // An output column without a known name could be what a bare name means.
  const bare = node.ColumnRef?.fields?.length === 1;
  if (bare && outputs.visible.some(one => one.name === null)) return null;
  return { column: () => context.hidden(node, use, item), value, use };
}

export function describe(node: SyntaxNode): string {
  const fields = (node.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  if (fields.length > 0) return `"${fields.map(one => one.String?.sval ?? '*').join('.')}"`;
  if (node.FuncCall !== undefined) return `${qualifiedName(node.FuncCall.funcname).name}()`;
  if (node.A_Const !== undefined) return `position ${node.A_Const.ival?.ival ?? 0}`;
  return 'an expression';
}
