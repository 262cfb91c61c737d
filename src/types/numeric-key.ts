// An order-preserving byte form of numeric: comparing the bytes compares the values as numeric's
// btree operator class does (cmp_numerics, numeric.c: -Infinity, numbers, Infinity, NaN), and equal
// numbers of different scale (1.0 and 1.00) have equal bytes.
//
// class byte, then for a number other than 0: weight + 32768 (3 bytes) and each base-10000 digit
// plus one (2 bytes), without zeros at either end. Negative numbers have all of that inverted and
// end in ff ff, which no inverted digit reaches: of two, the one with more digits is the smaller.

import { numericSign } from './numeric-value.ts';
import { malformedValue } from './value-error.ts';

const classByte = {
  minusInfinity: 0,
  negative: 1,
  zero: 2,
  positive: 3,
  infinity: 4,
  nan: 5,
} as const;

const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const letterI = 0x49;
const letterN = 0x4e;

/** Collects digits and writes the key into a buffer that grows and is used again. */
export class NumericKeyWriter {
  bytes: Uint8Array = new Uint8Array(64);
  length = 0;

  /** Key of a value in binary form. */
  fromBinary(bytes: Uint8Array, start: number, end: number): void {
    const word = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
    let count = end - start >= 8 ? word(start) : -1;
    if (end - start !== 8 + 2 * count) throw malformedValue('numeric');
    const sign = word(start + 4);
    const special = specialClass(sign);
    if (special !== undefined) {
      this.#special(special);
      return;
    }
    let weight = (word(start + 2) << 16) >> 16;
    let at = start + 8;
    while (count > 0 && word(at) === 0) {
      at += 2;
      count--;
      weight--;
    }
    if (count === 0) {
      this.#special(classByte.zero);
      return;
    }
    const negative = sign === numericSign.negative;
    this.#open(negative, weight, count);
    for (let i = 0; i < count; i++) this.#digit(word(at + 2 * i));
    this.#close(negative);
  }

  /** Key of a value in text form. */
  fromText(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    const negative = bytes[from] === minus;
    if (negative) from++;
    if (bytes[from] === letterN) {
      this.#special(classByte.nan);
    } else if (bytes[from] === letterI) {
      this.#special(negative ? classByte.minusInfinity : classByte.infinity);
    } else {
      this.#digitsOfText(bytes, from, end, negative);
    }
  }

  #digitsOfText(bytes: Uint8Array, from: number, end: number, negative: boolean): void {
    let pointAt = from;
    while (pointAt < end && bytes[pointAt] !== point) pointAt++;
    const integerDigits = pointAt - from;
    if (integerDigits < 1) throw malformedValue('numeric');
    const integerGroups = Math.ceil(integerDigits / 4);
    const fractionGroups = pointAt === end ? 0 : Math.ceil((end - pointAt - 1) / 4);
    let started = false;
    for (let group = 0; group < integerGroups + fractionGroups; group++) {
      const digit =
        group < integerGroups
          ? readGroup(bytes, pointAt - 4 * (integerGroups - group), from, pointAt)
          : readGroup(bytes, pointAt + 1 + 4 * (group - integerGroups), pointAt + 1, end);
      if (!started && digit === 0) continue;
      if (!started) {
        started = true;
        this.#open(negative, integerGroups - 1 - group, integerGroups + fractionGroups - group);
      }
      this.#digit(digit);
    }
    if (started) this.#close(negative);
    else this.#special(classByte.zero);
  }

  #special(kind: number): void {
    this.bytes[0] = kind;
    this.length = 1;
  }

  #open(negative: boolean, weight: number, digits: number): void {
    const needed = 4 + 2 * digits + 2;
    if (this.bytes.length < needed) this.bytes = new Uint8Array(needed * 2);
    const shifted = weight + 32768;
    this.bytes[0] = negative ? classByte.negative : classByte.positive;
    this.bytes[1] = shifted >>> 16;
    this.bytes[2] = (shifted >>> 8) & 0xff;
    this.bytes[3] = shifted & 0xff;
    this.length = 4;
  }

  #digit(digit: number): void {
    this.bytes[this.length] = (digit + 1) >>> 8;
    this.bytes[this.length + 1] = (digit + 1) & 0xff;
    this.length += 2;
  }

  #close(negative: boolean): void {
    const { bytes } = this;
    while (this.length > 4 && bytes[this.length - 1] === 1 && bytes[this.length - 2] === 0) {
      this.length -= 2;
    }
    if (!negative) return;
    for (let i = 1; i < this.length; i++) bytes[i] = 255 - bytes[i]!;
    bytes[this.length] = 0xff;
    bytes[this.length + 1] = 0xff;
    this.length += 2;
  }
}

function specialClass(sign: number): number | undefined {
  if (sign === numericSign.nan) return classByte.nan;
  if (sign === numericSign.infinity) return classByte.infinity;
  return sign === numericSign.minusInfinity ? classByte.minusInfinity : undefined;
}

/** Four decimal digits from `at`; places outside `from` … `end` are zeros. */
function readGroup(bytes: Uint8Array, at: number, from: number, end: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const digit = i < from || i >= end ? 0 : bytes[i]! - zero;
    if (digit < 0 || digit > 9) throw malformedValue('numeric');
    value = value * 10 + digit;
  }
  return value;
}
