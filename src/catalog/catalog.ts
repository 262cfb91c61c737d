// What the planner knows of a database's schema, as plain facts. Loaded from one shard,
// shard 0, the others being taken to agree, and never changed: a schema change makes a new catalog
// with a new version.

import type { KeyTypeDescription } from '../sharding/hash-types.ts';
import type { Cascade, Fired, ProcedureBody } from './fired.ts';

export type RelationKind =
  | 'table'
  | 'partitioned'
  | 'view'
  | 'matview'
  | 'foreign'
  | 'sequence'
  | 'other';

/**
 * `c`: text compares byte by byte (C, POSIX, ucs_basic, the builtin provider's C.UTF-8). `other`:
 * some other deterministic order: equality is still equality of bytes. `nondeterministic`:
 * different bytes may be equal (pg_collation.collisdeterministic).
 */
export type CollationClass = 'c' | 'other' | 'nondeterministic';

/** What PostgreSQL puts into a column that an INSERT leaves out. */
export type DefaultKind = 'none' | 'constant' | 'stable' | 'volatile' | 'sequence';

export interface Column {
  readonly name: string;
  /** The base type of a domain: comparison and wire format are the base type's. */
  readonly typeOid: number;
  /** pg_type.typname of the base type. */
  readonly typeName: string;
  /** -1: none. */
  readonly typeModifier: number;
  /** The type in full, as placing rows by it asks: domains, arrays, composite types. */
  readonly keyType: KeyTypeDescription;
  /** null: the type has no collation. */
  readonly collation: CollationClass | null;
  readonly notNull: boolean;
  /** Identity columns and sequence defaults are both `sequence`. */
  readonly defaultKind: DefaultKind;
  /** The default as an expression with every name qualified, `nextval(…)` for an identity column;
   *  null: there is none, or it is a base type's own. */
  readonly defaultText: string | null;
  /** GENERATED ALWAYS AS (…): cannot be inserted, not a column of COPY. */
  readonly generated: boolean;
}

/** A unique index. `columns` null: it has an expression, or is partial. */
export interface UniqueIndex {
  readonly name: string;
  readonly primary: boolean;
  readonly columns: readonly string[] | null;
}

/** A foreign key that is there for every row: enforced and validated. Columns pair up. */
export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  /** OID of the table that it refers to. */
  readonly target: number;
  readonly targetColumns: readonly string[];
}

/** How a partitioned table of PostgreSQL is divided on each shard. */
export interface Partitioning {
  readonly strategy: 'hash' | 'list' | 'range';
  /** null: expressions are among them. */
  readonly columns: readonly string[] | null;
}

/** What a view stands for. */
export interface ViewDefinition {
  /** The SELECT that a query of the view means in its place (pg_get_viewdef), without a semicolon.
   *  Names are qualified but for those of pg_catalog, so it reads alike under any search path. */
  readonly query: string;
  /** Writes to the view pass through to the one relation in its FROM: it is automatically
   *  updatable, and no trigger, rule or security barrier stands in between. */
  readonly writable: boolean;
  /** Rows that it leaves out are hidden from the functions of the query around it. */
  readonly barrier: boolean;
  /** Its tables are read with the rights of whoever reads the view, not those of its owner. */
  readonly invoker: boolean;
}

/** How shards differ in a table. */
export interface TableDrift {
  /** `on shard 1: it has no column …`. */
  readonly text: string;
  /** Columns that are not the same everywhere; what names none of them, and does not go by the
   *  order of columns, is not concerned. null: they differ in the whole. */
  readonly columns: readonly string[] | null;
}

export interface Table {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  readonly columns: readonly Column[];
  readonly uniqueIndexes: readonly UniqueIndex[];
  /** Tables it is a partition or an inheritance child of, directly. */
  readonly parents: readonly number[];
  readonly foreignKeys: readonly ForeignKey[];
  /** null: it has no partitions. */
  readonly partitioning: Partitioning | null;
  /** `FOR VALUES …` or `DEFAULT` of a partition. */
  readonly bound: string | null;
  /** null: it is no view, or one that must not be looked through (a materialized view's rows are
   *  of another time; some definitions are too long). */
  readonly view: ViewDefinition | null;
  /** Relations that a view reads, or a row-level security policy of a table, through others too
   *  (pg_depend). */
  readonly uses: readonly number[];
  /** Its view or policy calls functions that may read tables unseen. */
  readonly callsReaders: boolean;
  /** Which of its rows somebody sees, policies say. */
  readonly rowSecurity: boolean;
  /** They hang on chance or on the time. */
  readonly policyVaries?: boolean;
  /** null: shards agree in it, as far as rows of several of them are one answer. */
  readonly drift: TableDrift | null;
  /** Its own triggers and rules, in no order; none: there are none. */
  readonly triggers?: readonly Fired[];
  /** What foreign keys that refer to it do to other tables' rows. */
  readonly cascades?: readonly Cascade[];
}

export type Volatility = 'immutable' | 'stable' | 'volatile';

export interface CatalogFunction {
  readonly schema: string;
  readonly name: string;
  readonly volatility: Volatility;
  /** `internal` and `c` functions do not read tables behind our back, others may. */
  readonly language: string;
  readonly kind: 'function' | 'aggregate' | 'window' | 'procedure';
}

/** An operator that PostgreSQL does not bring itself, by the function behind it. */
export interface CatalogOperator {
  readonly schema: string;
  readonly name: string;
  readonly volatility: Volatility;
  readonly language: string;
  /** OIDs of the built-in types among those of its operands, domains resolved, 0 for any type: it
   *  may fit such columns better than PostgreSQL's own (varchar = varchar, which compares text). */
  readonly builtIn: readonly number[];
}

export interface Catalog {
  readonly version: number;
  /** By `schema.name`; neither part can be mistaken: see `tableKey`. */
  readonly tables: ReadonlyMap<string, Table>;
  readonly tablesByOid: ReadonlyMap<number, Table>;
  /** All overloads of all schemas, by name. */
  readonly functions: ReadonlyMap<string, readonly CatalogFunction[]>;
  readonly operators: ReadonlyMap<string, readonly CatalogOperator[]>;
  /** current_schemas(false) of the pool's user. */
  readonly searchPath: readonly string[];
  /** Of the database: what a column or expression without its own collation gets. */
  readonly defaultCollation: CollationClass;
  /** Texts of relations that somebody had locked are missing: their defaults count as volatile,
   *  views on them are not looked through. */
  readonly partial: boolean;
  /** Columns have types that users made: each shard has other OIDs for them. */
  readonly ownTypes: boolean;
  /** Event triggers fire when tables are created, changed or dropped. */
  readonly eventTriggers?: boolean;
  /** The servers' own extra_float_digits is below 1: texts of floats are not their values. */
  readonly roundsFloats?: boolean;
  /** Schemas in which the user finds nothing by an unqualified name, whatever the search path. */
  readonly hiddenSchemas?: readonly string[];
  /** What may leave something behind on its connection. */
  readonly stateful: Stateful;
  /** Functions that triggers and rules may call, by name. */
  readonly bodies?: ReadonlyMap<string, readonly ProcedureBody[]>;
}

/** What may leave something behind on its connection when a statement uses it. Names are whoever's
 *  schema, relations OIDs. */
export interface Stateful {
  /** Aggregates and procedures too. */
  readonly functions: ReadonlySet<string>;
  /** Used in any way: views, tables with a policy. */
  readonly relations: ReadonlySet<number>;
  /** When rows of them are written: by triggers, rules, defaults, constraints, cascades. */
  readonly written: ReadonlySet<number>;
  /** Domains, and types made of them. */
  readonly types: ReadonlySet<string>;
  readonly operators: ReadonlySet<string>;
  /** Functions are called by what statements do not name: a cast, an operator class. */
  readonly anywhere: boolean;
  /** The same, as texts of procedures are searched for it. */
  readonly names: StatefulNames;
  /** What asks for the last value of a sequence that somebody else may have asked before. */
  readonly askers: SequenceAskers;
}

/** Names in lower case. */
export interface StatefulNames {
  readonly words: ReadonlySet<string>;
  /** Relations that count only when they are written. */
  readonly written: ReadonlySet<string>;
  /** What is not one word: operators, names that need quotes. */
  readonly others: readonly string[];
  /** There are such relations or types: a name that is known only when it runs may be one's. */
  readonly relations: boolean;
  /** Any CREATE, ALTER or DROP: an event trigger. */
  readonly definitions: boolean;
}

export interface SequenceAskers {
  readonly functions: ReadonlySet<string>;
  readonly relations: ReadonlySet<number>;
  readonly written: ReadonlySet<number>;
}

export const nothingStateful: Stateful = {
  functions: new Set(),
  relations: new Set(),
  written: new Set(),
  types: new Set(),
  operators: new Set(),
  anywhere: false,
  names: {
    words: new Set(),
    written: new Set(),
    others: [],
    relations: false,
    definitions: false,
  },
  askers: { functions: new Set(), relations: new Set(), written: new Set() },
};

/** NUL separates: it is in no PostgreSQL identifier. */
export function tableKey(schema: string, name: string): string {
  return `${schema}\0${name}`;
}

/**
 * The relation that PostgreSQL would find: an unqualified name in pg_catalog first unless the path
 * names it, then in the path's order (namespace.c, RelnameGetRelid). null: it does not exist.
 */
export function resolveTable(
  catalog: Catalog,
  name: string,
  schema: string | null,
  searchPath: readonly string[],
): Table | null {
  if (schema !== null) return catalog.tables.get(tableKey(schema, name)) ?? null;
  if (!searchPath.includes('pg_catalog')) {
    const system = catalog.tables.get(tableKey('pg_catalog', name));
    if (system !== undefined) return system;
  }
  for (const candidate of searchPath) {
    const table = catalog.tables.get(tableKey(candidate, name));
    if (table !== undefined) return table;
  }
  return null;
}

const comparisons = ['=', '<>', '<', '<=', '>', '>='];

/** Comparisons that may be operators of users where they name no schema. */
export interface OwnComparisons {
  /** Of every column. */
  readonly all: boolean;
  /** Of columns of these types (pg_type.oid). */
  readonly types: ReadonlySet<number>;
}

/** Operators that fit as well where the path names pg_catalog behind their schema (namespace.c,
 *  OpernameGetOprid), elsewhere those that fit better (parse_oper.c, oper). */
export function ownComparisons(catalog: Catalog, searchPath: readonly string[]): OwnComparisons {
  const ahead = searchPath.slice(0, Math.max(searchPath.indexOf('pg_catalog'), 0));
  const own = comparisons
    .flatMap(name => catalog.operators.get(name) ?? [])
    .filter(({ schema }) => searchPath.includes(schema));
  const types = new Set(own.flatMap(one => one.builtIn));
  return { all: types.has(0) || own.some(({ schema }) => ahead.includes(schema)), types };
}

/** Overloads that an unqualified or qualified call could mean; empty: none is known. */
export function resolveFunctions(
  catalog: Catalog,
  name: string,
  schema: string | null,
  searchPath: readonly string[],
): readonly CatalogFunction[] {
  const all = catalog.functions.get(name) ?? [];
  if (schema !== null) return all.filter(one => one.schema === schema);
  return all.filter(one => one.schema === 'pg_catalog' || searchPath.includes(one.schema));
}

/** Whether a function may read or write tables that the statement does not name. */
export function mayReadTables(one: {
  readonly schema: string;
  readonly volatility: Volatility;
  readonly language: string;
}): boolean {
  if (one.schema === 'pg_catalog' || one.volatility === 'immutable') return false;
  return one.language !== 'c' && one.language !== 'internal';
}

export function isSystemSchema(schema: string): boolean {
  return schema === 'pg_catalog' || schema === 'information_schema' || schema === 'pg_toast';
}

export function columnOf(table: Table, name: string): Column | null {
  return table.columns.find(column => column.name === name) ?? null;
}
