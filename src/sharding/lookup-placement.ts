// Placement of keys that a query translates first (PgDog's `lookup_query`): what it gives is the
// shard itself, or a value that one of the other functions places. The query runs elsewhere
// (frontend/lookups.ts); here are only keys whose shards are known already.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { typeOid } from '../types/type-oid.ts';
import type { LookupCache, LookupFunction } from './lookup-cache.ts';
import type { OrderedKeyColumn } from './ordered-key-column.ts';
import { type KeyBytes, noShard, type Placement } from './placement.ts';
import { ValuePlacement } from './value-placement.ts';

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

/** NULL is not looked up. */
export class LookupPlacement extends ValuePlacement implements LookupFunction {
  readonly kind = 'lookup';
  readonly table: string;
  readonly query: string;
  readonly parameterType: number;
  /** For EXPLAIN: `lookup`, or with what places the value `lookup, hash`. */
  readonly words: string;
  readonly #found: Placement | null;
  readonly #cache: LookupCache;

  /** `column`: of a type that `takes` answers true for. */
  constructor(column: OrderedKeyColumn, lookup: Lookup, cache: LookupCache) {
    const { table, query, found, keyType, shardCount } = lookup;
    const parameterType = column.family === 'text_ops' ? typeOid.text : keyType;
    const placed = found === null ? `shard of ${shardCount}` : found.print;
    super(column, shardCount, `lookup (${parameterType}) ${JSON.stringify(query)} ${placed}`);
    this.#found = found;
    this.#cache = cache;
    this.table = table;
    this.query = query;
    this.parameterType = parameterType;
    this.words = found === null ? 'lookup' : `lookup, ${found.kind}`;
  }

  static takes(column: OrderedKeyColumn): boolean {
    return families.includes(column.family);
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

  protected shardOfValue(value: unknown): number {
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
