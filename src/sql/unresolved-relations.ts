// Whether a statement reads or writes a relation that the catalog does not know: either it does
// not exist, or it was created behind PgPack's back and the catalog is old.

import { type Catalog, resolveTable } from '../catalog/catalog.ts';
import { type SyntaxNode, walk } from './syntax-tree.ts';

/** Names of common table expressions count as known wherever they stand. */
export function hasUnresolvedRelation(
  stmt: SyntaxNode,
  catalog: Catalog,
  searchPath: readonly string[],
): boolean {
  const isQuery = stmt.SelectStmt ?? stmt.InsertStmt ?? stmt.UpdateStmt ?? stmt.DeleteStmt;
  if ((isQuery ?? stmt.MergeStmt ?? stmt.CopyStmt ?? stmt.ExplainStmt) === undefined) return false;
  const names = new Set<string>();
  const relations: { schema: string | null; name: string }[] = [];
  walk(stmt, (value, member) => {
    const node = value as { ctename?: string; relname?: string; schemaname?: string };
    if (node.ctename !== undefined) names.add(node.ctename);
    if (node.relname !== undefined && (member === 'RangeVar' || member === 'relation')) {
      relations.push({ schema: node.schemaname ?? null, name: node.relname });
    }
    return true;
  });
  return relations.some(
    ({ schema, name }) =>
      !(schema === null && names.has(name)) &&
      resolveTable(catalog, name, schema, searchPath) === null,
  );
}
