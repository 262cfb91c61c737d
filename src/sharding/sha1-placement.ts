// Placement by SHA-1, PgDog's other hash function: of an integer's decimal digits, a uuid's 16 bytes
// or a string's bytes the last four bytes of the digest, as a big-endian number, modulo the shards.

import { createHash } from 'node:crypto';
import type { OrderedKeyColumn } from './ordered-key-column.ts';
import { ValuePlacement } from './value-placement.ts';

/** By hash operator family: the types that PgDog takes, under any of PostgreSQL's names. */
const families: readonly string[] = ['integer_ops', 'uuid_ops', 'text_ops'];

export class Sha1Placement extends ValuePlacement {
  readonly kind = 'sha1';

  constructor(column: OrderedKeyColumn, shardCount: number) {
    super(column, shardCount, `sha1 (${column.family}) ${shardCount}`);
  }

  static takes(column: OrderedKeyColumn): boolean {
    return families.includes(column.family);
  }

  /** An integer is read as a bigint, the others as their bytes. */
  protected shardOfValue(value: unknown): number {
    const bytes = typeof value === 'bigint' ? String(value) : (value as Buffer);
    const digest = createHash('sha1').update(bytes).digest();
    return digest.readUInt32BE(digest.length - 4) % this.shardCount;
  }
}
