// The words of `data_type`: PgDog's, and PostgreSQL's names of the types that can place rows.

import { didYouMean } from './report.ts';
import { show, type ValueType } from './value-type.ts';

const words = [
  ...(['bigint', 'uuid', 'varchar', 'vector'] as const),
  ...(['smallint', 'integer', 'numeric', 'real', 'double precision', 'text', 'character'] as const),
  ...(['name', 'bytea', 'boolean', '"char"', 'oid', 'date', 'time', 'timetz'] as const),
  ...(['timestamp', 'timestamptz', 'interval', 'inet', 'cidr', 'macaddr', 'macaddr8'] as const),
  ...(['jsonb', 'pg_lsn', 'xid8'] as const),
];

/** A type that `data_type` names. */
export type DataType = (typeof words)[number];

/** PostgreSQL's other names of them (pg_type.typname, and gram.y). */
const synonyms: Readonly<Record<string, DataType>> = {
  ...{ int2: 'smallint', int: 'integer', int4: 'integer', int8: 'bigint', decimal: 'numeric' },
  ...{ float4: 'real', float8: 'double precision', float: 'double precision', bool: 'boolean' },
  ...{ 'character varying': 'varchar', bpchar: 'character', char: 'character' },
  ...{ 'time without time zone': 'time', 'time with time zone': 'timetz' },
  ...{ 'timestamp without time zone': 'timestamp', 'timestamp with time zone': 'timestamptz' },
};

export const dataType: ValueType<DataType> = {
  words: words.map(word => `\`${word}\``).join(', '),
  parse(value) {
    const fix = 'write the type without its length, e.g. "bigint", "uuid" or "timestamptz"';
    if (typeof value !== 'string') {
      return { ok: false, message: `expected a string, found ${show(value)}`, fix };
    }
    const lower = value.toLowerCase();
    const found = synonyms[lower] ?? words.find(word => word === lower);
    if (found !== undefined) return { ok: true, value: found };
    const known = [...words, ...Object.keys(synonyms)];
    const message = `${show(value)} is no type that can place rows`;
    return { ok: false, message, fix: didYouMean(value, known) ?? fix };
  },
  fromText: value => value,
};
