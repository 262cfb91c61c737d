// What a partition function is to the rest of PgPack: from the columns of a key to the shard of the
// row, and from what is known of them to the shards that may hold such rows. Implementations: by
// hash, list and range as PostgreSQL partitions, and those of PgDog's that PostgreSQL lacks.

/** No shard: no row can have the key (in a predicate), or a row with it has no place (in a write). */
export const noShard = -1;

/** A value in text form (bytes of UTF-8) or in binary form: bytes[start] up to bytes[end]. */
export interface KeyBytes {
  readonly kind: 'text' | 'binary';
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** OID of the value's own type; 0: the key column's. Another type is one of the same family. */
  readonly type: number;
}

export interface KeyRange {
  readonly kind: 'range';
  readonly lower: { readonly value: KeyBytes; readonly inclusive: boolean } | null;
  readonly upper: { readonly value: KeyBytes; readonly inclusive: boolean } | null;
}

/** What one column of a key may be. */
export type KeyPart = KeyBytes | KeyRange | { readonly kind: 'is-null' };

/**
 * The function of one sharded key. Every method throws `keyIsInvalid`, `keyOutOfRange`,
 * `invalidBinaryRepresentation` or `keyFormUnproven` as `HashType` does, and `KeyUnknown` for a key
 * that has to be looked up first. `stored`: the value is on
 * its way into the column, whose type modifier may round it; otherwise it is compared with it.
 */
export interface Placement {
  readonly kind: 'hash' | 'list' | 'range' | 'sha1' | 'centroids' | 'lookup';
  readonly shardCount: number;
  /** How many columns the key has. */
  readonly columnCount: number;
  /** Two placements with the same print put equal keys on equal shards. */
  readonly print: string;
  /** Whether the three methods below may be given values of the type (an OID; 0: not declared). */
  readsAs(type: number): boolean;
  /** Shard (0-based) or `noShard` of a key of one column, as bytes[start] up to bytes[end]. */
  shardOfTextBytes(bytes: Buffer, start: number, end: number, stored: boolean): number;
  shardOfBinary(bytes: Buffer, start: number, end: number, stored: boolean): number;
  shardOfText(text: string, stored: boolean): number;
  /** Shard or `noShard` of a row that is written; null: the column is NULL. */
  shardOfRow(columns: readonly (KeyBytes | null)[]): number;
  /**
   * Shards that may hold a row whose column i is one of `parts[i]` (null: nothing is known of it),
   * ascending; null: any shard may.
   */
  shardsOf(parts: readonly (readonly KeyPart[] | null)[]): readonly number[] | null;
}

/** For the methods that take a key of one column, of a function of several: our own mistake. */
export function oneColumnOnly(columnCount: number): Error {
  return new Error(`a key of ${columnCount} columns was placed by one value`);
}
