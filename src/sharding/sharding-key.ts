// From a sharding key as it comes in (a literal, a text or binary parameter, a COPY field) to its
// shard, with PostgreSQL's own input rules and errors: what PostgreSQL would not read names no
// shard. Relies on the hash types for placement.

import type { Hash64 } from './hash64.ts';
import { shardOfKeyHash } from './hash64.ts';
import { bigintType } from './integer-hash-types.ts';
import { textType, uuidType } from './string-hash-types.ts';

/** `bigint` also stands for smallint and integer columns: their hashes agree. */
export type ShardingKeyType = 'bigint' | 'uuid' | 'varchar';

const hash: Hash64 = { high: 0, low: 0 };

/**
 * Shard (0-based) of a key in PostgreSQL's text form. Throws `keyIsInvalid` (22P02) or
 * `keyOutOfRange` (22003). `shardCount` is 1 to 65,536 throughout.
 */
export function shardOfText(type: ShardingKeyType, value: string, shardCount: number): number {
  // Three calls that are each to one function: a call through a table is not inlined.
  if (type === 'bigint') bigintType.hashText(value, hash);
  else if (type === 'varchar') textType.hashText(value, hash);
  else uuidType.hashText(value, hash);
  return shardOfKeyHash(hash, shardCount);
}

/**
 * Shard (0-based) of a key in text form as bytes[start] up to bytes[end], in the database's
 * encoding (UTF-8). The same errors as `shardOfText`.
 */
export function shardOfTextBytes(
  type: ShardingKeyType,
  bytes: Buffer,
  start: number,
  end: number,
  shardCount: number,
): number {
  if (type === 'bigint') bigintType.hashTextBytes(bytes, start, end, hash);
  else if (type === 'varchar') textType.hashTextBytes(bytes, start, end, hash);
  else uuidType.hashTextBytes(bytes, start, end, hash);
  return shardOfKeyHash(hash, shardCount);
}

/**
 * Shard (0-based) of a key in PostgreSQL's binary form (the type's send function): int2, int4 or
 * int8 big-endian, 16 uuid bytes, or text in the database's encoding. Throws
 * `invalidBinaryRepresentation` (22P03) for another width.
 */
export function shardOfBinary(
  type: ShardingKeyType,
  bytes: Buffer,
  start: number,
  length: number,
  shardCount: number,
): number {
  if (type === 'bigint') bigintType.hashBinary(bytes, start, start + length, hash);
  else if (type === 'varchar') textType.hashBinary(bytes, start, start + length, hash);
  else uuidType.hashBinary(bytes, start, start + length, hash);
  return shardOfKeyHash(hash, shardCount);
}
