// The collation of an expression that may be text (parse_collate.c), as far as it can be told
// without knowing its type: one that every part of it agrees on.

import type { CollationClass } from '../catalog/catalog.ts';
import { catalogColumn, type Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';
import { builtinCall } from './builtin-call.ts';
import { innerExpression } from './expression-type.ts';

const byteCollations = new Set(['C', 'POSIX', 'ucs_basic', 'pg_c_utf8']);

/** `COLLATE` of a collation that compares bytes. */
export function isByteCollation(names: readonly SyntaxNode[] | undefined): boolean {
  const { schema, name } = qualifiedName(names);
  return (schema === null || schema === 'pg_catalog') && byteCollations.has(name);
}

/**
 * `c`: if it is text, its bytes are compared. `other`: if it is text, equality is equality of bytes.
 * null: neither can be said. Text made of what is no text has the database's collation, so that one
 * counts too.
 */
export function expressionCollation(
  node: SyntaxNode | undefined,
  level: Level,
  facts: ScopeBuilder,
): 'c' | 'other' | null {
  const found = new Set<CollationClass | null>();
  collect(node, level, facts, found);
  if (found.has(null) || found.has('nondeterministic')) return null;
  found.add(facts.input.catalog.defaultCollation);
  return found.has('other') ? 'other' : 'c';
}

/** Collations that may be its own; null: some are not known. */
function collect(
  root: SyntaxNode | undefined,
  level: Level,
  facts: ScopeBuilder,
  found: Set<CollationClass | null>,
): void {
  if (root === undefined) found.add(null);
  walk(root, value => {
    const node = value as SyntaxNode;
    if (node.ColumnRef !== undefined) {
      const use = level.resolve(node.ColumnRef);
      const column = use === null ? null : catalogColumn(use);
      const inner = use === null || column !== null ? null : innerExpression(use, facts);
      if (inner !== null) collect(inner.expression, inner.level, facts, found);
      else if (column === null) found.add(null);
      else if (column.collation !== null) found.add(column.collation);
      return false;
    }
    if (node.CollateClause !== undefined) {
      found.add(isByteCollation(node.CollateClause.collname) ? 'c' : null);
    } else if (!keepsCollations(node, facts)) {
      found.add(null);
    }
    return node.SubLink === undefined;
  });
}

/** It brings in no collation of its own: no type or function that users made, no query. */
function keepsCollations(node: SyntaxNode, facts: ScopeBuilder): boolean {
  if (node.SubLink !== undefined || node.SelectStmt !== undefined) return false;
  if (node.FuncCall !== undefined) return builtinCall(node.FuncCall, facts) !== null;
  if (node.A_Expr !== undefined) {
    return !facts.input.catalog.operators.has(qualifiedName(node.A_Expr.name).name);
  }
  // A field of a composite type.
  if (node.A_Indirection !== undefined) {
    return (node.A_Indirection.indirection ?? []).every(one => 'A_Indices' in one);
  }
  if (node.TypeCast === undefined) return true;
  const { schema, name } = qualifiedName(node.TypeCast.typeName?.names);
  return schema === 'pg_catalog' || (schema === null && Object.hasOwn(typeOid, name));
}
