// Types as they mean the same on every shard: the OIDs of types that users made differ between
// shards, so PostgreSQL is left to infer those of parameters, and those of columns count as one.

import { type BindMessage, parameterFormat } from '../protocol/client-frame.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { firstUserOid, typeOid } from '../types/type-oid.ts';

/** Parameter types to send to any shard; the same array when there is nothing to replace. `other`:
 *  what is sent for a type of users' own, for PostgreSQL to infer (0) or instead of it. */
export function portableTypes(
  types: readonly number[],
  shardCount: number,
  other: (index: number) => number = () => 0,
): readonly number[] {
  if (shardCount === 1 || types.every(oid => oid < firstUserOid)) return types;
  return types.map((oid, index) => (oid < firstUserOid ? oid : other(index)));
}

/** Likewise for a part of the client's statement: nothing tells the type of a parameter that stands
 *  in another part, so it is declared as something that takes any value. */
export function partsTypes(
  part: string,
  types: readonly number[],
  shardCount: number,
  bind: BindMessage | null,
): readonly number[] {
  if (bind === null) return types;
  let used: ReadonlySet<number> | null = null;
  return portableTypes(types, shardCount, index => {
    used ??= new Set([...part.matchAll(/\$(\d+)/g)].map(match => Number(match[1]) - 1));
    if (used.has(index)) return 0;
    return parameterFormat(bind, index) === 1 ? typeOid.bytea : typeOid.text;
  });
}

/** What a client that knows these columns counts on: their number and types. */
export function columnTypes(columns: readonly ColumnDescription[]): string {
  const types = columns.map(({ typeOid, typeModifier }) =>
    typeOid < firstUserOid ? `${typeOid}:${typeModifier}` : 'user',
  );
  return types.join(',');
}
