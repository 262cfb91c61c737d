// The queries that read a database's schema from one shard, for PostgreSQL 13 to 18, and the pure
// step from their rows to a Catalog. Whoever runs them gives each query's rows under its name.

import {
  type Catalog,
  type CatalogFunction,
  type CatalogOperator,
  type CollationClass,
  type Column,
  type DefaultKind,
  type ForeignKey,
  mayReadTables,
  type Partitioning,
  type RelationKind,
  type Table,
  tableKey,
  type UniqueIndex,
  type ViewDefinition,
  type Volatility,
} from '../catalog/catalog.ts';
import { defaultKind } from '../sql/default-kind.ts';
import { firstUserOid } from '../types/type-oid.ts';
import { firedQueries, readFired } from './fired-query.ts';
import { columnKey, type PrintedTexts, printedQueries, readPrinted } from './printed-query.ts';
import { readStateful, statefulQueries } from './stateful-query.ts';
import { describeType, readTypes, type Types, typeQueries } from './type-query.ts';

/** Rows as text, in the order of each query's columns. */
export type CatalogRow = readonly (string | null)[];
export type CatalogRows = {
  readonly [name in keyof typeof catalogQueries]: readonly CatalogRow[];
};

/**
 * Whether the policies of relation `c` choose other rows on each of its copies: in their trees
 * (pg_policy.polqual) a volatile function, the time (SVFOP_CURRENT_DATE to LOCALTIMESTAMP_N are 0
 * to 8, primnodes.h), a sample or some rows of many.
 */
const policyVaries = `EXISTS (
      SELECT FROM pg_catalog.pg_policy p
        CROSS JOIN LATERAL pg_catalog.concat(p.polqual, p.polwithcheck) e (tree)
      WHERE c.relrowsecurity AND p.polrelid = c.oid AND (
        e.tree ~ 'SQLVALUEFUNCTION :op [0-8] |TABLESAMPLECLAUSE|:limitCount \\{'
        OR EXISTS (
          SELECT FROM pg_catalog.regexp_matches(e.tree, ':(?:op)?funcid (\\d+)', 'g') m
            JOIN pg_catalog.pg_proc f ON f.oid = m[1]::oid
          WHERE f.provolatile = 'v' OR f.provolatile = 's' AND f.proname IN ('now',
            'transaction_timestamp', 'statement_timestamp', 'pg_backend_pid'))))`;

const userSchemas = `n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp\\_%'`;

/** Order that equals comparing bytes: see CollationClass. */
const byteOrder = `('c', 'posix', 'c.utf-8', 'c.utf8')`;

/** What reads relations on behalf of one, as pg_depend knows it. Policies count for every role: a
 *  view's owner, SET ROLE and functions make others than the login read. */
const readers = `WITH readers (relation, class, object) AS (
    SELECT r.ev_class, 'pg_catalog.pg_rewrite'::regclass, r.oid
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
    WHERE c.relkind IN ('v', 'm')
    UNION ALL
    SELECT p.polrelid, 'pg_catalog.pg_policy'::regclass, p.oid
    FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
    WHERE c.relrowsecurity)`;

export const catalogQueries = {
  /** oid, schema, name, relkind, row-level security, options of a view that parse_bool (bool.c) takes
   *  for true, whether policies vary; system relations too, without their columns. */
  relations: `SELECT c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity,
      coalesce(c.reloptions::text ~* 'security_barrier=(t|y|on|1)', false),
      coalesce(c.reloptions::text ~* 'security_invoker=(t|y|on|1)', false),
      ${policyVaries}
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp\\_%'`,

  /** relation, name, base type, its name, typmod, collation class, not null, whether the type
   *  itself has a default, identity, generated, type and typmod as declared, number, whether
   *  it has a default or an expression; in order of columns. */
  columns: `WITH RECURSIVE base (oid, base) AS (
      SELECT t.oid, t.oid FROM pg_catalog.pg_type t WHERE t.typtype <> 'd'
      UNION ALL
      SELECT t.oid, b.base FROM pg_catalog.pg_type t JOIN base b ON b.oid = t.typbasetype
      WHERE t.typtype = 'd')
    SELECT a.attrelid, a.attname, b.base, bt.typname,
      CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
      CASE WHEN a.attcollation = 0 THEN NULL
        WHEN l.collprovider = 'd' THEN 'default'
        WHEN NOT l.collisdeterministic THEN 'nondeterministic'
        WHEN l.collprovider = 'b' THEN 'c'
        WHEN l.collprovider = 'c' AND lower(l.collcollate) IN ${byteOrder} THEN 'c'
        ELSE 'other' END,
      a.attnotnull,
      t.typdefault IS NOT NULL AND a.attgenerated = '',
      a.attidentity, a.attgenerated, a.atttypid, a.atttypmod, a.attnum, a.atthasdef
    FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      JOIN base b ON b.oid = a.atttypid
      JOIN pg_catalog.pg_type bt ON bt.oid = b.base
      LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND ${userSchemas}
    ORDER BY a.attrelid, a.attnum`,

  /** relation, index, primary, names of the key columns as JSON (NULL: an expression, a predicate
   *  or an exclusion constraint). */
  uniqueIndexes: `SELECT i.indrelid, c.relname, i.indisprimary,
      CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL AND NOT i.indisexclusion THEN (
        SELECT json_agg(a.attname ORDER BY k.position)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE k.position <= i.indnkeyatts) END
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE (i.indisunique OR i.indisexclusion) AND ${userSchemas}`,

  /** relation, foreign key, names of its columns as JSON, relation that it refers to, names of the
   *  columns there. Only what holds for the rows: NOT ENFORCED is new in PostgreSQL 18. */
  foreignKeys: `SELECT k.conrelid, k.conname,
      (SELECT json_agg(a.attname ORDER BY p.position)
        FROM unnest(k.conkey) WITH ORDINALITY p (attnum, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.attnum),
      k.confrelid,
      (SELECT json_agg(a.attname ORDER BY p.position)
        FROM unnest(k.confkey) WITH ORDINALITY p (attnum, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = p.attnum)
    FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'f' AND k.convalidated
      AND coalesce((to_jsonb(k) ->> 'conenforced')::bool, true)
    ORDER BY k.conrelid, k.conname`,

  /** relation, strategy, names of the key columns as JSON (NULL: an expression is among them). */
  partitionings: `SELECT p.partrelid, p.partstrat,
      CASE WHEN p.partexprs IS NULL THEN (
        SELECT json_agg(a.attname ORDER BY k.position)
        FROM unnest(p.partattrs::int2[]) WITH ORDINALITY k (attnum, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum) END
    FROM pg_catalog.pg_partitioned_table p`,

  /** child, parent. */
  inheritance: 'SELECT inhrelid, inhparent FROM pg_catalog.pg_inherits',

  /** Relation, another that its view's query, or its row-level security policy, reads. */
  relationsRead: `${readers} SELECT DISTINCT r.relation, d.refobjid
    FROM readers r JOIN pg_catalog.pg_depend d ON d.classid = r.class AND d.objid = r.object
    WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.relation`,

  /** Relation, schema, volatility and language of a function that its view or policy calls. */
  functionsCalled: `${readers} SELECT DISTINCT r.relation, n.nspname, p.provolatile, l.lanname
    FROM readers r JOIN pg_catalog.pg_depend d ON d.classid = r.class AND d.objid = r.object
      JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE d.refclassid = 'pg_catalog.pg_proc'::regclass`,

  /** schema, name, volatility, language, kind. */
  functions: `SELECT DISTINCT n.nspname, p.proname, p.provolatile, l.lanname, p.prokind
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang`,

  /** Operators that PostgreSQL does not bring: schema, name, volatility, language, built-in types of
   *  operands (JSON), domains resolved, 0 for pseudo-types. */
  operators: `SELECT DISTINCT n.nspname, o.oprname, p.provolatile, l.lanname,
      (SELECT coalesce(json_agg(CASE t.typtype WHEN 'p' THEN 0 WHEN 'd' THEN t.typbasetype::int8
            ELSE t.oid::int8 END ORDER BY t.oid), '[]') FROM pg_catalog.pg_type t
        WHERE t.oid IN (o.oprleft, o.oprright)
          AND (t.oid < ${firstUserOid} OR t.typtype = 'd'))::text
    FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
      JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE n.nspname <> 'pg_catalog'`,

  ...statefulQueries,
  ...firedQueries,
  ...typeQueries,
  ...printedQueries,

  /** Search path as JSON, class of the database's collation, whether DDL fires triggers, whether
   *  floats are rounded, schemas that are not searched (namespace.c: without USAGE) as JSON.
   *  Columns that older servers lack are read through JSON. */
  database: `SELECT to_json(pg_catalog.current_schemas(false)),
      CASE WHEN j.d ->> 'datlocprovider' = 'b' THEN 'c'
        WHEN j.d ->> 'datlocprovider' = 'i' THEN 'other'
        WHEN lower(j.d ->> 'datcollate') IN ${byteOrder} THEN 'c'
        ELSE 'other' END,
      EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D'),
      pg_catalog.current_setting('extra_float_digits')::int < 1,
      (SELECT pg_catalog.json_agg(nspname ORDER BY nspname) FROM pg_catalog.pg_namespace
        WHERE NOT pg_catalog.has_schema_privilege(oid, 'USAGE') AND nspname !~ '^pg_t')
    FROM (SELECT to_jsonb(d) FROM pg_catalog.pg_database d
      WHERE d.datname = pg_catalog.current_database()) j (d)`,
} as const;

const relationKinds: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'matview',
  f: 'foreign',
  S: 'sequence',
};
const volatilities: Readonly<Record<string, Volatility>> = {
  i: 'immutable',
  s: 'stable',
  v: 'volatile',
};
const functionKinds: Readonly<Record<string, CatalogFunction['kind']>> = {
  f: 'function',
  a: 'aggregate',
  w: 'window',
  p: 'procedure',
};

/** The parser must be loaded (`loadParser`): defaults are parsed. */
export function buildCatalog(rows: CatalogRows, version: number): Catalog {
  const functions = functionsOf(rows.functions);
  const [database] = rows.database;
  const defaultCollation: CollationClass = database?.[1] === 'c' ? 'c' : 'other';
  const printed = readPrinted(rows.printed);
  const context = { defaultCollation, functions, types: readTypes(rows.types), printed };
  const parents = grouped(rows.inheritance, row => Number(row[1]));
  const fired = readFired(rows, printed);
  const tables = tablesOf(
    rows,
    printed,
    parents,
    grouped(rows.columns, row => columnOf(row, context)),
  ).map(table => {
    const [triggers, cascades] = [fired.triggers.get(table.oid), fired.cascades.get(table.oid)];
    return { ...table, ...(triggers && { triggers }), ...(cascades && { cascades }) };
  });
  return {
    version,
    tables: new Map(tables.map(table => [tableKey(table.schema, table.name), table])),
    tablesByOid: new Map(tables.map(table => [table.oid, table])),
    functions,
    operators: Map.groupBy(rows.operators.map(operatorOf), one => one.name),
    searchPath: JSON.parse(database?.[0] ?? '[]') as string[],
    defaultCollation,
    partial: printed.partial,
    ownTypes: rows.types.length > 0,
    eventTriggers: database?.[2] === 't',
    roundsFloats: database?.[3] === 't',
    hiddenSchemas: JSON.parse(database?.[4] ?? '[]') as string[],
    stateful: readStateful(rows, parents),
    bodies: fired.bodies,
  };
}

function tablesOf(
  rows: CatalogRows,
  printed: PrintedTexts,
  parents: ReadonlyMap<number, readonly number[]>,
  columns: ReadonlyMap<number, readonly Column[]>,
): Table[] {
  const indexes = grouped(rows.uniqueIndexes, uniqueIndexOf);
  const foreignKeys = grouped(rows.foreignKeys, foreignKeyOf);
  const partitionings = grouped(rows.partitionings, partitioningOf);
  const writable = new Set(rows.writableViews.map(row => Number(row[0])));
  const uses = closure(grouped(rows.relationsRead, row => Number(row[1])));
  const calls = grouped(rows.functionsCalled, mayRead);
  return rows.relations.map((row): Table => {
    const oid = Number(row[0]);
    const used = uses.get(oid) ?? [];
    const query = printed.views.get(oid);
    return {
      oid,
      schema: row[1] ?? '',
      name: row[2] ?? '',
      kind: relationKinds[row[3] ?? ''] ?? 'other',
      columns: columns.get(oid) ?? [],
      uniqueIndexes: indexes.get(oid) ?? [],
      parents: parents.get(oid) ?? [],
      foreignKeys: foreignKeys.get(oid) ?? [],
      partitioning: partitionings.get(oid)?.[0] ?? null,
      bound: printed.bounds.get(oid) ?? null,
      view: query === undefined ? null : viewOf(row, query, writable),
      uses: used,
      rowSecurity: row[4] === 't',
      policyVaries: row[7] === 't',
      callsReaders: [oid, ...used].some(one => calls.get(one)?.includes(true)),
      drift: null,
    };
  });
}

function viewOf(row: CatalogRow, query: string, writable: ReadonlySet<number>): ViewDefinition {
  const [barrier, invoker] = [row[5] === 't', row[6] === 't'];
  return { query, writable: writable.has(Number(row[0])), barrier, invoker };
}

interface ColumnContext {
  readonly printed: PrintedTexts;
  readonly defaultCollation: CollationClass;
  readonly functions: ReadonlyMap<string, readonly CatalogFunction[]>;
  readonly types: Types;
}

function columnOf(row: CatalogRow, context: ColumnContext): Column {
  const { defaultCollation, functions, types, printed } = context;
  const [table, name, typeOid, typeName, typeModifier, collation, notNull, ofType] = row;
  const declared = Number(row[10]);
  const own = printed.defaults.get(columnKey(Number(table), Number(row[12])));
  const defaultText = own ?? (ofType === 't' ? printed.domains.get(declared) : null) ?? null;
  const identity = row[8] ?? '';
  const unread = own === undefined && row[13] === 't' && (row[9] ?? '') === '';
  return {
    name: name ?? '',
    typeOid: Number(typeOid),
    typeName: typeName ?? '',
    typeModifier: Number(typeModifier),
    keyType: describeType(declared, Number(row[11]), types),
    collation: collation === 'default' ? defaultCollation : ((collation as CollationClass) ?? null),
    notNull: notNull === 't',
    defaultKind: unread
      ? 'volatile'
      : kindOf(defaultText, ofType === 't', identity !== '', functions),
    defaultText,
    generated: (row[9] ?? '') !== '',
  };
}

/** `ofType`: the type itself has a default, which is a constant unless it is a domain's. */
function kindOf(
  text: string | null,
  ofType: boolean,
  identity: boolean,
  functions: ReadonlyMap<string, readonly CatalogFunction[]>,
): DefaultKind {
  if (identity) return 'sequence';
  return text === null && ofType ? 'constant' : defaultKind(text, functions);
}

function uniqueIndexOf(row: CatalogRow): UniqueIndex {
  const columns = row[3] ?? null;
  return {
    name: row[1] ?? '',
    primary: row[2] === 't',
    columns: columns === null ? null : (JSON.parse(columns) as string[]),
  };
}

function foreignKeyOf(row: CatalogRow): ForeignKey {
  return {
    name: row[1] ?? '',
    columns: JSON.parse(row[2] ?? '[]') as string[],
    target: Number(row[3]),
    targetColumns: JSON.parse(row[4] ?? '[]') as string[],
  };
}

const strategies: Readonly<Record<string, Partitioning['strategy']>> = {
  h: 'hash',
  l: 'list',
  r: 'range',
};

function partitioningOf(row: CatalogRow): Partitioning {
  const columns = row[2] ?? null;
  return {
    strategy: strategies[row[1] ?? ''] ?? 'range',
    columns: columns === null ? null : (JSON.parse(columns) as string[]),
  };
}

type Functions = ReadonlyMap<string, readonly CatalogFunction[]>;

/** Of rows that are given again as they are. */
const functionsByName = new WeakMap<readonly CatalogRow[], Functions>();

function functionsOf(rows: readonly CatalogRow[]): Functions {
  let functions = functionsByName.get(rows);
  if (functions === undefined) {
    functions = Map.groupBy(rows.map(functionOf), one => one.name);
    functionsByName.set(rows, functions);
  }
  return functions;
}

function functionOf(row: CatalogRow): CatalogFunction {
  return {
    schema: row[0] ?? '',
    name: row[1] ?? '',
    volatility: volatilities[row[2] ?? ''] ?? 'volatile',
    language: row[3] ?? '',
    kind: functionKinds[row[4] ?? ''] ?? 'function',
  };
}

function operatorOf(row: CatalogRow): CatalogOperator {
  return {
    schema: row[0] ?? '',
    name: row[1] ?? '',
    volatility: volatilities[row[2] ?? ''] ?? 'volatile',
    language: row[3] ?? '',
    builtIn: JSON.parse(row[4] ?? '[]') as number[],
  };
}

function mayRead(row: CatalogRow): boolean {
  const volatility = volatilities[row[2] ?? ''] ?? 'volatile';
  return mayReadTables({ schema: row[1] ?? '', volatility, language: row[3] ?? '' });
}

/** Rows by the OID in their first column. */
function grouped<T>(
  rows: readonly CatalogRow[],
  read: (row: CatalogRow) => T,
): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const oid = Number(row[0]);
    const group = groups.get(oid);
    if (group === undefined) groups.set(oid, [read(row)]);
    else group.push(read(row));
  }
  return groups;
}

/** Everything that can be reached from each. */
function closure(edges: ReadonlyMap<number, readonly number[]>): Map<number, readonly number[]> {
  const result = new Map<number, readonly number[]>();
  for (const start of edges.keys()) {
    const seen = new Set<number>(edges.get(start));
    for (const oid of seen) for (const next of edges.get(oid) ?? []) seen.add(next);
    result.set(start, [...seen]);
  }
  return result;
}
