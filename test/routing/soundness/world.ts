// A random schema: tables sharded by one or two columns of some type, each declared as the
// partitioned table that PostgreSQL would place its rows with, and one table that is whole
// everywhere; with random rows.

import type { Random } from '../../sharding/seeded-random.ts';
import { type KeyKind, keyKinds } from './key-kinds.ts';
import {
  mappings,
  partitions,
  placedValues,
  randomPlacement,
  type WorldPlacement,
} from './world-placement.ts';

export interface WorldTable {
  readonly name: string;
  /** Kinds of the columns k, k2 (of a key of two columns) and r, by name. */
  readonly kinds: Readonly<Record<string, KeyKind>>;
  /** Empty: every shard has the whole table. */
  readonly key: readonly string[];
  readonly placement: WorldPlacement | null;
}

export interface World {
  readonly shardCount: number;
  readonly tables: readonly WorldTable[];
  /** Tables, partitions (their names end in the shard) and rows. */
  readonly sql: string;
  /** [[sharded_tables]] and [[omnisharded_tables]] for a database named `world`. */
  readonly toml: string;
}

const rowsPerTable = 30;

export function randomWorld(random: Random): World {
  const shardCount = 2 + random.below(3);
  const main = pick(random, keyKinds);
  const other = pick(random, keyKinds);
  const columns = random.below(4) === 0 ? 2 : 1;
  const placement = randomPlacement(main, columns, shardCount, random);
  const alike = random.below(4) > 0;
  const tables: WorldTable[] = [
    sharded('t0', sibling(main, random), random, columns, placement),
    sharded(
      't1',
      sibling(main, random),
      random,
      columns,
      alike ? placement : randomPlacement(main, columns, shardCount, random),
    ),
    sharded('t2', other, random, 1, randomPlacement(other, 1, shardCount, random)),
    { name: 'whole', kinds: { k: main, r: main }, key: [], placement: null },
  ];
  return {
    shardCount,
    tables,
    sql: tables.map(table => createTable(table, shardCount, random)).join('\n'),
    toml: tables.map(configured).join(''),
  };
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!;
}

/** A kind of the same group. */
function sibling(kind: KeyKind, random: Random): KeyKind {
  return pick(
    random,
    keyKinds.filter(({ group }) => group === kind.group),
  );
}

const secondKind = keyKinds.find(({ type }) => type === 'varchar(20)')!;

function sharded(
  name: string,
  k: KeyKind,
  random: Random,
  columns: number,
  placement: WorldPlacement,
): WorldTable {
  const r = sibling(k, random);
  if (columns === 1) return { name, kinds: { k, r }, key: ['k'], placement };
  return { name, kinds: { k, k2: secondKind, r }, key: ['k', 'k2'], placement };
}

function createTable(table: WorldTable, shardCount: number, random: Random): string {
  const { name, kinds, key, placement } = table;
  const columns = Object.entries(kinds).map(([column, { type }]) => `${column} ${type}`);
  const definition = `${name} (n int, ${columns.join(', ')}, v int, w text)`;
  const rows = Array.from({ length: rowsPerTable }, (_, row) => {
    const values = Object.entries(kinds).map(([column, kind]) => {
      const isKey = column === 'k' && placement !== null;
      return literal(randomValue(kind, random, isKey ? placement : null, column === 'r' ? 6 : 20));
    });
    const v = random.below(5) === 0 ? 'NULL' : String(random.below(6));
    const w = literal(pick(random, ['a', 'b', '5', '', null]));
    return `(${[row, ...values, v, w].join(', ')})`;
  });
  const insert = `INSERT INTO ${name} VALUES ${rows.join(', ')};`;
  if (placement === null) return `CREATE TABLE ${definition};\n${insert}`;
  return `CREATE TABLE ${definition} PARTITION BY ${placement.method} (${key.join(', ')});
${partitions(name, placement, kinds['k']!, shardCount)}
${insert}`;
}

/** One in `nulls` is NULL, where that has a place. */
function randomValue(
  kind: KeyKind,
  random: Random,
  placement: WorldPlacement | null,
  nulls: number,
): string | null {
  if (placement === null) return random.below(nulls) === 0 ? null : pick(random, kind.pool);
  const placed = placedValues(placement, kind);
  if (placed.includes(-1) && random.below(nulls) === 0) return null;
  return kind.pool[
    pick(
      random,
      placed.filter(position => position >= 0),
    )
  ]!;
}

function literal(value: string | null): string {
  return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
}

function configured({ name, kinds, key, placement }: WorldTable): string {
  if (placement === null) {
    return `
[[omnisharded_tables]]
database = "world"
tables = ["${name}"]
`;
  }
  const { dataType } = kinds['k']!;
  const columns =
    key.length === 1
      ? `column = "k"\ndata_type = "${dataType}"`
      : `columns = ${JSON.stringify(key)}`;
  return `
[[sharded_tables]]
database = "world"
name = "${name}"
${columns}
${mappings(placement, kinds['k']!)}
`;
}
