// ORDER BY as columns of the output, or helper columns behind it: names mean output columns first,
// anything else input columns (findTargetlistEntrySQL92, parse_clause.c). Only orders that are
// known exactly are merged.

import type { SortKey } from '../plan/merge-plan.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import type { ColumnUse, Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SortBy, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, sameExpression } from '../sql/syntax-tree.ts';
import { comparableType } from '../types/key-decoder.ts';
import { firstUserOid, typeName } from '../types/type-oid.ts';
import { type ExpressionType, expressionType, isText } from './expression-type.ts';
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

const byteCollations = new Set(['C', 'POSIX', 'ucs_basic']);

interface SortColumn {
  readonly column: number;
  readonly type: ExpressionType | null;
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
  if (sortBy.sortby_dir === 'SORTBY_USING') return refuseWide('ORDER BY … USING');
  const node = (sortBy.node ?? {}) as SyntaxNode;
  if (!context.kept && isAmbiguous(node, context.outputs)) {
    return refuseWide(`ORDER BY ${describe(node)}, the name of several output columns`);
  }
  const found = sortColumn(node, item, context);
  if (found === null) return refuseWide(`ORDER BY ${describe(node)} that is not an output column`);
  const problem = orderProblem(found.type);
  if (problem !== null) return refuseWide(`ORDER BY ${describe(node)} ${problem}`);
  const descending = sortBy.sortby_dir === 'SORTBY_DESC';
  const nulls = sortBy.sortby_nulls;
  const nullsFirst =
    nulls === 'SORTBY_NULLS_FIRST' || (nulls !== 'SORTBY_NULLS_LAST' && descending);
  return { column: found.column, descending, nullsFirst };
}

/** Why values of the type cannot be put in order here; null: they can. */
export function orderProblem(type: ExpressionType | null): string | null {
  if (type === null) return 'of a type that is not known';
  if (!comparableType(type.oid)) return ofType(type.oid);
  if (isText(type.oid) && type.collation !== 'c') return 'under a collation other than "C"';
  return null;
}

/** For messages; types that are not built in have no fixed OID to name them by. */
export function ofType(oid: number): string {
  return oid >= firstUserOid ? 'of a type that is not built in' : `of type ${typeName(oid)}`;
}

function sortColumn(node: SyntaxNode, item: number, context: SortContext): SortColumn | null {
  const { outputs } = context;
  if (node.A_Const !== undefined) {
    const column = (node.A_Const.ival?.ival ?? 0) - 1;
    const output = outputs.visible[column];
    return output === undefined ? null : { column, type: output.type };
  }
  if (node.CollateClause !== undefined) return collated(node.CollateClause, item, context);
  const named = outputByName(node, outputs);
  return named ?? inputColumn(node, item, context);
}

function collated(
  clause: NonNullable<SyntaxNode['CollateClause']>,
  item: number,
  context: SortContext,
): SortColumn | null {
  const { name } = qualifiedName(clause.collname);
  const inner = inputColumn((clause.arg ?? {}) as SyntaxNode, item, context);
  if (inner?.type == null || !isText(inner.type.oid) || !byteCollations.has(name)) return null;
  return { column: inner.column, type: { ...inner.type, collation: 'c' } };
}

/** A bare name that is an output column's; a name that might be is not guessed. */
function outputByName(node: SyntaxNode, outputs: OutputColumns): SortColumn | null {
  const fields = node.ColumnRef?.fields as readonly SyntaxNode[] | undefined;
  const name = fields?.length === 1 ? fields[0]?.String?.sval : undefined;
  if (name === undefined) return null;
  const column = outputs.visible.findIndex(one => one.name === name);
  return column === -1 ? null : { column, type: outputs.visible[column]!.type };
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

function inputColumn(node: SyntaxNode, item: number, context: SortContext): SortColumn | null {
  const { level, facts, outputs } = context;
  const use = node.ColumnRef === undefined ? null : level.resolve(node.ColumnRef);
  const type = expressionType(node, level, facts);
  const shown =
    use === null
      ? outputs.visible.findIndex(one => one.expression && sameExpression(one.expression, node))
      : outputs.indexOf(use);
  if (shown !== -1) return { column: shown, type: outputs.visible[shown]!.type ?? type };
  // An output column without a known name could be what a bare name means.
  const bare = node.ColumnRef?.fields?.length === 1;
  if (bare && outputs.visible.some(one => one.name === null)) return null;
  const column = context.hidden(node, use, item);
  return column === -1 ? null : { column, type };
}

function describe(node: SyntaxNode): string {
  const fields = (node.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  if (fields.length > 0) return `"${fields.map(one => one.String?.sval ?? '*').join('.')}"`;
  if (node.FuncCall !== undefined) return `${qualifiedName(node.FuncCall.funcname).name}()`;
  if (node.A_Const !== undefined) return `position ${node.A_Const.ival?.ival ?? 0}`;
  return 'an expression';
}
