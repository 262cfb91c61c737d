// OIDs of PostgreSQL's built-in types that PgPack has to know by number. Fixed for all servers:
// src/include/catalog/pg_type.dat.

export const typeOid = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  xml: 142,
  point: 600,
  cidr: 650,
  float4: 700,
  float8: 701,
  unknown: 705,
  money: 790,
  macaddr8: 774,
  macaddr: 829,
  inet: 869,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  timetz: 1266,
  bit: 1560,
  varbit: 1562,
  numeric: 1700,
  uuid: 2950,
  pgLsn: 3220,
  jsonb: 3802,
  xid8: 5069,
} as const;

/** OIDs from here on are given out by each server for itself (`FirstNormalObjectId`, transam.h). */
export const firstUserOid = 16384;

const sqlNames: Readonly<Record<number, string>> = {
  [typeOid.bool]: 'boolean',
  [typeOid.char]: '"char"',
  [typeOid.int8]: 'bigint',
  [typeOid.int2]: 'smallint',
  [typeOid.int4]: 'integer',
  [typeOid.float4]: 'real',
  [typeOid.float8]: 'double precision',
  [typeOid.bpchar]: 'character',
  [typeOid.varchar]: 'character varying',
  [typeOid.time]: 'time without time zone',
  [typeOid.timestamp]: 'timestamp without time zone',
  [typeOid.timestamptz]: 'timestamp with time zone',
  [typeOid.timetz]: 'time with time zone',
  [typeOid.varbit]: 'bit varying',
  [typeOid.pgLsn]: 'pg_lsn',
};

const internalNames = new Map<number, string>(
  Object.entries(typeOid).map(([name, oid]) => [oid, name]),
);

/** As `pg_type` has it. */
export function internalName(oid: number): string | undefined {
  return internalNames.get(oid);
}

/** The type's name as PostgreSQL's `format_type` prints it; `OID n` when not known. */
export function typeName(oid: number): string {
  return sqlNames[oid] ?? internalNames.get(oid) ?? `OID ${oid}`;
}
