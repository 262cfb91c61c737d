// The vocabulary of cross-shard SELECT that planner and executor share: a tree of operators over
// one fragment. Planner noun = executor noun = file name in `executor/`.

import type { CollectPlan } from './collect-plan.ts';
import type { RowCondition } from './row-condition.ts';

/** SQL that runs on each target shard with the statement's own parameters. */
export interface Fragment {
  readonly kind: 'gather';
  readonly sql: string;
  /** Helper columns appended behind the columns the client sees; removed by the merge. */
  readonly hiddenColumns: number;
  /** They are not removed: whoever reads the rows does that. */
  readonly keepsHidden?: boolean;
  /** Columns that the client sees; left out: not known. Other ones than these are those of a table
   *  that has changed behind the plan, which counts them. */
  readonly visibleColumns?: number;
  /** Columns that the merge compares, groups by or adds up and whose type is known only when they
   *  arrive. */
  readonly untyped?: readonly UntypedColumn[];
  /** It compares or adds up values that settings of the session may give another form than the one
   *  that is read here. */
  readonly styled?: boolean;
}

export interface UntypedColumn {
  readonly column: number;
  /** It may be text: its collation is one under which the merge does right by comparing bytes. */
  readonly text: boolean;
}

export interface SortKey {
  /** 0-based column of the fragment's row. */
  readonly column: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export type AggregateSpec =
  /** count: partial counts are added. */
  | { readonly kind: 'count'; readonly column: number }
  | { readonly kind: 'sum'; readonly column: number }
  | { readonly kind: 'min'; readonly column: number }
  | { readonly kind: 'max'; readonly column: number }
  /** every and bool_and, bool_or. */
  | { readonly kind: 'bool-and' | 'bool-or'; readonly column: number }
  /** Of int2, int4 and int8. */
  | { readonly kind: 'bit-and' | 'bit-or' | 'bit-xor'; readonly column: number }
  /** any_value: of any type. */
  | { readonly kind: 'any-value'; readonly column: number }
  /** avg: shown in `column`, computed from hidden partial sum and count, divided once. */
  | {
      readonly kind: 'avg';
      readonly column: number;
      readonly sumColumn: number;
      readonly countColumn: number;
    };

/** A row count of LIMIT or OFFSET. NULL means no limit (and offset 0). */
export type RowCount =
  | { readonly kind: 'constant'; readonly rows: bigint }
  | { readonly kind: 'parameter'; readonly index: number }
  /** An expression: its value, an int8, is a hidden column, the same in every row. The fragment
   *  raises what is wrong with it. */
  | { readonly kind: 'column'; readonly column: number };

export type MergeNode =
  | Fragment
  /** K-way merge of streams that each shard sorted by the same keys. */
  | {
      readonly kind: 'merge-sort';
      readonly keys: readonly SortKey[];
      /** Of rows that are equal in so many first keys only the first is kept (DISTINCT). */
      readonly distinctKeys?: number;
      readonly input: Fragment;
    }
  /** Two-phase aggregation: the fragment's rows are partial groups. `groupColumns` may be empty:
   *  then there is exactly one group. */
  | {
      readonly kind: 'aggregate';
      readonly groupColumns: readonly number[];
      readonly aggregates: readonly AggregateSpec[];
      readonly input: Fragment;
    }
  /** Of merged groups those for which the condition is true (HAVING). */
  | { readonly kind: 'filter'; readonly condition: RowCondition; readonly input: MergeNode }
  /** Full sort of merged groups. */
  | { readonly kind: 'sort'; readonly keys: readonly SortKey[]; readonly input: MergeNode }
  | {
      readonly kind: 'limit';
      readonly count: RowCount | null;
      readonly offset: RowCount | null;
      /** WITH TIES: what is equal to the last row by these keys belongs to it. */
      readonly ties?: readonly SortKey[];
      readonly input: MergeNode;
    };

export interface MergePlan {
  readonly kind: 'merge';
  /** Its SQL holds a mark for the moment; see `moment.ts`. */
  readonly moment?: true;
  /** Shards lock the rows that they return (FOR UPDATE and its kin). */
  readonly locks?: true;
  /** It may wait for others' row locks: shards run one after the other, in ascending order, so that
   *  two of them never wait for each other on different shards. */
  readonly inTurn?: true;
  readonly root: MergeNode;
  /** Runs instead where a column turns out to be of a type that cannot be compared here, or what
   *  must be held exceeds its memory, before a row went out; null: there is no other way, or it
   *  cannot come to that. */
  readonly otherwise: CollectPlan | null;
}

/** The fragment at the leaf of a merge. */
export function fragmentOf(node: MergeNode): Fragment {
  return node.kind === 'gather' ? node : fragmentOf(node.input);
}
