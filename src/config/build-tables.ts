// [[sharded_tables]], [[sharded_mappings]], [[sharded_schemas]] and [[omnisharded_tables]] → the
// tables of each database. A table that would be placed in two ways is an error.

import { buildCentroids } from './build-centroids.ts';
import type { DatabaseDraft } from './build-databases.ts';
import { buildKey, checkFunction, checkLookup } from './build-key.ts';
import { buildMapping } from './build-mapping.ts';
import type { MappedKeyType, MappedKeyTypes } from './mapped-key.ts';
import { didYouMean, type Report } from './report.ts';
import { type Entry, reportSectionStatus, type SectionReader } from './section-reader.ts';
import { sections } from './sections.ts';
import type {
  MappingEntry,
  OmnishardedEntry,
  ShardedMappingEntry,
  ShardedSchemaEntry,
  ShardedTableEntry,
} from './sharding-keys.ts';
import type { TomlSource } from './toml-source.ts';
import type { Database, OmnishardedTable, ShardedSchema, ShardedTable } from './topology.ts';

interface Tables {
  readonly shardedTables: ShardedTable[];
  readonly omnishardedTables: OmnishardedTable[];
  readonly shardedSchemas: ShardedSchema[];
}

/** `allKnown`: the drafts are all databases, so that any other name is an error. */
export function buildTables(
  drafts: ReadonlyMap<string, DatabaseDraft>,
  allKnown: boolean,
  source: TomlSource | null,
  reader: SectionReader,
  report: Report,
  keyTypes: MappedKeyTypes | null,
): ReadonlyMap<string, Database> {
  return new TablesBuilder(drafts, allKnown, reader, report, keyTypes).build(source);
}

class TablesBuilder {
  readonly #drafts: ReadonlyMap<string, DatabaseDraft>;
  readonly #allKnown: boolean;
  readonly #reader: SectionReader;
  readonly #report: Report;
  readonly #keyTypes: MappedKeyTypes | null;
  readonly #tables = new Map<string, Tables>();
  #mappings: Entry<ShardedMappingEntry>[] = [];
  readonly #usedMappings = new Set<Entry<ShardedMappingEntry>>();

  constructor(
    drafts: ReadonlyMap<string, DatabaseDraft>,
    allKnown: boolean,
    reader: SectionReader,
    report: Report,
    keyTypes: MappedKeyTypes | null,
  ) {
    this.#drafts = drafts;
    this.#allKnown = allKnown;
    this.#reader = reader;
    this.#report = report;
    this.#keyTypes = keyTypes;
    for (const name of drafts.keys()) {
      this.#tables.set(name, { shardedTables: [], omnishardedTables: [], shardedSchemas: [] });
    }
  }

  build(source: TomlSource | null): ReadonlyMap<string, Database> {
    this.#mappings = this.#reader.array(sections.shardedMappings, source);
    for (const entry of this.#reader.array(sections.shardedTables, source)) {
      this.#addSharded(entry, source!);
    }
    this.#checkUnusedMappings();
    for (const entry of this.#reader.array(sections.omnishardedTables, source)) {
      this.#addOmnisharded(entry);
    }
    for (const entry of this.#reader.array(sections.shardedSchemas, source)) {
      this.#addSchema(entry);
    }
    return new Map(
      [...this.#drafts]
        .filter(([, { served }]) => served)
        .map(([name, { shards }]) => [name, { name, shards, ...this.#tables.get(name)! }]),
    );
  }

  #addSharded(entry: Entry<ShardedTableEntry>, source: TomlSource): void {
    const tables = this.#tablesOf(entry);
    const { database, name, schema, primary, hasher } = entry.values;
    const { centroidProbes, lookupQuery, lookupResult } = entry.values;
    const key = buildKey(entry, this.#report);
    const mappings = this.#mappingEntries(entry, source);
    if (key === null) return;
    const draft = this.#drafts.get(database);
    const types = key.dataTypes.map(type => (type === null ? null : this.#keyType(type)));
    const unmapped = key.dataTypes.find((type, i) => type !== null && types[i] === null);
    if (mappings.length > 0 && unmapped !== undefined && this.#keyTypes !== null) {
      const message = `keys of type "${unmapped}" cannot be mapped`;
      this.#report.error(entry.at('mapping'), message, 'remove it: they can be hashed');
    }
    const shardCount = draft?.ok ? draft.shards.length : null;
    const mapping = buildMapping(mappings, { types, shardCount, report: this.#report });
    const centroids = buildCentroids(entry, this.#report);
    checkFunction(entry, { ...key, mapping }, this.#report);
    checkLookup(entry, { ...key, mapping }, this.#report);
    if (tables === null) return;
    const rest = { centroidProbes, lookupQuery, lookupResult };
    const made = { name, schema, primary, hasher, ...rest, ...key, mapping, centroids };
    this.#checkTwice(entry, made, tables);
    tables.shardedTables.push(made);
  }

  #keyType(dataType: string): MappedKeyType | null {
    return this.#keyTypes === null ? null : this.#keyTypes(dataType);
  }

  /** A table's entry for any schema and one for its own schema may stand side by side: the latter
   *  counts there. */
  #checkTwice(entry: Entry<ShardedTableEntry>, table: ShardedTable, tables: Tables): void {
    const { name, schema, columns } = table;
    const same = tables.shardedTables.find(
      other =>
        other.name === name &&
        other.schema === schema &&
        (name !== null || other.columns.join() === columns.join()),
    );
    if (same === undefined) return;
    const by = same.columns.map(column => `"${column}"`).join(', ');
    const message =
      name === null
        ? `tables with column ${by} are already sharded by it`
        : `table "${name}" is already sharded by column ${by}`;
    this.#report.error(entry.at('name'), message, 'remove one of the entries');
  }

  #mappingEntries(entry: Entry<ShardedTableEntry>, source: TomlSource) {
    const { database, name, schema, column } = entry.values;
    const inner: Entry<MappingEntry>[] = entry.inner('mapping').map(({ table, path }) => {
      const at = (key?: string) => source.place(key === undefined ? path : [...path, key]);
      return this.#reader.entry(sections.mapping, table, path, at, true, source);
    });
    if (inner.length > 0) {
      reportSectionStatus(sections.mapping.status, entry.at('mapping'), this.#report);
    }
    // As in PgDog a mapping belongs to the table it names, and without a table to entries without.
    const older = this.#mappings.filter(
      ({ values }) =>
        values.database === database &&
        values.column === column &&
        values.table === name &&
        (values.schema === null || values.schema === schema),
    );
    for (const mapping of older) {
      this.#usedMappings.add(mapping);
      this.#checkKind(mapping);
    }
    return [...inner, ...older];
  }

  #checkKind(mapping: Entry<ShardedMappingEntry>): void {
    const { kind, values, start, end } = mapping.values;
    if (!mapping.ok) return;
    const range = start !== null || end !== null;
    const found = values !== null || mapping.values.null ? 'list' : range ? 'range' : 'default';
    if (kind !== found) {
      const needs = { list: 'values', range: 'start or end', default: 'shard only' }[kind];
      this.#report.error(
        mapping.at('kind'),
        `kind "${kind}" needs ${needs}`,
        `or is it "${found}"?`,
      );
    }
  }

  #checkUnusedMappings(): void {
    for (const mapping of this.#mappings) {
      if (!mapping.ok || this.#usedMappings.has(mapping)) continue;
      const { database, column, table } = mapping.values;
      const named = table === null ? 'without a name' : `"${table}"`;
      const message = `database "${database}" has no sharded table ${named} by column "${column}"`;
      this.#report.error(mapping.at(), message, 'say table = "…" as in [[sharded_tables]]');
    }
  }

  #addOmnisharded(entry: Entry<OmnishardedEntry>): void {
    const tables = this.#tablesOf(entry);
    if (tables === null || !entry.ok) return;
    for (const written of entry.values.tables) {
      const dot = written.indexOf('.');
      const schema = dot < 0 ? null : written.slice(0, dot);
      const table = { schema, name: written.slice(dot + 1), sticky: entry.values.sticky };
      const meets = (other: { readonly name: string | null; readonly schema: string | null }) =>
        other.name === table.name && schemasMeet(other.schema, table.schema);
      if (tables.omnishardedTables.some(meets)) {
        this.#report.error(
          entry.at('tables'),
          `table "${written}" is listed twice`,
          'list it once',
        );
      } else if (tables.shardedTables.some(meets)) {
        this.#report.error(
          entry.at('tables'),
          `table "${written}" is also in [[sharded_tables]]`,
          'remove it from one of them',
        );
      } else tables.omnishardedTables.push(table);
    }
  }

  #addSchema(entry: Entry<ShardedSchemaEntry>): void {
    const tables = this.#tablesOf(entry);
    if (tables === null) return;
    const { database, ...schema } = entry.values;
    const draft = this.#drafts.get(database);
    if (draft?.ok && schema.shard >= draft.shards.length) {
      const message = `shard ${schema.shard} does not exist`;
      this.#report.error(entry.at('shard'), message, `write 0 to ${draft.shards.length - 1}`);
    }
    if (tables.shardedSchemas.some(other => other.name === schema.name)) {
      const named = schema.name === null ? 'a schema without a name' : `schema "${schema.name}"`;
      this.#report.error(entry.at(), `${named} is there twice`, 'remove one of the entries');
    }
    tables.shardedSchemas.push(schema);
  }

  /** Null, reported, where the database is unknown. */
  #tablesOf(entry: Entry<{ readonly database: string }>): Tables | null {
    const { database } = entry.values;
    if (database === undefined) return null;
    const tables = this.#tables.get(database);
    if (tables !== undefined) return tables;
    if (!this.#allKnown) return null;
    const names = [...this.#drafts.keys()];
    const fix = didYouMean(database, names) ?? `add it to [[databases]]`;
    this.#report.error(entry.at('database'), `database "${database}" is not configured`, fix);
    return null;
  }
}

function schemasMeet(a: string | null, b: string | null): boolean {
  return a === null || b === null || a === b;
}
