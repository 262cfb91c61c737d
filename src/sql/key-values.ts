// Expressions whose value names a shard: literals, parameters, casts of those to a type that leaves
// the value as it is, and sums of integers. Anything else (functions, other casts) is null: it pins
// nothing. What a text means is read by the placement; here only which type PostgreSQL reads it as
// (make_const in parse_node.c, oper() in parse_oper.c).

import type { KeyItem, KeyValue } from '../plan/route.ts';
import { typeOid } from '../types/type-oid.ts';
import { constantInteger } from './constant-integer.ts';
import type { ColumnSet } from './key-graph.ts';
import {
  arrayReading,
  type KeyColumnType,
  readingOf,
  readingOfCast,
  widestType,
} from './key-reading.ts';
import type { A_Const, SyntaxNode } from './syntax-tree.ts';
import { unnestArguments } from './unnest-output.ts';

const int8Max = 2n ** 63n - 1n;
const oidMax = 2n ** 32n - 1n;
const integerDigits = /^-?\d{1,40}$/;
/** Without underscores, which are newer than some servers, and prefixes. */
const decimalDigits = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The key value of one expression compared with, or stored into, the column. */
export function keyValue(node: SyntaxNode | undefined, column: KeyColumnType): KeyValue | null {
  if (node === undefined) return null;
  if (node.A_Const !== undefined) return ofConstant(node.A_Const, column);
  if (node.ParamRef !== undefined) return ofParameter(node, column, false);
  if (node.A_Expr !== undefined) return ofSum(node, column);
  const cast = node.TypeCast;
  if (cast === undefined || readingOfCast(cast.typeName) !== readingOf(column)) return null;
  const inner = cast.arg as SyntaxNode | undefined;
  // One cast only: a parameter under two has a type that this one does not tell.
  if (inner?.ParamRef !== undefined) return ofParameter(inner, column, false);
  return inner?.A_Const === undefined ? null : ofConstant(inner.A_Const, column);
}

/** The key values of the right side of `= ANY (…)`: an array parameter, constructor or literal. */
export function arrayKeySet(node: SyntaxNode | undefined, column: KeyColumnType): ColumnSet | null {
  if (node === undefined) return null;
  if (node.ParamRef !== undefined) return { values: [ofParameter(node, column, true)] };
  if (node.A_ArrayExpr !== undefined) return keySet(node.A_ArrayExpr.elements ?? [], column);
  if (node.A_Const !== undefined) return ofArrayText(node.A_Const, column);
  const cast = node.TypeCast;
  if (cast === undefined || readingOfCast(cast.typeName) !== arrayReading(readingOf(column))) {
    return null;
  }
  const inner = cast.arg as SyntaxNode | undefined;
  return inner?.TypeCast === undefined ? arrayKeySet(inner, column) : null;
}

/** null as soon as one of them is not a key value: half a list would lose rows. */
export function keySet(nodes: readonly SyntaxNode[], column: KeyColumnType): ColumnSet | null {
  const values: KeyValue[] = [];
  for (const node of nodes) {
    const value = keyValue(node, column);
    if (value === null) return null;
    values.push(value);
  }
  return { values };
}

/** Of the values of a query's column, with those that unnest() makes of an array. */
export function valuesKeySet(
  nodes: readonly SyntaxNode[],
  column: KeyColumnType,
): ColumnSet | null {
  const values: KeyItem[] = [];
  for (const node of nodes) {
    const arrays = node.FuncCall === undefined ? null : unnestArguments(node.FuncCall);
    const found = arrays?.length === 1 ? arrayKeySet(arrays[0], column) : keySet([node], column);
    if (found === null) return null;
    values.push(...found.values);
  }
  return { values };
}

function ofParameter(node: SyntaxNode, column: KeyColumnType, array: boolean): KeyValue {
  const index = (node.ParamRef?.number ?? 0) - 1;
  return { kind: 'parameter', index, array, ...typed(column) };
}

function constant(text: string, location: number, column: KeyColumnType): KeyValue {
  return { kind: 'constant', text, location, ...typed(column) };
}

/** Values may lead to columns of other types that read alike: then they bring their own. */
function typed(column: KeyColumnType): { readonly type?: number } {
  const type = widestType(readingOf(column));
  return type === null ? {} : { type };
}

function ofConstant(literal: A_Const, column: KeyColumnType): KeyValue | null {
  if (literal.isnull) return { kind: 'null' };
  const location = literal.location ?? 0;
  if (literal.sval !== undefined) return constant(literal.sval.sval ?? '', location, column);
  if (literal.boolval !== undefined) {
    if (column.typeOid !== typeOid.bool) return null;
    return constant(String(literal.boolval.boolval ?? false), location, column);
  }
  const text = literal.ival === undefined ? literal.fval?.fval : String(literal.ival.ival ?? 0);
  return text === undefined ? null : ofNumber(text, location, column);
}

/** A number as make_const types it: integer, bigint, beyond them numeric. */
function ofNumber(text: string, location: number, column: KeyColumnType): KeyValue | null {
  // The minus is part of the constant, not of the literal that would be lifted.
  const at = text.startsWith('-') ? -1 : location;
  switch (column.typeOid) {
    case typeOid.int2:
    case typeOid.int4:
    case typeOid.int8: {
      const value = integerDigits.test(text) ? BigInt(text) : null;
      if (value === null || value > int8Max || value < -int8Max - 1n) return null;
      return constant(String(value), at, column);
    }
    case typeOid.oid: {
      const value = integerDigits.test(text) ? BigInt(text) : -1n;
      return value < 0n || value > oidMax ? null : constant(String(value), at, column);
    }
    // numeric_float8 goes by the text as well. A real is compared as double precision: not here.
    case typeOid.numeric:
    case typeOid.float8:
      return decimalDigits.test(text) ? constant(text, at, column) : null;
    default:
      return null;
  }
}

/** `40 + 2` by PostgreSQL's rules for integers; what overflows there is not read here. */
function ofSum(node: SyntaxNode, column: KeyColumnType): KeyValue | null {
  const value = constantInteger(node);
  return value === null ? null : ofNumber(String(value), -1, column);
}

/** `'{1,2}'` without quotes, escapes or nesting. */
function ofArrayText(literal: A_Const, column: KeyColumnType): ColumnSet | null {
  const text = literal.sval?.sval;
  if (text === undefined || !/^\{[^"\\{}]*\}$/.test(text)) return null;
  const inner = text.slice(1, -1).trim();
  if (inner === '') return { values: [] };
  const values: KeyValue[] = [];
  for (const item of inner.split(',').map(part => part.trim())) {
    if (item === '') return null;
    values.push(item.toLowerCase() === 'null' ? { kind: 'null' } : constant(item, -1, column));
  }
  return { values };
}
