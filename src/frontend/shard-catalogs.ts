// The catalogs of a database's shards where schemas lie on different ones: read together, and kept
// so that what one connection sees of its shard can be put in the place of what was read before.

import type { Catalog } from '../catalog/catalog.ts';
import { mergeShards } from '../catalog/merge-shards.ts';
import type { Database } from '../config/topology.ts';
import { SchemaPlaces } from '../sharding/schema-places.ts';

/** Names of all schemas of a shard. */
export const schemaNamesQuery = 'SELECT nspname FROM pg_catalog.pg_namespace';

export class ShardCatalogs {
  readonly #database: Database;
  readonly #names: ReadonlySet<string>[] = [];
  #catalogs: readonly Catalog[] = [];
  #schemas: SchemaPlaces | null = null;

  constructor(database: Database) {
    this.#database = database;
    if (database.shardedSchemas.length > 0 && database.shards.length > 1) this.#place();
  }

  /** Where schemas lie; null: every shard has all. */
  get schemas(): SchemaPlaces | null {
    return this.#schemas;
  }

  /** The schema lies on one shard. */
  isPlaced(schema: string): boolean {
    return (this.#schemas?.shardOf(schema) ?? null) !== null;
  }

  /** A shard has these schemas. */
  note(shard: number, names: readonly string[]): void {
    this.#names[shard] = new Set(names);
    this.#place();
  }

  /** The database's catalog, of which `read` gives one shard's. */
  async read(read: (shard: number) => Promise<Catalog>): Promise<Catalog> {
    if (this.#schemas === null) return read(0);
    const catalogs = await Promise.all(this.#database.shards.map(({ number }) => read(number)));
    this.#catalogs = catalogs;
    return this.#merged(catalogs);
  }

  /** The database's catalog with what one connection sees of its shard. */
  with(catalog: Catalog, shard: number): Catalog {
    if (this.#schemas === null || this.#catalogs.length === 0) return catalog;
    return this.#merged(this.#catalogs.map((one, number) => (number === shard ? catalog : one)));
  }

  #merged(catalogs: readonly Catalog[]): Catalog {
    const { version } = catalogs.reduce((a, b) => (a.version > b.version ? a : b));
    const places = this.#schemas!;
    return { ...mergeShards(catalogs, schema => places.shardOf(schema)), version };
  }

  #place(): void {
    const { shardedSchemas } = this.#database;
    const bare = new SchemaPlaces(shardedSchemas);
    const existing = new Set<string>();
    for (const [shard, names] of this.#names.entries()) {
      for (const name of names ?? []) if ((bare.shardOf(name) ?? 0) === shard) existing.add(name);
    }
    this.#schemas = new SchemaPlaces(shardedSchemas, existing);
  }
}
