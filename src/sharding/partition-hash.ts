// The hash of a row by all its key columns (compute_partition_hash_value in
// src/backend/partitioning/partbounds.c): columns that are NULL are passed over, so that a row whose
// key is all NULL lies on shard 0.

import type { HashType } from './hash-type.ts';
import { combineHash, type Hash64, shardOfRowHash } from './hash64.ts';

/** Used again for every row: `begin`, one `add…` per key column in their order, then `shard`. */
export class PartitionHash {
  readonly #row: Hash64 = { high: 0, low: 0 };
  readonly #column: Hash64 = { high: 0, low: 0 };

  begin(): void {
    this.#row.high = 0;
    this.#row.low = 0;
  }

  addText(type: HashType, text: string): void {
    type.hashText(text, this.#column);
    combineHash(this.#row, this.#column);
  }

  /** bytes[start] up to bytes[end]. */
  addTextBytes(type: HashType, bytes: Buffer, start: number, end: number): void {
    type.hashTextBytes(bytes, start, end, this.#column);
    combineHash(this.#row, this.#column);
  }

  /** bytes[start] up to bytes[end]. */
  addBinary(type: HashType, bytes: Buffer, start: number, end: number): void {
    type.hashBinary(bytes, start, end, this.#column);
    combineHash(this.#row, this.#column);
  }

  /** Shard (0-based) of the columns added since `begin`. `shardCount` is 1 to 65,536. */
  shard(shardCount: number): number {
    return shardOfRowHash(this.#row, shardCount);
  }
}
