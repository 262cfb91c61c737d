// Whether a `lookup_query` of the configuration can be asked of one shard: one SELECT with the key
// as its only parameter, of relations that this shard has whole.

import type { Catalog, Table } from '../catalog/catalog.ts';
import { PgError } from '../common/pg-error.ts';
import { parseStatements } from './parser.ts';
import { parameterCount, type RangeVar, type SyntaxNode, walk } from './syntax-tree.ts';

/** Why not, as it completes "rows of the table cannot be placed: "; null: it can. A name counts
 *  for the relations of every schema that have it, and those that they are views of. */
export function lookupProblem(
  query: string,
  catalog: Catalog,
  isSharded: (table: Table) => boolean,
): string | null {
  let statements: ReturnType<typeof parseStatements>;
  try {
    statements = parseStatements(query);
  } catch (error) {
    if (error instanceof PgError) return `its lookup_query cannot be read: ${error.message}`;
    throw error;
  }
  const [only, ...others] = statements;
  if (others.length > 0 || only?.stmt.SelectStmt === undefined) {
    return 'its lookup_query is not one SELECT';
  }
  if (parameterCount(only.stmt) !== 1) return 'its lookup_query has not $1 as its only parameter';
  if (writes(only.stmt)) return 'its lookup_query writes';
  const names = namesIn(only.stmt);
  for (const table of catalog.tables.values()) {
    if (!names.has(table.name)) continue;
    const used = table.uses.flatMap(oid => catalog.tablesByOid.get(oid) ?? []);
    const sharded = [table, ...used].find(isSharded);
    if (sharded === undefined) continue;
    return `its lookup_query reads "${sharded.name}", of which no shard has all rows`;
  }
  return null;
}

const writing: readonly string[] = [
  ...['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'intoClause', 'LockingClause'],
];

function writes(stmt: SyntaxNode): boolean {
  let found = false;
  walk(stmt, (value, member) => {
    found ||= writing.includes(member) || Object.keys(value).some(name => writing.includes(name));
    return !found;
  });
  return found;
}

function namesIn(stmt: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  walk(stmt, (value, member) => {
    const range = member === 'RangeVar' ? (value as RangeVar) : (value as SyntaxNode).RangeVar;
    if (range?.relname !== undefined) names.add(range.relname);
    return true;
  });
  return names;
}
