// From a sharded table of the configuration and its key columns in the catalog to the function that
// places its rows, or the reason why there is none.

import type { DataType } from '../config/data-type.ts';
import { readMapping } from '../config/read-mapping.ts';
import type { Mapping, ShardedTable } from '../config/topology.ts';
import { firstUserOid, typeName } from '../types/type-oid.ts';
import { CentroidPlacement } from './centroid-placement.ts';
import { fitIsUnknown } from './column-fit.ts';
import { oidOfDataType } from './data-types.ts';
import { HashPlacement } from './hash-placement.ts';
import { chooseHashType, type KeyTypeDescription } from './hash-types.ts';
import { bigintType } from './integer-hash-types.ts';
import {
  baseOid,
  type CatalogKeyColumn,
  HashKeyColumn,
  modifierOf,
  withoutModifier,
} from './key-column.ts';
import { LookupCache } from './lookup-cache.ts';
import { LookupPlacement } from './lookup-placement.ts';
import { MappedPlacement } from './mapped-placement.ts';
import { OrderedKeyColumn } from './ordered-key-column.ts';
import { chooseOrderedType, isCollated } from './ordered-types.ts';
import type { Placement } from './placement.ts';
import { RowHashPlacement } from './row-hash-placement.ts';
import { Sha1Placement } from './sha1-placement.ts';

/** `reason` completes "rows of the table cannot be placed: ". */
export type PlacementChoice =
  | { readonly placement: Placement }
  | { readonly placement: null; readonly reason: string };

export interface KnownLookups {
  readonly table: string;
  readonly cache: LookupCache;
}

/** In words why a column cannot be used. */
class Refusal extends Error {}

/** `columns`: the table's key in the catalog, as many as `table.columns`, in their order. `lookups`:
 *  what is known of keys that a query translates, and the table's name in errors about them. */
export function choosePlacement(
  table: ShardedTable,
  columns: readonly CatalogKeyColumn[],
  shardCount: number,
  lookups: KnownLookups = { table: table.name ?? '', cache: new LookupCache() },
): PlacementChoice {
  try {
    if (table.lookupQuery !== null) {
      return { placement: lookedUp(table, table.lookupQuery, columns, shardCount, lookups) };
    }
    return { placement: placementOf(table, columns, shardCount) };
  } catch (error) {
    if (error instanceof Refusal) return { placement: null, reason: error.message };
    throw error;
  }
}

function placementOf(
  table: ShardedTable,
  columns: readonly CatalogKeyColumn[],
  shardCount: number,
): Placement {
  checkCollations(table, columns);
  for (const [i, column] of columns.entries()) {
    checkDataType(`column "${table.columns[i]}"`, table.dataTypes[i] ?? null, column);
  }
  if (table.dataTypes[0] === 'vector') {
    const oid = baseOid(columns[0]!.key);
    return new CentroidPlacement(oid, table.centroids, table.centroidProbes, shardCount);
  }
  if (table.mapping !== null) return mapped(table, table.mapping, columns, shardCount);
  if (table.hasher === 'sha1') return bySha1(table, columns, shardCount);
  const hashed = columns.map(({ key }, i) => hashColumn(`column "${table.columns[i]}"`, key));
  return hashed.length === 1
    ? new HashPlacement(hashed[0]!, shardCount)
    : new RowHashPlacement(hashed, shardCount);
}

function checkCollations(table: ShardedTable, columns: readonly CatalogKeyColumn[]): void {
  const at = columns.findIndex(({ nondeterministic }) => nondeterministic);
  if (at < 0) return;
  throw new Refusal(`column "${table.columns[at]}" has a nondeterministic collation`);
}

/** The table's other keys of the configuration are for the value that the query gives, whose
 *  collation orders nothing here: only single values are placed. */
function lookedUp(
  table: ShardedTable,
  query: string,
  columns: readonly CatalogKeyColumn[],
  shardCount: number,
  { table: name, cache }: KnownLookups,
): Placement {
  checkCollations(table, columns);
  const [first] = columns;
  if (columns.length > 1) throw new Refusal('a key of several columns is not looked up');
  const column = orderedColumn(`column "${table.columns[0]}"`, first!);
  if (!LookupPlacement.takes(column)) throw new Refusal(`no ${column.name} is looked up`);
  const word = table.dataTypes[0] ?? null;
  if (word === 'vector') throw new Refusal('no vector is looked up');
  const isShard = table.lookupResult === 'shard';
  const key: KeyTypeDescription =
    word === null ? withoutModifier(first!.key) : { kind: 'base', oid: oidOfDataType(word) };
  const value = { key, nondeterministic: false, bytewise: true };
  const plain: ShardedTable = { ...table, lookupQuery: null };
  const found = isShard ? null : placementOf(plain, [value], shardCount);
  const lookup = { table: name, query, found, keyType: baseOid(first!.key), shardCount };
  return new LookupPlacement(column, lookup, cache);
}

/** `bigint` stands for every integer type, `varchar` for text: types whose equal keys hash alike. */
function checkDataType(
  column: string,
  word: DataType | null,
  { key, typeName: name = 'vector' }: CatalogKeyColumn,
): void {
  if (word === null) return;
  if (word === 'vector') {
    if (baseOid(key) >= firstUserOid && name === 'vector') return;
    const found = name === 'vector' ? nameOf(key) : name;
    throw new Refusal(`${column} is of type ${found}, not of data_type "vector"`);
  }
  const configured = chooseHashType({ kind: 'base', oid: oidOfDataType(word) });
  const found = chooseHashType(withoutModifier(key));
  if (found.type !== null && found.type.family === configured.type?.family) return;
  throw new Refusal(`${column} is of type ${nameOf(key)}, not of data_type "${word}"`);
}

function nameOf(key: KeyTypeDescription): string {
  switch (key.kind) {
    case 'base':
      return typeName(key.oid);
    case 'domain':
      return nameOf(key.base);
    case 'array':
      return `${nameOf(key.element)}[]`;
    default:
      return key.name;
  }
}

function hashColumn(column: string, key: KeyTypeDescription): HashKeyColumn {
  const compared = chooseHashType(withoutModifier(key));
  if (compared.type === null) throw new Refusal(`the type of ${column} ${compared.reason}`);
  const stored = chooseHashType(key);
  if (stored.type === null) throw new Refusal(`the type of ${column} ${stored.reason}`);
  // Integers may be compared with wider ones, which are only too large for the column.
  const isInteger = compared.type.family === bigintType.family;
  return new HashKeyColumn(isInteger ? bigintType : compared.type, stored.type, baseOid(key));
}

function orderedColumn(column: string, { key, bytewise }: CatalogKeyColumn): OrderedKeyColumn {
  const choice = chooseOrderedType(key);
  if (choice.type === null) throw new Refusal(`the type of ${column} ${choice.reason}`);
  if (fitIsUnknown(baseOid(key), modifierOf(key)) && modifierOf(key) >= 0) {
    throw new Refusal(`the type of ${column} has a modifier that drops fields of its values`);
  }
  const inOrder = !choice.equalityOnly && (!isCollated(baseOid(key)) || bytewise === true);
  return new OrderedKeyColumn(key, choice.type, inOrder);
}

function mapped(
  table: ShardedTable,
  mapping: Mapping,
  catalogColumns: readonly CatalogKeyColumn[],
  shardCount: number,
): Placement {
  const columns = catalogColumns.map((column, i) =>
    orderedColumn(`column "${table.columns[i]}"`, column),
  );
  if (mapping.ranges.length > 0) {
    const unordered = columns.findIndex(({ ordered }) => !ordered);
    if (unordered >= 0) {
      const column = `column "${table.columns[unordered]}"`;
      throw new Refusal(`${column} has an order that is not known: its text is not in collation C`);
    }
  }
  const read = readMapping(mapping, columns);
  const [problem] = read.problems;
  if (problem !== undefined) throw new Refusal(`its mapping is wrong: ${problem.message}`);
  return new MappedPlacement(columns, read, mapping.defaultShard, shardCount);
}

function bySha1(
  table: ShardedTable,
  [first]: readonly CatalogKeyColumn[],
  shardCount: number,
): Placement {
  const column = orderedColumn(`column "${table.columns[0]}"`, first!);
  if (Sha1Placement.takes(column)) return new Sha1Placement(column, shardCount);
  throw new Refusal(`hasher "sha1" takes no ${column.name}`);
}
