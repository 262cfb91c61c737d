// interval: PostgreSQL's three fields, their wire forms, order and arithmetic
// (src/backend/utils/adt/timestamp.c). The text form is that of IntervalStyle = 'postgres'.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { readInt32, readInt64 } from './integer-text.ts';
import { malformedValue, unsupportedTextForm } from './value-error.ts';

export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

const int32Max = 2147483647;
const int32Min = -2147483648;
const int64Max = 9223372036854775807n;
const int64Min = -9223372036854775808n;
const microsPerDay = 86_400_000_000n;
const secondsPerDay = 86_400;

/** `infinity` and `-infinity` (PostgreSQL 17 and later): every field at its end. */
const infinity: Interval = { months: int32Max, days: int32Max, micros: int64Max };
const minusInfinity: Interval = { months: int32Min, days: int32Min, micros: int64Min };

// Every field may be absent, but not all. EncodeInterval (datetime.c) puts a `+` before a field
// that follows a negative one.
const pattern = new RegExp(
  String.raw`^(?=.)(?:([+-]?\d+) years?(?: |$))?(?:([+-]?\d+) mons?(?: |$))?` +
    String.raw`(?:([+-]?\d+) days?(?: |$))?` +
    String.raw`(?:([+-]?)(\d{2,}):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$`,
);

/** Reads the text form of IntervalStyle `postgres`; other styles are refused. */
export function parseInterval(text: string): Interval {
  if (text === 'infinity') return infinity;
  if (text === '-infinity') return minusInfinity;
  const fields = pattern.exec(text);
  if (fields === null || text.endsWith(' ')) {
    throw unsupportedTextForm('interval', "IntervalStyle = 'postgres'");
  }
  const [, years, months, days, sign, hours, minutes, seconds, fraction] = fields;
  const wholeSeconds =
    BigInt(hours ?? 0) * 3600n + BigInt(minutes ?? 0) * 60n + BigInt(seconds ?? 0);
  const micros = wholeSeconds * 1_000_000n + BigInt((fraction ?? '').padEnd(6, '0'));
  return {
    months: Number(years ?? 0) * 12 + Number(months ?? 0),
    days: Number(days ?? 0),
    micros: sign === '-' ? -micros : micros,
  };
}

/** Reads the binary form: int64 microseconds, int32 days, int32 months (interval_send). */
export function decodeInterval(bytes: Uint8Array, start: number, end: number): Interval {
  if (end - start !== 16) throw malformedValue('interval');
  return {
    micros: readInt64(bytes, start),
    days: readInt32(bytes, start + 8),
    months: readInt32(bytes, start + 12),
  };
}

/** The binary form, 16 bytes. */
export function encodeInterval(value: Interval): Buffer {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeBigInt64BE(value.micros, 0);
  bytes.writeInt32BE(value.days, 8);
  bytes.writeInt32BE(value.months, 12);
  return bytes;
}

/** The text form of IntervalStyle `postgres` (EncodeInterval, datetime.c). */
export function formatInterval(value: Interval): string {
  if (isSame(value, infinity)) return 'infinity';
  if (isSame(value, minusInfinity)) return '-infinity';
  const parts: string[] = [];
  let afterNegative = false;
  for (const [amount, unit] of [
    [Math.trunc(value.months / 12), 'year'],
    [value.months % 12, 'mon'],
    [value.days, 'day'],
  ] as const) {
    if (amount === 0) continue;
    const plus = afterNegative && amount > 0 ? '+' : '';
    parts.push(`${plus}${amount} ${unit}${amount === 1 ? '' : 's'}`);
    afterNegative = amount < 0;
  }
  if (parts.length === 0 || value.micros !== 0n) parts.push(clock(value.micros, afterNegative));
  return parts.join(' ');
}

function clock(micros: bigint, afterNegative: boolean): string {
  const sign = micros < 0n ? '-' : afterNegative ? '+' : '';
  const total = micros < 0n ? -micros : micros;
  const seconds = total / 1_000_000n;
  const two = (value: bigint): string => String(value).padStart(2, '0');
  const fraction = String(total % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const whole = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * 16 bytes whose byte order is interval's btree order: months count as 30 days and days as 24
 * hours (interval_cmp_value). Equal bytes are equal intervals.
 */
export function intervalKey(value: Interval): Uint8Array {
  const days = BigInt(value.months) * 30n + BigInt(value.days);
  const span = days * microsPerDay + value.micros;
  const bytes = Buffer.allocUnsafe(16);
  // Moving the sign bit makes signed order the order of unsigned bytes.
  bytes.writeBigUInt64BE(BigInt.asUintN(64, (span >> 64n) ^ (1n << 63n)), 0);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, span), 8);
  return bytes;
}

/** Sum field by field, nothing is carried over (finite_interval_pl). Error 22008 on overflow. */
export function addIntervals(left: Interval, right: Interval): Interval {
  const leftInfinite = isInfinite(left);
  const rightInfinite = isInfinite(right);
  if (leftInfinite && rightInfinite && !isSame(left, right)) throw outOfRange();
  if (leftInfinite) return left;
  if (rightInfinite) return right;
  return checked({
    months: left.months + right.months,
    days: left.days + right.days,
    micros: left.micros + right.micros,
  });
}

/**
 * `value / divisor` as interval_div computes it for avg(interval): in double precision, what is
 * left of months going to days (30 each) and what is left of days to the time.
 */
export function divideInterval(value: Interval, divisor: number): Interval {
  if (isInfinite(value)) return value;
  const months = Math.trunc(value.months / divisor);
  let days = Math.trunc(value.days / divisor);
  const daysOfMonths = roundMicro((value.months / divisor - months) * 30);
  const wholeDaysOfMonths = Math.trunc(daysOfMonths);
  let seconds = roundMicro(
    (value.days / divisor - days + daysOfMonths - wholeDaysOfMonths) * secondsPerDay,
  );
  if (Math.abs(seconds) >= secondsPerDay) {
    const whole = Math.trunc(seconds / secondsPerDay);
    days += whole;
    seconds -= whole * secondsPerDay;
  }
  const micros = roundHalfEven(Number(value.micros) / divisor + seconds * 1_000_000);
  return checked({ months, days: days + wholeDaysOfMonths, micros: BigInt(micros) });
}

/** Rounds seconds or days to six decimals (TSROUND, timestamp.h). */
function roundMicro(value: number): number {
  return roundHalfEven(value * 1_000_000) / 1_000_000;
}

/** C's rint: ties go to the even neighbour. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function checked(value: Interval): Interval {
  const fits =
    value.months >= int32Min &&
    value.months <= int32Max &&
    value.days >= int32Min &&
    value.days <= int32Max &&
    value.micros >= int64Min &&
    value.micros <= int64Max;
  if (!fits || isInfinite(value)) throw outOfRange();
  return value;
}

function outOfRange(): PgError {
  return new PgError(errors.intervalOutOfRange);
}

function isInfinite(value: Interval): boolean {
  return isSame(value, infinity) || isSame(value, minusInfinity);
}

function isSame(left: Interval, right: Interval): boolean {
  return left.months === right.months && left.days === right.days && left.micros === right.micros;
}
