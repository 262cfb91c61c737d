// SELECT … LIMIT n FOR UPDATE over several shards, where no shard can tell which of its rows are
// among the n: candidates are read without locks, then so many are locked as rows are still missing,
// until there are enough. LockRows does the same in one server, row by row (nodeLockRows.c).

import type { MergePlan, RowCount } from './merge-plan.ts';

export interface LockedLimitPlan {
  readonly kind: 'locked-limit';
  /** Its texts hold a mark for the moment; see `moment.ts`. */
  readonly moment?: true;
  /** null: there is none. A column is one of `candidates`. */
  readonly count: RowCount | null;
  /** Rows that are locked and not returned, as in PostgreSQL, whose LockRows is below its Limit. */
  readonly offset: RowCount | null;
  /** What tells rows apart, in SQL of the statement's FROM. */
  readonly key: readonly string[];
  /** The keys of its rows as text, from column `keyAt` on, in the order in which rows are to be
   *  locked. `limitMark` stands for how many a shard sends. */
  readonly candidates: MergePlan;
  readonly keyAt: number;
  /** Candidates that each shard has locked: those that nobody else has. null: the statement does
   *  not skip what others have locked. */
  readonly free: MergePlan | null;
  /** The statement without LIMIT. `keysMark` stands for the condition that names some rows. Its
   *  last columns, of the hidden ones, are their keys, and come with the rows. */
  readonly rows: MergePlan;
}

/** A number of rows that nobody asks for. */
export const limitMark = '4611686018427387905';

/** A condition like any other, but that nobody writes it so. */
export const keysMark = "'pgpack: keys of these rows' IS NOT NULL";

/** More rows than this are not locked by one statement with LIMIT. */
export const lockedRowsMax = 10_000;
