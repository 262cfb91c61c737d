// limit: skips `offset` rows, passes `count` rows, then stops the shards.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { MergeNode, RowCount } from '../plan/merge-plan.ts';
import type { FragmentRun } from './fragment-run.ts';
import type { RowSource } from './row-source.ts';
import type { RowChunk } from './shard-client.ts';

/** Row counts of one execution; `count` null is no limit. */
export interface LimitRows {
  readonly count: bigint | null;
  readonly offset: bigint;
}

/**
 * LIMIT and OFFSET with this execution's parameters. A NULL is no limit and offset 0; a negative
 * count is error 2201W or 2201X, OFFSET first (recompute_limits, nodeLimit.c).
 */
export function limitRows(
  node: MergeNode & { readonly kind: 'limit' },
  parameter: (index: number) => bigint | null,
): LimitRows {
  const value = (rows: RowCount | null): bigint | null => {
    if (rows === null) return null;
    return rows.kind === 'constant' ? rows.rows : parameter(rows.index);
  };
  const offset = value(node.offset) ?? 0n;
  if (offset < 0n) throw new PgError(errors.offsetNegative);
  const count = value(node.count);
  if (count !== null && count < 0n) throw new PgError(errors.limitNegative);
  return { count, offset };
}

export class Limit implements RowSource {
  readonly #input: RowSource;
  readonly #run: FragmentRun;
  #toSkip: number;
  #toPass: number;

  constructor(input: RowSource, run: FragmentRun, rows: LimitRows) {
    this.#input = input;
    this.#run = run;
    this.#toSkip = Number(rows.offset);
    this.#toPass = rows.count === null ? Number.POSITIVE_INFINITY : Number(rows.count);
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
      if (from < to) return cut(chunk, from, to);
    }
    this.#run.cancel();
    return null;
  }
}

/** Rows `from` … `to` of a chunk, over the same memory. */
function cut(chunk: RowChunk, from: number, to: number): RowChunk {
  if (from === 0 && to === chunk.rows) return chunk;
  const start = chunk.offsets[from]!;
  return {
    bytes: chunk.bytes.subarray(start, chunk.offsets[to]!),
    offsets: chunk.offsets.slice(from, to + 1).map(offset => offset - start),
    rows: to - from,
  };
}
