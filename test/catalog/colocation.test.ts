// Tables that keep equal keys on equal shards, and the foreign keys that each shard can enforce.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Catalog, Table } from '../../src/catalog/catalog.ts';
import { colocationGroups, staysOnShard } from '../../src/sql/colocation.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { readSchema } from '../../src/sql/schema-file.ts';
import { ShardingScheme } from '../../src/sql/sharding-scheme.ts';
import { shardedTable } from '../planner/sample-catalog.ts';

let catalog: Catalog;
let scheme: ShardingScheme;

before(async () => {
  await loadParser();
  catalog = readSchema(`
    CREATE TABLE users (id bigint PRIMARY KEY, name text);
    CREATE TABLE orders (user_id int, id bigint);
    CREATE TABLE codes (code text, label text);
    CREATE TABLE labels (code varchar(9), id bigint);
    CREATE TABLE points (x int, y text);
    CREATE TABLE dots (a bigint, b text);
    CREATE TABLE countries (code text PRIMARY KEY);
    CREATE TABLE broken (other int);
  `);
  const rules = [
    ...['users id', 'orders user_id', 'codes code', 'labels code', 'points x y', 'dots a b'],
    'broken id',
  ].map(shardedTable);
  scheme = new ShardingScheme(catalog, rules, 4);
});

function table(name: string): Table {
  return [...catalog.tablesByOid.values()].find(one => one.name === name)!;
}

test('tables are colocated when function and key types agree', () => {
  const groups = colocationGroups(catalog, scheme).map(group => group.map(one => one.name));
  assert.deepEqual(groups, [
    ['users', 'orders'],
    ['codes', 'labels'],
    ['points', 'dots'],
  ]);
});

interface Case {
  readonly from: string;
  readonly columns: readonly string[];
  readonly to: string;
  readonly target: readonly string[];
  readonly stays: boolean;
}

const cases: readonly Case[] = [
  { from: 'orders', columns: ['user_id'], to: 'users', target: ['id'], stays: true },
  { from: 'orders', columns: ['id'], to: 'users', target: ['id'], stays: false },
  { from: 'labels', columns: ['id'], to: 'users', target: ['id'], stays: false },
  { from: 'dots', columns: ['b', 'a'], to: 'points', target: ['y', 'x'], stays: true },
  { from: 'dots', columns: ['a', 'b'], to: 'points', target: ['y', 'x'], stays: false },
  { from: 'dots', columns: ['a'], to: 'points', target: ['x'], stays: false },
  { from: 'users', columns: ['name'], to: 'countries', target: ['code'], stays: true },
  { from: 'countries', columns: ['code'], to: 'codes', target: ['code'], stays: false },
  { from: 'orders', columns: ['id'], to: 'broken', target: ['other'], stays: false },
];

for (const { from, columns, to, target, stays } of cases) {
  const key = `${from} (${columns.join()}) to ${to} (${target.join()})`;
  test(`a foreign key from ${key} ${stays ? 'stays on' : 'may leave'} its shard`, () => {
    const foreignKey = { name: 'k', columns, target: table(to).oid, targetColumns: target };
    assert.equal(staysOnShard(table(from), foreignKey, catalog, scheme), stays);
  });
}
