// The text form of int8 as PostgreSQL reads it (pg_strtoint64_safe in
// src/backend/utils/adt/numutils.c): plain digits straight from bytes without BigInt or strings,
// every other form (blanks, plus sign, hex, octal, binary, underscores) by the slow path.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';

/** Two's complement halves of an int8: `high` and `low` are signed 32-bit integers. */
export interface Int8Halves {
  high: number;
  low: number;
}

const two32 = 0x1_0000_0000;
const two16 = 0x1_0000;
/** 18 digits always fit; the 19th may not, and is left to the slow path. */
const plainDigitsMax = 18;
const minus = 0x2d;
const zero = 0x30;
const int8Max = 2n ** 63n - 1n;

/**
 * Reads `-`? and 1 to 18 ASCII digits, bytes[start] up to bytes[end]. False: not of that form
 * (the value may still be a valid int8 in another form); `into` is then undefined.
 */
export function readPlainInt8(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Int8Halves,
): boolean {
  const negative = bytes[start] === minus;
  const first = negative ? start + 1 : start;
  const length = end - first;
  if (length <= 0 || length > plainDigitsMax) return false;
  // At most nine digits per half stay below 2^31.
  const split = length > 9 ? end - 9 : first;
  let upper = 0;
  let lower = 0;
  for (let at = first; at < split; at++) {
    const digit = bytes[at]! - zero;
    if (digit < 0 || digit > 9) return false;
    upper = upper * 10 + digit;
  }
  for (let at = split; at < end; at++) {
    const digit = bytes[at]! - zero;
    if (digit < 0 || digit > 9) return false;
    lower = lower * 10 + digit;
  }
  setHalves(into, negative, upper, lower);
  return true;
}

/** The same for a string's characters. */
export function readPlainInt8Text(text: string, into: Int8Halves): boolean {
  const negative = text.charCodeAt(0) === minus;
  const first = negative ? 1 : 0;
  const end = text.length;
  const length = end - first;
  if (length <= 0 || length > plainDigitsMax) return false;
  const split = length > 9 ? end - 9 : first;
  let upper = 0;
  let lower = 0;
  for (let at = first; at < split; at++) {
    const digit = text.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9) return false;
    upper = upper * 10 + digit;
  }
  for (let at = split; at < end; at++) {
    const digit = text.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9) return false;
    lower = lower * 10 + digit;
  }
  setHalves(into, negative, upper, lower);
  return true;
}

/** ±(upper · 10⁹ + lower), both below 10⁹, in halves: every product stays below 2^53. */
function setHalves(into: Int8Halves, negative: boolean, upper: number, lower: number): void {
  let high = 0;
  let low = lower;
  if (upper !== 0) {
    const upperHigh = Math.floor(upper / two16) * 1e9;
    const sum = (upperHigh % two16) * two16 + (upper % two16) * 1e9 + lower;
    low = sum % two32;
    high = Math.floor(upperHigh / two16) + Math.floor(sum / two32);
  }
  if (negative) {
    into.low = -low | 0;
    into.high = low === 0 ? -high | 0 : ~high;
  } else {
    into.low = low | 0;
    into.high = high | 0;
  }
}

/** Form of the digits behind blanks and sign; the number is the base. */
const prefixes: readonly (readonly [prefix: RegExp, digit: RegExp, base: number])[] = [
  [/0x/iy, /[0-9a-f]/i, 16],
  [/0o/iy, /[0-7]/, 8],
  [/0b/iy, /[01]/, 2],
];
/** isspace() of the C locale, then a sign. */
const blanksAndSign = /[ \t\n\v\f\r]*([+-]?)/y;
const blanks = /^[ \t\n\v\f\r]*$/;

/**
 * Every form that PostgreSQL 16 and later reads as int8. Servers before 16 refuse hexadecimal,
 * octal, binary and underscores themselves. Throws 22P02 and 22003 in PostgreSQL's words; of a
 * text that is wrong in both ways, what comes first.
 */
export function readInt8(text: string, into: Int8Halves): void {
  blanksAndSign.lastIndex = 0;
  const negative = blanksAndSign.exec(text)![1] === '-';
  let at = blanksAndSign.lastIndex;
  let digit = /[0-9]/;
  let base = 10;
  for (const [prefix, prefixDigit, prefixBase] of prefixes) {
    prefix.lastIndex = at;
    if (!prefix.test(text)) continue;
    at = prefix.lastIndex;
    digit = prefixDigit;
    base = prefixBase;
    break;
  }
  const first = at;
  // Before a digit is added: PostgreSQL refuses a magnitude above this, whatever follows.
  const beforeLast = (int8Max + 1n) / BigInt(base);
  let magnitude = 0n;
  for (; at < text.length; at++) {
    // An underscore stands before a digit, and before the first one only behind a prefix.
    if (text[at] === '_' && (base !== 10 || at > first)) at++;
    if (!digit.test(text[at] ?? '')) {
      if (text[at - 1] === '_') throw invalid(text);
      break;
    }
    if (magnitude > beforeLast) throw outOfRange(text);
    magnitude = magnitude * BigInt(base) + BigInt(Number.parseInt(text[at]!, base));
  }
  if (at === first || !blanks.test(text.slice(at))) throw invalid(text);
  if (magnitude > (negative ? int8Max + 1n : int8Max)) throw outOfRange(text);
  const value = negative ? -magnitude : magnitude;
  into.high = Number(BigInt.asIntN(32, value >> 32n));
  into.low = Number(BigInt.asIntN(32, value));
}

function invalid(text: string): PgError {
  return new PgError(errors.keyIsInvalid, { value: text, type: 'bigint' });
}

function outOfRange(text: string): PgError {
  return new PgError(errors.keyOutOfRange, { value: text, type: 'bigint' });
}
