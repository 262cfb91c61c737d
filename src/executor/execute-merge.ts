// Runs a merge plan: opens its fragment on all shards, builds the operators over the streams once
// the columns are known, and hands out the rows the client sees.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import {
  fragmentOf,
  type MergeNode,
  type MergePlan,
  type UntypedColumn,
} from '../plan/merge-plan.ts';
import { isCollated } from '../types/key-decoder.ts';
import { Aggregate } from './aggregate.ts';
import { Filter } from './filter.ts';
import { FragmentRun } from './fragment-run.ts';
import { Gather } from './gather.ts';
import { Limit, type LimitRows, limitRows, readsHiddenColumns } from './limit.ts';
import { LimitByColumns } from './limit-by-columns.ts';
import { MemoryBudget, type MemoryLimits } from './memory-budget.ts';
import { MergeSort } from './merge-sort.ts';
import type { RowSource } from './row-source.ts';
import type { ColumnDescription, RowChunk, ShardClient } from './shard-client.ts';
import { Sort } from './sort.ts';

export interface MergeOptions {
  readonly plan: MergePlan;
  readonly client: ShardClient;
  readonly shards: readonly number[];
  /** Value of the parameter `$(index + 1)` in LIMIT or OFFSET; null is NULL. */
  readonly rowCount: (index: number) => bigint | null;
  /** For groups and sorts; streams hold one chunk per shard on top of it. */
  readonly memory: MemoryLimits;
}

export interface MergeExecution {
  /** What the client sees: the fragment's columns without the hidden ones. */
  readonly columns: Promise<readonly ColumnDescription[]>;
  /** The next DataRow messages (at least one row), or null at the end and after `cancel`. Once it
   *  has rejected, every later call rejects with the same error. One call outstanding at most. */
  next(): Promise<RowChunk | null>;
  /** No more rows are wanted: the shards are stopped. */
  cancel(): void;
  /** Likewise, where the shards are somebody else's already. */
  forget(): void;
  /** The most bytes of rows, keys and groups that were held at once. */
  readonly memoryPeak: number;
}

/**
 * Starts the plan. A negative LIMIT or OFFSET throws here, before any shard is asked; everything
 * else (a shard's error, shards that disagree, a type that cannot be merged, memory) rejects
 * `columns` or `next` after the other shards were cancelled.
 */
export function executeMerge(options: MergeOptions): MergeExecution {
  return new Execution(options);
}

/** What the operators of one execution are built with. */
interface Build {
  readonly run: FragmentRun;
  readonly columns: readonly ColumnDescription[];
  readonly budget: MemoryBudget;
  readonly limits: ReadonlyMap<MergeNode, LimitRows>;
}

interface Ready {
  readonly columns: readonly ColumnDescription[];
  readonly source: RowSource;
}

class Execution implements MergeExecution {
  readonly columns: Promise<readonly ColumnDescription[]>;
  readonly #run: FragmentRun;
  readonly #budget: MemoryBudget;
  readonly #ready: Promise<Ready>;
  #source: RowSource | null = null;
  #done = false;
  #failed = false;

  constructor(options: MergeOptions) {
    const { plan, client, shards, memory } = options;
    const fragment = fragmentOf(plan.root);
    const limits = collectLimits(plan.root, options.rowCount);
    const run = new FragmentRun(client, fragment.sql, shards);
    this.#run = run;
    const budget = new MemoryBudget(memory);
    this.#budget = budget;
    this.#ready = run.columns().then(columns => {
      const ready = prepare(plan.root, { run, columns, budget, limits });
      this.#source = ready.source;
      return ready;
    });
    this.columns = this.#ready.then(ready => ready.columns);
    // Whoever awaits sees the rejection; nobody has to await both.
    this.columns.catch(() => {});
  }

  get memoryPeak(): number {
    return this.#budget.peak;
  }

  async next(): Promise<RowChunk | null> {
    if (this.#done) return null;
    if (this.#failed) throw this.#run.fail(null);
    try {
      const source = this.#source ?? (await this.#ready).source;
      const chunk = await source.next();
      if (chunk === null) this.cancel();
      return this.#done ? null : chunk;
    } catch (error) {
      // What a shard says of being stopped is no error of the statement.
      if (this.#done) return null;
      this.#budget.release();
      this.#failed = true;
      throw this.#run.fail(error);
    }
  }

  cancel(): void {
    this.#done = true;
    this.#run.cancel();
    this.#budget.release();
  }

  forget(): void {
    this.#done = true;
    this.#budget.release();
  }
}

function collectLimits(
  node: MergeNode,
  parameter: (index: number) => bigint | null,
): Map<MergeNode, LimitRows> {
  const limits = new Map<MergeNode, LimitRows>();
  for (let at = node; at.kind !== 'gather'; at = at.input) {
    if (at.kind === 'limit') limits.set(at, limitRows(at, parameter));
  }
  return limits;
}

function prepare(root: MergeNode, build: Build): Ready {
  const { hiddenColumns, visibleColumns, untyped = [], keepsHidden } = fragmentOf(root);
  const visible = build.columns.length - hiddenColumns;
  if (visible < 0) {
    throw build.run.fail(
      new PgError(errors.internal, { what: 'more hidden columns than columns' }),
    );
  }
  if (visibleColumns !== undefined && visible !== visibleColumns) {
    throw build.run.fail(new PgError(errors.cachedPlanChanged));
  }
  try {
    assertKnownCollations(untyped, build.columns);
    const source = operator(root, keepsHidden ? 0 : hiddenColumns, build);
    return { columns: firstColumns(build.columns, visible), source };
  } catch (error) {
    throw build.run.fail(error);
  }
}

/** The same array for the same columns, which a statement has again each time. */
function firstColumns(
  columns: readonly ColumnDescription[],
  count: number,
): readonly ColumnDescription[] {
  if (count === columns.length) return columns;
  const known = shownColumns.get(columns);
  if (known?.length === count) return known;
  const first = columns.slice(0, count);
  shownColumns.set(columns, first);
  return first;
}

const shownColumns = new WeakMap<readonly ColumnDescription[], readonly ColumnDescription[]>();

function assertKnownCollations(
  untyped: readonly UntypedColumn[],
  columns: readonly ColumnDescription[],
): void {
  if (untyped.every(({ column, text }) => text || !isCollated(columns[column]!.typeOid))) return;
  throw new PgError(errors.unsupportedAcrossShards, {
    construct: 'comparing texts whose collation is not known to be "C"',
  });
}

/**
 * True for what keeps a plan from being merged here and says nothing against the statement: where
 * no row went out yet, it may be answered in another way (`MergePlan.otherwise`).
 */
export function isNoAnswerHere(error: unknown): boolean {
  if (!(error instanceof PgError)) return false;
  return error.id === 'unsupportedAcrossShards' || error.id === 'memoryLimit';
}

/** The operator of a node, which leaves out the last `dropped` columns of the rows it emits. */
function operator(node: MergeNode, dropped: number, build: Build): RowSource {
  const { run, columns, budget } = build;
  switch (node.kind) {
    case 'gather':
      return new Gather(run, columns, dropped);
    case 'merge-sort':
      return new MergeSort(run, columns, node.keys, dropped, budget, node.distinctKeys);
    case 'aggregate':
      return new Aggregate(operator(node.input, 0, build), columns, node, dropped, budget);
    case 'filter':
      return new Filter(operator(node.input, 0, build), columns, node.condition, dropped);
    case 'sort':
      return new Sort(operator(node.input, 0, build), columns, node.keys, dropped, budget);
    case 'limit': {
      const rows = build.limits.get(node)!;
      if (!readsHiddenColumns(node)) {
        return new Limit(operator(node.input, dropped, build), run, rows);
      }
      const input = operator(node.input, 0, build);
      return new LimitByColumns(input, run, columns, rows, node.ties ?? null, dropped);
    }
  }
}
