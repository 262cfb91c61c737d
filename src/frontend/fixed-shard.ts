// The one shard of a statement that its plan names by itself, before any value is known.

import type { RouteProgram } from '../plan/route.ts';

/** -1: it hangs on keys, or any shard will do. */
export function fixedShard({ groups }: RouteProgram): number {
  for (let i = 0; i < groups.length; i++) {
    const { shard } = groups[i]!;
    if (shard !== undefined) return shard;
  }
  return -1;
}
