// Schema sharding: which schemas lie whole on one shard. A configured name comes before the
// catch-all; PostgreSQL's own schemas are everywhere.

import type { ShardedSchema } from '../config/topology.ts';

/** A shard (0-based); `all`: every shard has it whole; null: not sharded by its name. */
export type SchemaPlace = number | 'all' | null;

export class SchemaPlaces {
  readonly #named = new Map<string, SchemaPlace>();
  readonly #others: SchemaPlace;
  /** Schemas that exist where they belong. */
  readonly #existing: ReadonlySet<string>;

  constructor(schemas: readonly ShardedSchema[], existing: ReadonlySet<string> = new Set()) {
    let others: SchemaPlace = null;
    for (const { name, shard, all } of schemas) {
      const place = all ? 'all' : shard;
      if (name === null) others = place;
      else this.#named.set(name, place);
    }
    this.#others = others;
    this.#existing = existing;
  }

  placeOf(schema: string): SchemaPlace {
    if (isSystem(schema)) return null;
    const named = this.#named.get(schema);
    return named === undefined ? this.#others : named;
  }

  /** The one shard of a schema; null: it is not sharded by its name. */
  shardOf(schema: string): number | null {
    const place = this.placeOf(schema);
    return typeof place === 'number' ? place : null;
  }

  exists(schema: string): boolean {
    return this.#existing.has(schema);
  }
}

function isSystem(schema: string): boolean {
  return schema.startsWith('pg_') || schema === 'information_schema';
}
