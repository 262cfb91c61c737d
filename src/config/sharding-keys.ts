// The keys of the sections that say which table lies where: [[sharded_tables]] and its mappings,
// [[sharded_schemas]], [[omnisharded_tables]].

import { dataType } from './data-type.ts';
import { choice, count, flag, key, name, path, text, type Values } from './key.ts';
import { filledText, keyBound, keyValue, listOf, real } from './value-type.ts';

const names = listOf(filledText('string'), 'array of strings');
export const centroidList = listOf(
  listOf(real(-Number.MAX_VALUE, Number.MAX_VALUE), ''),
  'array of arrays of numbers',
);
const keyValues = listOf(keyValue, 'array of integers or strings');

/** Bounds and values of one mapping; a range holds `start` and not `end`. */
export const mappingKeys = {
  values: key('values', keyValues, null, 'works', 'List: keys of this shard.'),
  null: flag('null', false, 'works', 'List: rows whose key is NULL, too.', { own: true }),
  start: key('start', keyBound, null, 'works', 'Range: the first key of this shard.'),
  end: key('end', keyBound, null, 'works', 'Range: the first key after it.'),
  shard: count('shard', undefined, 'works', 'The shard.', { max: 65_535 }),
};

export const shardedTableKeys = {
  database: name('database', undefined, 'works', 'Database of the table.'),
  name: name('name', null, 'works', 'The table; without, every table that has the column.'),
  schema: name('schema', null, 'works', 'Its schema; without, the table in any schema.'),
  column: name('column', null, 'works', 'Column that names the shard of a row.'),
  columns: key('columns', names, null, 'works', 'Instead: a key of several columns.', {
    own: true,
  }),
  primary: flag('primary', false, 'later', 'Other tables refer to this one.'),
  centroids: key(
    'centroids',
    centroidList,
    () => [],
    'works',
    'Centres of the shards of a vector column.',
    { defaultWords: 'none' },
  ),
  centroidsPath: path('centroids_path', null, 'works', 'File with them (JSON).'),
  dataType: key('data_type', dataType, null, 'works', 'Type of the column.', {
    defaultWords: "the column's own",
  }),
  dataTypes: key(
    'data_types',
    listOf(dataType, 'array of types'),
    null,
    'works',
    'Types of `columns`.',
    { own: true, defaultWords: "the columns' own" },
  ),
  centroidProbes: count('centroid_probes', null, 'later', 'Centres that are searched.', {
    min: 1,
    defaultWords: '√n',
  }),
  hasher: choice(
    'hasher',
    { postgres: 'works', sha1: 'works' },
    'postgres',
    'works',
    'Hash function; `postgres` is that of `PARTITION BY HASH`.',
  ),
  lookupQuery: text('lookup_query', null, 'works', 'Query that translates the key first.'),
  lookupResult: choice(
    'lookup_result',
    { value: 'works', shard: 'works' },
    'value',
    'works',
    'Whether it gives the key or the shard.',
  ),
};

/** The older form of `[[sharded_tables.mapping]]`. */
export const shardedMappingKeys = {
  database: name('database', undefined, 'works', 'Database of the table.'),
  column: name('column', undefined, 'works', 'Its sharding column.'),
  table: name('table', null, 'works', 'The table.'),
  schema: name('schema', null, 'works', 'Its schema.'),
  kind: choice(
    'kind',
    { list: 'works', range: 'works', default: 'works' },
    undefined,
    'works',
    'Which of the forms this is.',
  ),
  ...mappingKeys,
};

export const shardedSchemaKeys = {
  database: name('database', undefined, 'works', 'Database of the schema.'),
  name: name('name', null, 'works', 'The schema; without, all others.'),
  shard: count('shard', 0, 'works', 'Shard of its tables.', { max: 65_535 }),
  all: flag('all', false, 'works', 'Its tables are on all shards.'),
};

export const omnishardedTableKeys = {
  database: name('database', undefined, 'works', 'Database of the tables.'),
  tables: key('tables', names, undefined, 'works', 'Tables that every shard has whole.'),
  sticky: flag('sticky', false, 'later', 'A client reads them always from the same shard.'),
};

export type MappingEntry = Values<typeof mappingKeys>;
export type ShardedTableEntry = Values<typeof shardedTableKeys>;
export type ShardedMappingEntry = Values<typeof shardedMappingKeys>;
export type ShardedSchemaEntry = Values<typeof shardedSchemaKeys>;
export type OmnishardedEntry = Values<typeof omnishardedTableKeys>;
