// Text forms of dates and times that every DateStyle, IntervalStyle and TimeZone reads alike
// (src/backend/utils/adt/datetime.c): ISO 8601 with a year of four digits or more first, offsets in
// numbers. All others (names of months and zones, 1/2/2024, now, timestamptz without offset) hang on
// settings, and are refused.

import { daysOfDate } from '../types/calendar.ts';
import {
  dateInfinity,
  dateMinusInfinity,
  timestampInfinity,
  timestampMinusInfinity,
} from '../types/date-time-text.ts';
import { type Interval, parseInterval } from '../types/interval-value.ts';
import { trimmed } from './integer-hash-types.ts';
import { unprovenKey } from './key-form.ts';

/** Local microseconds since midnight, and seconds west of UTC. */
export interface TimeOfZone {
  readonly micros: bigint;
  readonly zone: number;
}

const date = String.raw`(?<year>\d{4,6})-(?<month>\d\d)-(?<day>\d\d)`;
const clock =
  String.raw`(?<hour>\d\d):(?<minute>\d\d)` +
  String.raw`(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,6}))?)?`;
// Z, +hh, +hhmm, +hh:mm, +hh:mm:ss.
const offset =
  String.raw`(?<zone>Z|(?<sign>[+-])(?<zoneHour>\d\d)` +
  String.raw`(?:(?<joinedMinute>\d\d)|:(?<zoneMinute>\d\d)(?::(?<zoneSecond>\d\d))?)?)`;
const era = '(?<bc> BC)?';

const datePattern = new RegExp(`^${date}${era}$`);
const timePattern = new RegExp(`^${clock}$`);
const timetzPattern = new RegExp(`^${clock}${offset}$`);
// A timestamp's offset is read and dropped, and a missing time of day is midnight.
const timestampPattern = new RegExp(`^${date}(?:[ T]${clock}${offset}?)?${era}$`);
const timestamptzPattern = new RegExp(`^${date}[ T]${clock}${offset}${era}$`);

type Groups = Readonly<Record<string, string | undefined>>;

const microsPerDay = 86_400_000_000n;
const secondsPerDay = 86_400;
/** 4714-11-24 BC and 294277-01-01: a timestamp's ends, well inside those of date. */
const dayMin = daysOfDate(-4713, 11, 24);
const dayEnd = daysOfDate(294_277, 1, 1);
/** MAX_TZDISP_HOUR. */
const offsetHoursMax = 15;

/** Days since 2000-01-01. */
export function readDateText(text: string): number {
  const word = trimmed(text);
  if (word === 'infinity') return dateInfinity;
  if (word === '-infinity') return dateMinusInfinity;
  const groups = match('date', datePattern, word, isoDate);
  return days(groups) ?? fail('date', text, isoDate);
}

/** Microseconds since midnight. */
export function readTimeText(text: string): bigint {
  const groups = match('time without time zone', timePattern, trimmed(text), isoTime);
  return BigInt(seconds(groups) ?? fail('time', text, isoTime)) * 1_000_000n + fraction(groups);
}

export function readTimetzText(text: string): TimeOfZone {
  const type = 'time with time zone';
  const groups = match(type, timetzPattern, trimmed(text), withOffset);
  const wholeSeconds = seconds(groups) ?? fail(type, text, isoTime);
  const east = secondsEast(groups) ?? fail(type, text, withOffset);
  return { micros: BigInt(wholeSeconds) * 1_000_000n + fraction(groups), zone: 0 - east };
}

/** Microseconds since 2000-01-01 00:00. */
export function readTimestampText(text: string): bigint {
  const type = 'timestamp without time zone';
  const word = trimmed(text);
  if (word === 'infinity') return timestampInfinity;
  if (word === '-infinity') return timestampMinusInfinity;
  const groups = match(type, timestampPattern, word, isoDate);
  return instant(groups) ?? fail(type, text, isoDate);
}

/** Microseconds since 2000-01-01 00:00 UTC. */
export function readTimestamptzText(text: string): bigint {
  const type = 'timestamp with time zone';
  const word = trimmed(text);
  if (word === 'infinity') return timestampInfinity;
  if (word === '-infinity') return timestampMinusInfinity;
  const groups = match(type, timestamptzPattern, word, withOffset);
  const local = instant(groups) ?? fail(type, text, isoDate);
  const east = secondsEast(groups) ?? fail(type, text, withOffset);
  const utc = local - BigInt(east) * 1_000_000n;
  return inRange(utc) ? utc : fail(type, text, isoDate);
}

const isoDate = 'that is not an ISO 8601 date';
const isoTime = 'that is not an ISO 8601 time';
const withOffset = 'without an ISO 8601 date and numeric UTC offset';
const postgresStyle = "that is not of IntervalStyle 'postgres', or whose signs are ambiguous";

/**
 * The text form that IntervalStyle `postgres` prints. A first minus counts for the fields behind it
 * where IntervalStyle is `sql_standard` and none of them has a sign (DecodeInterval): refused.
 */
export function readIntervalText(text: string): Interval {
  const [first = '', ...others] = text.split(' ');
  const fields = others.filter(word => /^[+-]?\d/.test(word));
  const ambiguous =
    first.startsWith('-') && fields.length > 0 && !fields.some(word => /^[+-]/.test(word));
  if (ambiguous || /\d{10}/.test(text)) return fail('interval', text, postgresStyle);
  let value: Interval;
  try {
    value = parseInterval(text);
  } catch {
    return fail('interval', text, postgresStyle);
  }
  const sound = Math.abs(value.months) < 2 ** 31 && Math.abs(value.days) < 2 ** 31;
  const clockSound = !/:[6-9]\d/.test(text);
  const infinite = text.endsWith('infinity');
  return infinite || (sound && clockSound) ? value : fail('interval', text, postgresStyle);
}

function match(type: string, pattern: RegExp, text: string, form: string): Groups {
  return pattern.exec(text)?.groups ?? fail(type, text, form);
}

function fail(type: string, text: string, form: string): never {
  throw unprovenKey(type, text, form);
}

/** Null for a date that is none, or out of range. */
function days(groups: Groups): number | null {
  const written = Number(groups['year']);
  const month = Number(groups['month']);
  const day = Number(groups['day']);
  if (written === 0 || month < 1 || month > 12 || day < 1) return null;
  const year = groups['bc'] === undefined ? written : 1 - written;
  const found = daysOfDate(year, month, day);
  const [nextYear, nextMonth] = month === 12 ? [year + 1, 1] : [year, month + 1];
  const sound = found < daysOfDate(nextYear, nextMonth, 1) && found >= dayMin && found < dayEnd;
  return sound ? found : null;
}

/** Since midnight, up to 24:00:00; null for what is no time of day. */
function seconds(groups: Groups): number | null {
  const minute = Number(groups['minute']);
  const second = Number(groups['second'] ?? 0);
  const all = Number(groups['hour']) * 3600 + minute * 60 + second;
  const behind = all === secondsPerDay && fraction(groups) > 0n;
  return minute > 59 || second > 59 || all > secondsPerDay || behind ? null : all;
}

/** In microseconds. */
function fraction(groups: Groups): bigint {
  return BigInt((groups['fraction'] ?? '').padEnd(6, '0'));
}

function instant(groups: Groups): bigint | null {
  const day = days(groups);
  const second = groups['hour'] === undefined ? 0 : seconds(groups);
  if (day === null || second === null) return null;
  const micros = BigInt(day) * microsPerDay + BigInt(second) * 1_000_000n + fraction(groups);
  return inRange(micros) ? micros : null;
}

function inRange(micros: bigint): boolean {
  return micros >= BigInt(dayMin) * microsPerDay && micros < BigInt(dayEnd) * microsPerDay;
}

/** Null for an offset that is none. */
function secondsEast(groups: Groups): number | null {
  if (groups['zone'] === 'Z') return 0;
  const hour = Number(groups['zoneHour']);
  const minute = Number(groups['joinedMinute'] ?? groups['zoneMinute'] ?? 0);
  const second = Number(groups['zoneSecond'] ?? 0);
  if (hour > offsetHoursMax || minute > 59 || second > 59) return null;
  const total = hour * 3600 + minute * 60 + second;
  return groups['sign'] === '-' ? -total : total;
}
