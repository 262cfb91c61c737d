// Which shard is asked about PostgreSQL's own catalogs: the one whose OIDs clients are given for types
// and relations (`backend/shard-oids.ts`), so that they find what they look up.

import type { KeyGroup } from '../plan/route.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';

const firstShard: KeyGroup = {
  table: 'pg_catalog',
  columns: [],
  placement: -1,
  sets: [],
  shard: 0,
};

/** For a statement without keys of its own. Views of pg_catalog are mostly about what a server is
 *  doing: those are any shard's. */
export function catalogGroups({ relations }: ScopeBuilder): readonly KeyGroup[] {
  if (relations.some(one => one.target)) return [];
  const reads = relations.some(
    ({ table }) => table?.schema === 'pg_catalog' && table.kind === 'table',
  );
  return reads ? [firstShard] : [];
}
