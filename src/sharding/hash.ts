// PostgreSQL's hash functions with the partition seed, in 32-bit integer arithmetic: placement equals
// `PARTITION BY HASH` with modulus N. Sources: src/common/hashfn.c (lookup3),
// src/backend/access/hash/hashfunc.c, src/include/catalog/partition.h (HASH_PARTITION_SEED). Words are
// read as on little-endian machines, the only ones that embedded and cloud servers run on.

import type { Hash64 } from './hash64.ts';

// HASH_PARTITION_SEED = 0x7A5B22367996DCFD
const seedHigh = 0x7a5b2236;
const seedLow = 0x7996dcfd;
/** The seed as a hash: what PostgreSQL answers for zeros and for numeric's NaN. */
export const partitionSeed: Readonly<Hash64> = { high: seedHigh, low: seedLow };
/** a, b and c of lookup3 start at this plus the length (0x9e3779b9 + 3923095). */
const initialState = (0x9e3779b9 + 3923095) | 0;

// State of a 4-byte key after the seed was mixed in: the same for every integer.
const [wordA, wordB, wordC] = seededState(4);

function seededState(length: number): readonly [number, number, number] {
  let a = (initialState + length + seedHigh) | 0;
  let b = (initialState + length + seedLow) | 0;
  let c = (initialState + length) | 0;
  a = (a - c) ^ ((c << 4) | (c >>> 28));
  c = (c + b) | 0;
  b = (b - a) ^ ((a << 6) | (a >>> 26));
  a = (a + c) | 0;
  c = (c - b) ^ ((b << 8) | (b >>> 24));
  b = (b + a) | 0;
  a = (a - c) ^ ((c << 16) | (c >>> 16));
  c = (c + b) | 0;
  b = (b - a) ^ ((a << 19) | (a >>> 13));
  a = (a + c) | 0;
  c = (c - b) ^ ((b << 4) | (b >>> 28));
  b = (b + a) | 0;
  return [a, b, c];
}

/** hashint8extended of an int8 given as two's complement halves. */
export function hashInt8(high: number, low: number, into: Hash64): void {
  // Fold the high half so that int4 and int8 of the same value agree.
  hashUint32(low ^ (high < 0 ? ~high : high), into);
}

/** hash_uint32_extended; signed and unsigned numbers of the same bits hash alike. */
export function hashUint32(value: number, into: Hash64): void {
  final((wordA + value) | 0, wordB, wordC, into);
}

/** hash_any_extended of `length` bytes from `start`. */
export function hashBytes(bytes: Uint8Array, start: number, length: number, into: Hash64): void {
  let [a, b, c] = length === 16 ? state16 : seededState(length);
  let at = start;
  let left = length;
  while (left >= 12) {
    a = (a + word(bytes, at)) | 0;
    b = (b + word(bytes, at + 4)) | 0;
    c = (c + word(bytes, at + 8)) | 0;
    a = (a - c) ^ ((c << 4) | (c >>> 28));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 6) | (a >>> 26));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 8) | (b >>> 24));
    b = (b + a) | 0;
    a = (a - c) ^ ((c << 16) | (c >>> 16));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 19) | (a >>> 13));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 4) | (b >>> 28));
    b = (b + a) | 0;
    at += 12;
    left -= 12;
  }
  // The last 0 to 11 bytes, missing ones as zero; the lowest byte of c belongs to the length.
  a = (a + partialWord(bytes, at, left)) | 0;
  b = (b + partialWord(bytes, at + 4, left - 4)) | 0;
  c = (c + (partialWord(bytes, at + 8, left - 8) << 8)) | 0;
  final(a, b, c, into);
}

const state16 = seededState(16);

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function partialWord(bytes: Uint8Array, at: number, left: number): number {
  if (left >= 4) return word(bytes, at);
  let value = 0;
  if (left >= 3) value |= bytes[at + 2]! << 16;
  if (left >= 2) value |= bytes[at + 1]! << 8;
  if (left >= 1) value |= bytes[at]!;
  return value;
}

/** lookup3's final(): c is the low half, b the high one. */
function final(a0: number, b0: number, c0: number, into: Hash64): void {
  let a = a0;
  let b = b0;
  let c = c0;
  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
  c = ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
  into.high = b;
  into.low = c;
}
