// The vocabulary of cross-shard SELECT that planner and executor share: a tree of operators over
// one fragment. Planner noun = executor noun = file name in `executor/`.

/** SQL that runs on each target shard with the statement's own parameters. */
export interface Fragment {
  readonly kind: 'gather';
  readonly sql: string;
  /** Helper columns appended behind the columns the client sees; removed by the merge. */
  readonly hiddenColumns: number;
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
  /** avg: shown in `column`, computed from hidden partial sum and count, divided once. */
  | {
      readonly kind: 'avg';
      readonly column: number;
      readonly sumColumn: number;
      readonly countColumn: number;
    };

/** A row count of LIMIT or OFFSET. A NULL parameter means no limit (and offset 0). */
export type RowCount =
  | { readonly kind: 'constant'; readonly rows: bigint }
  | { readonly kind: 'parameter'; readonly index: number };

export type MergeNode =
  | Fragment
  /** K-way merge of streams that each shard sorted by the same keys. */
  | { readonly kind: 'merge-sort'; readonly keys: readonly SortKey[]; readonly input: Fragment }
  /** Two-phase aggregation: the fragment's rows are partial groups. `groupColumns` may be empty:
   *  then there is exactly one group. */
  | {
      readonly kind: 'aggregate';
      readonly groupColumns: readonly number[];
      readonly aggregates: readonly AggregateSpec[];
      readonly input: Fragment;
    }
  /** Full sort of merged groups. */
  | { readonly kind: 'sort'; readonly keys: readonly SortKey[]; readonly input: MergeNode }
  | {
      readonly kind: 'limit';
      readonly count: RowCount | null;
      readonly offset: RowCount | null;
      readonly input: MergeNode;
    };

export interface MergePlan {
  readonly kind: 'merge';
  readonly root: MergeNode;
}

/** The fragment at the leaf of a merge. */
export function fragmentOf(node: MergeNode): Fragment {
  return node.kind === 'gather' ? node : fragmentOf(node.input);
}
