// What the functions and operators that a statement calls allow: whether they may run on one shard
// at all, whether they give the same on every shard, whether they write or bind the session.

import type { CatalogFunction } from '../catalog/catalog.ts';
import { mayReadTables, resolveFunctions } from '../catalog/catalog.ts';
import { isMoment } from '../sql/moment-text.ts';
import type { FunctionUse, ScopeBuilder } from '../sql/scope-builder.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { walk } from '../sql/syntax-tree.ts';
import {
  isFreshEachCall,
  isSessionLock,
  isSettingDependent,
  isWriting,
  needsAllShards,
} from './builtin-functions.ts';
import { isSequenceCall } from './catalog-shard.ts';

/** A call that no statement on several shards may contain, even pinned to one; null: none. `sequences`:
 *  it goes where sequences are. */
export function callNeedingAllShards(facts: ScopeBuilder, sequences = false): string | null {
  for (const use of facts.functions) {
    const overloads = overloadsOf(use, facts);
    const placed = sequences && isSequenceCall(use.name);
    if (!placed && isBuiltin(use, overloads) && needsAllShards(use.name)) return call(use);
    if (overloads.some(mayReadTables)) return call(use);
  }
  for (const { schema, name } of facts.operators) {
    const operators = facts.input.catalog.operators.get(name) ?? [];
    const meant = operators.filter(one => schema === null || one.schema === schema);
    if (meant.some(mayReadTables)) return `operator ${name}`;
  }
  return null;
}

/**
 * A call whose value depends on when or where it runs; null: every shard gives the same. With
 * `freshAllowed`, those that give a new value on each call are let through.
 */
export function callThatVaries(facts: ScopeBuilder, freshAllowed: boolean): string | null {
  const [value] = facts.valueFunctions;
  if (value !== undefined) return value;
  for (const use of facts.functions) {
    const overloads = overloadsOf(use, facts);
    // Unknown to the catalog: created since, or it does not exist; nothing is known of it.
    if (overloads.length === 0) return call(use);
    if (overloads.every(one => one.volatility === 'immutable')) continue;
    const builtin = isBuiltin(use, overloads);
    if (builtin && isSettingDependent(use.name, use.args.length)) continue;
    if (freshAllowed && builtin && isFreshEachCall(use.name)) continue;
    return call(use);
  }
  for (const { schema, name } of facts.operators) {
    const operators = facts.input.catalog.operators.get(name) ?? [];
    const meant = operators.filter(one => schema === null || one.schema === schema);
    if (meant.some(one => one.volatility !== 'immutable')) return `operator ${name}`;
  }
  return null;
}

/** A call that may not even run once, beside rows of several shards; null: none. `freshAllowed`: those
 *  that give a new value on each call may. */
export function callThatMoves(facts: ScopeBuilder, freshAllowed = true): string | null {
  for (const use of facts.functions) {
    const overloads = overloadsOf(use, facts);
    if (overloads.length > 0 && overloads.every(one => one.volatility !== 'volatile')) continue;
    if (freshAllowed && isBuiltin(use, overloads) && isFreshEachCall(use.name)) continue;
    return call(use);
  }
  for (const { schema, name } of facts.operators) {
    const operators = facts.input.catalog.operators.get(name) ?? [];
    const meant = operators.filter(one => schema === null || one.schema === schema);
    if (meant.some(one => one.volatility === 'volatile')) return `operator ${name}`;
  }
  return null;
}

const systemColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

/** A literal, cast or system column whose meaning differs between shards, or an aggregate that is no
 *  function call, of rows that may lie on several; null: none. */
export function partThatVaries(stmt: unknown): string | null {
  let found: string | null = null;
  walk(stmt, value => {
    const node = value as SyntaxNode;
    const text = node.A_Const?.sval?.sval;
    if (text !== undefined && isMoment(text)) found ??= `the literal '${text}'`;
    const type = node.TypeCast?.typeName?.names?.at(-1) as SyntaxNode | undefined;
    if (type?.String?.sval?.startsWith('reg')) found ??= `a cast to ${type.String.sval}`;
    const column = (node.ColumnRef?.fields?.at(-1) as SyntaxNode | undefined)?.String?.sval;
    if (column !== undefined && systemColumns.has(column)) found ??= `system column ${column}`;
    if (node.JsonArrayAgg !== undefined) found ??= 'JSON_ARRAYAGG';
    if (node.JsonObjectAgg !== undefined) found ??= 'JSON_OBJECTAGG';
    return found === null;
  });
  return found;
}

/** A column of which a copy of the table has another; null: none. */
export function systemColumnOf(stmt: unknown): string | null {
  let found: string | null = null;
  walk(stmt, value => {
    const { ColumnRef } = value as SyntaxNode;
    const column = (ColumnRef?.fields?.at(-1) as SyntaxNode | undefined)?.String?.sval;
    if (column !== undefined && systemColumns.has(column)) found = `system column ${column}`;
    return found === null;
  });
  return found;
}

/** Whether a read statement may write through a call: it has to run on a primary. */
export function callsMayWrite(facts: ScopeBuilder): boolean {
  return facts.functions.some(use => {
    const overloads = overloadsOf(use, facts);
    if (isBuiltin(use, overloads)) return isWriting(use.name) || isSessionLock(use.name);
    return overloads.length === 0 || overloads.some(one => one.volatility === 'volatile');
  });
}

function overloadsOf(use: FunctionUse, facts: ScopeBuilder): readonly CatalogFunction[] {
  const { catalog, searchPath } = facts.input;
  return resolveFunctions(catalog, use.name, use.schema, searchPath);
}

function isBuiltin(use: FunctionUse, overloads: readonly CatalogFunction[]): boolean {
  if (overloads.length === 0) return use.schema === null || use.schema === 'pg_catalog';
  return overloads.every(one => one.schema === 'pg_catalog');
}

function call(use: FunctionUse): string {
  return `function ${use.name}()`;
}
