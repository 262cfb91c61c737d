// The key of a [[sharded_tables]] entry: one column or several with their types, and whether they go
// with the function that is to place rows by them.

import type { DataType } from './data-type.ts';
import type { Report } from './report.ts';
import type { Entry } from './section-reader.ts';
import type { ShardedTableEntry } from './sharding-keys.ts';
import type { Mapping } from './topology.ts';

export interface KeyDraft {
  /** At least one. */
  readonly columns: readonly string[];
  /** As many; null: the column's own type. */
  readonly dataTypes: readonly (DataType | null)[];
}

/** PARTITION_MAX_KEYS (pg_config_manual.h). */
const columnsMax = 32;
/** What PgDog's other function is defined for, under any of PostgreSQL's names. */
const hashedBySha1: readonly (DataType | null)[] = [
  ...([null, 'bigint', 'integer', 'smallint', 'uuid', 'varchar', 'text', 'name'] as const),
];

/** null, reported: there is no key. */
export function buildKey(entry: Entry<ShardedTableEntry>, report: Report): KeyDraft | null {
  const { column, columns, dataType, dataTypes } = entry.values;
  if (column !== null && columns !== null) {
    report.error(entry.at('columns'), 'column is there as well', 'remove one of them');
    return null;
  }
  if (column === null && columns === null) {
    if (entry.failed.has('column') || entry.failed.has('columns')) return null;
    report.error(entry.at(), 'column is missing', 'add column = … (string)');
    return null;
  }
  const names = columns ?? [column!];
  if (!checkNames(entry, names, report)) return null;
  if (dataTypes !== null && dataTypes.length !== names.length) {
    const message = `${dataTypes.length} types for ${counted(names.length)}`;
    report.error(entry.at('data_types'), message, 'write one for each column');
    return { columns: names, dataTypes: names.map(() => null) };
  }
  if (dataType !== null && (names.length > 1 || dataTypes !== null)) {
    const message = `one type for ${counted(names.length)}`;
    report.error(entry.at('data_type'), message, 'write data_types = [ … ], or leave it out');
  }
  return { columns: names, dataTypes: dataTypes ?? names.map(() => dataType) };
}

function checkNames(
  entry: Entry<ShardedTableEntry>,
  names: readonly string[],
  report: Report,
): boolean {
  const place = entry.at('columns');
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    report.error(place, `column "${twice}" is there twice`, 'list each column once');
  } else if (names.length === 0) {
    report.error(place, 'an empty key', 'list the columns');
  } else if (names.length > columnsMax) {
    report.error(place, `a key of ${names.length} columns`, `list ${columnsMax} at most`);
  } else return true;
  return false;
}

/** Reports what the table's function cannot be used with. */
export function checkFunction(
  entry: Entry<ShardedTableEntry>,
  table: KeyDraft & { readonly mapping: Mapping | null },
  report: Report,
): void {
  const { columns, dataTypes, mapping } = table;
  const { hasher, centroids, centroidsPath } = entry.values;
  const isVector = dataTypes.includes('vector');
  const hasCentroids = centroids.length > 0 || centroidsPath !== null;
  if (hasher === 'sha1' && mapping !== null) {
    const message = 'the table has a mapping';
    report.warn(entry.at('hasher'), message, 'keys are mapped, not hashed');
  } else if (hasher === 'sha1' && columns.length > 1) {
    const message = '"sha1" takes one column';
    report.error(entry.at('hasher'), message, 'use hasher = "postgres"');
  } else if (hasher === 'sha1' && !dataTypes.every(type => hashedBySha1.includes(type))) {
    const message = `"sha1" takes no ${dataTypes[0]}`;
    report.error(entry.at('hasher'), message, 'use hasher = "postgres"');
  }
  if (isVector && (columns.length > 1 || mapping !== null)) {
    const message = '"vector" is placed by its centroids alone';
    report.error(entry.at('data_type'), message, 'remove the mapping and further columns');
  } else if (isVector && !hasCentroids) {
    const message = '"vector" needs centroids';
    report.error(entry.at('data_type'), message, 'add centroids = [ … ] or centroids_path = "…"');
  } else if (hasCentroids && !isVector) {
    const key = centroids.length > 0 ? 'centroids' : 'centroids_path';
    report.error(entry.at(key), 'the column is no vector', 'add data_type = "vector"');
  }
}

/** Reports what is wrong with the query that translates keys; what it reads is not known here. */
export function checkLookup(
  entry: Entry<ShardedTableEntry>,
  { columns, dataTypes, mapping }: KeyDraft & { readonly mapping: Mapping | null },
  report: Report,
): void {
  const { lookupQuery: query, lookupResult: result, hasher } = entry.values;
  if (query === null) {
    if (result === 'value') return;
    report.error(entry.at('lookup_result'), 'nothing is looked up', 'add lookup_query = "…"');
    return;
  }
  const place = entry.at('lookup_query');
  const parameters = new Set(query.match(/\$\d+/g));
  if (parameters.size !== 1 || !parameters.has('$1')) {
    report.error(place, 'the key is not its only parameter', 'write the key as $1');
  }
  if (columns.length > 1) {
    report.error(place, 'a key of several columns is not looked up', 'remove it');
  } else if (dataTypes[0] === 'vector') {
    report.error(place, 'no vector is looked up', 'remove it');
  } else if (result === 'shard' && (mapping !== null || hasher !== 'postgres')) {
    const message = '"shard" needs no mapping and no hasher';
    report.error(entry.at('lookup_result'), message, 'remove them, or write "value"');
  }
}

function counted(columns: number): string {
  return columns === 1 ? '1 column' : `${columns} columns`;
}
