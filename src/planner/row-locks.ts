// SELECT … FOR UPDATE, FOR SHARE and their kin: which relations they lock (analyze.c,
// transformLockingClause), and where the shards, each by itself, lock the rows that are returned and
// no others.

import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import type { Level, ScopeRelation } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { aggregateCalls } from './builtin-call.ts';
import { callThatVaries, partThatVaries } from './call-safety.ts';
import { type PlanInput, refuse, refuseWide } from './plan-input.ts';
import { unorderedPart } from './unordered-part.ts';
import { choosingClause, windowOf } from './wide-shape.ts';

/** Some clause locks rows of it; clauses go through derived tables and views. */
function isLocked(relation: ScopeRelation, facts: ScopeBuilder): boolean {
  for (let at: ScopeRelation | null = relation; at !== null; at = at.level.derivedAs) {
    const { refname, level } = at;
    if (clausesAt(level, facts).some(clause => names(clause, refname))) return true;
    // Of a set operation, whose arms' levels are not known.
    if (facts.locking.some(one => one !== level && !facts.selects.some(s => s.level === one))) {
      return true;
    }
  }
  return false;
}

type LockingClause = NonNullable<SyntaxNode['LockingClause']>;

function clausesAt(level: Level, facts: ScopeBuilder): readonly LockingClause[] {
  const select = facts.selects.find(one => one.level === level)?.select;
  return lockingClauses(select);
}

function lockingClauses(select: SelectStmt | undefined): readonly LockingClause[] {
  const clauses = (select?.lockingClause ?? []) as readonly SyntaxNode[];
  return clauses.map(one => one.LockingClause ?? {});
}

function names({ lockedRels }: LockingClause, refname: string): boolean {
  const named = (lockedRels ?? []) as readonly SyntaxNode[];
  return named.length === 0 || named.some(one => one.RangeVar?.relname === refname);
}

/**
 * Row locks on one of several copies exclude nobody who locks another copy. A query of omnisharded
 * tables alone locks on every shard; beside sharded ones each shard would lock its own copy.
 */
export function lockRefusal(input: PlanInput, facts: ScopeBuilder): Refusal | null {
  const view = facts.relations.find(one => one.source === 'view' && isLocked(one, facts));
  if (view !== undefined) {
    return refuse(`locking rows of view "${view.refname}"`, 'Lock rows of its table.');
  }
  const copy = lockedCopy(facts);
  if (copy === undefined) return null;
  const table = `omnisharded table "${copy.table?.name ?? copy.refname}"`;
  const construct = `locking rows of ${table}`;
  if (input.stmt.SelectStmt === undefined) return refuse(`${construct} in a write`);
  const beside = facts.relations.find(one => one.source !== 'omnisharded');
  if (beside !== undefined) {
    const hint =
      beside.source === 'sharded' ? `Lock rows of it alone: OF ${beside.refname}.` : null;
    const name = beside.refname === '' ? 'a subquery' : `"${beside.refname}"`;
    return refuse(`${construct} beside ${name}`, hint);
  }
  const part = differingPart(input, facts);
  return part === null ? null : refuse(`${part} in locking rows of ${table}`);
}

/** An omnisharded table of which rows are locked. */
export function lockedCopy(facts: ScopeBuilder): ScopeRelation | undefined {
  if (facts.locking.length === 0) return undefined;
  return facts.relations.find(one => one.source === 'omnisharded' && isLocked(one, facts));
}

/** What may choose other rows on another copy: they have to be the same everywhere. */
function differingPart(input: PlanInput, facts: ScopeBuilder): string | null {
  if (facts.locking.some(level => level !== facts.top)) return 'a subquery';
  const selects = facts.selects.map(one => one.select);
  for (const select of selects) {
    const clause = choosingClause(select);
    if (clause !== null) return clause;
    const skips = lockingClauses(select).some(one => one.waitPolicy === 'LockWaitSkip');
    if (skips) return 'SKIP LOCKED';
  }
  if (facts.relations.some(one => one.table?.policyVaries)) return 'a row-level security policy';
  const varying = callThatVaries(facts, false) ?? partThatVaries([input.stmt, selects]);
  return varying ?? unorderedPart(input.stmt, input);
}

/** Copies of rows are locked on the first shard before any other: whoever waits for somebody does so
 *  there, where PostgreSQL sees who waits for whom. */
export function inTurn(wide: WidePlan): WidePlan {
  return wide.kind === 'scatter' ? { ...wide, inTurn: true } : wide;
}

/** For rows that others have locked. */
export function mayWait(select: SelectStmt): boolean {
  return lockingClauses(select).some(({ waitPolicy }) => waitPolicy === 'LockWaitBlock');
}

/** Locks of a subquery may be on rows of which nothing is returned. */
export function lockedSubquery(top: Level | null, facts: ScopeBuilder): Refusal | null {
  if (facts.locking.every(level => level === top)) return null;
  return refuseWide('FOR UPDATE or FOR SHARE in a subquery');
}

/** PostgreSQL refuses it with row locks, whatever the tables hold (CheckSelectLocking, analyze.c):
 *  the shards say so. */
export function forbidsLocks(select: SelectStmt, facts: ScopeBuilder): boolean {
  if ((select.lockingClause?.length ?? 0) === 0) return false;
  const { larg, distinctClause, groupClause, havingClause } = select;
  if ([larg, distinctClause, groupClause, havingClause].some(one => one !== undefined)) return true;
  if (windowOf(select) !== null) return true;
  return aggregateCalls([select.targetList, select.sortClause], facts, false).length > 0;
}
