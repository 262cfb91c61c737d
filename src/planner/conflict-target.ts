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
  key: string,
): Refusal | null {
  if (clause === undefined) return null;
  const assigned = (clause.targetList ?? []) as readonly SyntaxNode[];
  if (assigned.some(one => one.ResTarget?.name === key)) {
    return refuse(`ON CONFLICT DO UPDATE of sharding key "${key}"`);
  }
  if (decidedOnOneShard(clause, table, key)) return null;
  return refuse(
    `ON CONFLICT on a unique index without sharding key "${key}"`,
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
