// The words of `data_type` as PostgreSQL's types: what a configuration's mapping is checked by
// before there is a catalog, and what the catalog's column has to agree with.

import type { DataType } from '../config/data-type.ts';
import type { MappedKeyType, MappedKeyTypes } from '../config/mapped-key.ts';
import { typeOid } from '../types/type-oid.ts';
import { chooseOrderedType } from './ordered-types.ts';

/** Of a type that is built in; pgvector's has a number of each server's own. */
const oids: Readonly<Record<Exclude<DataType, 'vector'>, number>> = {
  smallint: typeOid.int2,
  integer: typeOid.int4,
  bigint: typeOid.int8,
  numeric: typeOid.numeric,
  real: typeOid.float4,
  'double precision': typeOid.float8,
  text: typeOid.text,
  varchar: typeOid.varchar,
  character: typeOid.bpchar,
  name: typeOid.name,
  uuid: typeOid.uuid,
  bytea: typeOid.bytea,
  boolean: typeOid.bool,
  '"char"': typeOid.char,
  oid: typeOid.oid,
  date: typeOid.date,
  time: typeOid.time,
  timetz: typeOid.timetz,
  timestamp: typeOid.timestamp,
  timestamptz: typeOid.timestamptz,
  interval: typeOid.interval,
  inet: typeOid.inet,
  cidr: typeOid.cidr,
  macaddr: typeOid.macaddr,
  macaddr8: 774,
  jsonb: typeOid.jsonb,
  pg_lsn: 3220,
  xid8: 5069,
};

export function oidOfDataType(word: Exclude<DataType, 'vector'>): number {
  return oids[word];
}

const unquoted: readonly string[] = [
  ...(['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'oid'] as const),
  'xid8',
];

/** For `loadConfig`. */
export const mappedKeyTypes: MappedKeyTypes = word => {
  const oid = oids[word as Exclude<DataType, 'vector'>];
  const choice = chooseOrderedType({ kind: 'base', oid });
  if (oid === undefined || choice.type === null) return null;
  const { type } = choice;
  const mapped: MappedKeyType = {
    name: word,
    numeric: unquoted.includes(word),
    read: text => type.readText(text),
    compare: (left, right) => type.compare(left, right),
  };
  return mapped;
};
