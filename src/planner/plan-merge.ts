// MERGE: every row of the source meets the rows of the target with its key, and what it inserts has
// that key too, so it all happens on one shard, or on every shard by itself.

import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import { keyUses } from '../sql/key-groups.ts';
import { innermostColumn, type ScopeRelation } from '../sql/level.ts';
import {
  insertedColumns,
  insertsRows,
  type MergeClause,
  mergeClauses,
  mergedKey,
} from '../sql/merge-clauses.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { MergeStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { callThatVaries, partThatVaries } from './call-safety.ts';
import { changedKey } from './kept-key.ts';
import { refuse, refuseWide, scatter, unplaced } from './plan-input.ts';
import { joinRefusal, nestedAggregate, subqueryRefusal, unseenRows } from './wide-shape.ts';

export function planMerge(merge: MergeStmt, facts: ScopeBuilder): WidePlan {
  const target = facts.relations.find(one => one.target && one.level === facts.top);
  if (target?.table == null || target.source === 'omnisharded') {
    return refuse(`MERGE into omnisharded table "${target?.refname ?? ''}"`);
  }
  if (target.key?.placement === -1) return unplaced(target);
  const clauses = mergeClauses(merge);
  for (const clause of clauses) {
    const refusal = clauseRefusal(clause, target, facts);
    if (refusal !== null) return refusal;
  }
  return wideRefusal(merge, target, facts) ?? scatter('sum');
}

/** What is refused on one shard as well. */
function clauseRefusal(
  clause: MergeClause,
  target: ScopeRelation,
  facts: ScopeBuilder,
): Refusal | null {
  const assigned = (clause.targetList ?? []) as readonly SyntaxNode[];
  if (clause.commandType === 'CMD_UPDATE') {
    const key = changedKey(assigned, target, facts);
    return key === null ? null : refuse(`UPDATE of sharding key "${key}" by MERGE`);
  }
  if (!insertsRows(clause)) return null;
  const { kind } = facts.input.scheme.placements.list[target.key!.placement]!;
  // There a key may have no place, which MERGE would not be told.
  if (kind !== 'hash') return refuse(`MERGE that inserts into a table sharded by ${kind}`);
  const given = insertedColumns(clause, target).slice(0, clause.values?.length ?? 0);
  const sequence = target.table!.columns.find(({ name, defaultKind }) => {
    const value = clause.values?.[given.indexOf(name)] as SyntaxNode | undefined;
    return defaultKind === 'sequence' && (value === undefined || value.SetToDefault !== undefined);
  });
  if (sequence === undefined) return null;
  return refuse(
    `sequence default of column "${sequence.name}" of sharded table "${target.table!.name}"`,
    'Every shard has a sequence of its own: give the value in the statement.',
  );
}

function wideRefusal(merge: MergeStmt, target: ScopeRelation, facts: ScopeBuilder): Refusal | null {
  const { level } = target;
  if (merge.withClause?.recursive || facts.writingCtes.length > 0) return refuseWide('WITH');
  const selects = facts.selects.map(one => one.select);
  const varying = callThatVaries(facts, false) ?? partThatVaries([merge, selects]);
  if (varying !== null) return refuseWide(varying);
  const refusal =
    unseenRows({ MergeStmt: merge }, facts) ??
    subqueryRefusal(level, facts) ??
    joinRefusal(level, facts);
  if (refusal !== null) return refusal;
  const apart = mergeClauses(merge).some(
    clause => insertsRows(clause) && !insertsInPlace(clause, target, facts),
  );
  if (apart) return refuseWide("MERGE that inserts other keys than the source's own");
  return nestedAggregate(level, facts);
}

/** What is inserted has the key of a row of the source, whatever ON says: it belongs on the shard
 *  that has the row. */
function insertsInPlace(clause: MergeClause, target: ScopeRelation, facts: ScopeBuilder): boolean {
  const uses = mergedKey(clause, target, target.level)?.map(innermostColumn);
  const source = uses?.[0]?.relation;
  if (uses === undefined || source === undefined || source.nullable) return false;
  const key = keyUses(source);
  const { placements } = facts.input.scheme;
  if (key === null || !placements.agree(source.key!.placement, target.key!.placement)) return false;
  return key.every(
    (use, at) => uses[at]?.relation === use.relation && uses[at].column === use.column,
  );
}
