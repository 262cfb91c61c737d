// Types as they mean the same on every shard: the OIDs of types that users made differ from shard to
// shard, so PostgreSQL is left to infer those of parameters, and those of columns count as one.

import type { ColumnDescription } from '../protocol/row-description.ts';
import { firstUserOid } from '../types/type-oid.ts';

/** Parameter types to send to any shard; the same array when there is nothing to replace. */
export function portableTypes(types: readonly number[], shardCount: number): readonly number[] {
  if (shardCount === 1 || types.every(oid => oid < firstUserOid)) return types;
  return types.map(oid => (oid < firstUserOid ? oid : 0));
}

/** What a client that knows these columns counts on: their number and types. */
export function columnTypes(columns: readonly ColumnDescription[]): string {
  const types = columns.map(({ typeOid, typeModifier }) =>
    typeOid < firstUserOid ? `${typeOid}:${typeModifier}` : 'user',
  );
  return types.join(',');
}
