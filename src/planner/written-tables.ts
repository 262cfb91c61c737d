// Which tables a statement writes, and what it does to them.

import { resolveTable } from '../catalog/catalog.ts';
import type { WriteEvent } from '../catalog/fired.ts';
import type { RangeVar, SyntaxNode } from '../sql/syntax-tree.ts';
import { walk } from '../sql/syntax-tree.ts';
import type { Write } from './fired-place.ts';
import type { PlanInput } from './plan-input.ts';
import { isQuery } from './plan-query.ts';

/** Tables that a query, COPY FROM or TRUNCATE writes, those of its WITH queries too. */
export function writesOf(input: PlanInput): readonly Write[] {
  const { stmt } = input;
  const writes: Write[] = [];
  if (!isQuery(stmt) && stmt.CopyStmt === undefined && stmt.TruncateStmt === undefined) return [];
  const add = (relation: RangeVar | undefined, event: WriteEvent, targets?: unknown) => {
    const { relname = '', schemaname = null } = relation ?? {};
    const table = resolveTable(input.catalog, relname, schemaname, input.searchPath);
    if (table !== null) writes.push({ table, event, columns: columnsOf(targets) });
  };
  walk(stmt, value => {
    const { InsertStmt, UpdateStmt, DeleteStmt, MergeStmt, CopyStmt, TruncateStmt } =
      value as SyntaxNode;
    if (InsertStmt !== undefined) {
      add(InsertStmt.relation, 'insert');
      const conflict = InsertStmt.onConflictClause;
      if (conflict?.action === 'ONCONFLICT_UPDATE') {
        add(InsertStmt.relation, 'update', conflict.targetList);
      }
    }
    if (UpdateStmt !== undefined) add(UpdateStmt.relation, 'update', UpdateStmt.targetList);
    if (DeleteStmt !== undefined) add(DeleteStmt.relation, 'delete');
    for (const one of (MergeStmt?.mergeWhenClauses ?? []) as readonly SyntaxNode[]) {
      const event = mergeEvents[one.MergeWhenClause?.commandType ?? ''];
      if (event !== undefined) add(MergeStmt!.relation, event, one.MergeWhenClause?.targetList);
    }
    if (CopyStmt?.is_from) add(CopyStmt.relation, 'insert');
    for (const one of TruncateStmt?.relations ?? []) add((one as SyntaxNode).RangeVar, 'truncate');
    return true;
  });
  if (stmt.TruncateStmt?.behavior === 'DROP_CASCADE') addReferring(writes, input);
  return writes;
}

const mergeEvents: Readonly<Record<string, WriteEvent>> = {
  CMD_INSERT: 'insert',
  CMD_UPDATE: 'update',
  CMD_DELETE: 'delete',
};

function columnsOf(targets: unknown): ReadonlySet<string> | null {
  if (targets === undefined) return null;
  const names = (targets as readonly SyntaxNode[]).map(one => one.ResTarget?.name ?? '');
  return new Set(names);
}

/** TRUNCATE … CASCADE empties what refers to its tables. */
function addReferring(writes: Write[], { catalog }: PlanInput): void {
  // An array goes on with what is added while it is walked.
  for (const { table } of writes) {
    for (const other of catalog.tablesByOid.values()) {
      if (!other.foreignKeys.some(({ target }) => target === table.oid)) continue;
      if (writes.some(one => one.table === other)) continue;
      writes.push({ table: other, event: 'truncate', columns: null });
    }
  }
}
