// Placement of keys that a query translates first (PgDog's `lookup_query`): what it gives is the
// shard itself, or a value that one of the other functions places. The query runs elsewhere
// (frontend/lookups.ts); here are only keys whose shards are known already.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { typeOid } from '../types/type-oid.ts';
import type { LookupCache, LookupFunction } from './lookup-cache.ts';
import { type OrderedKeyColumn, unreadable } from './ordered-key-column.ts';
import { type KeyBytes, type KeyPart, noShard, type Placement } from './placement.ts';
import { ShardSet } from './shard-set.ts';

/** By hash operator family: types whose values have one text for equal values. */
const families: readonly string[] = ['integer_ops', 'uuid_ops', 'text_ops'];

/** Bits of integers that a key column may be narrower than what it is compared with. */
const integerBits: ReadonlyMap<number, number> = new Map([
  [typeOid.int2, 16],
  [typeOid.int4, 32],
  [typeOid.int8, 64],
]);

export interface Lookup {
  readonly table: string;
  /** One SELECT with the key as `$1`. */
  readonly query: string;
  /** What places the value that it gives; null: it gives the shard. */
  readonly found: Placement | null;
  /** OID of the key column's built-in type. */
  readonly keyType: number;
  readonly shardCount: number;
}

export class LookupPlacement implements Placement, LookupFunction {
  readonly kind = 'lookup';
  readonly columnCount = 1;
  readonly shardCount: number;
  readonly print: string;
  readonly table: string;
  readonly query: string;
  readonly parameterType: number;
  /** For EXPLAIN: `lookup`, or with what places the value `lookup, hash`. */
  readonly words: string;
  readonly #column: OrderedKeyColumn;
  readonly #found: Placement | null;
  readonly #cache: LookupCache;

  /** `column`: of a type that `takes` answers true for. */
  constructor(column: OrderedKeyColumn, lookup: Lookup, cache: LookupCache) {
    const { table, query, found, keyType, shardCount } = lookup;
    this.#column = column;
    this.#found = found;
    this.#cache = cache;
    this.shardCount = shardCount;
    this.table = table;
    this.query = query;
    this.parameterType = column.family === 'text_ops' ? typeOid.text : keyType;
    this.words = found === null ? 'lookup' : `lookup, ${found.kind}`;
    const placed = found === null ? `shard of ${shardCount}` : found.print;
    this.print = `lookup (${this.parameterType}) ${JSON.stringify(query)} ${placed}`;
  }

  static takes(column: OrderedKeyColumn): boolean {
    return families.includes(column.family);
  }

  readsAs(type: number): boolean {
    return this.#column.readsAs(type);
  }

  shardOfTextBytes(bytes: Buffer, start: number, end: number, stored: boolean): number {
    return this.#shardOf(this.#column.readTextBytes(bytes, start, end, stored));
  }

  shardOfBinary(bytes: Buffer, start: number, end: number, stored: boolean): number {
    return this.#shardOf(this.#column.readBinary(bytes, start, end, stored));
  }

  shardOfText(text: string, stored: boolean): number {
    return this.#shardOf(this.#column.readText(text, stored));
  }

  /** NULL is not looked up, and has no place. */
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
      const shard = this.#shardOf(value);
      if (shard !== noShard) shards.add(shard);
    }
    return shards.ascending();
  }

  shardOfAnswer(key: string, answer: string | null, type: number): number {
    const about = `for key "${key}" of "${this.table}"`;
    if (answer === null) throw lookupFailed(`NULL ${about}`);
    if (this.#found === null) {
      const shard = /^\d{1,5}$/.test(answer) ? Number(answer) : this.shardCount;
      if (shard < this.shardCount) return shard;
      throw lookupFailed(`"${answer}" ${about} is no shard: they are 0 to ${this.shardCount - 1}`);
    }
    const bytes = Buffer.from(answer);
    const value: KeyBytes = { kind: 'text', bytes, start: 0, end: bytes.length, type };
    let shard: number;
    try {
      shard = this.#found.shardOfRow([value]);
    } catch (error) {
      if (!(error instanceof PgError)) throw error;
      throw lookupFailed(`"${answer}" ${about} cannot be placed`, error.message);
    }
    if (shard === noShard) throw lookupFailed(`"${answer}" ${about} is on no shard`);
    return shard;
  }

  #shardOf(value: unknown): number {
    if (typeof value === 'bigint') {
      const bits = integerBits.get(this.parameterType) ?? 64;
      // No row has a key that its column cannot hold.
      if (BigInt.asIntN(bits, value) !== value) return noShard;
      return this.#cache.shardOf(this, String(value));
    }
    const bytes = value as Buffer;
    const isUuid = this.parameterType === typeOid.uuid;
    return this.#cache.shardOf(this, bytes.toString(isUuid ? 'hex' : 'utf8'));
  }
}

/** 58000. `why` completes "sharding key lookup failed: ". */
export function lookupFailed(why: string, detail?: string): PgError {
  return new PgError(errors.lookupFailed, { why }, detail === undefined ? {} : { detail });
}
