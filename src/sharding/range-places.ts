// The ranges of a mapping: found by the key (partition_range_datum_bsearch in
// partitioning/partbounds.c), and by an interval of keys.

import { comparePositions, type Position } from '../config/mapped-key.ts';
import type { ReadRange } from '../config/read-mapping.ts';
import type { OrderedKeyColumn } from './ordered-key-column.ts';
import { noShard } from './placement.ts';
import type { ShardSet } from './shard-set.ts';

/**
 * Keys between two positions. An end counts as inclusive only if it is a key: a position that is
 * `below` or `above` in some column lies between keys.
 */
export interface Interval {
  readonly lower: Position;
  readonly upper: Position;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  /** `lower` is the only key. */
  readonly exact: boolean;
}

export class RangePlaces {
  readonly #columns: readonly OrderedKeyColumn[];
  readonly #ranges: readonly ReadRange[];

  /** `ranges` are sorted and apart. */
  constructor(columns: readonly OrderedKeyColumn[], ranges: readonly ReadRange[]) {
    this.#columns = columns;
    this.#ranges = ranges;
  }

  /** `noShard`: in no range. */
  find(key: Position): number {
    let from = 0;
    let to = this.#ranges.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#compare(this.#ranges[middle]!.start, key) <= 0) from = middle + 1;
      else to = middle;
    }
    const range = this.#ranges[from - 1];
    return range !== undefined && this.#compare(key, range.end) < 0 ? range.shard : noShard;
  }

  /** Adds the shards of all ranges with keys within; whether they cover the whole interval. */
  addBetween({ lower, upper, upperInclusive }: Interval, shards: ShardSet): boolean {
    let coveredTo = lower;
    let covered = true;
    for (const { start, end, shard } of this.#ranges) {
      if (this.#compare(end, lower) <= 0) continue;
      const beyond = this.#compare(start, upper);
      if (beyond > 0 || (beyond === 0 && !upperInclusive)) break;
      if (this.#compare(start, coveredTo) > 0) covered = false;
      coveredTo = end;
      shards.add(shard);
    }
    const rest = this.#compare(upper, coveredTo);
    return covered && (rest < 0 || (rest === 0 && !upperInclusive));
  }

  #compare(left: Position, right: Position): number {
    return comparePositions(this.#columns, left, right);
  }
}
