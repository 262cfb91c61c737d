// Parameter types as they can be told to any shard: the OIDs of types that users made differ from
// shard to shard, so PostgreSQL is left to infer those.

import { firstUserOid } from '../types/type-oid.ts';

/** The same array when there is nothing to replace. */
export function portableTypes(types: readonly number[], shardCount: number): readonly number[] {
  if (shardCount === 1 || types.every(oid => oid < firstUserOid)) return types;
  return types.map(oid => (oid < firstUserOid ? oid : 0));
}
