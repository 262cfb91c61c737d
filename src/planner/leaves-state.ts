// What a statement may leave behind on its server connection through the functions it calls, the
// triggers it fires and the text it runs. On one shard the client keeps the connection from there
// on; several shards refuse it. Here too: what it asks that only the connection knows.

import { type Catalog, resolveFunctions, resolveTable } from '../catalog/catalog.ts';
import {
  asksForeignSequence,
  mayLeaveState,
  sequenceStateFunctions,
  statefulFunctions,
} from '../sql/procedure-text.ts';
import type { FuncCall, RangeVar, SyntaxNode, TypeName } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import type { PlanInput } from './plan-input.ts';

/** Statements that define what is called later, and call nothing. */
const definitions: readonly (keyof SyntaxNode)[] = [
  'CreateFunctionStmt',
  'ViewStmt',
  'RuleStmt',
  'CreateTrigStmt',
  'CreatePolicyStmt',
  'AlterPolicyStmt',
  'CreateStmt',
  'CreateDomainStmt',
  'CommentStmt',
];

/** Statements that call nothing and define nothing (no event trigger knows them, event_trigger.c). */
const idle: readonly (keyof SyntaxNode)[] = [
  'TransactionStmt',
  'VariableSetStmt',
  'VariableShowStmt',
  'ConstraintsSetStmt',
  'DeallocateStmt',
  'DiscardStmt',
  'FetchStmt',
  'ClosePortalStmt',
  'ListenStmt',
  'UnlistenStmt',
  'NotifyStmt',
  'CheckPointStmt',
  'LoadStmt',
];

/** Statements that write only the relations that one of these names as its target. */
const queries: readonly (keyof SyntaxNode)[] = [
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CopyStmt',
  'ExplainStmt',
  'DeclareCursorStmt',
  'PrepareStmt',
  'ExecuteStmt',
  'CallStmt',
  'DoStmt',
  'LockStmt',
  'VacuumStmt',
  'TruncateStmt',
];

/** Casts written as calls to types that have no function of their name (parse_func.c). */
const typeCalls: ReadonlySet<string> = new Set(
  'json jsonb uuid inet cidr macaddr tsvector tsquery xml xid8 pg_lsn regclass'.split(' '),
);

const leaves = 'which calls a function that leaves something behind';

/** The construct, e.g. `function set_config()`; null: nothing that is known. */
export function leavesState(input: PlanInput): string | null {
  const { stmt } = input;
  const { stateful } = input.catalog;
  if (idle.some(type => stmt[type] !== undefined)) return null;
  if (stateful.anywhere) return `a cast, comparison or operator class, ${leaves}`;
  if (stateful.names.definitions && definesSomething(stmt)) return `an event trigger, ${leaves}`;
  if (definitions.some(type => stmt[type] !== undefined)) return null;
  const text = stmt.DoStmt === undefined ? null : textOf(input);
  if (stmt.DoStmt !== undefined) {
    const known = text !== null && !callsUnknown(text, input.catalog);
    return known && !mayLeaveState(text, stateful.names) ? null : 'DO';
  }
  if (stateful.written.size > 0 && stmt.TruncateStmt?.behavior === 'DROP_CASCADE') {
    return 'TRUNCATE CASCADE';
  }
  return firstIn(input, {
    call: call => ofCall(call, input),
    relation: (relation, written) => ofRelation(relation, written, input),
    other: value => ofTypeOrOperator(value, input.catalog),
  });
}

/** What asks for the last value of a sequence, which is the server connection's; null: nothing. */
export function asksSequenceState(input: PlanInput): string | null {
  const { askers } = input.catalog.stateful;
  if (input.stmt.DoStmt !== undefined) {
    const text = textOf(input);
    return text !== null && asksForeignSequence(text) ? 'DO' : null;
  }
  return firstIn(input, {
    call: ({ funcname }) => {
      const { schema, name } = qualifiedName(funcname);
      const builtin = schema === null || schema === 'pg_catalog';
      const asks = (builtin && sequenceStateFunctions.has(name)) || askers.functions.has(name);
      return asks ? `function ${name}()` : null;
    },
    relation: ({ relname = '', schemaname = null }, written) => {
      if (askers.relations.size === 0 && askers.written.size === 0) return null;
      const table = resolveTable(input.catalog, relname, schemaname, input.searchPath);
      const asks = table !== null && isAmong(table.oid, written, askers);
      return asks ? `"${table.name}", which asks for the last value of a sequence,` : null;
    },
    other: () => null,
  });
}

interface Finder {
  call(call: FuncCall): string | null;
  relation(relation: RangeVar, written: boolean): string | null;
  other(value: object): string | null;
}

/** The first construct that is found anywhere in the statement. */
function firstIn({ stmt }: PlanInput, finder: Finder): string | null {
  const targets = new Set<unknown>();
  // What is no query may do anything to what it names: ALTER TABLE writes rows anew.
  const writesAll =
    stmt.TruncateStmt !== undefined || !queries.some(type => stmt[type] !== undefined);
  let found: string | null = null;
  walk(stmt, (value, member) => {
    const node = value as SyntaxNode;
    for (const one of [node.InsertStmt, node.UpdateStmt, node.DeleteStmt, node.MergeStmt]) {
      if (one !== undefined) targets.add(one.relation);
    }
    if (node.CopyStmt?.is_from) targets.add(node.CopyStmt.relation);
    const call = node.FuncCall ?? (member === 'funccall' ? (value as FuncCall) : undefined);
    if (call !== undefined) found ??= finder.call(call);
    if ('relname' in value) {
      found ??= finder.relation(value as RangeVar, writesAll || targets.has(value));
    }
    found ??= finder.other(value);
    return found === null;
  });
  return found;
}

function ofCall(call: FuncCall, { catalog, searchPath }: PlanInput): string | null {
  const { schema, name } = qualifiedName(call.funcname);
  const construct = `function ${name}()`;
  const { functions, types } = catalog.stateful;
  if (functions.has(name) && !statefulFunctions.has(name)) return construct;
  if (types.has(name)) return `type "${name}", ${leaves}`;
  const args = call.args as readonly SyntaxNode[] | undefined;
  if (!statefulFunctions.has(name)) {
    const known = catalog.functions.has(name) || isCastOrColumn(call, catalog);
    return known ? null : unknownFunction(name);
  }
  if (name === 'ts_rewrite' && args?.length === 3) return null;
  const overloads = resolveFunctions(catalog, name, schema, searchPath);
  const known = overloads.length > 0 && overloads.every(one => one.schema !== 'pg_catalog');
  if (known) return functions.has(name) ? construct : null;
  return name === 'set_config' && isTrue(args?.[2]) ? null : construct;
}

const lacks = ', which the catalog lacks';

/** It was made past PgPack, or there is none. */
function unknownFunction(name: string): string {
  return `function ${name}()${lacks}`;
}

/** Whether a construct of `leavesState` is such a function. */
export function isUnknown(construct: string): boolean {
  return construct.endsWith(lacks);
}

/** `name(table)` is a column, `uuid(text)` a cast. */
function isCastOrColumn(call: FuncCall, { tables }: Catalog): boolean {
  const { name } = qualifiedName(call.funcname);
  if (call.args?.length !== 1) return false;
  if (typeCalls.has(name)) return true;
  return tables.values().some(({ columns }) => columns.some(column => column.name === name));
}

/** Reading pg_settings is a query, writing it is SET (its rule pg_settings_u). */
function ofRelation(relation: RangeVar, written: boolean, input: PlanInput): string | null {
  const { catalog, searchPath, stmt } = input;
  const { relname = '', schemaname = null } = relation;
  if (relname === 'pg_settings' && stmt.SelectStmt === undefined) return 'UPDATE pg_settings';
  const { relations, written: whenWritten } = catalog.stateful;
  if (relations.size === 0 && whenWritten.size === 0) return null;
  const table = resolveTable(catalog, relname, schemaname, searchPath);
  if (table === null) return null;
  const used = isAmong(table.oid, written, catalog.stateful);
  return used ? `"${table.name}", ${leaves}` : null;
}

function isAmong(
  oid: number,
  written: boolean,
  some: { readonly relations: ReadonlySet<number>; readonly written: ReadonlySet<number> },
): boolean {
  return some.relations.has(oid) || (written && some.written.has(oid));
}

function ofTypeOrOperator(value: object, { stateful }: Catalog): string | null {
  const { types, operators } = stateful;
  if (types.size > 0 && 'names' in value && 'typemod' in value) {
    const { name } = qualifiedName((value as TypeName).names as readonly SyntaxNode[]);
    if (types.has(name)) return `type "${name}", ${leaves}`;
  }
  if (operators.size === 0) return null;
  const { A_Expr: expression, SubLink: link, SortBy: sort } = value as SyntaxNode;
  for (const names of [expression?.name, link?.operName, sort?.useOp]) {
    const { name } = qualifiedName(names as readonly SyntaxNode[] | undefined);
    if (operators.has(name)) return `operator ${name}, ${leaves}`;
  }
  return null;
}

function definesSomething(stmt: SyntaxNode): boolean {
  if (stmt.SelectStmt?.intoClause !== undefined) return true;
  return !queries.some(type => stmt[type] !== undefined);
}

/** The text of a DO block in PL/pgSQL; null: it is another language's, or in plain quotes: such a
 *  text is a literal like any other, whose plan others of its kind share. */
function textOf({ sql, stmt }: PlanInput): string | null {
  const args = (stmt.DoStmt?.args ?? []) as readonly SyntaxNode[];
  const text = args
    .flatMap(({ DefElem: option }) => {
      const value = (option?.arg as SyntaxNode | undefined)?.String?.sval;
      return value === undefined ? [] : [{ name: option?.defname, value }];
    })
    .find(({ name }) => name === 'as')?.value;
  const language = args.some(({ DefElem: option }) => option?.defname === 'language');
  const dollars = /\$\w*\$/.test(sql) && !/^\s*do\s+[^$]*'/i.test(sql);
  return text === undefined || language || !dollars ? null : text;
}

/** PERFORM or CALL of a function that the catalog lacks. */
function callsUnknown(text: string, { functions }: Catalog): boolean {
  const calls = text.matchAll(/\b(?:perform|call)\s+(?:\w+\s*\.\s*)?(\w+)\s*\(/gi);
  return [...calls].some(([, name = '']) => !functions.has(name.toLowerCase()));
}

function isTrue(node: SyntaxNode | undefined): boolean {
  const value = node?.TypeCast === undefined ? node : (node.TypeCast.arg as SyntaxNode);
  // Not as a string: literals are lifted, and the plan must hold for any other.
  return value?.A_Const?.boolval?.boolval ?? false;
}
