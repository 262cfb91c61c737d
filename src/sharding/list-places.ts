// The values of a mapping by list, found by PostgreSQL's equality (partition_list_bsearch in
// partitioning/partbounds.c).

import { comparePositions } from '../config/mapped-key.ts';
import type { ReadValue } from '../config/read-mapping.ts';
import type { OrderedKeyColumn } from './ordered-key-column.ts';
import { noShard } from './placement.ts';
import type { Interval } from './range-places.ts';
import type { ShardSet } from './shard-set.ts';

export class ListPlaces {
  readonly #column: OrderedKeyColumn;
  readonly #values: readonly ReadValue[];
  /** Of types that are bytes here, which are equal exactly if their bytes are: shards by them, as
   *  one character each. */
  readonly #byBytes: ReadonlyMap<string, number> | null;

  /** `values` are sorted by the column's `compare`. */
  constructor(column: OrderedKeyColumn, values: readonly ReadValue[]) {
    this.#column = column;
    this.#values = values;
    const isBytes = values.every(({ value }) => Buffer.isBuffer(value));
    this.#byBytes = isBytes ? byBytes(values) : null;
  }

  /** `noShard`: not listed. */
  find(value: unknown): number {
    // A lookup takes less than one call of Buffer.compare.
    if (this.#byBytes !== null && Buffer.isBuffer(value)) {
      return this.#byBytes.get(value.toString('latin1')) ?? noShard;
    }
    let from = 0;
    let to = this.#values.length - 1;
    while (from <= to) {
      const middle = (from + to) >> 1;
      const found = this.#values[middle]!;
      const order = this.#column.compare(found.value, value);
      if (order === 0) return found.shard;
      if (order < 0) from = middle + 1;
      else to = middle - 1;
    }
    return noShard;
  }

  /** Adds the shards of all values within. */
  addBetween({ lower, upper, lowerInclusive, upperInclusive }: Interval, shards: ShardSet): void {
    const types = [this.#column];
    for (const { value, shard } of this.#values) {
      const above = comparePositions(types, [value], lower);
      const below = comparePositions(types, [value], upper);
      if (above < 0 || (above === 0 && !lowerInclusive)) continue;
      if (below < 0 || (below === 0 && upperInclusive)) shards.add(shard);
    }
  }
}

function byBytes(values: readonly ReadValue[]): ReadonlyMap<string, number> {
  return new Map(values.map(({ value, shard }) => [(value as Buffer).toString('latin1'), shard]));
}
