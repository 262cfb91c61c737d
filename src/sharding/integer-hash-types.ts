// Types that are one integer inside: int2, int4, int8, oid, xid, xid8, cid, pg_lsn, "char" and bool
// (src/backend/access/hash/hashfunc.c; hashint8 gives int2, int4 and int8 of one value one hash).

import { hashInt8, hashUint32 } from './hash.ts';
import { type HashType, hashTypeOfValues, type OrderedValueType } from './hash-type.ts';
import type { Hash64 } from './hash64.ts';
import { type Int8Halves, readInt8, readPlainInt8, readPlainInt8Text } from './int8-text.ts';
import { invalidBinaryKey, invalidKey, keyOutOfRange, unprovenKey } from './key-form.ts';

const halves: Int8Halves = { high: 0, low: 0 };
const family = 'integer_ops';

/** smallint, integer or bigint, by its width in bytes. */
function integerOf(name: string, width: 2 | 4 | 8): HashType {
  const unusedBits = 32 - Math.min(width, 4) * 8;
  const fits = (): boolean => {
    const { high, low } = halves;
    return width === 8 || (high === low >> 31 && low === (low << unusedBits) >> unusedBits);
  };
  return {
    name,
    family,
    hashText(text, into) {
      if (!readPlainInt8Text(text, halves)) readInt8(text, halves);
      if (!fits()) throw keyOutOfRange(name, text);
      hashInt8(halves.high, halves.low, into);
    },
    hashTextBytes(bytes, start, end, into) {
      if (!readPlainInt8(bytes, start, end, halves)) {
        readInt8(bytes.toString('utf8', start, end), halves);
      }
      if (!fits()) throw keyOutOfRange(name, bytes.toString('utf8', start, end));
      hashInt8(halves.high, halves.low, into);
    },
    hashBinary(bytes, start, end, into) {
      readBinaryInteger(name, bytes, start, end);
      hashInt8(halves.high, halves.low, into);
    },
  };
}

/** Any of the three widths: the type of a parameter need not be that of the column. */
function readBinaryInteger(name: string, bytes: Buffer, start: number, end: number): void {
  const length = end - start;
  if (length === 8) {
    halves.high = int32At(bytes, start);
    halves.low = int32At(bytes, start + 4);
    return;
  }
  if (length !== 4 && length !== 2) throw invalidBinaryKey(name, start, end);
  halves.low = length === 4 ? int32At(bytes, start) : bytes.readInt16BE(start);
  halves.high = halves.low >> 31;
}

/** Several times as fast as Buffer's method wherever that is not inlined. */
function int32At(bytes: Buffer, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

export const smallintType = integerOf('smallint', 2);
export const integerType = integerOf('integer', 4);
export const bigintType = integerOf('bigint', 8);

/** The bounds of int4range and int8range. */
export function integerBound(type: HashType): OrderedValueType<bigint> {
  const read = (): bigint => (BigInt(halves.high) << 32n) | BigInt(halves.low >>> 0);
  const unused: Hash64 = { high: 0, low: 0 };
  return {
    name: type.name,
    family,
    readText(text) {
      type.hashText(text, unused);
      return read();
    },
    readBinary(bytes, start, end) {
      type.hashBinary(bytes, start, end, unused);
      return read();
    },
    hash: hashBigint,
    compare: compareBigints,
  };
}

/** hashint8extended of a 64-bit value. */
export function hashBigint(value: bigint, into: Hash64): void {
  hashInt8(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)), into);
}

export function compareBigints(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

const spaces = /^[ \t\n\v\f\r]*(.*?)[ \t\n\v\f\r]*$/s;
const plainUnsigned = /^(?:0|[1-9]\d{0,19})$/;

/** `text` without the blanks around it that most input functions skip. */
export function trimmed(text: string): string {
  return spaces.exec(text)![1]!;
}

/**
 * oid, xid, cid and xid8. Other forms than plain digits (strtoul's octal and hexadecimal, negative
 * ones that wrap round) are not read alike by all versions and types.
 */
function readUnsigned(name: string, bits: 32 | 64, text: string): bigint {
  const digits = trimmed(text);
  if (!plainUnsigned.test(digits)) throw unprovenKey(name, text, 'other than plain digits');
  const value = BigInt(digits);
  if (value >= 1n << BigInt(bits)) throw keyOutOfRange(name, text);
  return value;
}

function unsigned32(name: string, ownFamily: string): OrderedValueType<number> {
  return {
    name,
    family: ownFamily,
    readText: text => Number(readUnsigned(name, 32, text)),
    readBinary(bytes, start, end) {
      if (end - start !== 4) throw invalidBinaryKey(name, start, end);
      return bytes.readUInt32BE(start);
    },
    hash: hashUint32,
    compare: (left, right) => left - right,
  };
}

/** Values that are sent as an int64 and hash and compare as it. */
export function int64Type(
  name: string,
  family: string,
  readText: (text: string) => bigint,
): OrderedValueType<bigint> {
  return {
    name,
    family,
    readText,
    readBinary(bytes, start, end) {
      if (end - start !== 8) throw invalidBinaryKey(name, start, end);
      return bytes.readBigInt64BE(start);
    },
    hash: hashBigint,
    compare: compareBigints,
  };
}

/** Such a type; its binary form is hashed without making a bigint of it. */
export function hashTypeOfInt64(type: OrderedValueType<bigint>): HashType {
  return {
    ...hashTypeOfValues(type),
    hashBinary(bytes, start, end, into) {
      if (end - start !== 8) throw invalidBinaryKey(type.name, start, end);
      hashInt8(int32At(bytes, start), int32At(bytes, start + 4), into);
    },
  };
}

const lsn = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i;

function readLsn(text: string): bigint {
  const parts = lsn.exec(text);
  if (parts === null) throw invalidKey('pg_lsn', text);
  return (BigInt(`0x${parts[1]}`) << 32n) | BigInt(`0x${parts[2]}`);
}

export const oidType = unsigned32('oid', 'oid_ops');
export const xidType = unsigned32('xid', 'xid_ops');
export const cidType = unsigned32('cid', 'cid_ops');
export const xid8Type = int64Type('xid8', 'xid8_ops', text => readUnsigned('xid8', 64, text));
export const pgLsnType = int64Type('pg_lsn', 'pg_lsn_ops', readLsn);

/**
 * "char". hashchar widens C's char, which is signed on x86 and unsigned on ARM: bytes from 128 on
 * have no placement that holds on both.
 */
export const charType: OrderedValueType<number> = {
  name: '"char"',
  family: 'char_ops',
  readText(text) {
    // \ooo is one byte for servers from 16 on, a backslash for older ones.
    if (/^\\[0-7]{3}$/.test(text)) throw unprovenKey('"char"', text, 'in octal');
    return plainChar(Buffer.from(text.slice(0, 1), 'utf8')[0] ?? 0);
  },
  readBinary(bytes, start, end) {
    if (end - start !== 1) throw invalidBinaryKey('"char"', start, end);
    return plainChar(bytes[start]!);
  },
  hash: hashUint32,
  compare: (left, right) => left - right,
};

function plainChar(byte: number): number {
  if (byte < 128) return byte;
  const form = 'above 127, which hashes differently on x86 and ARM servers';
  throw unprovenKey('"char"', `\\${byte.toString(8)}`, form);
}

const trueWords = /^(?:t|tr|tru|true|y|ye|yes|on|1)$/i;
const falseWords = /^(?:f|fa|fal|fals|false|n|no|of|off|0)$/i;

/** parse_bool (src/backend/utils/adt/bool.c). */
export const boolType: OrderedValueType<number> = {
  name: 'boolean',
  family: 'bool_ops',
  readText(text) {
    const word = trimmed(text);
    if (trueWords.test(word)) return 1;
    if (falseWords.test(word)) return 0;
    throw invalidKey('boolean', text);
  },
  readBinary(bytes, start, end) {
    if (end - start !== 1) throw invalidBinaryKey('boolean', start, end);
    return bytes[start] === 0 ? 0 : 1;
  },
  hash: hashUint32,
  compare: (left, right) => left - right,
};
