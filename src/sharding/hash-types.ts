// The types that PostgreSQL can hash-partition by, found by OID or by a description of a type that is
// not built in. A type that hashes differently on each shard or version is refused, with the reason.

import { typeOid } from '../types/type-oid.ts';
import { arrayHashType } from './array-hash-type.ts';
import { fitIsUnknown, fittedHashType } from './column-fit.ts';
import {
  dateType,
  intervalType,
  timestampType,
  timestamptzType,
  timeType,
  timetzType,
} from './date-time-hash-types.ts';
import { float4Type, float8Type } from './float-hash-types.ts';
import { type HashType, hashTypeOfValues, type OrderedValueType } from './hash-type.ts';
import {
  bigintType,
  boolType,
  charType,
  cidType,
  hashTypeOfInt64,
  integerBound,
  integerType,
  oidType,
  pgLsnType,
  smallintType,
  xid8Type,
  xidType,
} from './integer-hash-types.ts';
import { jsonbType } from './jsonb-hash-type.ts';
import {
  cidrType,
  inetType,
  macaddr8Type,
  macaddrType,
  oidvectorType,
  tidType,
} from './network-hash-types.ts';
import { numericType } from './numeric-hash-type.ts';
import { multirangeValueType, rangeValueType, type Successor } from './range-hash-type.ts';
import { recordHashType } from './record-hash-type.ts';
import {
  bpcharType,
  byteaType,
  nameType,
  textType,
  uuidType,
  varcharType,
} from './string-hash-types.ts';

/** A key's type as the catalog knows it (pg_type.typtype and what it refers to). */
export type KeyTypeDescription =
  /**
   * `typmod`: of the column or domain that the value is on its way into (INSERT, COPY), which may
   * round it; left out for a value that is compared.
   */
  | { readonly kind: 'base'; readonly oid: number; readonly typmod?: number }
  | { readonly kind: 'domain'; readonly base: KeyTypeDescription }
  | { readonly kind: 'array'; readonly element: KeyTypeDescription }
  | {
      readonly kind: 'record';
      readonly name: string;
      readonly columns: readonly KeyTypeDescription[];
    }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'range' | 'multirange'; readonly name: string };

/** Either a hash type, or in words why there is none. */
export type HashTypeChoice =
  | { readonly type: HashType }
  | { readonly type: null; readonly reason: string };

const builtIn = new Map<number, HashType>();
/** Element types by the OID of their array type. */
const elements = new Map<number, number>();
/** By OID: pg_type.dat. The second number is that of the array type. */
const scalars: readonly (readonly [oid: number, arrayOid: number, type: HashType])[] = [
  [typeOid.int2, 1005, smallintType],
  [typeOid.int4, 1007, integerType],
  [typeOid.int8, 1016, bigintType],
  [typeOid.text, 1009, textType],
  [typeOid.varchar, 1015, varcharType],
  [typeOid.bpchar, 1014, bpcharType],
  [typeOid.name, 1003, nameType],
  [typeOid.bytea, 1001, byteaType],
  [typeOid.uuid, 2951, uuidType],
  [typeOid.bool, 1000, hashTypeOfValues(boolType)],
  [typeOid.char, 1002, hashTypeOfValues(charType)],
  [typeOid.oid, 1028, hashTypeOfValues(oidType)],
  [28, 1011, hashTypeOfValues(xidType)],
  [29, 1012, hashTypeOfValues(cidType)],
  [5069, 271, hashTypeOfInt64(xid8Type)],
  [3220, 3221, hashTypeOfInt64(pgLsnType)],
  [27, 1010, hashTypeOfValues(tidType)],
  [30, 1013, hashTypeOfValues(oidvectorType)],
  [typeOid.float4, 1021, hashTypeOfValues(float4Type)],
  [typeOid.float8, 1022, hashTypeOfValues(float8Type)],
  [typeOid.numeric, 1231, hashTypeOfValues(numericType)],
  [typeOid.date, 1182, hashTypeOfValues(dateType)],
  [typeOid.time, 1183, hashTypeOfInt64(timeType)],
  [typeOid.timetz, 1270, hashTypeOfValues(timetzType)],
  [typeOid.timestamp, 1115, hashTypeOfInt64(timestampType)],
  [typeOid.timestamptz, 1185, hashTypeOfInt64(timestamptzType)],
  [typeOid.interval, 1187, hashTypeOfValues(intervalType)],
  [typeOid.inet, 1041, hashTypeOfValues(inetType)],
  [typeOid.cidr, 651, hashTypeOfValues(cidrType)],
  [typeOid.macaddr, 1040, hashTypeOfValues(macaddrType)],
  [774, 775, hashTypeOfValues(macaddr8Type)],
  [typeOid.jsonb, 3807, hashTypeOfValues(jsonbType)],
];
for (const [oid, arrayOid, type] of scalars) {
  builtIn.set(oid, type);
  builtIn.set(arrayOid, arrayHashType(type));
  elements.set(arrayOid, oid);
}

const nextBigint: Successor<bigint> = value => value + 1n;
/** daterange_canonical leaves the infinities where they are. */
const nextDay: Successor<number> = day => (Math.abs(day + 0.5) > 2 ** 31 - 1 ? day : day + 1);

addRanges([3904, 3905, 'int4range'], [4451, 6150], integerBound(integerType), nextBigint);
addRanges([3926, 3927, 'int8range'], [4536, 6157], integerBound(bigintType), nextBigint);
addRanges([3906, 3907, 'numrange'], [4532, 6151], numericType, null);
addRanges([3908, 3909, 'tsrange'], [4533, 6152], timestampType, null);
addRanges([3910, 3911, 'tstzrange'], [4534, 6153], timestamptzType, null);
addRanges([3912, 3913, 'daterange'], [4535, 6155], dateType, nextDay);

function addRanges<V>(
  [oid, arrayOid, name]: readonly [number, number, string],
  [multirangeOid, multirangeArrayOid]: readonly [number, number],
  subtype: OrderedValueType<V>,
  successor: Successor<V> | null,
): void {
  const range = hashTypeOfValues(rangeValueType(name, subtype, successor));
  const multirangeName = name.replace('range', 'multirange');
  const multirange = hashTypeOfValues(multirangeValueType(multirangeName, subtype, successor));
  builtIn.set(oid, range);
  builtIn.set(arrayOid, arrayHashType(range));
  builtIn.set(multirangeOid, multirange);
  builtIn.set(multirangeArrayOid, arrayHashType(multirange));
}

const ofEachServer = 'is hashed by its OID, which every server gives out for itself';
/** regproc and its neighbours (they hash as oid), aclitem (by the OIDs of its roles). */
const byOid: ReadonlySet<number> = new Set([
  ...[24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191, 1033],
]);

/** The hash type of a built-in type, or why there is none. */
function builtInHashType(oid: number): HashTypeChoice {
  const type = builtIn.get(oid);
  if (type !== undefined) return { type };
  const reason = byOid.has(oid)
    ? ofEachServer
    : 'has no hash operator class, or none that is known to hash alike on every server';
  return { type: null, reason };
}

/**
 * The hash type of a key, or why rows cannot be placed by it. Collations are the caller's: under a
 * nondeterministic one no type with text in it has a hash here.
 */
export function chooseHashType(key: KeyTypeDescription): HashTypeChoice {
  switch (key.kind) {
    case 'base':
      return chooseBase(key.oid, key.typmod ?? -1);
    case 'domain':
      return chooseHashType(key.base);
    case 'array': {
      const element = chooseHashType(key.element);
      return element.type === null ? element : { type: arrayHashType(element.type) };
    }
    case 'record': {
      const columns: HashType[] = [];
      for (const column of key.columns) {
        const choice = chooseHashType(column);
        if (choice.type === null) return choice;
        columns.push(choice.type);
      }
      return { type: recordHashType(key.name, columns) };
    }
    case 'enum':
      return { type: null, reason: ofEachServer };
    case 'range':
    case 'multirange':
      return { type: null, reason: 'is a range type of its own, with an order that is not known' };
  }
}

function chooseBase(oid: number, typmod: number): HashTypeChoice {
  const choice = builtInHashType(oid);
  if (typmod < 0 || choice.type === null) return choice;
  if (fitIsUnknown(oid, typmod)) {
    return { type: null, reason: 'has a modifier that drops fields of its values' };
  }
  // An array's modifier is that of its elements.
  const element = elements.get(oid);
  if (element !== undefined) {
    return chooseHashType({ kind: 'array', element: { kind: 'base', oid: element, typmod } });
  }
  return { type: fittedHashType(oid, typmod) ?? choice.type };
}

/** OID of the built-in element type of an array type; null: not known. */
export function elementOid(arrayOid: number): number | null {
  return elements.get(arrayOid) ?? null;
}

/** OIDs of the built-in types that rows can be placed by. */
export function hashTypeOids(): number[] {
  return [...builtIn.keys()];
}
