// limit: skips `offset` rows, passes `count` rows, then stops the shards. Counts that are expressions
// come with the rows, in hidden columns, and rows that tie with the last one are told by their keys.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { MergeNode, RowCount } from '../plan/merge-plan.ts';
import type { FragmentRun } from './fragment-run.ts';
import type { RowSource } from './row-source.ts';
import type { RowChunk } from './shard-client.ts';

/** A row count of one execution: null is none, a number of a column that every row has, or rows. */
export type Count = bigint | { readonly column: number } | null;

export interface LimitRows {
  readonly count: Count;
  readonly offset: Count;
}

/**
 * LIMIT and OFFSET with this execution's parameters. A NULL is no limit and offset 0; a negative
 * count is error 2201W or 2201X, OFFSET first (recompute_limits, nodeLimit.c).
 */
export function limitRows(node: LimitNode, parameter: (index: number) => bigint | null): LimitRows {
  const value = (rows: RowCount | null): Count => {
    if (rows === null) return null;
    if (rows.kind === 'column') return { column: rows.column };
    return rows.kind === 'constant' ? rows.rows : parameter(rows.index);
  };
  const offset = value(node.offset);
  if (typeof offset === 'bigint' && offset < 0n) throw new PgError(errors.offsetNegative);
  const count = value(node.count);
  if (typeof count === 'bigint' && count < 0n) throw new PgError(errors.limitNegative);
  return { count, offset };
}

type LimitNode = MergeNode & { readonly kind: 'limit' };

/** Its rows need their hidden columns up to here. */
export function readsHiddenColumns({ count, offset, ties }: LimitNode): boolean {
  return count?.kind === 'column' || offset?.kind === 'column' || ties !== undefined;
}

export class Limit implements RowSource {
  readonly #input: RowSource;
  readonly #run: FragmentRun;
  #toSkip: number;
  #toPass: number;

  constructor(input: RowSource, run: FragmentRun, { count, offset }: LimitRows) {
    this.#input = input;
    this.#run = run;
    this.#toSkip = Number(offset ?? 0n);
    this.#toPass = count === null ? Number.POSITIVE_INFINITY : Number(count);
  }

  async next(): Promise<RowChunk | null> {
    while (this.#toPass > 0) {
      const chunk = await this.#input.next();
      if (chunk === null) return null;
      const from = Math.min(this.#toSkip, chunk.rows);
      const to = Math.min(from + this.#toPass, chunk.rows);
      this.#toSkip -= from;
      this.#toPass -= to - from;
      if (this.#toPass === 0) this.#run.cancel();
      if (from < to) return cutChunk(chunk, from, to);
    }
    this.#run.cancel();
    return null;
  }
}

/** Rows `from` … `to` of a chunk, over the same memory. */
export function cutChunk(chunk: RowChunk, from: number, to: number): RowChunk {
  if (from === 0 && to === chunk.rows) return chunk;
  const start = chunk.offsets[from]!;
  return {
    bytes: chunk.bytes.subarray(start, chunk.offsets[to]!),
    offsets: chunk.offsets.slice(from, to + 1).map(offset => offset - start),
    rows: to - from,
  };
}
