// What a statement may leave behind on its server connection through the functions it calls, the
// triggers it fires and the text it runs. On one shard the client keeps the connection from there
// on; several shards refuse it.

import { resolveFunctions, resolveTable } from '../catalog/catalog.ts';
import { mayLeaveState, statefulFunctions } from '../sql/procedure-text.ts';
import type { FuncCall, RangeVar, SyntaxNode } from '../sql/syntax-tree.ts';
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

/** The construct, e.g. `function set_config()`; null: nothing that is known. */
export function leavesState(input: PlanInput): string | null {
  const { stmt } = input;
  if (definitions.some(type => stmt[type] !== undefined)) return null;
  if (stmt.DoStmt !== undefined) return doBlock(input);
  let found: string | null = null;
  walk(stmt, (value, member) => {
    const node = value as SyntaxNode;
    const call = node.FuncCall ?? (member === 'funccall' ? (value as FuncCall) : undefined);
    if (call !== undefined) found ??= ofCall(call, input);
    if ('relname' in value) found ??= ofRelation(value as RangeVar, stmt, input);
    return found === null;
  });
  return found;
}

/** currval() or lastval(), whose answer is the server connection's; null: neither. */
export function asksSequenceState({ stmt }: PlanInput): string | null {
  let found: string | null = null;
  walk(stmt, value => {
    const { FuncCall: call } = value as SyntaxNode;
    const { schema, name } = qualifiedName(call?.funcname);
    const builtin = schema === null || schema === 'pg_catalog';
    if (builtin && (name === 'currval' || name === 'lastval')) found = `function ${name}()`;
    return found === null;
  });
  return found;
}

function ofCall(call: FuncCall, { catalog, searchPath }: PlanInput): string | null {
  const { schema, name } = qualifiedName(call.funcname);
  const construct = `function ${name}()`;
  if (catalog.stateful.functions.has(name)) return construct;
  if (!statefulFunctions.has(name)) return null;
  const overloads = resolveFunctions(catalog, name, schema, searchPath);
  const known = overloads.length > 0 && overloads.every(one => one.schema !== 'pg_catalog');
  if (known) return null;
  const local = (call.args as readonly SyntaxNode[] | undefined)?.[2];
  return name === 'set_config' && isTrue(local) ? null : construct;
}

/** Reading pg_settings is a query, writing it is SET (its rule pg_settings_u). */
function ofRelation(relation: RangeVar, stmt: SyntaxNode, input: PlanInput): string | null {
  const { catalog, searchPath } = input;
  const { relname = '', schemaname = null } = relation;
  if (relname === 'pg_settings' && stmt.SelectStmt === undefined) return 'UPDATE pg_settings';
  if (catalog.stateful.relations.size === 0) return null;
  const table = resolveTable(catalog, relname, schemaname, searchPath);
  if (table === null) return null;
  const used = [table.oid, ...table.uses].some(oid => catalog.stateful.relations.has(oid));
  return used ? `"${table.name}", which calls a function that leaves something behind` : null;
}

/** A text in plain quotes is a literal like any other, whose plan others of its kind share. */
function doBlock({ sql, stmt, catalog }: PlanInput): string | null {
  const args = (stmt.DoStmt?.args ?? []) as readonly SyntaxNode[];
  const text = args
    .flatMap(({ DefElem: option }) => {
      const value = (option?.arg as SyntaxNode | undefined)?.String?.sval;
      return value === undefined ? [] : [{ name: option?.defname, value }];
    })
    .find(({ name }) => name === 'as')?.value;
  const language = args.some(({ DefElem: option }) => option?.defname === 'language');
  const dollars = /\$\w*\$/.test(sql) && !/^\s*do\s+[^$]*'/i.test(sql);
  if (text === undefined || language || !dollars) return 'DO';
  return mayLeaveState(text, name => catalog.stateful.functions.has(name)) ? 'DO' : null;
}

function isTrue(node: SyntaxNode | undefined): boolean {
  const value = node?.TypeCast === undefined ? node : (node.TypeCast.arg as SyntaxNode);
  // Not as a string: literals are lifted, and the plan must hold for any other.
  return value?.A_Const?.boolval?.boolval ?? false;
}
