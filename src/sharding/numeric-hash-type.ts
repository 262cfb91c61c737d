// numeric (hash_numeric_extended in src/backend/utils/adt/numeric.c): the base-10000 digits without
// zeros at either end, and their weight. Neither the sign nor the scale counts; infinities and NaN
// hash as the seed, zero as the seed minus one.

import { hashBytes, partitionSeed } from './hash.ts';
import type { OrderedValueType } from './hash-type.ts';
import type { Hash64 } from './hash64.ts';
import { trimmed } from './integer-hash-types.ts';
import { invalidBinaryKey, invalidKey, unprovenKey } from './key-form.ts';

/** `digits` are base 10000, the first and the last not zero; none for zero. */
export interface NumericDigits {
  readonly kind: 'finite' | 'NaN' | 'Infinity' | '-Infinity';
  readonly negative: boolean;
  readonly digits: readonly number[];
  /** Power of 10000 of the first digit. */
  readonly weight: number;
}

const zero: NumericDigits = { kind: 'finite', negative: false, digits: [], weight: 0 };
const decimal = /^([+-]?)(?=\.?\d)(\d*)\.?(\d*)(?:e([+-]?\d{1,9}))?$/i;
const special = /^(?:nan|([+-]?)inf(?:inity)?)$/i;
/** Prefixes and underscores came with PostgreSQL 16. */
const newer = /^[+-]?(?:0[xob]|[.\d]*\d_)/i;
// Far inside NUMERIC_WEIGHT_MAX and NUMERIC_DSCALE_MAX, so that nothing overflows or is rounded.
const digitsMax = 16_000;

function specialValue(kind: 'NaN' | 'Infinity' | '-Infinity'): NumericDigits {
  return { kind, negative: false, digits: [], weight: 0 };
}

/** The text forms of numeric_in. */
export function readNumericText(text: string): NumericDigits {
  const word = trimmed(text);
  const parts = decimal.exec(word);
  if (parts === null) return readSpecial(text, word);
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const decimals = (whole + fraction).replace(/^0+/, '');
  const power10 = Number(exponent) - fraction.length;
  if (decimals.length > digitsMax || Math.abs(power10) > digitsMax) {
    throw unprovenKey('numeric', text, `of more than ${digitsMax} digits`);
  }
  if (decimals === '') return zero;
  // Groups of four digits begin at the decimal point.
  const shift = ((power10 % 4) + 4) % 4;
  const right = decimals + '0'.repeat(shift);
  const padded = right.padStart(Math.ceil(right.length / 4) * 4, '0');
  const digits: number[] = [];
  for (let at = 0; at < padded.length; at += 4) digits.push(Number(padded.slice(at, at + 4)));
  return stripped(sign === '-', digits, digits.length - 1 + (power10 - shift) / 4);
}

function readSpecial(text: string, word: string): NumericDigits {
  const named = special.exec(word);
  if (named !== null) {
    if (/^nan$/i.test(word)) return specialValue('NaN');
    return specialValue(named[1] === '-' ? '-Infinity' : 'Infinity');
  }
  if (newer.test(word)) throw unprovenKey('numeric', text, 'other than plain decimal');
  throw invalidKey('numeric', text);
}

function stripped(negative: boolean, all: readonly number[], weight: number): NumericDigits {
  let first = 0;
  let end = all.length;
  while (first < end && all[first] === 0) first++;
  while (end > first && all[end - 1] === 0) end--;
  if (first === end) return zero;
  return { kind: 'finite', negative, digits: all.slice(first, end), weight: weight - first };
}

/** int16 digit count, weight, sign, scale, base-10000 digits (numeric_send). */
function readNumericBinary(bytes: Buffer, start: number, end: number): NumericDigits {
  const count = end - start >= 8 ? bytes.readUInt16BE(start) : -1;
  if (count < 0 || end - start !== 8 + 2 * count) throw invalidBinaryKey('numeric', start, end);
  const sign = bytes.readUInt16BE(start + 4);
  if (sign === 0xc000) return specialValue('NaN');
  if (sign === 0xd000) return specialValue('Infinity');
  if (sign === 0xf000) return specialValue('-Infinity');
  if (sign !== 0 && sign !== 0x4000) throw invalidBinaryKey('numeric', start, end);
  const scale = bytes.readUInt16BE(start + 6);
  const weight = bytes.readInt16BE(start + 2);
  const digits = Array.from({ length: count }, (_, i) => bytes.readUInt16BE(start + 8 + 2 * i));
  if (digits.some(digit => digit > 9999)) throw invalidBinaryKey('numeric', start, end);
  // numeric_recv cuts off what is behind the scale.
  const value = cutBehind(digits, weight, scale);
  return stripped(sign === 0x4000, value, weight);
}

/** Digits up to `scale` decimal places (trunc_var). */
function cutBehind(digits: readonly number[], weight: number, scale: number): number[] {
  const decimals = (weight + 1) * 4 + scale;
  if (decimals <= 0) return [];
  const kept = digits.slice(0, Math.ceil(decimals / 4));
  const surplus = kept.length * 4 - decimals;
  const last = kept.at(-1);
  if (surplus > 0 && last !== undefined) kept[kept.length - 1] = last - (last % 10 ** surplus);
  return kept;
}

let scratch = Buffer.alloc(64);

export function hashNumeric(value: NumericDigits, into: Hash64): void {
  const { digits, weight } = value;
  if (digits.length === 0) {
    into.high = partitionSeed.high;
    into.low = partitionSeed.low - (value.kind === 'finite' ? 1 : 0);
    return;
  }
  if (scratch.length < digits.length * 2) scratch = Buffer.alloc(digits.length * 2);
  for (let i = 0; i < digits.length; i++) {
    scratch[2 * i] = digits[i]!;
    scratch[2 * i + 1] = digits[i]! >> 8;
  }
  hashBytes(scratch, 0, digits.length * 2, into);
  // The weight is a C int: negative ones reach into the high half.
  into.low ^= weight;
  into.high ^= weight >> 31;
}

const rank = { '-Infinity': 0, finite: 1, Infinity: 2, NaN: 3 } as const;

function compareNumerics(left: NumericDigits, right: NumericDigits): number {
  if (left.kind !== right.kind) return rank[left.kind] - rank[right.kind];
  const sign = signOf(left);
  if (sign !== signOf(right)) return sign - signOf(right);
  return sign * compareMagnitudes(left, right);
}

function signOf(value: NumericDigits): number {
  if (value.digits.length === 0) return 0;
  return value.negative ? -1 : 1;
}

function compareMagnitudes(left: NumericDigits, right: NumericDigits): number {
  if (left.weight !== right.weight) return left.weight - right.weight;
  const length = Math.max(left.digits.length, right.digits.length);
  for (let i = 0; i < length; i++) {
    const difference = (left.digits[i] ?? 0) - (right.digits[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export const numericType: OrderedValueType<NumericDigits> = {
  name: 'numeric',
  family: 'numeric_ops',
  readText: readNumericText,
  readBinary: readNumericBinary,
  hash: hashNumeric,
  compare: compareNumerics,
};
