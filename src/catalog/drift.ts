// How the schemas of shards differ, object by object: in words, whether an answer from several
// shards could be wrong by it, and which facts of shard 0 do not hold everywhere.

import type { Catalog, CatalogFunction, Column, Table } from './catalog.ts';
import type { ColumnFacts, IndexFacts, SchemaFacts, SchemaObject } from './schema-facts.ts';

export interface Drift {
  readonly object: SchemaObject;
  /** `on shard 1: it has no column "a"; on shard 2: …`. */
  readonly text: string;
  /** Rows of several shards are not of one table, by these columns (none: by their order alone) or,
   *  null, in the whole; `undefined`: they are. */
  readonly apart: readonly string[] | null | undefined;
  /** Columns that are not NOT NULL everywhere. */
  readonly nullable: readonly string[];
  /** Columns that not every shard fills alike: DEFAULT 'now' was another moment on each. */
  readonly defaults: readonly string[];
  /** Unique indexes that not every shard has. */
  readonly indexes: readonly string[];
}

/** By `objectKey`. */
export type Drifts = ReadonlyMap<string, Drift>;

export const noDrifts: Drifts = new Map();

/** What one shard has otherwise than shard 0. */
export interface Difference {
  readonly texts: readonly string[];
  /** As of `Drift`. */
  readonly apart: readonly string[] | null | undefined;
  readonly nullable: readonly string[];
  readonly defaults: readonly string[];
  readonly indexes: readonly string[];
}

class DifferenceList {
  readonly texts: string[] = [];
  readonly nullable: string[] = [];
  readonly defaults: string[] = [];
  readonly indexes: string[] = [];
  apart: string[] | null | undefined = undefined;

  /** Something that only a warning is owed to. */
  note(text: string): void {
    this.texts.push(text);
  }

  /** Nothing of it may be put together. */
  part(text: string): void {
    this.texts.push(text);
    this.apart = null;
  }

  /** These columns may not. */
  partColumns(text: string, columns: readonly string[]): void {
    this.texts.push(text);
    if (this.apart !== null) this.apart = [...(this.apart ?? []), ...columns];
  }
}

/**
 * What `other` has otherwise than `first`, which is shard 0's; null on either side: it is not
 * there. `texts`: servers of one major version of PostgreSQL, whose texts can be compared.
 */
export function differenceOf(
  first: SchemaFacts | null,
  other: SchemaFacts | null,
  texts: boolean,
): Difference {
  const found = new DifferenceList();
  if (first === null || other === null) {
    const { kind } = (first ?? other)!.object;
    const call = kind === 'function' || kind === 'extension';
    const text = other === null ? `there is no such ${kind}` : 'it is there, unlike on shard 0';
    if (call) found.note(text);
    else found.part(text);
    return found;
  }
  if (first.object.kind !== other.object.kind) {
    found.part(`it is a ${other.object.kind}, not a ${first.object.kind}`);
    return found;
  }
  if (first.object.kind === 'function') compareFunctions(first, other, texts, found);
  else if (first.object.kind === 'extension') compareExtensions(first, other, found);
  else compareRelations(first, other, texts, found);
  return found;
}

function compareFunctions(
  first: SchemaFacts,
  other: SchemaFacts,
  texts: boolean,
  found: DifferenceList,
): void {
  const [a, b] = [first.facts, other.facts];
  if (a.result !== b.result || a.set !== b.set) {
    found.note(`it returns ${resultOf(b)}, not ${resultOf(a)}`);
  }
  if (a.volatility !== b.volatility) found.note('it has another volatility');
  if (a.language !== b.language) found.note(`it is in ${b.language}, not ${a.language}`);
  const bodies = a.body !== b.body;
  const printed = texts && first.texts?.definition !== other.texts?.definition;
  if (bodies || printed) {
    found.note('its body is another');
  }
}

function resultOf({ result, set }: SchemaFacts['facts']): string {
  return `${set ? 'a set of ' : ''}${result}`;
}

function compareExtensions(first: SchemaFacts, other: SchemaFacts, found: DifferenceList): void {
  const [a, b] = [first.facts.version, other.facts.version];
  if (a !== b) found.note(`its version is ${b}, not ${a}`);
}

function compareRelations(
  first: SchemaFacts,
  other: SchemaFacts,
  texts: boolean,
  found: DifferenceList,
): void {
  const [a, b] = [first.facts, other.facts];
  compareColumns(a.columns ?? [], b.columns ?? [], found);
  compareIndexes(a.indexes ?? [], b.indexes ?? [], found);
  if (a.rowSecurity !== b.rowSecurity || a.forced !== b.forced) {
    found.part(`row-level security is ${b.rowSecurity ? 'enabled' : 'disabled'} otherwise`);
  }
  if (!same(a.parents ?? [], b.parents ?? [])) found.note('it belongs to other parent tables');
  const [printed, otherPrinted] = [first.texts, other.texts];
  if (!texts || printed === null || otherPrinted === null) return;
  if (printed.definition !== otherPrinted.definition) found.part('its query is another');
  const policies = same(printed.policies ?? [], otherPrinted.policies ?? []);
  if (!policies) found.part('its policies are others');
  compareDefaults(printed.defaults ?? {}, otherPrinted.defaults ?? {}, found);
}

function compareColumns(
  first: readonly ColumnFacts[],
  other: readonly ColumnFacts[],
  found: DifferenceList,
): void {
  const others = new Map(other.map(column => [column.name, column]));
  const names = new Set(first.map(column => column.name));
  for (const column of first) {
    const pair = others.get(column.name);
    if (pair === undefined) found.partColumns(`it has no column "${column.name}"`, [column.name]);
    else compareColumn(column, pair, found);
  }
  for (const { name } of other) {
    if (names.has(name)) continue;
    found.partColumns(`it has a column "${name}", which shard 0 lacks`, [name]);
  }
  const order = first.filter(column => others.has(column.name)).map(column => column.name);
  const otherOrder = other.filter(column => names.has(column.name)).map(column => column.name);
  if (same(order, otherOrder)) return;
  found.partColumns(`the order of its columns is ${otherOrder.join(', ')}`, []);
}

function compareColumn(a: ColumnFacts, b: ColumnFacts, found: DifferenceList): void {
  const column = `column "${a.name}"`;
  const part = (text: string) => found.partColumns(text, [a.name]);
  if (a.type !== b.type) part(`${column} is ${b.type}, not ${a.type}`);
  else if (a.shape !== b.shape) part(`type ${a.type} of ${column} is made otherwise`);
  // Another type has another collation, or none: that has been said.
  else if (a.collation !== b.collation) {
    part(`${column} has collation ${b.collation}, not ${a.collation}`);
  }
  if (a.generated !== b.generated) part(`${column} is ${b.generated ? '' : 'not '}generated`);
  if (a.notNull === b.notNull) return;
  found.note(`${column} is ${b.notNull ? '' : 'not '}NOT NULL`);
  found.nullable.push(a.name);
}

function compareIndexes(
  first: readonly IndexFacts[],
  other: readonly IndexFacts[],
  found: DifferenceList,
): void {
  const others = new Map(other.map(index => [index.name, index]));
  const names = new Set(first.map(index => index.name));
  for (const index of first) {
    const pair = others.get(index.name);
    if (pair !== undefined && same(index, pair)) continue;
    found.note(pair === undefined ? `it has no index "${index.name}"` : otherIndex(index, pair));
    if (index.unique) found.indexes.push(index.name);
  }
  for (const { name } of other) {
    if (!names.has(name)) found.note(`it has an index "${name}", which shard 0 lacks`);
  }
}

function otherIndex(a: IndexFacts, b: IndexFacts): string {
  if (a.unique !== b.unique) return `index "${a.name}" is ${b.unique ? '' : 'not '}unique`;
  if (!b.valid) return `index "${a.name}" is not valid`;
  return `index "${a.name}" is another one`;
}

function compareDefaults(
  first: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
  found: DifferenceList,
): void {
  for (const name of new Set([...Object.keys(first), ...Object.keys(other)])) {
    if (first[name] === other[name]) continue;
    const { [name]: here = 'none' } = first;
    found.note(`the default of column "${name}" is ${other[name] ?? 'none'}, not ${here}`);
    found.defaults.push(name);
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** One object's differences, by shard. */
export function driftOf(
  object: SchemaObject,
  differences: ReadonlyMap<number, Difference>,
): Drift | null {
  const found = [...differences].filter(([, one]) => one.texts.length > 0);
  if (found.length === 0) return null;
  const shards = found.map(([shard, one]) => `on shard ${shard}: ${one.texts.join(', ')}`);
  return {
    object,
    text: shards.join('; '),
    apart: partsOf(found.map(([, one]) => one.apart)),
    nullable: [...new Set(found.flatMap(([, one]) => one.nullable))],
    defaults: [...new Set(found.flatMap(([, one]) => one.defaults))],
    indexes: [...new Set(found.flatMap(([, one]) => one.indexes))],
  };
}

function partsOf(apart: readonly Drift['apart'][]): Drift['apart'] {
  const parts = apart.filter(one => one !== undefined);
  if (parts.length === 0) return undefined;
  return parts.includes(null) ? null : [...new Set(parts.flatMap(columns => columns ?? []))];
}

/**
 * The catalog with what is true on every shard: NOT NULL and uniqueness that some shard lacks are
 * taken away, functions and defaults that differ count as volatile. The same object when there is
 * no drift.
 */
export function withDrifts(catalog: Catalog, drifts: Drifts): Catalog {
  if (drifts.size === 0) return catalog;
  const tables = new Map<string, Table>();
  for (const [key, table] of catalog.tables) {
    const drift = drifts.get(key);
    tables.set(key, drift === undefined ? table : drifted(table, drift));
  }
  const functions = new Map(catalog.functions);
  for (const { object } of drifts.values()) {
    if (object.kind !== 'function') continue;
    const name = object.name.slice(0, object.name.indexOf('('));
    const overloads = functions.get(name);
    if (overloads !== undefined)
      functions.set(
        name,
        overloads.map(one => unsure(one, object)),
      );
  }
  const tablesByOid = new Map([...tables.values()].map(table => [table.oid, table]));
  return { ...catalog, tables, tablesByOid, functions };
}

function drifted(table: Table, drift: Drift): Table {
  const { indexes, text, apart } = drift;
  return {
    ...table,
    columns: table.columns.map(one => driftedColumn(one, drift)),
    uniqueIndexes: table.uniqueIndexes.filter(one => !indexes.includes(one.name)),
    drift: apart === undefined ? null : { text, columns: apart },
  };
}

function driftedColumn(column: Column, { nullable, defaults }: Drift): Column {
  const notNull = column.notNull && !nullable.includes(column.name);
  const varies = defaults.includes(column.name) && column.defaultKind !== 'sequence';
  if (notNull === column.notNull && !varies) return column;
  return { ...column, notNull, defaultKind: varies ? 'volatile' : column.defaultKind };
}

function unsure(one: CatalogFunction, { schema }: SchemaObject): CatalogFunction {
  return one.schema === schema ? { ...one, volatility: 'volatile' } : one;
}
