// Which sharded tables keep rows of equal keys on equal shards, and which foreign keys therefore
// never leave a shard, so that each shard's own PostgreSQL can enforce them.

import { type Catalog, columnOf, type ForeignKey, type Table } from '../catalog/catalog.ts';
import { familyOf, type ShardingScheme } from './sharding-scheme.ts';

/** Sharded tables by what they share: equal keys of two tables of a group are on equal shards.
 *  Tables whose rows cannot be placed are in none. Every group is in the order of the catalog. */
export function colocationGroups(catalog: Catalog, scheme: ShardingScheme): Table[][] {
  const groups = new Map<string, Table[]>();
  for (const table of catalog.tablesByOid.values()) {
    const print = colocationOf(table, scheme);
    if (print === null) continue;
    const group = groups.get(print);
    if (group === undefined) groups.set(print, [table]);
    else group.push(table);
  }
  return [...groups.values()];
}

/** The same text for tables of one group; null: in none. Equality has to mean the same to both
 *  tables, so the function alone does not decide. */
function colocationOf(table: Table, scheme: ShardingScheme): string | null {
  const key = scheme.keyOf(table);
  if (key === null || key.placement === -1) return null;
  const families = key.columns.map(name => {
    const column = columnOf(table, name);
    return column === null ? null : familyOf(column);
  });
  const { print } = scheme.placements.list[key.placement]!;
  return families.includes(null) ? null : JSON.stringify([print, families]);
}

/**
 * Whether every row that the foreign key refers to is on the shard of the row that refers to it:
 * each shard has the whole table, or both are placed alike by columns that the key pairs up.
 */
export function staysOnShard(
  table: Table,
  foreignKey: ForeignKey,
  catalog: Catalog,
  scheme: ShardingScheme,
): boolean {
  const target = catalog.tablesByOid.get(foreignKey.target);
  if (target === undefined) return false;
  const targetKey = scheme.keyOf(target);
  if (targetKey === null) return !scheme.hasShardedChild(target);
  const key = scheme.keyOf(table);
  if (key === null) return false;
  const colocation = colocationOf(table, scheme);
  if (colocation === null || colocation !== colocationOf(target, scheme)) return false;
  return targetKey.columns.every((name, at) => {
    const pair = foreignKey.targetColumns.indexOf(name);
    return pair !== -1 && foreignKey.columns[pair] === key.columns[at];
  });
}
