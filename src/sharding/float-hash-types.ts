// float4 and float8 (hashfloat4extended, hashfloat8extended in hashfunc.c): float4 hashes as the
// float8 of its value, both zeros as the seed, every NaN as one. Text is read as strtod and strtof
// read it, each rounding once from the decimal.

import { hashBytes, partitionSeed } from './hash.ts';
import type { OrderedValueType } from './hash-type.ts';
import type { Hash64 } from './hash64.ts';
import { trimmed } from './integer-hash-types.ts';
import { invalidBinaryKey, invalidKey, keyOutOfRange, unprovenKey } from './key-form.ts';

const decimal = /^([+-]?)(\d+\.?\d*|\.\d+)(?:e([+-]?\d{1,9}))?$/i;
const special = /^([+-]?)(?:inf(?:inity)?|nan)$/i;
const hexadecimal = /^[+-]?0x/i;
const scratch = Buffer.alloc(8);

function readDouble(name: string, text: string): number {
  const word = trimmed(text);
  if (decimal.test(word)) return checkedRange(name, text, word, Number(word));
  const named = special.exec(word);
  if (named !== null) {
    if (/n$/i.test(word)) return Number.NaN;
    return named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (hexadecimal.test(word)) throw unprovenKey(name, text, 'in hexadecimal');
  throw invalidKey(name, text);
}

/** strtod's ERANGE: too large, or a number other than zero that became zero. */
function checkedRange(name: string, text: string, word: string, value: number): number {
  const lost = value === 0 && /[1-9]/.test(word.split(/e/i)[0]!);
  if (lost || !Number.isFinite(value)) throw keyOutOfRange(name, text);
  return value;
}

function readFloat4(text: string): number {
  const value = readDouble('real', text);
  if (!Number.isFinite(value)) return value;
  const single = Math.fround(value);
  if (single === value) return single;
  return checkedRange('real', text, trimmed(text), roundedOnce(trimmed(text), value, single));
}

const bits = new DataView(new ArrayBuffer(4));

/**
 * `double` is the decimal rounded to 53 bits and `single` that rounded to 24. Only where `double`
 * lies halfway between two float4 may the second rounding have gone the wrong way.
 */
function roundedOnce(text: string, double: number, single: number): number {
  if (!Number.isFinite(single)) return single;
  const away = Math.abs(double) > Math.abs(single) ? 1 : -1;
  bits.setFloat32(0, single);
  // From zero there is no smaller magnitude to step to: `away` is 1 then.
  bits.setInt32(0, bits.getInt32(0) + away);
  const other = bits.getFloat32(0);
  if (!Number.isFinite(other) || (single + other) / 2 !== double) return single;
  const side = compareToDouble(text, double);
  if (side === 0) return single;
  return (side > 0 === double > 0) === Math.abs(other) > Math.abs(single) ? other : single;
}

/** Sign of |decimal| - |double| with the double's sign: exact, by whole numbers. */
function compareToDouble(text: string, double: number): number {
  const [, , digits = '', exponent = '0'] = decimal.exec(text)!;
  const [whole = '', fraction = ''] = digits.split('.');
  const power10 = Number(exponent) - fraction.length;
  const [significand, power2] = binaryParts(Math.abs(double));
  const left = BigInt(whole + fraction) * power(10n, power10) * power(2n, -power2);
  const right = significand * power(10n, -power10) * power(2n, power2);
  const larger = left < right ? -1 : left > right ? 1 : 0;
  return double < 0 ? -larger : larger;
}

function power(base: bigint, exponent: number): bigint {
  return exponent > 0 ? base ** BigInt(exponent) : 1n;
}

function binaryParts(value: number): [significand: bigint, power2: number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const all = view.getBigUint64(0);
  const field = Number(all >> 52n);
  const fraction = all & ((1n << 52n) - 1n);
  return field === 0 ? [fraction, -1074] : [fraction | (1n << 52n), field - 1075];
}

function hashDouble(value: number, into: Hash64): void {
  if (value === 0) {
    into.high = partitionSeed.high;
    into.low = partitionSeed.low;
    return;
  }
  // JavaScript has one NaN, whose bits need not be get_float8_nan's.
  if (Number.isNaN(value)) scratch.writeBigUInt64LE(0x7ff8_0000_0000_0000n);
  else scratch.writeDoubleLE(value);
  hashBytes(scratch, 0, 8, into);
}

/** NaN is equal to itself and above everything (float8_cmp_internal). */
function compareDoubles(left: number, right: number): number {
  if (Number.isNaN(left) || Number.isNaN(right)) {
    return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  }
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A parameter of the other width is read as well: equal values have one hash. */
function readBinaryFloat(name: string, bytes: Buffer, start: number, end: number): number {
  if (end - start === 8) return bytes.readDoubleBE(start);
  if (end - start === 4) return bytes.readFloatBE(start);
  throw invalidBinaryKey(name, start, end);
}

function floatType(name: string, readText: (text: string) => number): OrderedValueType<number> {
  return {
    name,
    family: 'float_ops',
    readText,
    readBinary: (bytes, start, end) => readBinaryFloat(name, bytes, start, end),
    hash: hashDouble,
    compare: compareDoubles,
  };
}

export const float4Type = floatType('real', readFloat4);
export const float8Type = floatType('double precision', text =>
  readDouble('double precision', text),
);
