// Decimal integers in the ASCII text form of int2, int4, int8 and oid (int8out, numutils.c), read
// straight from bytes, and int64 values as two 32-bit halves, so that no BigInt is made per value.

import { malformedValue } from './value-error.ts';

/** An int64 as value = high * 2^32 + low; high is signed, low is 0 … 2^32 - 1. */
export interface Int64Halves {
  high: number;
  low: number;
}

const twoTo32 = 4294967296;
const minus = 0x2d;

/** Reads a decimal integer of at most 15 digits; `type` is for the error. */
export function readInteger(bytes: Uint8Array, start: number, end: number, type: string): number {
  let at = start;
  const negative = bytes[at] === minus;
  if (negative) at++;
  if (at >= end || end - at > 15) throw malformedValue(type);
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) throw malformedValue(type);
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

/** Reads the text form of an int8 into halves. */
export function readInt64Text(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Int64Halves,
): void {
  if (end - start <= 15) {
    halvesOfNumber(readInteger(bytes, start, end, 'bigint'), into);
    return;
  }
  // Head of up to 11 digits and tail of 9: |head| * 10^9 + tail is put together in 32-bit halves.
  const negative = bytes[start] === minus;
  const split = end - 9;
  const head = readInteger(bytes, negative ? start + 1 : start, split, 'bigint');
  const tail = readInteger(bytes, split, end, 'bigint');
  const headHigh = Math.floor(head / twoTo32);
  const headLow = head - headHigh * twoTo32;
  // headLow * 10^9 < 2^62: done in two 16-bit steps to stay below 2^53.
  const lowPart = (headLow & 0xffff) * 1e9 + tail;
  const highPart = (headLow >>> 16) * 1e9;
  const carried = highPart + Math.floor(lowPart / 65536);
  const low = (carried % 65536) * 65536 + (lowPart % 65536);
  const high = headHigh * 1e9 + Math.floor(carried / 65536);
  if (!negative) {
    into.high = high;
    into.low = low;
  } else if (low === 0) {
    into.high = -high;
    into.low = 0;
  } else {
    into.high = -high - 1;
    into.low = twoTo32 - low;
  }
}

/** Splits an integer of at most 53 bits. */
export function halvesOfNumber(value: number, into: Int64Halves): void {
  const high = Math.floor(value / twoTo32);
  into.high = high;
  into.low = value - high * twoTo32;
}

/** Splits an int64. */
export function halvesOfBigInt(value: bigint, into: Int64Halves): void {
  into.high = Number(value >> 32n);
  into.low = Number(value & 0xffffffffn);
}

/** Big-endian signed 32-bit integer at `at`. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Big-endian signed 64-bit integer at `at`. */
export function readInt64(bytes: Uint8Array, at: number): bigint {
  return (BigInt(readInt32(bytes, at)) << 32n) | BigInt(readInt32(bytes, at + 4) >>> 0);
}
