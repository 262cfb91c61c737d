// Placement by SHA-1, PgDog's other hash function: of an integer's decimal digits, a uuid's 16 bytes
// or a string's bytes the last four bytes of the digest, as a big-endian number, modulo the shards.

import { createHash } from 'node:crypto';
import { type OrderedKeyColumn, unreadable } from './ordered-key-column.ts';
import { type KeyBytes, type KeyPart, noShard, type Placement } from './placement.ts';
import { ShardSet } from './shard-set.ts';

/** By hash operator family: the types that PgDog takes, under any of PostgreSQL's names. */
const families: readonly string[] = ['integer_ops', 'uuid_ops', 'text_ops'];

export class Sha1Placement implements Placement {
  readonly kind = 'sha1';
  readonly columnCount = 1;
  readonly shardCount: number;
  readonly print: string;
  readonly #column: OrderedKeyColumn;

  constructor(column: OrderedKeyColumn, shardCount: number) {
    this.#column = column;
    this.shardCount = shardCount;
    this.print = `sha1 (${column.family}) ${shardCount}`;
  }

  static takes(column: OrderedKeyColumn): boolean {
    return families.includes(column.family);
  }

  readsAs(type: number): boolean {
    return this.#column.readsAs(type);
  }

  shardOfTextBytes(bytes: Buffer, start: number, end: number, stored: boolean): number {
    return this.shardOfText(bytes.toString('utf8', start, end), stored);
  }

  shardOfBinary(bytes: Buffer, start: number, end: number, stored: boolean): number {
    return this.#shardOf(this.#column.readBinary(bytes, start, end, stored));
  }

  shardOfText(text: string, stored: boolean): number {
    return this.#shardOf(this.#column.readText(text, stored));
  }

  /** NULL has no place: PgDog's function has no value for it. */
  shardOfRow([value]: readonly (KeyBytes | null)[]): number {
    return value === undefined || value === null
      ? noShard
      : this.#shardOf(this.#column.stored(value));
  }

  shardsOf([items]: readonly (readonly KeyPart[] | null)[]): readonly number[] | null {
    if (items === undefined || items === null) return null;
    const shards = new ShardSet(this.shardCount);
    for (const item of items) {
      if (item.kind === 'range') return null;
      if (item.kind === 'is-null') continue;
      const value = this.#column.compared(item);
      if (value === unreadable) return null;
      shards.add(this.#shardOf(value));
    }
    return shards.ascending();
  }

  /** An integer is read as a bigint, the others as their bytes. */
  #shardOf(value: unknown): number {
    const bytes = typeof value === 'bigint' ? String(value) : (value as Buffer);
    const digest = createHash('sha1').update(bytes).digest();
    return digest.readUInt32BE(digest.length - 4) % this.shardCount;
  }
}
