// unnest() in FROM: each column holds the elements of one array, which name shards as the values of
// `= ANY (array)` do.

import { typeOid } from '../types/type-oid.ts';
import type { OutputColumn } from './level.ts';
import type { FuncCall, SyntaxNode } from './syntax-tree.ts';
import { qualifiedName } from './syntax-tree.ts';

type RangeFunction = NonNullable<SyntaxNode['RangeFunction']>;

/** Columns before the alias renames them; null: it is another function, or its columns are not
 *  known (elements of a composite type are spread out). */
export function unnestOutput(range: RangeFunction): readonly OutputColumn[] | null {
  const [only, ...more] = (range.functions ?? []) as readonly SyntaxNode[];
  const call = (only?.List?.items as readonly SyntaxNode[] | undefined)?.[0]?.FuncCall;
  if (more.length > 0 || call === undefined || range.coldeflist !== undefined) return null;
  const args = unnestArguments(call);
  if (args === null || !args.every(isPlainArray)) return null;
  // A function with one column gives it its alias as name (addRangeTableEntryForFunction).
  const name = args.length === 1 ? (range.alias?.aliasname ?? 'unnest') : 'unnest';
  const outputs = args.map(arg => ({
    name,
    type: null,
    origins: [],
    values: [{ FuncCall: { ...call, args: [arg] } } as SyntaxNode],
  }));
  if (!range.ordinality) return outputs;
  return [...outputs, { name: 'ordinality', type: null, origins: [], values: null }];
}

/** The arrays; null: it is another call. */
export function unnestArguments(call: FuncCall): readonly SyntaxNode[] | null {
  const { schema, name } = qualifiedName(call.funcname);
  if (name !== 'unnest' || (schema !== null && schema !== 'pg_catalog')) return null;
  const plain = call.over === undefined && !call.agg_star && !call.func_variadic;
  return plain ? ((call.args ?? []) as readonly SyntaxNode[]) : null;
}

/** Cast to an array of a built-in type that is no row. */
function isPlainArray({ TypeCast: cast }: SyntaxNode): boolean {
  const bounds = cast?.typeName?.arrayBounds?.length ?? 0;
  return bounds === 1 && Object.hasOwn(typeOid, qualifiedName(cast?.typeName?.names).name);
}
