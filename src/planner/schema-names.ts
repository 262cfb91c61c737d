// The schemas that a statement touches: of the tables it names, of the functions it calls, and of
// whatever DDL creates, changes or drops. An unqualified name is the one that PostgreSQL would find
// (namespace.c); what is created goes to the first schema of the path that exists.

import { resolveFunctions, resolveTable } from '../catalog/catalog.ts';
import type { RangeVar, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts, qualifiedName, walk } from '../sql/syntax-tree.ts';
import type { PlanInput } from './plan-input.ts';

export interface TouchedSchemas {
  /** Each once. */
  readonly schemas: ReadonlySet<string>;
  /** What DDL creates lies there; null: nothing is created, or not in a schema. */
  readonly created: string | null;
  /** Names that cannot be found without knowing more than tables. */
  readonly unclear: readonly string[];
}

/** `withNames`: RangeVars that mean a WITH query, by their location. */
export function touchedSchemas(
  input: PlanInput,
  withNames: (relation: RangeVar) => boolean,
): TouchedSchemas {
  return new SchemaNames(input, withNames).read();
}

class SchemaNames {
  readonly #input: PlanInput;
  readonly #withNames: (relation: RangeVar) => boolean;
  readonly #schemas = new Set<string>();
  readonly #unclear: string[] = [];

  constructor(input: PlanInput, withNames: (relation: RangeVar) => boolean) {
    this.#input = input;
    this.#withNames = withNames;
  }

  read(): TouchedSchemas {
    const { stmt } = this.#input;
    const created = this.#created(stmt);
    if (created !== null) this.#schemas.add(created);
    this.#schemasThemselves(stmt);
    this.#objects(stmt);
    const target = createdRelation(stmt);
    // Elements of CREATE SCHEMA are in the schema.
    const inside = stmt.CreateSchemaStmt?.schemaname ?? null;
    walk(stmt, (value, member) => {
      const node = value as SyntaxNode;
      if (node.FuncCall !== undefined) this.#call(node.FuncCall.funcname);
      if ((member === 'typeName' || member === 'TypeName') && 'names' in value) {
        const { schema } = qualifiedName(value.names as readonly SyntaxNode[]);
        if (schema !== null) this.#schemas.add(schema);
      }
      if (!('relname' in value && 'relpersistence' in value) || value === target) return true;
      this.#relation(value as RangeVar, inside);
      return true;
    });
    return { schemas: this.#schemas, created, unclear: this.#unclear };
  }

  #relation(relation: RangeVar, inside: string | null): void {
    if (this.#withNames(relation)) return;
    const { catalog, searchPath } = this.#input;
    const schema = relation.schemaname ?? inside;
    const name = relation.relname ?? '';
    const table = schema === null ? resolveTable(catalog, name, null, searchPath) : null;
    const found = schema ?? table?.schema;
    if (found !== undefined) this.#schemas.add(found);
  }

  /** A function of one schema alone says where the statement can run. */
  #call(names: readonly SyntaxNode[] | undefined): void {
    const { schema, name } = qualifiedName(names);
    const { catalog, searchPath } = this.#input;
    if (schema !== null) {
      this.#schemas.add(schema);
      return;
    }
    const schemas = new Set(
      resolveFunctions(catalog, name, null, searchPath).map(one => one.schema),
    );
    const [only] = schemas;
    if (only !== undefined && schemas.size === 1) this.#schemas.add(only);
    else if (schemas.size > 1 && !schemas.has('pg_catalog')) this.#unclear.push(name);
  }

  /** CREATE SCHEMA, DROP SCHEMA and their like. */
  #schemasThemselves(stmt: SyntaxNode): void {
    const { CreateSchemaStmt, RenameStmt, AlterOwnerStmt, CommentStmt, GrantStmt } = stmt;
    const { DropStmt, AlterObjectSchemaStmt } = stmt;
    const add = (name: string | undefined) => {
      if (name !== undefined) this.#schemas.add(name);
    };
    add(CreateSchemaStmt?.schemaname);
    add(AlterObjectSchemaStmt?.newschema);
    if (RenameStmt?.renameType === 'OBJECT_SCHEMA') {
      add(RenameStmt.subname);
      add(RenameStmt.newname);
    }
    const ofSchema: readonly (readonly [string | undefined, unknown])[] = [
      [AlterOwnerStmt?.objectType, AlterOwnerStmt?.object],
      [CommentStmt?.objtype, CommentStmt?.object],
    ];
    for (const [type, object] of ofSchema) {
      if (type === 'OBJECT_SCHEMA') add((object as SyntaxNode).String?.sval);
    }
    const inSchema = GrantStmt?.targtype === 'ACL_TARGET_ALL_IN_SCHEMA';
    if (GrantStmt?.objtype === 'OBJECT_SCHEMA' || inSchema) {
      for (const name of nameParts(GrantStmt?.objects as readonly SyntaxNode[])) add(name);
    }
    if (DropStmt?.removeType === 'OBJECT_SCHEMA') {
      for (const name of nameParts(DropStmt.objects as readonly SyntaxNode[])) add(name);
    }
  }

  /** Objects that are named by lists of words. */
  #objects(stmt: SyntaxNode): void {
    const { DropStmt, CommentStmt, RenameStmt, AlterObjectSchemaStmt, AlterOwnerStmt } = stmt;
    const { AlterEnumStmt, AlterDomainStmt, GrantStmt } = stmt;
    const names: unknown[] = [
      ...(DropStmt?.removeType === 'OBJECT_SCHEMA' ? [] : (DropStmt?.objects ?? [])),
      ...(GrantStmt?.objtype === 'OBJECT_SCHEMA' ? [] : (GrantStmt?.objects ?? [])),
      CommentStmt?.object,
      RenameStmt?.object,
      AlterObjectSchemaStmt?.object,
      AlterOwnerStmt?.object,
    ];
    for (const one of names) {
      const node = (one ?? {}) as SyntaxNode;
      const { List: list, ObjectWithArgs: call, TypeName: type } = node;
      if (list !== undefined) this.#listed(list.items as readonly SyntaxNode[], stmt);
      else if (call !== undefined) this.#call(call.objname);
      else if (type !== undefined) this.#other(nameParts(type.names as readonly SyntaxNode[]));
    }
    if (AlterEnumStmt !== undefined) this.#other(nameParts(AlterEnumStmt.typeName));
    if (AlterDomainStmt !== undefined) this.#other(nameParts(AlterDomainStmt.typeName));
  }

  /** `schema.table`, or with a name within the table behind it (a trigger, a policy, a column). */
  #listed(items: readonly SyntaxNode[], { DropStmt, CommentStmt, RenameStmt }: SyntaxNode): void {
    const parts = nameParts(items);
    const type = DropStmt?.removeType ?? CommentStmt?.objtype ?? RenameStmt?.renameType ?? '';
    const within = ['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE', 'OBJECT_COLUMN'];
    const constraint = ['OBJECT_TABCONSTRAINT'].includes(type);
    this.#other(within.includes(type) || constraint ? parts.slice(0, -1) : parts);
  }

  #other(parts: readonly string[]): void {
    const [first, second] = parts;
    if (first === undefined) return;
    if (second !== undefined) {
      this.#schemas.add(first);
      return;
    }
    const { catalog, searchPath } = this.#input;
    const table = resolveTable(catalog, first, null, searchPath);
    if (table !== null) this.#schemas.add(table.schema);
    else this.#unclear.push(first);
  }

  #created(stmt: SyntaxNode): string | null {
    const relation = createdRelation(stmt);
    if (relation !== null) {
      if (relation.relpersistence === 't') return null;
      return relation.schemaname ?? this.#creationSchema();
    }
    const parts = nameParts(createdNames(stmt));
    if (parts.length === 0) return null;
    return parts.length > 1 ? parts[0]! : this.#creationSchema();
  }

  #creationSchema(): string | null {
    const { searchPath, schemas } = this.#input;
    return searchPath.find(name => schemas?.exists(name)) ?? searchPath[0] ?? null;
  }
}

/** The relation that DDL makes. */
function createdRelation(stmt: SyntaxNode): RangeVar | null {
  const { CreateStmt, ViewStmt, CreateTableAsStmt, CreateSeqStmt, CompositeTypeStmt } = stmt;
  return (
    CreateStmt?.relation ??
    stmt.CreateForeignTableStmt?.base?.relation ??
    ViewStmt?.view ??
    CreateTableAsStmt?.into?.rel ??
    stmt.SelectStmt?.intoClause?.rel ??
    CreateSeqStmt?.sequence ??
    CompositeTypeStmt?.typevar ??
    null
  );
}

/** The name of what else DDL makes. */
function createdNames(stmt: SyntaxNode): readonly SyntaxNode[] | undefined {
  const { CreateFunctionStmt, CreateEnumStmt, CreateDomainStmt, CreateRangeStmt } = stmt;
  return (
    CreateFunctionStmt?.funcname ??
    CreateEnumStmt?.typeName ??
    CreateDomainStmt?.domainname ??
    CreateRangeStmt?.typeName ??
    (stmt.DefineStmt?.defnames as readonly SyntaxNode[] | undefined)
  );
}
