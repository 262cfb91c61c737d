// The ISO text forms of date, time, timetz, timestamp and timestamptz (EncodeDateOnly,
// EncodeTimeOnly, EncodeDateTime with USE_ISO_DATES in datetime.c) as PostgreSQL's own numbers:
// days or microseconds since 2000-01-01. Other DateStyles are recognised by their shape and refused.

import { daysOfDate } from './calendar.ts';
import { unsupportedTextForm } from './value-error.ts';

export const dateInfinity = 2147483647;
export const dateMinusInfinity = -2147483648;
export const timestampInfinity = 9223372036854775807n;
export const timestampMinusInfinity = -9223372036854775808n;

const microsPerSecond = 1_000_000;
export const microsPerDay = 86_400 * microsPerSecond;

const year = String.raw`(?<year>\d{4,7})-(?<month>\d\d)-(?<day>\d\d)`;
const clock = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.(?<fraction>\d{1,6}))?`;
const zone =
  String.raw`(?<sign>[+-])(?<zoneHour>\d\d)` +
  String.raw`(?::(?<zoneMinute>\d\d)(?::(?<zoneSecond>\d\d))?)?`;

const datePattern = new RegExp(`^${year}(?<bc> BC)?$`);
const timePattern = new RegExp(`^${clock}$`);
const timetzPattern = new RegExp(`^${clock}${zone}$`);
const timestampPattern = new RegExp(`^${year} ${clock}(?<bc> BC)?$`);
const timestamptzPattern = new RegExp(`^${year} ${clock}${zone}(?<bc> BC)?$`);

type Groups = Readonly<Record<string, string | undefined>>;

/** Days since 2000-01-01, or `dateInfinity` / `dateMinusInfinity`. */
export function parseDate(text: string): number {
  if (text === 'infinity') return dateInfinity;
  if (text === '-infinity') return dateMinusInfinity;
  return days(match(datePattern, text, 'date'));
}

/** Microseconds since midnight, 0 … 86 400 000 000. */
export function parseTime(text: string): number {
  return micros(match(timePattern, text, 'time'));
}

/** Local microseconds since midnight and the zone as PostgreSQL stores it: seconds west of UTC. */
export function parseTimetz(text: string): { micros: number; zone: number } {
  const groups = match(timetzPattern, text, 'time with time zone');
  return { micros: micros(groups), zone: 0 - zoneEast(groups) };
}

/** Microseconds since 2000-01-01 00:00, or the infinities. */
export function parseTimestamp(text: string): number | bigint {
  if (text === 'infinity') return timestampInfinity;
  if (text === '-infinity') return timestampMinusInfinity;
  const groups = match(timestampPattern, text, 'timestamp');
  return microsSinceEpoch(days(groups), micros(groups));
}

/** Microseconds since 2000-01-01 00:00 UTC, or the infinities. */
export function parseTimestamptz(text: string): number | bigint {
  if (text === 'infinity') return timestampInfinity;
  if (text === '-infinity') return timestampMinusInfinity;
  const groups = match(timestamptzPattern, text, 'timestamp with time zone');
  return microsSinceEpoch(days(groups), micros(groups) - zoneEast(groups) * microsPerSecond);
}

function match(pattern: RegExp, text: string, type: string): Groups {
  const groups = pattern.exec(text)?.groups;
  if (groups === undefined) throw unsupportedTextForm(type, "DateStyle = 'ISO'");
  return groups;
}

function days(groups: Groups): number {
  const written = Number(groups['year']);
  const astronomical = groups['bc'] === undefined ? written : 1 - written;
  return daysOfDate(astronomical, Number(groups['month']), Number(groups['day']));
}

function micros(groups: Groups): number {
  const seconds =
    Number(groups['hour']) * 3600 + Number(groups['minute']) * 60 + Number(groups['second']);
  return seconds * microsPerSecond + Number((groups['fraction'] ?? '').padEnd(6, '0'));
}

/** Seconds east of UTC. */
function zoneEast(groups: Groups): number {
  const seconds =
    Number(groups['zoneHour']) * 3600 +
    Number(groups['zoneMinute'] ?? 0) * 60 +
    Number(groups['zoneSecond'] ?? 0);
  return groups['sign'] === '-' ? -seconds : seconds;
}

/** A number while it is exact (some 285 years around the epoch), else a BigInt. */
function microsSinceEpoch(day: number, micro: number): number | bigint {
  const total = day * microsPerDay + micro;
  if (Number.isSafeInteger(total) && Math.abs(day) < 100_000) return total;
  return BigInt(day) * BigInt(microsPerDay) + BigInt(micro);
}
