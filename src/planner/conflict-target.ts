// ON CONFLICT finds conflicting rows of one shard only: right when the unique index that decides
// contains the sharding key, for then all rows that could conflict are on the same shard.

import type { Table } from '../catalog/catalog.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import type { InsertStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { refuse } from './plan-input.ts';

type ConflictClause = NonNullable<InsertStmt['onConflictClause']>;

export function conflictRefusal(
  clause: ConflictClause | undefined,
  table: Table,
  key: readonly string[],
): Refusal | null {
  if (clause === undefined) return null;
  const assigned = (clause.targetList ?? []) as readonly SyntaxNode[];
  const changed = key.find(name => assigned.some(one => one.ResTarget?.name === name));
  if (changed !== undefined) return refuse(`ON CONFLICT DO UPDATE of sharding key "${changed}"`);
  const missing = key.find(name => !decidedOnOneShard(clause, table, name));
  if (missing === undefined) return null;
  return refuse(
    `ON CONFLICT on a unique index without sharding key "${missing}"`,
    'Uniqueness is checked by each shard for its own rows.',
  );
}

function decidedOnOneShard(clause: ConflictClause, table: Table, key: string): boolean {
  const { infer } = clause;
  if (infer === undefined) {
    return table.uniqueIndexes.every(index => index.columns?.includes(key) ?? false);
  }
  if (infer.conname !== undefined) {
    const index = table.uniqueIndexes.find(one => one.name === infer.conname);
    return index?.columns?.includes(key) ?? false;
  }
  const elements = (infer.indexElems ?? []) as readonly SyntaxNode[];
  return elements.some(one => one.IndexElem?.name === key);
}
