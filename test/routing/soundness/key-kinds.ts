// The key types of random worlds: values, few enough that rows and predicates meet, and the many
// ways to write one of them in a statement.

import type { Random } from '../../sharding/seeded-random.ts';
import type { Draft } from './draft.ts';

export interface KeyKind {
  /** Kinds of one group can be compared with `=` and lie on equal shards when equal. */
  readonly group: string;
  /** Of the column. */
  readonly type: string;
  readonly oid: number;
  /** In the configuration. */
  readonly dataType: string;
  /** Text forms; ascending for those that ranges may be made of. */
  readonly pool: readonly string[];
  readonly ordered: boolean;
  /** Expressions that equal a value of the pool, or nearly. */
  readonly spellings: readonly ((value: string) => string)[];
}

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;

const integers = Array.from({ length: 26 }, (_, n) => String(n - 5));
const integerSpellings = [
  (value: string) => value,
  (value: string) => value,
  quoted,
  (value: string) => `${value}::bigint`,
  (value: string) => `${quoted(value)}::int8`,
  (value: string) => `CAST(${value} AS integer)`,
  (value: string) => `(${value})`,
  (value: string) => `${value}.0`,
  (value: string) => `${Number(value) - 1} + 1`,
  (value: string) => `2 * ${value} - (${value})`,
  (value: string) => `- (${-Number(value)})`,
  (value: string) => `' ${value} '`,
  (value: string) => `${value}::numeric`,
  (value: string) => `${value}::float8`,
  (value: string) => `${value}e0`,
  (value: string) => `${value}.4::int`,
  (value: string) => `(${quoted(value)}::text)::int4`,
  (value: string) => `abs(${value})`,
  (value: string) => `(SELECT ${value})`,
  (value: string) => `CASE WHEN true THEN ${value} ELSE 1 END`,
];

function integerKind(type: string, oid: number): KeyKind {
  return {
    ...{ group: 'integer', type, oid, dataType: 'bigint', pool: integers, ordered: true },
    spellings: integerSpellings,
  };
}

const words = ['', '5', 'A', 'B', 'a', 'ab', 'abc', 'b', "it's", 'x y', 'ä', '日本'];
const textSpellings = [
  quoted,
  quoted,
  quoted,
  (value: string) => `${quoted(value)}::text`,
  (value: string) => `${quoted(value)}::varchar`,
  (value: string) => `${quoted(value)}::varchar(2)`,
  (value: string) => `${quoted(value)}::char(4)`,
  (value: string) => `${quoted(`${value} `)}`,
  (value: string) => `${quoted(value)} || ''`,
  (value: string) => `lower(${quoted(value)})`,
  (value: string) => `E${quoted(value)}`,
  (value: string) => `$q$${value}$q$`,
  (value: string) => `CAST(${quoted(value)} AS name)`,
  (value: string) => `${quoted(value)} COLLATE "C"`,
  (value: string) => `(SELECT ${quoted(value)}::text)`,
];

function textKind(type: string, oid: number): KeyKind {
  return {
    ...{ group: 'text', type, oid, dataType: 'varchar', pool: words, ordered: false },
    spellings: textSpellings,
  };
}

const uuids = Array.from(
  { length: 12 },
  (_, n) => `${'0123456789ab'[n]}fa85f64-5717-4562-b3fc-2c963f66af${String(n).padStart(2, '0')}`,
);

const uuidKind: KeyKind = {
  ...{ group: 'uuid', type: 'uuid', oid: 2950, dataType: 'uuid', pool: uuids, ordered: true },
  spellings: [
    quoted,
    quoted,
    value => `${quoted(value)}::uuid`,
    value => `uuid ${quoted(value)}`,
    value => quoted(value.toUpperCase()),
    value => quoted(`{${value}}`),
    value => quoted(value.replaceAll('-', '')),
    value => `(${quoted(value)}::text)::uuid`,
  ],
};

const numerics = ['-100', '-1.5', '-1', '0', '0.1', '0.25', '1', '1.5', '2', '10', '1000', 'NaN'];
const numericKind: KeyKind = {
  ...{ group: 'numeric', type: 'numeric', oid: 1700, dataType: 'numeric', pool: numerics },
  ordered: true,
  spellings: [
    quoted,
    value => (value === 'NaN' ? quoted(value) : value),
    value => (value === 'NaN' ? quoted(value) : `${value}${value.includes('.') ? '' : '.'}00`),
    value => `${quoted(value)}::numeric`,
    value => `${quoted(value)}::float8`,
    value => `${quoted(value)}::numeric(10, 1)`,
    value => (value === 'NaN' ? quoted(value) : `${value} + 0.0`),
    value => (value === 'NaN' ? quoted(value) : `${value}e0`),
  ],
};

const instants = [
  ...['-infinity', '1969-07-20 20:17:00+00', '1970-01-01 00:00:00+00', '2000-01-01 00:00:00+00'],
  ...['2024-02-29 12:00:00.5+00', '2024-12-31 22:00:00+00', '2025-01-01 00:00:00+00', 'infinity'],
];
const instantKind: KeyKind = {
  ...{ group: 'timestamptz', type: 'timestamptz', oid: 1184, dataType: 'timestamptz' },
  ...{ pool: instants, ordered: true },
  spellings: [
    quoted,
    value => `${quoted(value)}::timestamptz`,
    value => `timestamptz ${quoted(value)}`,
    value => quoted(value.replace('+00', 'Z')),
    value => quoted(value.replace('+00', '')),
    value => `${quoted(value.replace('+00', ''))}::timestamp`,
    value => `${quoted(value)}::date`,
    value => `${quoted(value)}::timestamptz + interval '0'`,
  ],
};

const dates = ['1999-12-31', '2000-01-01', '2024-02-28', '2024-02-29', '2024-03-01', '2030-01-01'];
const dateKind: KeyKind = {
  ...{ group: 'date', type: 'date', oid: 1082, dataType: 'date', pool: dates, ordered: true },
  spellings: [
    quoted,
    value => `${quoted(value)}::date`,
    value => `date ${quoted(value)}`,
    value => `${quoted(value)}::timestamp`,
    value => `${quoted(value)}::timestamptz`,
    value => `${quoted(value)}::date + 0`,
    value => quoted(value.replaceAll('-', '')),
  ],
};

const floats = ['-Infinity', '-1.5', '0', '0.1', '1', '2', '1e10', 'Infinity', 'NaN'];
const isNumber = (value: string): boolean => /^[-\d]/.test(value) && value !== '-Infinity';
const floatKind: KeyKind = {
  ...{ group: 'float', type: 'float8', oid: 701, dataType: 'double precision', pool: floats },
  ordered: true,
  spellings: [
    quoted,
    value => (isNumber(value) ? value : quoted(value)),
    value => (value === '0' ? quoted('-0') : `${quoted(value)}::float8`),
    value => `${quoted(value)}::real`,
    value => `${quoted(value)}::numeric`,
    value => (isNumber(value) ? `${value} + 0` : quoted(value)),
    value => (isNumber(value) ? `${value}::int` : quoted(value)),
  ],
};

const flagKind: KeyKind = {
  ...{ group: 'flag', type: 'boolean', oid: 16, dataType: 'boolean', pool: ['f', 't'] },
  ordered: true,
  spellings: [
    quoted,
    value => (value === 't' ? 'true' : 'false'),
    value => (value === 't' ? "' yes '" : "'0'"),
    value => `${quoted(value)}::bool`,
    value => (value === 't' ? '1 = 1' : 'NOT true'),
    value => (value === 't' ? '1::bool' : '0::bool'),
  ],
};

const paddedKind: KeyKind = {
  ...{ group: 'padded', type: 'char(4)', oid: 1042, dataType: 'character', ordered: false },
  pool: ['', '5', 'A', 'a', 'ab', 'abcd', 'x y'],
  spellings: [
    quoted,
    value => quoted(`${value} `),
    value => `${quoted(value)}::char(6)`,
    value => `${quoted(value)}::bpchar`,
    value => `${quoted(value)}::text`,
    value => `${quoted(`${value} `)}::varchar`,
    value => `${quoted(value)}::char(2)`,
  ],
};

const bytesKind: KeyKind = {
  ...{ group: 'bytes', type: 'bytea', oid: 17, dataType: 'bytea', ordered: true },
  pool: ['\\x', '\\x00', '\\x6162', '\\x616263', '\\xff'],
  spellings: [
    quoted,
    value => `${quoted(value)}::bytea`,
    value => (value === '\\x6162' ? "'ab'" : quoted(value.toUpperCase().replace('X', 'x'))),
    value => `decode('${value.slice(2)}', 'hex')`,
  ],
};

const addressKind: KeyKind = {
  ...{ group: 'address', type: 'inet', oid: 869, dataType: 'inet', ordered: true },
  pool: ['0.0.0.0/0', '10.0.0.0/8', '10.0.0.1', '192.168.1.5/24', '::1'],
  spellings: [
    quoted,
    value => `${quoted(value)}::inet`,
    value => (value === '10.0.0.1' ? "'10.0.0.1/32'" : quoted(value)),
    value => `inet ${quoted(value)}`,
  ],
};

const spanKind: KeyKind = {
  ...{ group: 'span', type: 'interval', oid: 1186, dataType: 'interval', ordered: true },
  pool: ['-1 day', '00:00:00', '24:00:00', '1 mon', '1 year'],
  spellings: [
    quoted,
    value => `${quoted(value)}::interval`,
    value => (value === '24:00:00' ? "'1 day'" : quoted(value)),
    value => (value === '1 mon' ? "interval '30 days'" : `interval ${quoted(value)}`),
    value => (value === '1 year' ? "'12 mons'" : quoted(value)),
  ],
};

export const keyKinds: readonly KeyKind[] = [
  integerKind('bigint', 20),
  integerKind('integer', 23),
  integerKind('smallint', 21),
  textKind('text', 25),
  textKind('varchar(20)', 1043),
  uuidKind,
  numericKind,
  instantKind,
  dateKind,
  floatKind,
  flagKind,
  paddedKind,
  bytesKind,
  addressKind,
  spanKind,
];

const arrayOids: Readonly<Record<number, number>> = {
  ...{ 20: 1016, 21: 1005, 23: 1007, 25: 1009, 1043: 1015, 2950: 2951 },
  ...{ 1700: 1231, 1184: 1185, 1082: 1182, 701: 1022, 16: 1000, 1042: 1014, 17: 1001 },
  ...{ 869: 1041, 1186: 1187 },
};

/** An expression for one value. */
export function constant(kind: KeyKind, random: Random, draft: Draft): string {
  const value = kind.pool[random.below(kind.pool.length)]!;
  switch (random.below(24)) {
    case 0:
      return 'NULL';
    case 1:
    case 2:
    case 3:
      return draft.parameter(value, 0);
    case 4:
      return draft.parameter(value, kind.oid);
    case 5:
      return `${draft.parameter(value, 0)}::${kind.type}`;
    case 6:
      return draft.parameter(random.below(3) === 0 ? null : value, 0);
    default:
      return kind.spellings[random.below(kind.spellings.length)]!(value);
  }
}

/** An expression for an array of a few values. */
export function arrayConstant(kind: KeyKind, random: Random, draft: Draft): string {
  const values = Array.from({ length: random.below(4) }, () => {
    return random.below(12) === 0 ? null : kind.pool[random.below(kind.pool.length)]!;
  });
  const text = `{${values.map(one => (one === null ? 'NULL' : JSON.stringify(one))).join(',')}}`;
  switch (random.below(5)) {
    case 0:
      return draft.parameter(text, 0);
    case 1:
      return draft.parameter(text, arrayOids[kind.oid]!);
    case 2:
      return quoted(text);
    case 3:
      return `${quoted(text)}::${kind.type}[]`;
    default: {
      const items = [0, 1].map(() => constant(kind, random, draft));
      return `ARRAY[${items.join(', ')}]`;
    }
  }
}
