// What SHOW SCHEMA prints, from the catalogs that services have read: one row per relation of a
// database, and one per other object in which its shards differ.

import { isSystemSchema, type Table, tableKey } from '../catalog/catalog.ts';
import type { Drift } from '../catalog/drift.ts';
import { objectKey } from '../catalog/schema-facts.ts';
import type { DatabaseService, KnownSchema } from '../frontend/database-service.ts';
import type { SchemaSnapshot } from '../metrics/snapshot.ts';
import { colocationGroups, staysOnShard } from '../sql/colocation.ts';
import type { ShardingScheme } from '../sql/sharding-scheme.ts';

/** Users of a database see the same tables: the first that has read them answers for all. */
export function schemaSnapshots(services: readonly DatabaseService[]): SchemaSnapshot[] {
  const databases = new Map<string, SchemaSnapshot[]>();
  for (const service of services) {
    const { name } = service.database;
    if (!databases.has(name) && service.knownSchema !== null) databases.set(name, rowsOf(service));
  }
  return [...databases.values()].flat();
}

function rowsOf(service: DatabaseService): SchemaSnapshot[] {
  const { catalog, scheme, shards } = service.knownSchema!;
  const { drifts } = service.comparison;
  const groups = new Map<Table, number>();
  for (const [at, group] of colocationGroups(catalog, scheme).entries()) {
    for (const table of group) groups.set(table, at + 1);
  }
  const rows: SchemaSnapshot[] = [];
  for (const table of catalog.tables.values()) {
    if (isSystemSchema(table.schema)) continue;
    const drift = drifts.get(tableKey(table.schema, table.name));
    rows.push({
      database: service.database.name,
      schema: table.schema,
      name: table.name,
      kind: kindOf(table),
      sharded: service.shardCount === 1 ? 'no' : shardedBy(table, scheme, shards),
      keyColumns: scheme.keyOf(table)?.columns ?? [],
      colocation: groups.get(table) ?? null,
      crossingForeignKeys: table.foreignKeys
        .filter(key => !staysOnShard(table, key, catalog, scheme))
        .map(key => key.name),
      drift: drift?.text ?? null,
      refused: drift !== undefined && drift.apart !== undefined,
    });
  }
  for (const drift of drifts.values()) {
    if (!catalog.tables.has(objectKey(drift.object))) rows.push(driftRow(service, drift));
  }
  return rows.sort(byName);
}

/** Of a function or extension, or a relation that shard 0 lacks. */
function driftRow({ database }: DatabaseService, drift: Drift): SchemaSnapshot {
  const { object, text, apart } = drift;
  return {
    ...object,
    database: database.name,
    sharded: 'no',
    keyColumns: [],
    colocation: null,
    crossingForeignKeys: [],
    drift: text,
    refused: apart !== undefined,
  };
}

function kindOf({ kind }: Table): string {
  if (kind === 'matview') return 'materialized view';
  return kind === 'partitioned' || kind === 'foreign' ? `${kind} table` : kind;
}

function shardedBy(table: Table, scheme: ShardingScheme, shards: KnownSchema['shards']): string {
  const key = scheme.keyOf(table);
  if (key !== null) return scheme.placements.list[key.placement]?.kind ?? 'unplaced';
  if (scheme.hasShardedChild(table)) return 'children';
  if (shards.isPlaced(table.schema)) return 'schema';
  return table.kind === 'table' || table.kind === 'partitioned' ? 'omni' : 'no';
}

function byName(a: SchemaSnapshot, b: SchemaSnapshot): number {
  return compare(a.schema, b.schema) || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
