// What a column's type modifier makes of a value before it is stored, and so before it is hashed:
// varchar(n) drops blanks behind n characters, numeric(p, s) and times of a precision are rounded.
// PostgreSQL refuses what does not fit otherwise; such a value may hash as it likes.

import type { Interval } from '../types/interval-value.ts';
import { typeOid } from '../types/type-oid.ts';
import {
  intervalType,
  timestampType,
  timestamptzType,
  timeType,
  timetzType,
} from './date-time-hash-types.ts';
import type { TimeOfZone } from './date-time-input.ts';
import {
  type HashType,
  hashTypeOfForms,
  hashTypeOfValues,
  type KeyValueType,
} from './hash-type.ts';
import { type NumericDigits, numericType, readNumericText } from './numeric-hash-type.ts';
import { varcharType } from './string-hash-types.ts';

/** VARHDRSZ: character and numeric modifiers are stored with it added. */
const headerBytes = 4;
const microsDigits = 6;
const blank = 0x20;
/** INTERVAL_FULL_RANGE (utils/timestamp.h), in the high half of an interval's modifier. */
const fullRange = 0x7fff;

/** A type of a column with a modifier, and what the modifier makes of a value. */
interface Fit<V> {
  readonly type: KeyValueType<V>;
  readonly fit: (value: V) => V;
}

/**
 * The hash type of values on their way into a column of a built-in type with `typmod`
 * (pg_attribute.atttypmod, not -1); null if the modifier changes nothing that counts. Which
 * modifiers are not known here says `fitIsUnknown`.
 */
export function fittedHashType(oid: number, typmod: number): HashType | null {
  if (oid === typeOid.varchar) return varcharOf(typmod - headerBytes);
  const found = fitOf(oid, typmod);
  return found === null ? null : fitted(found);
}

/** The same for values that are compared: null, or the value that is stored for one read. */
export function fittedValue(oid: number, typmod: number): ((value: unknown) => unknown) | null {
  if (oid !== typeOid.varchar) return fitOf(oid, typmod)?.fit ?? null;
  const charactersMax = typmod - headerBytes;
  return value => {
    const bytes = value as Buffer;
    if (bytes.length <= charactersMax || bytes.at(-1) !== blank) return bytes;
    return Buffer.from([...bytes.toString('utf8')].slice(0, charactersMax).join(''), 'utf8');
  };
}

// biome-ignore lint/suspicious/noExplicitAny: values of any type go through their own fit only.
function fitOf(oid: number, typmod: number): Fit<any> | null {
  const micros = (value: bigint): bigint => roundedMicros(value, typmod);
  switch (oid) {
    case typeOid.numeric: {
      const scale = numericScale(typmod);
      return { type: numericType, fit: (value: NumericDigits) => roundedNumeric(value, scale) };
    }
    case typeOid.time:
      return { type: timeType, fit: micros };
    case typeOid.timestamp:
      return { type: timestampType, fit: micros };
    case typeOid.timestamptz:
      return { type: timestamptzType, fit: micros };
    case typeOid.timetz:
      return {
        type: timetzType,
        fit: ({ micros: time, zone }: TimeOfZone) => ({ micros: micros(time), zone }),
      };
    case typeOid.interval:
      return {
        type: intervalType,
        fit: (value: Interval) => roundedInterval(value, typmod & 0xffff),
      };
    default:
      return null;
  }
}

/** interval YEAR TO MONTH and the like: what they drop depends on the version. */
export function fitIsUnknown(oid: number, typmod: number): boolean {
  return oid === typeOid.interval && ((typmod >> 16) & fullRange) !== fullRange;
}

function fitted<V>({ type, fit }: Fit<V>): HashType {
  return hashTypeOfValues({
    ...type,
    readText: text => fit(type.readText(text)),
    readBinary: (bytes, start, end) => fit(type.readBinary(bytes, start, end)),
  });
}

/** varchar_input and varchar(): what is longer must be blanks, and is cut off. */
function varcharOf(charactersMax: number): HashType {
  const { name, family } = varcharType;
  const hashText: HashType['hashText'] = (text, into) => {
    if (text.length <= charactersMax || !text.endsWith(' '))
      return varcharType.hashText(text, into);
    varcharType.hashText([...text].slice(0, charactersMax).join(''), into);
  };
  const hashBinary: HashType['hashBinary'] = (bytes, start, end, into) =>
    end - start <= charactersMax
      ? varcharType.hashBinary(bytes, start, end, into)
      : hashText(bytes.toString('utf8', start, end), into);
  return { ...hashTypeOfForms({ name, family, hashText, hashBinary }), hashTextBytes: hashBinary };
}

/** The scale in a numeric's modifier: 11 bits with sign (numeric_typmod_scale). */
function numericScale(typmod: number): number {
  return (((typmod - headerBytes) & 0x7ff) ^ 1024) - 1024;
}

/** Half away from zero (apply_typmod, round_var). */
function roundedNumeric(value: NumericDigits, scale: number): NumericDigits {
  if (value.kind !== 'finite' || value.digits.length === 0) return value;
  const decimals = value.digits.map(digit => String(digit).padStart(4, '0')).join('');
  const kept = (value.weight + 1) * 4 + scale;
  if (kept >= decimals.length) return value;
  if (kept < 0) return readNumericText('0');
  const up = decimals[kept]! >= '5' ? 1n : 0n;
  const rounded = BigInt(decimals.slice(0, kept) || '0') + up;
  return readNumericText(`${value.negative ? '-' : ''}${rounded}e${-scale}`);
}

/** AdjustTimeForTypmod, AdjustTimestampForTypmod: half away from zero; infinities stay. */
function roundedMicros(micros: bigint, digits: number): bigint {
  if (digits >= microsDigits || micros === 2n ** 63n - 1n || micros === -(2n ** 63n)) return micros;
  const unit = 10n ** BigInt(microsDigits - digits);
  // BigInt division goes towards zero.
  const half = micros < 0n ? -unit / 2n : unit / 2n;
  return ((micros + half) / unit) * unit;
}

function roundedInterval(value: Interval, digits: number): Interval {
  return { ...value, micros: roundedMicros(value.micros, digits) };
}
