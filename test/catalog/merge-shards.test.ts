// One catalog out of those of shards on which different schemas lie: each schema as its own shard
// has it, and no two relations under one number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Catalog,
  nothingStateful,
  resolveTable,
  type Table,
  tableKey,
} from '../../src/catalog/catalog.ts';
import { mergeShards } from '../../src/catalog/merge-shards.ts';

function table(oid: number, schema: string, name: string, uses: readonly number[] = []): Table {
  return { oid, schema, name, uses, parents: [], foreignKeys: [] } as unknown as Table;
}

function catalog(tables: readonly Table[], functions: readonly [string, string][] = []): Catalog {
  return {
    tables: new Map(tables.map(one => [tableKey(one.schema, one.name), one])),
    tablesByOid: new Map(tables.map(one => [one.oid, one])),
    functions: new Map(functions.map(([schema, name]) => [name, [{ schema, name }]])),
    operators: new Map(),
    ownTypes: false,
    searchPath: ['public'],
    stateful: { ...nothingStateful, relations: new Set([20]) },
  } as unknown as Catalog;
}

const merged = mergeShards(
  [
    catalog([table(10, 'public', 'kinds'), table(20, 'b', 'stale')], [['public', 'f']]),
    catalog(
      [table(10, 'b', 'notes'), table(20, 'b', 'seen', [10]), table(30, 'public', 'kinds')],
      [['b', 'f']],
    ),
  ],
  schema => (schema === 'b' ? 1 : null),
);

test('each schema is as its own shard has it', () => {
  const names = [...merged.tables.values()].map(({ schema, name }) => `${schema}.${name}`);
  assert.deepEqual(names.sort(), ['b.notes', 'b.seen', 'public.kinds']);
  assert.equal(resolveTable(merged, 'notes', null, ['b', 'public'])?.schema, 'b');
  const schemas = merged.functions.get('f')?.map(({ schema }) => schema);
  assert.deepEqual(schemas, ['public', 'b']);
});

test('relations of several shards keep their references and share no number', () => {
  const seen = merged.tables.get(tableKey('b', 'seen'))!;
  assert.equal(merged.tablesByOid.get(seen.uses[0]!)?.name, 'notes');
  assert.equal(merged.tablesByOid.get(10)?.name, 'kinds');
  assert.equal(merged.tablesByOid.size, merged.tables.size);
  assert.ok(merged.stateful.relations.has(seen.oid));
});
