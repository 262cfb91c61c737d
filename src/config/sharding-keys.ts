// The keys of the sections that say which table lies where: [[sharded_tables]] and its mappings,
// [[sharded_schemas]], [[omnisharded_tables]].

import { choice, count, flag, key, name, path, text, type Values } from './key.ts';
import { filledText, keyValue, listOf, real } from './value-type.ts';

const dataTypes = { bigint: 'works', uuid: 'works', varchar: 'works', vector: 'refused' } as const;

const keyValues = listOf(keyValue, 'array of integers or strings');

/** Bounds and values of one mapping; a range holds `start` and not `end`. */
export const mappingKeys = {
  values: key('values', keyValues, null, 'works', 'List: keys of this shard.'),
  start: key('start', keyValue, null, 'works', 'Range: the first key of this shard.'),
  end: key('end', keyValue, null, 'works', 'Range: the first key after it.'),
  shard: count('shard', undefined, 'works', 'The shard.', { max: 65_535 }),
};

export const shardedTableKeys = {
  database: name('database', undefined, 'works', 'Database of the table.'),
  name: name('name', null, 'works', 'The table. Leaving it out is not supported yet.'),
  schema: name('schema', null, 'works', 'Its schema; without, the table in any schema.'),
  column: name('column', undefined, 'works', 'Column that names the shard of a row.'),
  primary: flag('primary', false, 'later', 'Other tables refer to this one.'),
  centroids: key(
    'centroids',
    listOf(listOf(real(-Number.MAX_VALUE, Number.MAX_VALUE), ''), 'array of arrays of numbers'),
    () => [],
    'refused',
    'Centres of the shards of a vector column.',
    { defaultWords: 'none' },
  ),
  centroidsPath: path('centroids_path', null, 'refused', 'File with them (JSON).'),
  dataType: choice('data_type', dataTypes, 'bigint', 'works', 'Type of the column.'),
  centroidProbes: count('centroid_probes', null, 'refused', 'Centres that are searched.', {
    min: 1,
    defaultWords: '√n',
  }),
  hasher: choice(
    'hasher',
    { postgres: 'works', sha1: 'refused' },
    'postgres',
    'works',
    'Hash function; `postgres` is that of `PARTITION BY HASH`.',
  ),
  lookupQuery: text('lookup_query', null, 'refused', 'Query that translates the key first.'),
  lookupResult: choice(
    'lookup_result',
    { value: 'works', shard: 'refused' },
    'value',
    'works',
    'Whether it gives the key or the shard.',
  ),
};

/** The older form of `[[sharded_tables.mapping]]`. */
export const shardedMappingKeys = {
  database: name('database', undefined, 'refused', 'Database of the table.'),
  column: name('column', undefined, 'refused', 'Its sharding column.'),
  table: name('table', null, 'refused', 'The table.'),
  schema: name('schema', null, 'refused', 'Its schema.'),
  kind: choice(
    'kind',
    { list: 'refused', range: 'refused', default: 'refused' },
    undefined,
    'refused',
    'Which of the forms this is.',
  ),
  ...mappingKeys,
};

export const shardedSchemaKeys = {
  database: name('database', undefined, 'refused', 'Database of the schema.'),
  name: name('name', null, 'refused', 'The schema; without, all others.'),
  shard: count('shard', 0, 'refused', 'Shard of its tables.', { max: 65_535 }),
  all: flag('all', false, 'refused', 'Its tables are on all shards.'),
};

const tableNames = listOf(filledText('string'), 'array of strings');

export const omnishardedTableKeys = {
  database: name('database', undefined, 'works', 'Database of the tables.'),
  tables: key('tables', tableNames, undefined, 'works', 'Tables that every shard has whole.'),
  sticky: flag('sticky', false, 'later', 'A client reads them always from the same shard.'),
};

export type MappingEntry = Values<typeof mappingKeys>;
export type ShardedTableEntry = Values<typeof shardedTableKeys>;
export type ShardedMappingEntry = Values<typeof shardedMappingKeys>;
export type ShardedSchemaEntry = Values<typeof shardedSchemaKeys>;
export type OmnishardedEntry = Values<typeof omnishardedTableKeys>;
