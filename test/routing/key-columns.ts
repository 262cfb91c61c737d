// Types of sharding keys for tests of routing: edges, and seeded values in the text form that
// PostgreSQL prints, so that two of them differ as keys when they differ as texts.

import type { Random } from '../sharding/seeded-random.ts';

export interface KeyColumn {
  readonly type: string;
  /** In the configuration. */
  readonly dataType: string;
  readonly edges: readonly string[];
  random(random: Random): string;
}

const letters = [...'abcXYZ019 _-éß€日😀\'"\\'];

export const keyColumns = {
  bigint: {
    type: 'bigint',
    dataType: 'bigint',
    edges: [
      ...['0', '1', '-1', '2147483648', '-2147483649', '4294967296'],
      ...['9223372036854775807', '-9223372036854775808'],
    ],
    random: random => String(BigInt.asIntN(64, (word(random) << 32n) | word(random))),
  },
  text: {
    type: 'text',
    dataType: 'varchar',
    edges: ['', 'a', 'A', '5', ' b', "it's", '\\N', 'ä', '😀', 'NULL', '[1,2]', '{1}', 'tab\there'],
    random: random =>
      `${Array.from({ length: random.below(30) }, () => letters[random.below(letters.length)]).join('')}.`,
  },
  uuid: {
    type: 'uuid',
    dataType: 'uuid',
    edges: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    random: random => {
      const hex = Array.from({ length: 4 }, () => word(random).toString(16).padStart(8, '0'));
      return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
  },
  numeric: {
    type: 'numeric',
    dataType: 'numeric',
    edges: ['0', '1', '-1', '0.5', '1e30', '-1e-20', 'NaN', 'Infinity', '-Infinity', '10000'],
    random: random => {
      const whole = BigInt.asIntN(64, (word(random) << 32n) | word(random));
      return `${whole >> BigInt(random.below(64))}.${1 + random.below(9)}`;
    },
  },
  timestamptz: {
    type: 'timestamptz',
    dataType: 'timestamptz',
    edges: ['1970-01-01 00:00:00+00', 'infinity', '-infinity', '2000-01-01 00:00:00.000001+00'],
    random: random => {
      const seconds = random.uint32() - 2_000_000_000;
      return new Date(seconds * 1000 + random.below(1000)).toISOString();
    },
  },
} satisfies Record<string, KeyColumn>;

function word(random: Random): bigint {
  return BigInt(random.uint32());
}
