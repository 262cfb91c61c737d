// Table definitions from a text of SQL (`pg_dump --schema-only`, a migration) as a catalog, for
// planning without a server. What says nothing of tables is passed over.

import type { Catalog, CatalogFunction, Column, Table, Volatility } from '../catalog/catalog.ts';
import { nothingStateful, tableKey } from '../catalog/catalog.ts';
import { postgresqlFunctions } from '../catalog/postgresql-functions.ts';
import { firstUserOid } from '../types/type-oid.ts';
import { ByteText } from './byte-text.ts';
import { defaultKind } from './default-kind.ts';
import { parseStatements } from './parser.ts';
import { SchemaFired } from './schema-fired.ts';
import { isSerial, SchemaTypes } from './schema-types.ts';
import { nameParts, type RangeVar, type SyntaxNode, walk } from './syntax-tree.ts';

type Draft = {
  -readonly [member in keyof Table]: Table[member] extends readonly (infer Item)[]
    ? Item[]
    : Table[member];
};
type CreateStmt = NonNullable<SyntaxNode['CreateStmt']>;
type ColumnDef = NonNullable<SyntaxNode['ColumnDef']>;
type Constraint = NonNullable<SyntaxNode['Constraint']>;

const byteOrder: ReadonlySet<string> = new Set(['C', 'POSIX', 'ucs_basic', 'pg_c_utf8']);

/**
 * The catalog of a schema. `public` is the search path, and text is taken to compare by another
 * collation than C where a column names none. Throws `syntaxError`.
 */
export function readSchema(text: string): Catalog {
  const reader = new SchemaReader();
  // psql's own commands are no SQL; pg_dump writes \restrict.
  const sql = text.replaceAll(/^\\.*$/gm, '');
  for (const { text: own, stmt } of parseStatements(sql)) reader.read(own, stmt);
  return reader.catalog();
}

class SchemaReader {
  readonly #tables = new Map<string, Draft>();
  readonly #types = new SchemaTypes();
  readonly #functions = new Map(postgresqlFunctions());
  readonly #fired = new SchemaFired();
  /** `oid.column`. */
  readonly #identities = new Set<string>();

  read(text: string, stmt: SyntaxNode): void {
    this.#fired.read(text, stmt);
    if (stmt.CreateStmt !== undefined) this.#createTable(stmt.CreateStmt, text);
    else if (stmt.AlterTableStmt !== undefined) this.#alterTable(stmt.AlterTableStmt);
    else if (stmt.IndexStmt !== undefined) this.#createIndex(stmt.IndexStmt);
    else if (stmt.ViewStmt !== undefined) this.#createView(stmt.ViewStmt, text);
    else if (stmt.CreateSeqStmt !== undefined) {
      this.#add(stmt.CreateSeqStmt.sequence as RangeVar, 'sequence');
    } else if (stmt.CreateFunctionStmt !== undefined) {
      this.#createFunction(stmt.CreateFunctionStmt);
    } else if (stmt.CreateEnumStmt !== undefined) {
      this.#types.addEnum(lastName(stmt.CreateEnumStmt.typeName));
    } else if (stmt.CreateDomainStmt !== undefined) {
      const { domainname, typeName } = stmt.CreateDomainStmt;
      this.#types.addDomain(lastName(domainname), this.#types.of(typeName));
    }
  }

  catalog(): Catalog {
    const find = (relation: RangeVar | undefined) => this.#find(relation);
    const tables = [...this.#tables.values()].map(table => this.#fired.of(table, find));
    return {
      version: 1,
      tables: new Map(tables.map(table => [tableKey(table.schema, table.name), table])),
      tablesByOid: new Map(tables.map(table => [table.oid, table])),
      functions: this.#functions,
      operators: new Map(),
      searchPath: ['public'],
      defaultCollation: 'other',
      partial: false,
      ownTypes: true,
      stateful: nothingStateful,
      bodies: this.#fired.bodies(),
    };
  }

  #createTable(create: CreateStmt, text: string): void {
    const { relation, partspec, partbound, inhRelations, tableElts, constraints } = create;
    const table = this.#add(relation, partspec === undefined ? 'table' : 'partitioned');
    for (const node of (inhRelations ?? []) as readonly SyntaxNode[]) {
      const parent = this.#find(node.RangeVar);
      if (parent === null) continue;
      table.parents.push(parent.oid);
      // Only partitions have the parent's identity (parse_utilcmd.c).
      const columns = parent.columns.map(column =>
        partbound === undefined && this.#identities.has(`${parent.oid}.${column.name}`)
          ? { ...column, defaultKind: 'none' as const, defaultText: null }
          : column,
      );
      table.columns.push(...columns);
    }
    if (partbound !== undefined) table.bound = partbound.is_default ? 'DEFAULT' : 'FOR VALUES';
    const elements = [...(tableElts ?? []), ...(constraints ?? [])] as readonly SyntaxNode[];
    for (const { ColumnDef, Constraint, TableLikeClause } of elements) {
      if (ColumnDef !== undefined) this.#addColumn(table, ColumnDef, text);
      if (Constraint !== undefined) this.#addConstraint(table, Constraint, null);
      const like = this.#find(TableLikeClause?.relation as RangeVar | undefined);
      if (like !== null) table.columns.push(...like.columns);
    }
    if (partspec !== undefined) table.partitioning = partitioningOf(partspec);
  }

  #addColumn(table: Draft, definition: ColumnDef, text: string): void {
    const name = definition.colname ?? '';
    const constraints = ((definition.constraints ?? []) as readonly SyntaxNode[]).flatMap(
      node => node.Constraint ?? [],
    );
    const has = (kind: string) => constraints.some(({ contype }) => contype === kind);
    const type = this.#types.of(definition.typeName);
    const [collation] = nameParts(
      definition.collClause?.collname as readonly SyntaxNode[] | undefined,
    ).slice(-1);
    const byBytes = collation !== undefined && byteOrder.has(collation);
    const serial = isSerial(definition.typeName) || has('CONSTR_IDENTITY');
    const given = constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT');
    const defaultText = given === undefined ? null : expressionText(given, text);
    const column: Column = {
      name,
      typeOid: type.oid,
      typeName: type.name,
      typeModifier: type.modifier,
      keyType: type.key,
      collation: type.collatable ? (byBytes ? 'c' : 'other') : null,
      notNull: serial || has('CONSTR_NOTNULL') || has('CONSTR_PRIMARY'),
      defaultKind: serial ? 'sequence' : defaultKind(defaultText, this.#functions),
      defaultText: serial ? `nextval('${table.schema}.${table.name}_${name}_seq')` : defaultText,
      generated: has('CONSTR_GENERATED'),
    };
    table.columns.push(column);
    if (has('CONSTR_IDENTITY')) this.#identities.add(`${table.oid}.${name}`);
    for (const constraint of constraints) this.#addConstraint(table, constraint, name);
  }

  #addConstraint(table: Draft, constraint: Constraint, column: string | null): void {
    addKey(table, constraint, column);
    this.#fired.foreignKey(table, constraint, column);
  }

  #alterTable(alter: NonNullable<SyntaxNode['AlterTableStmt']>): void {
    const table = this.#find(alter.relation as RangeVar | undefined);
    if (table === null) return;
    for (const { AlterTableCmd } of (alter.cmds ?? []) as readonly SyntaxNode[]) {
      const { subtype, def } = AlterTableCmd ?? {};
      const { Constraint, PartitionCmd } = (def ?? {}) as SyntaxNode;
      if (subtype === 'AT_AddConstraint' && Constraint !== undefined) {
        this.#addConstraint(table, Constraint, null);
      }
      if (subtype !== 'AT_AttachPartition') continue;
      const partition = this.#find(PartitionCmd?.name as RangeVar | undefined);
      if (partition === null) continue;
      partition.parents.push(table.oid);
      partition.bound = PartitionCmd?.bound?.is_default ? 'DEFAULT' : 'FOR VALUES';
    }
  }

  #createIndex(index: NonNullable<SyntaxNode['IndexStmt']>): void {
    const table = this.#find(index.relation as RangeVar | undefined);
    if (table === null || index.unique !== true) return;
    const names = ((index.indexParams ?? []) as readonly SyntaxNode[]).map(
      ({ IndexElem }) => IndexElem?.name,
    );
    const plain = index.whereClause === undefined && names.every(name => name !== undefined);
    const name = index.idxname ?? `${table.name}_idx`;
    table.uniqueIndexes.push({ name, primary: false, columns: plain ? (names as string[]) : null });
  }

  #createView(view: NonNullable<SyntaxNode['ViewStmt']>, text: string): void {
    const table = this.#add(view.view as RangeVar | undefined, 'view');
    walk(view.query, value => {
      const used = (value as SyntaxNode).RangeVar;
      const found = this.#find(used);
      if (found !== null) table.uses.push(found.oid, ...found.uses);
      return true;
    });
    // Names in it are found by the search path, which is the one it is planned under.
    const query = /\sas\s+([\s\S]*?);?\s*$/i.exec(text)?.[1];
    if (query !== undefined) table.view = { query, ...unrestricted };
  }

  #createFunction(create: NonNullable<SyntaxNode['CreateFunctionStmt']>): void {
    const parts = nameParts(create.funcname as readonly SyntaxNode[] | undefined);
    const name = parts.at(-1) ?? '';
    let volatility: Volatility = 'volatile';
    let language = 'sql';
    for (const { DefElem } of (create.options ?? []) as readonly SyntaxNode[]) {
      const value = ((DefElem?.arg ?? {}) as SyntaxNode).String?.sval ?? '';
      if (DefElem?.defname === 'volatility') volatility = value as Volatility;
      if (DefElem?.defname === 'language') language = value.toLowerCase();
    }
    const kind: CatalogFunction['kind'] = create.is_procedure ? 'procedure' : 'function';
    const one = { schema: parts.at(-2) ?? 'public', name, volatility, language, kind };
    this.#functions.set(name, [...(this.#functions.get(name) ?? []), one]);
  }

  #add(relation: RangeVar | undefined, kind: Table['kind']): Draft {
    const { schemaname: schema = 'public', relname: name = '' } = relation ?? {};
    const table: Draft = {
      ...{ oid: firstUserOid + 100_000 + this.#tables.size, schema, name, kind },
      ...{ columns: [], uniqueIndexes: [], parents: [], foreignKeys: [], uses: [] },
      ...{ partitioning: null, bound: null, view: null, callsReaders: false, drift: null },
      rowSecurity: false,
    };
    this.#tables.set(tableKey(schema, name), table);
    return table;
  }

  #find(relation: RangeVar | undefined): Draft | null {
    const { schemaname: schema = 'public', relname: name = '' } = relation ?? {};
    return this.#tables.get(tableKey(schema, name)) ?? null;
  }
}

const unrestricted = { writable: false, barrier: false, invoker: false };

function lastName(names: unknown): string {
  return nameParts(names as readonly SyntaxNode[] | undefined).at(-1) ?? '';
}

/** PRIMARY KEY and UNIQUE; `column`: the one that the constraint stands with. */
function addKey(table: Draft, constraint: Constraint, column: string | null): void {
  const { contype, keys, conname } = constraint;
  const primary = contype === 'CONSTR_PRIMARY';
  if (!primary && contype !== 'CONSTR_UNIQUE') return;
  const columns = column === null ? nameParts(keys as readonly SyntaxNode[] | undefined) : [column];
  const name = conname ?? `${table.name}_${primary ? 'pkey' : `${columns.join('_')}_key`}`;
  table.uniqueIndexes.push({ name, primary, columns });
  if (!primary) return;
  for (const [at, one] of table.columns.entries()) {
    if (columns.includes(one.name)) table.columns[at] = { ...one, notNull: true };
  }
}

function partitioningOf(spec: NonNullable<CreateStmt['partspec']>): Table['partitioning'] {
  const { strategy = 'PARTITION_STRATEGY_HASH' } = spec;
  const names = ((spec.partParams ?? []) as readonly SyntaxNode[]).map(
    ({ PartitionElem }) => PartitionElem?.name,
  );
  const columns = names.every(name => name !== undefined) ? (names as string[]) : null;
  const word = strategy.replace('PARTITION_STRATEGY_', '').toLowerCase();
  return { strategy: word as 'hash' | 'list' | 'range', columns };
}

/** The text of a DEFAULT: up to the comma, parenthesis or constraint that ends it. */
function expressionText(constraint: Constraint, text: string): string | null {
  const start = constraint.location ?? -1;
  if (start < 0) return null;
  const rest = new ByteText(text).slice(start).replace(/^default\s+/i, '');
  let depth = 0;
  for (const { 0: token, index } of rest.matchAll(partOfDefault)) {
    if (token === '(') depth += 1;
    else if (token === ')' && depth > 0) depth -= 1;
    else if (depth === 0 && index > 0 && !/^['"]/.test(token)) return rest.slice(0, index).trim();
  }
  return rest.trim();
}

const partOfDefault =
  /'(?:''|[^'])*'|"(?:""|[^"])*"|[(),]|\b(?:not\s+null|null|primary|unique|check|references|constraint|generated|collate)\b/gi;
