// Keys that have parts: jsonb, arrays, ranges, multiranges, domains and composite types.

import type { Random } from '../sharding/seeded-random.ts';
import {
  dateSample,
  dateTimeSamples,
  timestampSample,
  timestamptzSample,
} from './date-time-samples.ts';
import { between, digits, type KeySample, pick, sampleOf } from './key-sample.ts';
import { numberSamples } from './number-samples.ts';
import { stringSamples, textSample } from './string-samples.ts';

/** Runs before the tables are made. */
export const structuredTypes = `
  CREATE DOMAIN amount AS numeric(12,2) CHECK (VALUE IS NULL OR VALUE < 1e9);
  CREATE DOMAIN account AS bigint;
  CREATE DOMAIN account_alias AS account;
  CREATE TYPE place AS (region integer, code text, since date, tags text[], spent numeric)`;

const words = ['a', 'bb', 'b', 'ä', '日', '', 'key', 'KEY', '"', '\\', '😀', 'x,y', '{}', 'null'];

function jsonText(random: Random, depth: number): string {
  const kind = random.below(depth > 3 ? 5 : 9);
  const space = pick(random, ['', ' ', '\n\t']);
  const many = (one: () => string): string =>
    Array.from({ length: random.below(5) }, one).join(`${space},`);
  switch (kind) {
    case 0:
      return pick(random, ['null', 'true', 'false']);
    case 1:
    case 2:
      return jsonNumber(random);
    case 3:
    case 4:
      return jsonString(random);
    case 5:
    case 6:
      return `[${space}${many(() => jsonText(random, depth + 1))}${space}]`;
    default:
      return `{${space}${many(() => `${jsonString(random)}${space}:${jsonText(random, depth + 1)}`)}}`;
  }
}

function jsonNumber(random: Random): string {
  const whole = pick(random, [
    '0',
    String(between(random, 1, 99_999_999)),
    `1${digits(random, 30)}`,
  ]);
  const fraction = pick(random, ['', '', '.0', `.${digits(random, between(random, 1, 8))}`]);
  const exponent = pick(random, ['', '', `e${between(random, -20, 20)}`, 'E+2']);
  return `${pick(random, ['', '-'])}${whole}${fraction}${exponent}`;
}

function jsonString(random: Random): string {
  const text = JSON.stringify(pick(random, words) + pick(random, words));
  return random.below(4) > 0 ? text : text.replace(/[a-z](?!")/, '\\u0041');
}

const jsonb = sampleOf(
  'jsonb',
  3802,
  [
    ...['null', 'true', 'false', '0', '-0', '1.0', '1e2', '"a"', '""', '[]', '{}', '[[]]', '[{}]'],
    ...[
      '{"a":1,"a":2}',
      '{"bb":1,"a":2,"c":[]}',
      ' [1, "x", null, {"k": {"l": []}}] ',
      '"\\u00e4"',
    ],
    ...[
      '"\\ud83d\\ude00"',
      '{"":0}',
      '[1.00,1]',
      '[null]',
      '[[[[[[1]]]]]]',
      '"\\/\\b\\f\\n\\r\\t"',
    ],
  ],
  random => jsonText(random, 0),
);

function quoted(element: string): string {
  return `"${element.replace(/["\\]/g, found => `\\${found}`)}"`;
}

/** `nulls`: an unquoted NULL is none for types of text when array_nulls is off. */
function arrayOf(sample: KeySample, arrayOid: number, nulls: boolean): KeySample {
  const element = (random: Random): string => {
    if (nulls && random.below(6) === 0) return pick(random, ['NULL', 'null', ' Null ']);
    const value = random.below(4) === 0 ? pick(random, sample.edges) : sample.random(random);
    return quoted(value);
  };
  const list = (random: Random, length: number): string =>
    `{${Array.from({ length }, () => element(random)).join(pick(random, [',', ' , ']))}}`;
  const square = (random: Random): string => {
    const length = between(random, 1, 3);
    const rows = Array.from({ length: between(random, 1, 3) }, () => list(random, length));
    return `{${rows.join(',')}}`;
  };
  const random = (random: Random): string => {
    const length = between(random, 1, 5);
    const shifted = `[${3 - length}:2]=${list(random, length)}`;
    return pick(random, [list(random, random.below(6)), square(random), shifted]);
  };
  return sampleOf(`${sample.columnType}[]`, arrayOid, ['{}', ' { } '], random);
}

function find(samples: readonly KeySample[], columnType: string): KeySample {
  return samples.find(sample => sample.columnType === columnType)!;
}

const integer = find(numberSamples, 'integer');
const bigint = find(numberSamples, 'bigint');
const numeric = find(numberSamples, 'numeric');
const double = find(numberSamples, 'double precision');
const boolean = find(numberSamples, 'boolean');
const bpchar = find(stringSamples, 'bpchar');
const bytea = find(stringSamples, 'bytea');
const uuid = find(stringSamples, 'uuid');
const inet = find(stringSamples, 'inet');
const interval = find(dateTimeSamples, 'interval');

type Bounds = readonly (readonly [low: string, high: string])[];

function rangeText(random: Random, bounds: Bounds): string {
  if (random.below(12) === 0) return pick(random, ['empty', ' EMPTY ']);
  const [low, high] = pick(random, bounds);
  const from = pick(random, [low, low, low, quoted(low), '']);
  const to = pick(random, [high, high, high, quoted(high), random.below(4) === 0 ? low : '']);
  return `${pick(random, ['[', '('])}${from},${to}${pick(random, [']', ')'])}`;
}

function rangeSamples(
  name: string,
  oids: readonly [range: number, multirange: number],
  make: (random: Random) => readonly [string, string],
): KeySample[] {
  const some = (random: Random): Bounds => Array.from({ length: 3 }, () => make(random));
  const multirange = (random: Random): string => {
    const bounds = some(random);
    const items = Array.from({ length: random.below(5) }, () => rangeText(random, bounds));
    return `{${items.join(pick(random, [',', ' , ']))}}`;
  };
  return [
    sampleOf(name, oids[0], ['empty', '(,)', '[,]'], random => rangeText(random, some(random))),
    sampleOf(name.replace('range', 'multirange'), oids[1], ['{}', '{empty}', '{(,)}'], multirange),
  ];
}

/** Two numbers near each other, so that ranges touch, overlap and are empty. */
function numbers(random: Random, scale: number): readonly [string, string] {
  const low = between(random, -6, 6);
  const width = random.below(4);
  const text = (value: number): string =>
    scale === 0 ? String(value) : `${value}.${pick(random, ['0', '00', '5'])}`;
  return scale === 0 || width > 0
    ? [text(low), text(low + width + (scale > 0 ? 1 : 0))]
    : [`${low}.0`, `${low}.00`];
}

function days(random: Random): readonly [string, string] {
  const low = between(random, 1, 24);
  const text = (day: number): string => `2024-02-${String(day).padStart(2, '0')}`;
  const ends = ['-infinity', 'infinity'] as const;
  if (random.below(8) === 0) return [pick(random, [ends[0], text(low)]), ends[1]];
  return [text(low), text(low + random.below(4))];
}

function instants(random: Random, offset: string): readonly [string, string] {
  const [low, high] = days(random);
  const time = (day: string, clock: string): string =>
    day.endsWith('infinity') ? day : `${day} ${clock}${offset}`;
  return [time(low, '10:00:00'), time(high, pick(random, ['10:00:00', '10:00:00.25']))];
}

const domains: readonly KeySample[] = [
  {
    ...sampleOf(
      'amount',
      1700,
      ['0.005', '-0.005', '12.345'],
      random => `${random.below(100_000)}.${digits(random, between(random, 1, 5))}`,
    ),
    stored: {
      kind: 'domain',
      base: { kind: 'base', oid: 1700, typmod: (12 << 16) + 2 + 4 },
    },
  },
  {
    ...sampleOf('account_alias', 20, bigint.edges, bigint.random),
    stored: { kind: 'domain', base: { kind: 'domain', base: { kind: 'base', oid: 20 } } },
  },
];

const place = {
  kind: 'record',
  name: 'place',
  columns: [23, 25, 1082, 1009, 1700].map(oid => ({ kind: 'base', oid }) as const),
} as const;

function randomPlace(random: Random): string {
  const field = (text: string): string => (random.below(5) === 0 ? '' : quoted(text));
  const tags = Array.from({ length: random.below(3) }, () => quoted(pick(random, words)));
  const fields = [
    integer.random(random),
    textSample.random(random),
    dateSample.random(random),
    `{${tags.join(',')}}`,
    numeric.random(random),
  ];
  return `(${fields.map(field).join(',')})`;
}

const text = arrayOf(textSample, 1009, false);
const escapedTexts: KeySample = {
  ...text,
  edges: [
    ...[...text.edges, '{a\\\\\\ ,b\\ ,c\\\\ }', '{\\NULL,"NULL"}', '{ a b ,\t"c" , d}'],
    ...['{"\\"\\\\",\\"\\,\\}}', '{{a,b},{c,d}}', '[0:1]={x,y}'],
  ],
  random(random) {
    const escapes = ['\\\\', '\\ ', ' ', 'a', '\\,', '\\"', 'é', '\\{', '\t'];
    const word = (): string =>
      `w${Array.from({ length: random.below(8) }, () => pick(random, escapes)).join('')}`;
    const plain = (): string => Array.from({ length: 3 }, word).join(',');
    return random.below(2) === 0 ? `{${plain()}}` : text.random(random);
  },
};

export const structuredSamples: readonly KeySample[] = [
  jsonb,
  arrayOf(integer, 1007, true),
  arrayOf(bigint, 1016, true),
  escapedTexts,
  arrayOf(sampleOf('varchar', 1043, ['a', ''], textSample.random), 1015, false),
  arrayOf(bpchar, 1014, false),
  arrayOf(numeric, 1231, true),
  arrayOf(double, 1022, true),
  arrayOf(boolean, 1000, true),
  arrayOf(uuid, 2951, true),
  arrayOf(bytea, 1001, false),
  arrayOf(inet, 1041, true),
  arrayOf(timestamptzSample, 1185, true),
  arrayOf(interval, 1187, true),
  arrayOf(jsonb, 3807, false),
  ...rangeSamples('int4range', [3904, 4451], random => numbers(random, 0)),
  ...rangeSamples('int8range', [3926, 4536], random => numbers(random, 0)),
  ...rangeSamples('numrange', [3906, 4532], random => numbers(random, 1)),
  ...rangeSamples('tsrange', [3908, 4533], random => instants(random, '')),
  ...rangeSamples('tstzrange', [3910, 4534], random => instants(random, '+02')),
  ...rangeSamples('daterange', [3912, 4535], days),
  arrayOf(
    sampleOf('int4range', 3904, ['empty', '[1,2]'], random =>
      rangeText(random, [numbers(random, 0)]),
    ),
    3905,
    true,
  ),
  ...domains,
  {
    ...sampleOf('place', 0, ['(,,,,)', '(1,a,,,)', '( 1 ,"",2024-01-01,{},1.0)'], randomPlace),
    compared: place,
    stored: place,
  },
];

/** For tables of several key columns. */
export const keyColumnSamples: readonly KeySample[] = [
  ...[integer, bigint, numeric, double, uuid, inet, textSample, bpchar, jsonb],
  ...[timestampSample, timestamptzSample, dateSample],
];
