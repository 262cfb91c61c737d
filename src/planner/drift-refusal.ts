// Relations that shards have differently: rows of several shards are not of one table there, and
// which copy of an omnisharded table answers would decide the answer.

import type { Table } from '../catalog/catalog.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import type { ScopeRelation } from '../sql/level.ts';
import type { Alias, SyntaxNode } from '../sql/syntax-tree.ts';
import { type PlanInput, refuse } from './plan-input.ts';

/**
 * Why a statement on these relations, those behind views included, cannot run on several shards;
 * null: they agree in all that it uses. `confined`: keys of its own may lead it to one shard, where
 * it runs as that shard has things; without them even one shard would be an arbitrary choice.
 */
export function driftRefusal(
  relations: readonly ScopeRelation[],
  confined: boolean,
  { catalog, stmt }: PlanInput,
): Refusal | null {
  for (const { table } of relations) {
    if (table === null) continue;
    if (isConcerned(table, stmt, relations)) return refusalOf(table, confined);
    // What a view or policy uses of them is not in the statement.
    const used = table.uses.map(oid => catalog.tablesByOid.get(oid));
    const behind = used.find(one => one !== undefined && one.drift !== null);
    if (behind !== undefined) return refusalOf(behind, confined);
  }
  return null;
}

function refusalOf({ schema, name, drift }: Table, confined: boolean): Refusal {
  const construct = `"${schema}.${name}", which shards have differently (${drift?.text}),`;
  const hint = 'Make it the same on every shard; SHOW SCHEMA lists what differs.';
  return { ...refuse(construct, hint), always: !confined };
}

/** Anything in the statement may mean a column that differs, the order of columns, or whole rows. */
function isConcerned(
  { drift }: Table,
  stmt: SyntaxNode,
  relations: readonly ScopeRelation[],
): boolean {
  if (drift === null) return false;
  if (drift.columns === null || goesByOrder(stmt)) return true;
  const names = new Set([...drift.columns, ...relations.map(one => one.refname)]);
  return mentions(stmt, '', names);
}

/** `*`, NATURAL, column aliases, and INSERT or COPY without a list of columns. */
function goesByOrder(tree: unknown): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  if (Array.isArray(tree)) return tree.some(goesByOrder);
  const { A_Star, JoinExpr, InsertStmt, CopyStmt, RangeVar } = tree as SyntaxNode;
  const alias = RangeVar?.alias ?? (JoinExpr?.alias as Alias | undefined);
  if (A_Star !== undefined || JoinExpr?.isNatural === true) return true;
  if (InsertStmt !== undefined && InsertStmt.cols === undefined) return true;
  if (CopyStmt?.relation !== undefined && CopyStmt.attlist === undefined) return true;
  if (alias?.colnames !== undefined) return true;
  return Object.values(tree).some(goesByOrder);
}

/** One of the names as a column, a whole row or part of either: any string counts that does not
 *  stand where a relation is named. */
function mentions(tree: unknown, member: string, names: ReadonlySet<string>): boolean {
  if (typeof tree === 'string') return member !== 'relname' && names.has(tree);
  if (typeof tree !== 'object' || tree === null) return false;
  if (Array.isArray(tree)) return tree.some(one => mentions(one, member, names));
  return Object.entries(tree).some(([name, child]) => {
    // `t.a`: the last of the fields is what is meant, unless a row is.
    if (name === 'ColumnRef') return mentionsColumn(child, names);
    return name !== 'alias' && mentions(child, name, names);
  });
}

function mentionsColumn(column: unknown, names: ReadonlySet<string>): boolean {
  const { fields = [] } = column as { fields?: readonly SyntaxNode[] };
  const last = fields.at(-1)?.String?.sval;
  return last === undefined || names.has(last);
}
