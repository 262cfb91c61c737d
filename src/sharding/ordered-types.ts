// Types by which rows can be placed by list and range: their values, and PostgreSQL's order of them
// (the default btree operator classes). Values of types of one family have one form here.

import { intervalKey } from '../types/interval-value.ts';
import { typeOid } from '../types/type-oid.ts';
import {
  dateType,
  intervalType,
  timestampType,
  timestamptzType,
  timeType,
  timetzType,
} from './date-time-hash-types.ts';
import { float4Type, float8Type } from './float-hash-types.ts';
import type { KeyValueType, OrderedValueType } from './hash-type.ts';
import type { KeyTypeDescription } from './hash-types.ts';
import {
  bigintType,
  boolType,
  charType,
  compareBigints,
  integerBound,
  integerType,
  oidType,
  pgLsnType,
  smallintType,
  xid8Type,
} from './integer-hash-types.ts';
import { cidrType, inetType, macaddr8Type, macaddrType } from './network-hash-types.ts';
import { numericType } from './numeric-hash-type.ts';
import {
  bpcharValues,
  byteaValues,
  nameValues,
  textValues,
  uuidValues,
  varcharValues,
} from './string-value-types.ts';

/** A type whose values hide behind `unknown`: columns of any type are handled alike. */
export type AnyOrderedType = OrderedValueType<unknown>;

export type OrderedTypeChoice =
  /** `equalityOnly`: unequal values compare in an order of our own. */
  | { readonly type: AnyOrderedType; readonly equalityOnly: boolean }
  | { readonly type: null; readonly reason: string };

export const bigintValues = integerBound(bigintType) as AnyOrderedType;

const types = new Map<number, AnyOrderedType>([
  entry(typeOid.int2, integerBound(smallintType)),
  entry(typeOid.int4, integerBound(integerType)),
  entry(typeOid.int8, bigintValues),
  entry(typeOid.oid, oidType),
  entry(5069, unsigned(xid8Type)),
  entry(3220, unsigned(pgLsnType)),
  entry(typeOid.bool, boolType),
  entry(typeOid.char, charType),
  entry(typeOid.float4, float4Type),
  entry(typeOid.float8, float8Type),
  entry(typeOid.numeric, numericType),
  entry(typeOid.date, dateType),
  entry(typeOid.time, timeType),
  entry(typeOid.timetz, { ...timetzType, compare: compareTimetz }),
  entry(typeOid.timestamp, timestampType),
  entry(typeOid.timestamptz, timestamptzType),
  entry(typeOid.interval, {
    ...intervalType,
    compare: (left, right) => Buffer.compare(intervalKey(left), intervalKey(right)),
  }),
  entry(typeOid.uuid, uuidValues),
  entry(typeOid.bytea, byteaValues),
  entry(typeOid.text, textValues),
  entry(typeOid.varchar, varcharValues),
  entry(typeOid.bpchar, bpcharValues),
  entry(typeOid.name, nameValues),
  entry(typeOid.inet, { ...inetType, compare: compareNetworks }),
  entry(typeOid.cidr, { ...cidrType, compare: compareNetworks }),
  entry(typeOid.macaddr, { ...macaddrType, compare: Buffer.compare }),
  entry(774, { ...macaddr8Type, compare: Buffer.compare }),
]);

function entry<V>(oid: number, type: OrderedValueType<V>): [number, AnyOrderedType] {
  return [oid, type as AnyOrderedType];
}

/** uint64 inside: the binary form is read as int64, which hashes alike. */
function unsigned(type: KeyValueType<bigint>): OrderedValueType<bigint> {
  return {
    ...type,
    readBinary: (bytes, start, end) => BigInt.asUintN(64, type.readBinary(bytes, start, end)),
    compare: compareBigints,
  };
}

/** timetz_cmp_internal (date.c): the instant, then the zone. */
function compareTimetz(
  left: { readonly micros: bigint; readonly zone: number },
  right: { readonly micros: bigint; readonly zone: number },
): number {
  const instant = (value: typeof left): bigint => value.micros + BigInt(value.zone) * 1_000_000n;
  return compareBigints(instant(left), instant(right)) || left.zone - right.zone;
}

/** network_cmp_internal (network.c): family, the bits both have, their number, the whole address. */
function compareNetworks(left: Buffer, right: Buffer): number {
  if (left[0] !== right[0]) return left[0]! - right[0]!;
  const common = Math.min(left[1]!, right[1]!);
  for (let bit = 0; bit < common; bit += 8) {
    const mask = bit + 8 <= common ? 0xff : (0xff00 >> (common - bit)) & 0xff;
    const at = 2 + bit / 8;
    const order = (left[at]! & mask) - (right[at]! & mask);
    if (order !== 0) return order;
  }
  return left[1]! - right[1]! || left.compare(right, 2, right.length, 2, left.length);
}

/** The value type of a key, whose collation the caller looks at; the modifier plays no part. */
export function chooseOrderedType(key: KeyTypeDescription): OrderedTypeChoice {
  if (key.kind === 'domain') return chooseOrderedType(key.base);
  if (key.kind === 'enum') {
    // Labels name values; their order is the catalog's (pg_enum.enumsortorder).
    const labels = { ...textValues, name: key.name, family: `enum ${key.name}` };
    return { type: labels as AnyOrderedType, equalityOnly: true };
  }
  const type = key.kind === 'base' ? types.get(key.oid) : undefined;
  if (type !== undefined) return { type, equalityOnly: false };
  return { type: null, reason: 'has an order that is not known' };
}

/** Whether equality and order of the built-in type's values hang on a collation. */
export function isCollated(oid: number): boolean {
  return oid === typeOid.text || oid === typeOid.varchar || oid === typeOid.bpchar;
}
