// Placement by the hash of one column, as `PARTITION BY HASH (column)` with as many partitions as
// there are shards. NULL lies on shard 0 (compute_partition_hash_value in partbounds.c).

import type { HashType } from './hash-type.ts';
import type { Hash64 } from './hash64.ts';
import { shardOfKeyHash, shardOfRowHash } from './hash64.ts';
import type { HashKeyColumn } from './key-column.ts';
import { unreadableKey } from './key-form.ts';
import { type KeyBytes, type KeyPart, noShard, type Placement } from './placement.ts';
import { ShardSet } from './shard-set.ts';

export class HashPlacement implements Placement {
  readonly kind = 'hash';
  readonly columnCount = 1;
  readonly shardCount: number;
  readonly print: string;
  readonly #column: HashKeyColumn;
  readonly #compared: HashType;
  readonly #stored: HashType;
  readonly #hash: Hash64 = { high: 0, low: 0 };

  /** `shardCount` is 1 to 65,536. */
  constructor(column: HashKeyColumn, shardCount: number) {
    this.#column = column;
    this.#compared = column.compared;
    this.#stored = column.stored;
    this.shardCount = shardCount;
    this.print = `hash (${column.compared.family}) ${shardCount}`;
  }

  readsAs(type: number): boolean {
    return this.#column.readsAs(type);
  }

  shardOfTextBytes(bytes: Buffer, start: number, end: number, stored: boolean): number {
    (stored ? this.#stored : this.#compared).hashTextBytes(bytes, start, end, this.#hash);
    return shardOfKeyHash(this.#hash, this.shardCount);
  }

  shardOfBinary(bytes: Buffer, start: number, end: number, stored: boolean): number {
    (stored ? this.#stored : this.#compared).hashBinary(bytes, start, end, this.#hash);
    return shardOfKeyHash(this.#hash, this.shardCount);
  }

  shardOfText(text: string, stored: boolean): number {
    (stored ? this.#stored : this.#compared).hashText(text, this.#hash);
    return shardOfKeyHash(this.#hash, this.shardCount);
  }

  shardOfRow([value]: readonly (KeyBytes | null)[]): number {
    if (value === undefined) return noShard;
    if (value === null) return nullShard(this.shardCount);
    const type = this.#column.storedAs(value.type);
    if (type === null) throw unreadableKey(this.#stored.name, value.type);
    return this.#shardOf(type, value);
  }

  shardsOf([items]: readonly (readonly KeyPart[] | null)[]): readonly number[] | null {
    if (items === undefined || items === null) return null;
    const shards = new ShardSet(this.shardCount);
    for (const item of items) {
      if (item.kind === 'range') return null;
      if (item.kind === 'is-null') {
        shards.add(nullShard(this.shardCount));
        continue;
      }
      const type = this.#column.comparedAs(item.type);
      if (type === null) return null;
      shards.add(this.#shardOf(type, item));
    }
    return shards.ascending();
  }

  #shardOf(type: HashType, { kind, bytes, start, end }: KeyBytes): number {
    if (kind === 'text') type.hashTextBytes(bytes, start, end, this.#hash);
    else type.hashBinary(bytes, start, end, this.#hash);
    return shardOfKeyHash(this.#hash, this.shardCount);
  }
}

/** Of a row whose key is all NULL: nothing was added to the hash, which is 0. */
function nullShard(shardCount: number): number {
  return shardOfRowHash({ high: 0, low: 0 }, shardCount);
}
