// Keys that are dates and times, in the forms that hang on no setting.

import type { Random } from '../sharding/seeded-random.ts';
import { between, digits, type KeySample, pick, sampleOf, withModifier } from './key-sample.ts';

const two = (value: number): string => String(value).padStart(2, '0');

function randomDate(random: Random): string {
  const year = random.below(4) === 0 ? between(random, 1, 12_000) : between(random, 1900, 2100);
  const bc = year < 4000 && random.below(10) === 0 ? ' BC' : '';
  const day = `${two(between(random, 1, 12))}-${two(between(random, 1, 28))}`;
  return `${String(year).padStart(4, '0')}-${day}${bc}`;
}

function randomTime(random: Random): string {
  const minutes = `${two(random.below(24))}:${two(random.below(60))}`;
  const seconds = `${minutes}:${two(random.below(60))}`;
  return pick(random, [minutes, seconds, `${seconds}.${digits(random, between(random, 1, 6))}`]);
}

function randomOffset(random: Random): string {
  const sign = pick(random, ['+', '-']);
  const hour = two(random.below(16));
  const minute = two(random.below(60));
  const second = two(random.below(60));
  const form = [hour, `${hour}:${minute}`, `${hour}${minute}`, `${hour}:${minute}:${second}`];
  return random.below(6) === 0 ? 'Z' : sign + pick(random, form);
}

function randomTimestamp(random: Random): string {
  const [date = '', bc = ''] = randomDate(random).split(' ');
  return `${date}${pick(random, [' ', 'T'])}${randomTime(random)}${bc === '' ? '' : ' BC'}`;
}

function randomTimestamptz(random: Random): string {
  const [date = '', bc = ''] = randomDate(random).split(' ');
  const time = `${randomTime(random)}${randomOffset(random)}`;
  return `${date}${pick(random, [' ', 'T'])}${time}${bc === '' ? '' : ' BC'}`;
}

/** As IntervalStyle `postgres` prints it, signs on every field behind a negative one. */
function randomInterval(random: Random): string {
  const parts: string[] = [];
  for (const unit of ['years', 'mons', 'days']) {
    const amount = between(random, -400, 400);
    if (random.below(2) === 0) parts.push(`${amount < 0 ? '' : '+'}${amount} ${unit}`);
  }
  const time = `${two(random.below(300))}:${two(random.below(60))}:${two(random.below(60))}`;
  const fraction = pick(random, ['', `.${digits(random, between(random, 1, 6))}`]);
  if (parts.length === 0 || random.below(2) === 0) {
    parts.push(`${pick(random, ['+', '-'])}${time}${fraction}`);
  }
  return parts.join(' ');
}

const dateEdges = [
  ...['2000-01-01', '1999-12-31', '2000-02-29', '1900-02-28', '0001-01-01', '0001-12-31 BC'],
  ...['4714-11-24 BC', '294276-12-31', '10000-01-01', 'infinity', '-infinity', ' 2024-05-06 '],
];
const timeEdges = ['00:00:00', '24:00:00', '23:59:59.999999', '12:34', '00:00:00.1', ' 01:02:03 '];
const timestampEdges = [
  ...['2000-01-01 00:00:00', '1999-12-31 23:59:59.999999', 'infinity', '-infinity'],
  ...['4714-11-24 00:00:00 BC', '294276-12-31 23:59:59.999999', '2024-01-01T10:11:12.5'],
  ...['2024-01-01 24:00:00', '0001-01-01 00:00:00 BC'],
];
const offsetEdges = [
  ...['2000-01-01 00:00:00+00', '2024-02-29T12:00:00.000Z', '2024-02-29 12:00:00.5-03:30'],
  ...['infinity', '-infinity', '2024-01-01 00:00:00+15:59:59', '2024-06-01 00:00+0530'],
];

export const dateSample = sampleOf('date', 1082, dateEdges, randomDate);
export const timestamptzSample = sampleOf(
  'timestamp with time zone',
  1184,
  offsetEdges,
  randomTimestamptz,
);
const time = sampleOf('time', 1083, timeEdges, randomTime);
const timetz = sampleOf(
  'time with time zone',
  1266,
  ['00:00:00+00', '24:00:00-15:59', '12:00:00Z', '12:00:00.000001+15:59:59', '01:02-0330'],
  random => `${randomTime(random)}${randomOffset(random)}`,
);
export const timestampSample = sampleOf('timestamp', 1114, timestampEdges, random =>
  random.below(8) === 0 ? randomTimestamptz(random) : randomTimestamp(random),
);
const interval = sampleOf(
  'interval',
  1186,
  [
    ...['00:00:00', '1 day', '24:00:00', '1 mon', '30 days', '720:00:00', '-1 days +24:00:00'],
    ...['1 year', '12 mons', '178000000 years', '-178000000 years', '-00:00:00.000001'],
    ...['999999999:59:59.999999', '1 year 2 mons 3 days 04:05:06.789'],
  ],
  randomInterval,
);
const infiniteInterval: KeySample = {
  ...interval,
  newer: { since: 17, edges: ['infinity', '-infinity'] },
};

export const dateTimeSamples: readonly KeySample[] = [
  dateSample,
  time,
  timetz,
  timestampSample,
  timestamptzSample,
  infiniteInterval,
  withModifier(time, 'time(0)', 0, ['23:59:59.5', '00:00:00.499999']),
  withModifier(timetz, 'time(2) with time zone', 2, ['12:00:00.005+01']),
  withModifier(timestampSample, 'timestamp(3)', 3, [
    '1999-12-31 23:59:59.9995',
    '1999-12-31 23:59:59.0005',
  ]),
  withModifier(timestamptzSample, 'timestamp(0) with time zone', 0, ['1960-01-01 00:00:00.5+00']),
  withModifier(interval, 'interval(1)', (0x7fff << 16) | 1, ['00:00:00.05', '-00:00:00.05']),
];
