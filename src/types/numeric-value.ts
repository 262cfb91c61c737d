// numeric: exact values of any size, their wire forms and the arithmetic that merging needs
// (src/backend/utils/adt/numeric.c). A finite value is unscaled / 10^scale; `scale` is
// PostgreSQL's display scale and is part of the value's text form.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { malformedValue } from './value-error.ts';

/** unscaled / 10^scale. */
interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

export type Numeric =
  | ({ readonly kind: 'finite' } & Decimal)
  | { readonly kind: 'NaN' | 'Infinity' | '-Infinity' };

/** Sign words of the binary form (NUMERIC_NAN and its neighbours). */
export const numericSign = {
  positive: 0x0000,
  negative: 0x4000,
  nan: 0xc000,
  infinity: 0xd000,
  minusInfinity: 0xf000,
} as const;

const specialSign = {
  NaN: numericSign.nan,
  Infinity: numericSign.infinity,
  '-Infinity': numericSign.minusInfinity,
} as const;

/** NUMERIC_WEIGHT_MAX: at most 131072 digits before the decimal point. */
const integerDigitsMax = 131_072;
/** Numbers below this are far from the limit. */
const countedFrom = 1n << 1024n;
/** NUMERIC_MIN_SIG_DIGITS: a quotient has at least as many digits as a float8. */
const quotientDigitsMin = 16;
/** NUMERIC_MAX_DISPLAY_SCALE. */
const displayScaleMax = 1000;

const textPattern = /^-?\d+(?:\.(\d+))?$/;

/** Reads the text form (`-12.50`, `NaN`, `Infinity`). */
export function parseNumeric(text: string): Numeric {
  const match = textPattern.exec(text);
  if (match === null) {
    if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return { kind: text };
    throw malformedValue('numeric');
  }
  const fraction = match[1];
  if (fraction === undefined) return { kind: 'finite', unscaled: BigInt(text), scale: 0 };
  return { kind: 'finite', unscaled: BigInt(text.replace('.', '')), scale: fraction.length };
}

/** As many digits are exact in a float64. */
const smallDigitsMax = 15;

/** Reads a short text form into whole numbers, unscaled / 10^scale; false for any other. */
export function readSmallDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: { unscaled: number; scale: number },
): boolean {
  const negative = bytes[start] === 0x2d;
  const from = negative ? start + 1 : start;
  let point = end;
  let unscaled = 0;
  for (let at = from; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit >= 0 && digit <= 9) unscaled = unscaled * 10 + digit;
    else if (digit === -2 && point === end) point = at;
    else return false;
  }
  const scale = point === end ? 0 : end - point - 1;
  const hasBothParts = point > from && (point === end || scale > 0);
  if (!hasBothParts || point - from + scale > smallDigitsMax) return false;
  into.unscaled = negative ? -unscaled : unscaled;
  into.scale = scale;
  return true;
}

/** Reads the binary form: int16 digit count, weight, sign, scale, base-10000 digits. */
export function decodeNumeric(bytes: Uint8Array, start: number, end: number): Numeric {
  const word = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  const count = end - start >= 8 ? word(start) : -1;
  if (end - start !== 8 + 2 * count) throw malformedValue('numeric');
  const sign = word(start + 4);
  if (sign === numericSign.nan) return { kind: 'NaN' };
  if (sign === numericSign.infinity) return { kind: 'Infinity' };
  if (sign === numericSign.minusInfinity) return { kind: '-Infinity' };
  const weight = (word(start + 2) << 16) >> 16;
  const scale = word(start + 6);
  let digits = '0';
  for (let i = 0; i < count; i++) digits += String(word(start + 8 + 2 * i)).padStart(4, '0');
  // The last digit stands for 10000^(weight - count + 1).
  const shift = 4 * (weight - count + 1) + scale;
  const integer = BigInt(digits);
  const unscaled = shift >= 0 ? integer * powerOfTen(shift) : integer / powerOfTen(-shift);
  return {
    kind: 'finite',
    unscaled: sign === numericSign.negative ? -unscaled : unscaled,
    scale,
  };
}

/** The text form (numeric_out): all digits of the scale, no exponent. */
export function formatNumeric(value: Numeric): string {
  if (value.kind !== 'finite') return value.kind;
  const negative = value.unscaled < 0n;
  const digits = String(negative ? -value.unscaled : value.unscaled).padStart(value.scale + 1, '0');
  const point = digits.length - value.scale;
  const fraction = value.scale === 0 ? '' : `.${digits.slice(point)}`;
  return `${negative ? '-' : ''}${digits.slice(0, point)}${fraction}`;
}

/** The binary form (numeric_send). */
export function encodeNumeric(value: Numeric): Buffer {
  if (value.kind !== 'finite') {
    // The server reads a scale of 32 out of an infinity's header, and sends it (NUMERIC_DSCALE).
    return numericBytes([], 0, specialSign[value.kind], value.kind === 'NaN' ? 0 : 32);
  }
  if (value.unscaled === 0n) return numericBytes([], 0, numericSign.positive, value.scale);
  const negative = value.unscaled < 0n;
  const { digits, weight } = baseDigits(value);
  const sign = negative ? numericSign.negative : numericSign.positive;
  return numericBytes(digits, weight, sign, value.scale);
}

function numericBytes(
  digits: readonly number[],
  weight: number,
  sign: number,
  scale: number,
): Buffer {
  const bytes = Buffer.allocUnsafe(8 + 2 * digits.length);
  bytes.writeUInt16BE(digits.length, 0);
  bytes.writeInt16BE(weight, 2);
  bytes.writeUInt16BE(sign, 4);
  bytes.writeUInt16BE(scale, 6);
  digits.forEach((digit, i) => {
    bytes.writeUInt16BE(digit, 8 + 2 * i);
  });
  return bytes;
}

/** Base-10000 digits of a finite value other than zero, without zeros at either end. */
function baseDigits(value: Decimal): {
  digits: number[];
  weight: number;
} {
  const decimal = String(value.unscaled < 0n ? -value.unscaled : value.unscaled);
  // Pad on the right to whole groups behind the decimal point, on the left to whole groups.
  const right = decimal.padEnd(decimal.length + ((4 - (value.scale % 4)) % 4), '0');
  const padded = right.padStart(Math.ceil(right.length / 4) * 4, '0');
  const groupsBehindPoint = Math.ceil(value.scale / 4);
  const digits: number[] = [];
  for (let at = 0; at < padded.length; at += 4) digits.push(Number(padded.slice(at, at + 4)));
  let weight = digits.length - groupsBehindPoint - 1;
  while (digits.length > 0 && digits[0] === 0) {
    digits.shift();
    weight--;
  }
  while (digits.length > 0 && digits.at(-1) === 0) digits.pop();
  return { digits, weight };
}

/** Sum; its scale is the larger of the two. Error 22003 when it has too many digits. */
export function addNumerics(left: Numeric, right: Numeric): Numeric {
  if (left.kind !== 'finite' || right.kind !== 'finite') return addSpecials(left, right);
  const scale = Math.max(left.scale, right.scale);
  const unscaled = rescaled(left, scale) + rescaled(right, scale);
  return checked({ unscaled, scale });
}

function addSpecials(left: Numeric, right: Numeric): Numeric {
  if (left.kind === 'finite') return right;
  if (right.kind === 'finite' || left.kind === right.kind) return left;
  return { kind: 'NaN' };
}

function rescaled(value: Decimal, scale: number): bigint {
  return scale === value.scale ? value.unscaled : value.unscaled * powerOfTen(scale - value.scale);
}

function checked(value: Decimal): Numeric {
  const sum: Numeric = { kind: 'finite', ...value };
  const magnitude = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  // Counting decimal digits is slow: only near the limit.
  if (magnitude < countedFrom) return sum;
  if (String(magnitude).length - value.scale > integerDigitsMax) {
    throw new PgError(errors.numericOverflow);
  }
  return sum;
}

/**
 * `dividend / divisor` rounded half away from zero, at the scale that numeric's `/` chooses
 * (select_div_scale): this is avg, whose divisor is a count above zero.
 */
export function divideNumeric(dividend: Numeric, divisor: bigint): Numeric {
  if (dividend.kind !== 'finite') return dividend;
  const scale = quotientScale(dividend, divisor);
  const numerator = rescaled({ unscaled: dividend.unscaled, scale: 0 }, scale);
  const denominator = divisor * powerOfTen(dividend.scale);
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return { kind: 'finite', unscaled: numerator < 0n ? -rounded : rounded, scale };
}

function quotientScale(dividend: Decimal, divisor: bigint): number {
  const left = leadingDigit(dividend);
  const right = leadingDigit({ unscaled: divisor, scale: 0 });
  const weight = left.weight - right.weight - (left.digit <= right.digit ? 1 : 0);
  const wanted = Math.max(quotientDigitsMin - weight * 4, dividend.scale, 0);
  return Math.min(wanted, displayScaleMax);
}

/** First base-10000 digit and its weight; both 0 for zero. */
function leadingDigit(value: Decimal): {
  digit: number;
  weight: number;
} {
  if (value.unscaled === 0n) return { digit: 0, weight: 0 };
  const { digits, weight } = baseDigits(value);
  return { digit: digits[0]!, weight };
}

const powers: bigint[] = [];

function powerOfTen(exponent: number): bigint {
  if (exponent > 64) return 10n ** BigInt(exponent);
  return (powers[exponent] ??= 10n ** BigInt(exponent));
}
