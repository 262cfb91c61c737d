// Keys that are numbers inside: integers, OIDs, floats, numeric, boolean.

import type { Random } from '../sharding/seeded-random.ts';
import {
  between,
  digits,
  type KeySample,
  magnitude,
  pick,
  sampleOf,
  withModifier,
} from './key-sample.ts';

const int2Edges = ['0', '1', '-1', '32767', '-32768', ' 7 ', '+7'];
const int4Edges = ['0', '-1', '2147483647', '-2147483648', '65536', ' -12\t'];
const int8Edges = [
  ...['0', '1', '-1', '2147483647', '2147483648', '-2147483648', '-2147483649', '4294967295'],
  ...['4294967296', '-4294967296', '-4294967297', '9223372036854775807', '-9223372036854775808'],
];
const floatEdges = [
  ...['0', '-0', '0.0', '-0e0', 'NaN', 'nan', 'Infinity', '-Infinity', 'inf', '-INF', '1', '-1'],
  ...['1.5', '.5', '5.', '+2', '1e10', '1E-10', ' 3.25 ', '0.1', '16777217', '33554435'],
];
const numericEdges = [
  ...['0', '-0', '0.000', '1', '-1', '1.0', '1.00', '10000', '100000000', '0.0001', '0.00010'],
  ...['NaN', 'Infinity', '-Infinity', 'inf', '+inf', '1e4', '1E-4', '.5', '5.', '+7', ' 12.30 '],
  ...['12345678901234567890.123456789', '9999.9999', '99999999', '0.00000001', '1e100', '1e-100'],
  `1${'0'.repeat(400)}`,
];

function signed(random: Random, value: bigint): string {
  return String(random.below(2) === 0 ? value : -value);
}

const view = new DataView(new ArrayBuffer(8));

function randomDouble(random: Random): string {
  view.setUint32(0, random.uint32());
  view.setUint32(4, random.uint32());
  const value = view.getFloat64(0);
  if (Number.isNaN(value)) return 'NaN';
  return String(random.below(3) === 0 ? random.below(100_000) / 100 : value);
}

/** Half of them lie where two float4 meet, or a hair from there. */
function randomSingle(random: Random): string {
  // No exponent of infinity and NaN, and none whose next value is infinite.
  view.setUint32(0, random.below(0x7f00_0000));
  const value = view.getFloat32(0);
  if (value === 0) return '0';
  view.setUint32(0, view.getUint32(0) + 1);
  const middle = (value + view.getFloat32(0)) / 2;
  const sign = pick(random, ['', '-']);
  // All digits of the middle: 100 are enough for its 25 bits down to 1e-30.
  const [mantissa, exponent] = middle.toExponential(100).split('e') as [string, string];
  const hair = pick(random, ['', '1', null]);
  if (hair === null || middle < 1e-25) return `${sign}${value}`;
  if (random.below(3) === 0) return `${sign}${below(mantissa)}e${exponent}`;
  return `${sign}${mantissa}${hair}e${exponent}`;
}

/** The decimal one unit of its last digit below. */
function below(mantissa: string): string {
  const unscaled = String(BigInt(mantissa.replace('.', '')) - 1n).padStart(101, '0');
  return `${unscaled[0]}.${unscaled.slice(1)}`;
}

function randomNumeric(random: Random): string {
  const whole = digits(
    random,
    random.below(3) === 0 ? between(random, 0, 40) : between(random, 0, 9),
  );
  const fraction = pick(random, ['', digits(random, between(random, 1, 30)), '0000', '0005', '50']);
  const mantissa = whole + (fraction === '' ? '' : `.${fraction}`);
  const exponent = pick(random, ['', '', '', `e${between(random, -60, 60)}`]);
  return pick(random, ['', '-', '+']) + (mantissa === '' ? '0' : mantissa) + exponent;
}

const numeric = sampleOf('numeric', 1700, numericEdges, randomNumeric);

export const numberSamples: readonly KeySample[] = [
  {
    ...sampleOf('smallint', 21, int2Edges, random => String(random.below(65_536) - 32_768)),
    newer: { since: 16, edges: ['0x1F', '1_000', '0b101', '-0o17'] },
  },
  sampleOf('integer', 23, int4Edges, random => signed(random, magnitude(random, 31))),
  sampleOf('bigint', 20, int8Edges, random => signed(random, magnitude(random, 63))),
  sampleOf('oid', 26, ['0', '1', '4294967295'], random => String(random.uint32())),
  sampleOf('xid', 28, ['0', '3', '4294967295'], random => String(random.uint32())),
  sampleOf('cid', 29, ['0', '4294967295'], random => String(random.uint32())),
  sampleOf('xid8', 5069, ['0', '18446744073709551615'], random => String(magnitude(random, 64))),
  sampleOf('pg_lsn', 3220, ['0/0', 'FFFFFFFF/FFFFFFFF', '16/b374d848'], random =>
    [random.uint32(), random.uint32()].map(half => half.toString(16)).join('/'),
  ),
  sampleOf(
    'tid',
    27,
    ['(0,0)', '(4294967295,65535)', '(65536,1)'],
    random => `(${random.uint32()},${random.below(65_536)})`,
  ),
  sampleOf('oidvector', 30, ['', '1', '0 0'], random =>
    Array.from({ length: random.below(6) }, () => random.below(99_999)).join(' '),
  ),
  sampleOf('boolean', 16, ['t', 'f', 'TRUE', 'of', 'on', 'y', ' no ', '1', '0'], random =>
    pick(random, ['true', 'false', 'tru', 'fal', 'yes', 'off']),
  ),
  sampleOf('real', 700, floatEdges, randomSingle),
  sampleOf(
    'double precision',
    701,
    [...floatEdges, '5e-324', '1.7976931348623157e308'],
    randomDouble,
  ),
  numeric,
  withModifier(
    sampleOf(
      'numeric',
      1700,
      ['0', 'NaN', '0.005', '-0.005', '0.0049', '9.995', '1e-9'],
      random =>
        `${pick(random, ['', '-'])}${random.below(1_000_000)}.${digits(random, between(random, 1, 6))}`,
    ),
    'numeric(20,2)',
    (20 << 16) + 2 + 4,
    ['99.995', '-1234567.125'],
  ),
  withModifier(
    sampleOf('numeric', 1700, ['0', '499', '500', '-1500', '12345678'], random =>
      String(random.below(2 ** 31)),
    ),
    'numeric(12,-3)',
    (12 << 16) + (-3 & 0x7ff) + 4,
    ['999500', '0.9'],
  ),
];
