// Expressions whose value names a shard: literals, parameters, and casts of those to a type that
// leaves the key's value as it is. Anything else (arithmetic, functions, other casts) is null:
// it pins nothing. Types follow make_const and the I/O functions of PostgreSQL.

import type { KeySet, KeyValue } from '../plan/route.ts';
import type { KeyFamily } from './key-rules.ts';
import type { A_Const, SyntaxNode, TypeName } from './syntax-tree.ts';
import { qualifiedName } from './syntax-tree.ts';

const unchangedTypes: Readonly<Record<KeyFamily, ReadonlySet<string>>> = {
  bigint: new Set(['int2', 'int4', 'int8']),
  uuid: new Set(['uuid']),
  varchar: new Set(['text', 'varchar']),
};

const int8Max = 2n ** 63n - 1n;
const digits = /^-?\d{1,19}$/;
const integerText = /^\s*[+-]?\d+\s*$/;

/** The key value of one expression compared with, or stored into, a column of the family. */
export function keyValue(node: SyntaxNode | undefined, family: KeyFamily): KeyValue | null {
  if (node === undefined) return null;
  if (node.A_Const !== undefined) return ofConstant(node.A_Const, family);
  if (node.ParamRef !== undefined) {
    return { kind: 'parameter', index: (node.ParamRef.number ?? 0) - 1, array: false };
  }
  const cast = node.TypeCast;
  if (cast === undefined || !isUnchanged(cast.typeName, family, false)) return null;
  const inner = cast.arg as SyntaxNode | undefined;
  // One cast only: a parameter under two has a type that this one does not tell.
  if (inner?.A_Const !== undefined) return ofConstant(inner.A_Const, family);
  return inner?.ParamRef === undefined ? null : keyValue(inner, family);
}

/** The key values of the right side of `= ANY (…)`: an array parameter, constructor or literal. */
export function arrayKeySet(node: SyntaxNode | undefined, family: KeyFamily): KeySet | null {
  if (node === undefined) return null;
  if (node.ParamRef !== undefined) {
    const index = (node.ParamRef.number ?? 0) - 1;
    return { values: [{ kind: 'parameter', index, array: true }] };
  }
  if (node.A_ArrayExpr !== undefined) {
    return keySet(node.A_ArrayExpr.elements ?? [], family);
  }
  if (node.A_Const !== undefined) return ofArrayText(node.A_Const, family);
  const cast = node.TypeCast;
  if (cast === undefined || !isUnchanged(cast.typeName, family, true)) return null;
  const inner = cast.arg as SyntaxNode | undefined;
  return inner?.TypeCast === undefined ? arrayKeySet(inner, family) : null;
}

/** null as soon as one of them is not a key value: half a list would lose rows. */
export function keySet(nodes: readonly SyntaxNode[], family: KeyFamily): KeySet | null {
  const values: KeyValue[] = [];
  for (const node of nodes) {
    const value = keyValue(node, family);
    if (value === null) return null;
    values.push(value);
  }
  return { values };
}

function ofConstant(constant: A_Const, family: KeyFamily): KeyValue | null {
  if (constant.isnull) return { kind: 'null' };
  const location = constant.location ?? 0;
  if (constant.sval !== undefined) {
    const text = constant.sval.sval ?? '';
    return isKeyText(text, family) ? { kind: 'constant', text, location } : null;
  }
  if (family !== 'bigint') return null;
  const text = integerOf(constant);
  if (text === null) return null;
  // The minus is part of the constant, not of the literal that would be lifted.
  return { kind: 'constant', text, location: text.startsWith('-') ? -1 : location };
}

/** Digits of an integer literal within bigint; beyond that it is a numeric (make_const). */
function integerOf(constant: A_Const): string | null {
  if (constant.ival !== undefined) return String(constant.ival.ival ?? 0);
  const text = constant.fval?.fval;
  if (text === undefined || !digits.test(text)) return null;
  const value = BigInt(text);
  return value <= int8Max && value >= -int8Max - 1n ? String(value) : null;
}

/** Whether the type's input function reads the text as a key, in a form everybody agrees on. */
function isKeyText(text: string, family: KeyFamily): boolean {
  if (family === 'varchar') return true;
  if (family === 'bigint') return integerText.test(text);
  return /^[0-9a-f]{32}$/i.test(text.replaceAll(/[{}-]/g, ''));
}

/** `'{1,2}'` without quotes, escapes or nesting. */
function ofArrayText(constant: A_Const, family: KeyFamily): KeySet | null {
  const text = constant.sval?.sval;
  if (text === undefined || !/^\{[^"\\{}]*\}$/.test(text)) return null;
  const inner = text.slice(1, -1).trim();
  if (inner === '') return { values: [] };
  const values: KeyValue[] = [];
  for (const item of inner.split(',').map(part => part.trim())) {
    if (item.toLowerCase() === 'null') values.push({ kind: 'null' });
    else if (item !== '' && isKeyText(item, family)) {
      values.push({ kind: 'constant', text: item, location: -1 });
    } else return null;
  }
  return { values };
}

/** The family that a cast to the type keeps keys of as they are; null: none, or an array's. */
export function unchangedFamily(type: TypeName | undefined): KeyFamily | null {
  const families = Object.keys(unchangedTypes) as KeyFamily[];
  return families.find(family => isUnchanged(type, family, false)) ?? null;
}

function isUnchanged(type: TypeName | undefined, family: KeyFamily, array: boolean): boolean {
  if (type === undefined || type.setof || (type.typmods?.length ?? 0) > 0) return false;
  if ((type.arrayBounds?.length ?? 0) > 0 !== array) return false;
  const { schema, name } = qualifiedName(type.names);
  return (schema === null || schema === 'pg_catalog') && unchangedTypes[family].has(name);
}
