// From a sharding key as it comes in (a literal, a text or binary parameter, a COPY field) to its
// shard, with PostgreSQL's own input rules and errors: what PostgreSQL would not read names no
// shard. Relies on `hash.ts` for placement.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { shardOfBytes, shardOfInt8 } from './hash.ts';
import { type Int8Halves, readInt8, readPlainInt8, readPlainInt8Text } from './int8-text.ts';
import { readUuid, uuidBytes } from './uuid-text.ts';

/** `bigint` also stands for smallint and integer columns: their hashes agree. */
export type ShardingKeyType = 'bigint' | 'uuid' | 'varchar';

const halves: Int8Halves = { high: 0, low: 0 };
const uuid = Buffer.alloc(uuidBytes);
const text = Buffer.alloc(1024);
/** UTF-16 code units whose UTF-8 form surely fits the scratch buffer. */
const scratchUnitsMax = Math.floor(text.length / 3);
const asciiLoopMax = 64;

/**
 * Shard (0-based) of a key in PostgreSQL's text form. Throws `keyIsInvalid` (22P02) or
 * `keyOutOfRange` (22003).
 */
export function shardOfText(type: ShardingKeyType, value: string, shardCount: number): number {
  switch (type) {
    case 'bigint':
      if (!readPlainInt8Text(value, halves)) readInt8(value, halves);
      return shardOfInt8(halves.high, halves.low, shardCount);
    case 'uuid':
      readUuid(value, uuid);
      return shardOfBytes(uuid, 0, uuidBytes, shardCount);
    case 'varchar':
      return shardOfString(value, shardCount);
  }
}

function shardOfString(value: string, shardCount: number): number {
  const length = value.length;
  if (length > scratchUnitsMax) {
    const bytes = Buffer.from(value, 'utf8');
    return shardOfBytes(bytes, 0, bytes.length, shardCount);
  }
  // A loop beats a call into the runtime for the usual short ASCII key.
  if (length <= asciiLoopMax) {
    let at = 0;
    for (; at < length; at++) {
      const code = value.charCodeAt(at);
      if (code > 0x7f) break;
      text[at] = code;
    }
    if (at === length) return shardOfBytes(text, 0, length, shardCount);
  }
  return shardOfBytes(text, 0, text.write(value, 'utf8'), shardCount);
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
  if (type === 'varchar') return shardOfBytes(bytes, start, end - start, shardCount);
  if (type === 'bigint') return shardOfAsciiInteger(bytes, start, end, shardCount);
  return shardOfText(type, bytes.toString('utf8', start, end), shardCount);
}

/** Shard (0-based) of a bigint key in text form as bytes[start] up to bytes[end]. */
export function shardOfAsciiInteger(
  bytes: Buffer,
  start: number,
  end: number,
  shardCount: number,
): number {
  if (!readPlainInt8(bytes, start, end, halves)) {
    readInt8(bytes.toString('utf8', start, end), halves);
  }
  return shardOfInt8(halves.high, halves.low, shardCount);
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
  if (type === 'varchar') return shardOfBytes(bytes, start, length, shardCount);
  if (type === 'uuid') {
    if (length !== uuidBytes) throw wrongWidth(type, length);
    return shardOfBytes(bytes, start, uuidBytes, shardCount);
  }
  if (length === 8) {
    return shardOfInt8(bytes.readInt32BE(start), bytes.readInt32BE(start + 4), shardCount);
  }
  if (length !== 4 && length !== 2) throw wrongWidth(type, length);
  const value = length === 4 ? bytes.readInt32BE(start) : bytes.readInt16BE(start);
  return shardOfInt8(value >> 31, value, shardCount);
}

function wrongWidth(type: ShardingKeyType, length: number): PgError {
  return new PgError(errors.invalidBinaryRepresentation, {
    what: `incorrect binary data format: ${length} bytes for type ${type}`,
  });
}
