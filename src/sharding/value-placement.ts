// Placement by the value of one column, whatever is made of it: which forms are read, that NULL has
// no place, and that ranges say nothing. A subclass gives the shard of a value.

import { type OrderedKeyColumn, unreadable } from './ordered-key-column.ts';
import { type KeyBytes, type KeyPart, noShard, type Placement } from './placement.ts';
import { ShardSet } from './shard-set.ts';

export abstract class ValuePlacement implements Placement {
  abstract readonly kind: Placement['kind'];
  readonly columnCount = 1;
  readonly shardCount: number;
  readonly print: string;
  readonly #column: OrderedKeyColumn;

  constructor(column: OrderedKeyColumn, shardCount: number, print: string) {
    this.#column = column;
    this.shardCount = shardCount;
    this.print = print;
  }

  /** Shard or `noShard` of a value as the column reads it. */
  protected abstract shardOfValue(value: unknown): number;

  readsAs(type: number): boolean {
    return this.#column.readsAs(type);
  }

  shardOfTextBytes(bytes: Buffer, start: number, end: number, stored: boolean): number {
    return this.shardOfValue(this.#column.readTextBytes(bytes, start, end, stored));
  }

  shardOfBinary(bytes: Buffer, start: number, end: number, stored: boolean): number {
    return this.shardOfValue(this.#column.readBinary(bytes, start, end, stored));
  }

  shardOfText(text: string, stored: boolean): number {
    return this.shardOfValue(this.#column.readText(text, stored));
  }

  shardOfRow([value]: readonly (KeyBytes | null)[]): number {
    return value === undefined || value === null
      ? noShard
      : this.shardOfValue(this.#column.stored(value));
  }

  shardsOf([items]: readonly (readonly KeyPart[] | null)[]): readonly number[] | null {
    if (items === undefined || items === null) return null;
    const shards = new ShardSet(this.shardCount);
    for (const item of items) {
      if (item.kind === 'range') return null;
      if (item.kind === 'is-null') continue;
      const value = this.#column.compared(item);
      if (value === unreadable) return null;
      const shard = this.shardOfValue(value);
      if (shard !== noShard) shards.add(shard);
    }
    return shards.ascending();
  }
}
