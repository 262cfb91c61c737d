// Values of another type than the key column's, as drivers declare their parameters: which of
// PostgreSQL's implicit and assignment casts (pg_cast.dat) are known here, and how the value that
// comes out of them is read.

import { typeOid } from '../types/type-oid.ts';
import { type HashType, hashTypeOfForms } from './hash-type.ts';
import { bigintType, integerBound } from './integer-hash-types.ts';

const integers: readonly number[] = [typeOid.int2, typeOid.int4, typeOid.int8];
const strings: readonly number[] = [typeOid.text, typeOid.varchar, typeOid.name];
const numbers: readonly number[] = [typeOid.numeric, typeOid.float4, typeOid.float8];

/**
 * `value`: the value itself; PostgreSQL refuses an integer that is too large for the column.
 * `bytes`: its text, as the column's type reads it. `digits`: the text of the integer, likewise.
 * null: a cast that is not known.
 */
export type KeyCast = 'value' | 'bytes' | 'digits' | null;

/** What becomes of a value that is assigned to a column, both of built-in types. */
export function assignmentCast(from: number, to: number): KeyCast {
  if (integers.includes(from)) {
    return integers.includes(to) ? 'value' : numbers.includes(to) ? 'digits' : null;
  }
  if (strings.includes(from)) return strings.includes(to) || to === typeOid.bpchar ? 'bytes' : null;
  const widens =
    (from === typeOid.float4 && to === typeOid.float8) ||
    (from === typeOid.cidr && to === typeOid.inet);
  return widens ? 'value' : null;
}

/** Whether comparing an integer with the column is comparing the column's type: with a number. */
export function isIntegerAsNumber(from: number, to: number): boolean {
  return integers.includes(from) && numbers.includes(to);
}

const integer = integerBound(bigintType);

/** The text of an integer of any width as PostgreSQL prints it, whatever form it comes in. */
export const integerDigits = {
  ofText: (text: string): string => String(integer.readText(text)),
  ofBinary: (bytes: Buffer, start: number, end: number): string =>
    String(integer.readBinary(bytes, start, end)),
};

/** Integers as values of `number`, a numeric or floating type. */
export function hashTypeOfDigits(number: HashType): HashType {
  return hashTypeOfForms({
    name: number.name,
    family: number.family,
    hashText: (text, into) => number.hashText(integerDigits.ofText(text), into),
    hashBinary: (bytes, start, end, into) =>
      number.hashText(integerDigits.ofBinary(bytes, start, end), into),
  });
}
