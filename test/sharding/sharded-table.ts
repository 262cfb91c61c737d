// A sharded table of the configuration with defaults for what a test does not care about.

import type { ShardedTable } from '../../src/config/topology.ts';
import { choosePlacement } from '../../src/sharding/choose-placement.ts';
import type { CatalogKeyColumn } from '../../src/sharding/key-column.ts';
import type { Placement } from '../../src/sharding/placement.ts';

export function shardedTable(more: Partial<ShardedTable> & Pick<ShardedTable, 'columns'>) {
  const table: ShardedTable = {
    name: 't',
    schema: null,
    dataTypes: more.columns.map(() => null),
    primary: false,
    centroids: [],
    centroidProbes: null,
    hasher: 'postgres',
    lookupQuery: null,
    lookupResult: 'value',
    mapping: null,
    ...more,
  };
  return table;
}

/** A column of a built-in type. */
export function keyColumn(oid: number, typmod = -1): CatalogKeyColumn {
  const key = typmod < 0 ? { kind: 'base', oid } : { kind: 'base', oid, typmod };
  return { key: key as CatalogKeyColumn['key'], nondeterministic: false, bytewise: true };
}

export function mustPlace(
  table: ShardedTable,
  columns: readonly CatalogKeyColumn[],
  shardCount: number,
): Placement {
  const choice = choosePlacement(table, columns, shardCount);
  if (choice.placement === null) throw new Error(choice.reason);
  return choice.placement;
}
