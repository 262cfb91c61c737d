// The catalog of a database whose schemas lie on different shards: of each schema what its own
// shard has. Numbers of relations are each server's own, so those of other shards than shard 0 are
// moved out of its range.

import type { Catalog, CatalogFunction, CatalogOperator, Stateful, Table } from './catalog.ts';
import { tableKey } from './catalog.ts';
import type { ProcedureBody } from './fired.ts';

/** OIDs have 32 bits. */
const oidsPerShard = 2 ** 32;

/** `catalogs` by shard; `shardOf`: of a schema, null where shard 0 speaks for all. */
export function mergeShards(
  catalogs: readonly Catalog[],
  shardOf: (schema: string) => number | null,
): Catalog {
  const [first] = catalogs;
  if (first === undefined) throw new Error('a catalog of no shard');
  const tables = new Map<string, Table>();
  const tablesByOid = new Map<number, Table>();
  const functions = new Map<string, CatalogFunction[]>();
  const operators = new Map<string, CatalogOperator[]>();
  const bodies = new Map<string, ProcedureBody[]>();
  for (const [shard, catalog] of catalogs.entries()) {
    const speaksFor = (schema: string) => (shardOf(schema) ?? 0) === shard;
    const moved = (oid: number) => oid + shard * oidsPerShard;
    for (const table of catalog.tables.values()) {
      if (!speaksFor(table.schema)) continue;
      const own = shard === 0 ? table : renumbered(table, moved);
      tables.set(tableKey(own.schema, own.name), own);
      tablesByOid.set(own.oid, own);
    }
    addBySchema(functions, catalog.functions, speaksFor);
    addBySchema(operators, catalog.operators, speaksFor);
    addBySchema(bodies, catalog.bodies ?? new Map(), speaksFor);
  }
  const ownTypes = catalogs.some(catalog => catalog.ownTypes);
  const partial = catalogs.some(catalog => catalog.partial);
  return {
    ...first,
    ...{ tables, tablesByOid, functions, operators, bodies, ownTypes, partial },
    stateful: mergeStateful(catalogs.map(({ stateful }) => stateful)),
  };
}

/** Names are whoever's schema: no shard's is left out. */
function mergeStateful(shards: readonly Stateful[]): Stateful {
  const union = <T>(of: (one: Stateful) => Iterable<T>) =>
    new Set(shards.flatMap(one => [...of(one)]));
  const numbers = (of: (one: Stateful) => ReadonlySet<number>) =>
    new Set(shards.flatMap((one, i) => [...of(one)].map(oid => oid + i * oidsPerShard)));
  return {
    functions: union(one => one.functions),
    relations: numbers(one => one.relations),
    written: numbers(one => one.written),
    types: union(one => one.types),
    operators: union(one => one.operators),
    anywhere: shards.some(one => one.anywhere),
    names: {
      words: union(one => one.names.words),
      written: union(one => one.names.written),
      others: [...union(one => one.names.others)],
      relations: shards.some(one => one.names.relations),
      definitions: shards.some(one => one.names.definitions),
    },
    askers: {
      functions: union(one => one.askers.functions),
      relations: numbers(one => one.askers.relations),
      written: numbers(one => one.askers.written),
    },
  };
}

function renumbered(table: Table, moved: (oid: number) => number): Table {
  return {
    ...table,
    oid: moved(table.oid),
    parents: table.parents.map(moved),
    uses: table.uses.map(moved),
    foreignKeys: table.foreignKeys.map(key => ({ ...key, target: moved(key.target) })),
    ...(table.cascades && {
      cascades: table.cascades.map(one => ({ ...one, table: moved(one.table) })),
    }),
  };
}

function addBySchema<T extends { readonly schema: string }>(
  all: Map<string, T[]>,
  some: ReadonlyMap<string, readonly T[]>,
  speaksFor: (schema: string) => boolean,
): void {
  for (const [name, found] of some) {
    const own = found.filter(({ schema }) => speaksFor(schema));
    if (own.length > 0) all.set(name, [...(all.get(name) ?? []), ...own]);
  }
}
