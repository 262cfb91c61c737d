// Which types PgPack can compare, and how a value of each becomes a key, from text or binary form.
// Every entry follows the type's default btree operator class (pg_opclass.dat).
//
// What the session must guarantee: DateStyle = ISO, IntervalStyle = postgres, bytea_output = hex
// for text columns (another form is refused, never misread) and extra_float_digits >= 1 (digits
// that were rounded away cannot be seen here). Text types are compared by their bytes: the caller
// knows that the column's collation is C-like for order, deterministic for equality.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { bit } from './bit-key.ts';
import * as dateTime from './date-time-text.ts';
import {
  halvesOfBigInt,
  halvesOfNumber,
  type Int64Halves,
  readInt32,
  readInt64Text,
  readInteger,
} from './integer-text.ts';
import { decodeInterval, intervalKey, parseInterval } from './interval-value.ts';
import type { KeyColumn, KeyKind } from './key-column.ts';
import {
  asciiText as ascii,
  type DecodeKey,
  fixedSize as fixed,
  hexDigit,
  type KeyType,
} from './key-type.ts';
import { inet, macaddr } from './network-key.ts';
import { NumericKeyWriter } from './numeric-key.ts';
import { typeName, typeOid } from './type-oid.ts';
import { malformedValue, unsupportedTextForm } from './value-error.ts';

export interface KeyDecoder {
  readonly kind: KeyKind;
  readonly decode: DecodeKey;
}

/** True when values of the type can be compared and grouped here. */
export function comparableType(oid: number): boolean {
  return keyTypes.has(oid);
}

/** The decoder of a column. Throws `unsupportedAcrossShards` for a type of unknown order. */
export function keyDecoder(oid: number, format: 0 | 1): KeyDecoder {
  const type = keyTypes.get(oid);
  if (type === undefined) {
    throw new PgError(errors.unsupportedAcrossShards, {
      construct: `comparing values of type ${typeName(oid)}`,
    });
  }
  return { kind: type.kind, decode: format === 1 ? type.binary : type.text };
}

const halves: Int64Halves = { high: 0, low: 0 };
const numericKeys = new NumericKeyWriter();
const scratch = new Uint8Array(16);

/** Float4 and float8 in text form; PostgreSQL's special names are JavaScript's. */
export function readFloatText(bytes: Uint8Array, start: number, end: number, type: string): number {
  const text = ascii(bytes, start, end);
  const value = Number(text);
  if (text === '' || (Number.isNaN(value) && text !== 'NaN')) throw malformedValue(type);
  return value;
}

function int32Text(type: string): DecodeKey {
  return (bytes, start, end, into) => into.appendInt32(readInteger(bytes, start, end, type));
}

const int32Binary = (type: string): DecodeKey =>
  fixed(type, 4, (bytes, at, into) => into.appendInt32(readInt32(bytes, at)));

const int64Binary = (type: string): DecodeKey =>
  fixed(type, 8, (bytes, at, into) =>
    into.appendHalves(readInt32(bytes, at), readInt32(bytes, at + 4)),
  );

const bool: KeyType = {
  kind: 'int32',
  text: fixed('boolean', 1, (bytes, at, into) => {
    if (bytes[at] !== 0x74 && bytes[at] !== 0x66) throw malformedValue('boolean');
    into.appendInt32(bytes[at] === 0x74 ? 1 : 0);
  }),
  binary: fixed('boolean', 1, (bytes, at, into) => into.appendInt32(bytes[at]!)),
};

const int2: KeyType = {
  kind: 'int32',
  text: int32Text('smallint'),
  binary: fixed('smallint', 2, (bytes, at, into) =>
    into.appendInt32((((bytes[at]! << 8) | bytes[at + 1]!) << 16) >> 16),
  ),
};

const int4: KeyType = {
  kind: 'int32',
  text: int32Text('integer'),
  binary: int32Binary('integer'),
};

const int8: KeyType = {
  kind: 'int64',
  text: (bytes, start, end, into) => {
    readInt64Text(bytes, start, end, halves);
    into.appendInt64(halves);
  },
  binary: int64Binary('bigint'),
};

/** Unsigned 32 bits. */
const oid: KeyType = {
  kind: 'int64',
  text: int8.text,
  binary: fixed('oid', 4, (bytes, at, into) => into.appendHalves(0, readInt32(bytes, at))),
};

/** Unsigned 64 bits: the highest bit turned over puts them in the order of signed ones. */
const xid8: KeyType = {
  kind: 'int64',
  text: (bytes, start, end, into) => {
    const digits = ascii(bytes, start, end);
    if (!/^\d{1,20}$/.test(digits)) throw malformedValue('xid8');
    appendUnsigned(BigInt(digits), into);
  },
  binary: fixed('xid8', 8, (bytes, at, into) =>
    into.appendHalves(readInt32(bytes, at) ^ 0x80000000, readInt32(bytes, at + 4)),
  ),
};

/** Two hexadecimal halves: `16/B374D848` (pg_lsn_out). */
const lsn: KeyType = {
  kind: 'int64',
  text: (bytes, start, end, into) => {
    const halfTexts = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/.exec(ascii(bytes, start, end));
    if (halfTexts === null) throw malformedValue('pg_lsn');
    const [, high = '', low = ''] = halfTexts;
    into.appendHalves(Number.parseInt(high, 16) ^ 0x80000000, Number.parseInt(low, 16));
  },
  binary: xid8.binary,
};

function appendUnsigned(value: bigint, into: KeyColumn): void {
  const low = Number(value & 0xffffffffn);
  into.appendHalves(Number(value >> 32n) ^ 0x80000000, low);
}

const floatView = new DataView(new ArrayBuffer(8));

const float4: KeyType = {
  kind: 'float64',
  text: (bytes, start, end, into) =>
    into.appendFloat64(Math.fround(readFloatText(bytes, start, end, 'real'))),
  binary: fixed('real', 4, (bytes, at, into) => {
    floatView.setInt32(0, readInt32(bytes, at));
    into.appendFloat64(floatView.getFloat32(0));
  }),
};

const float8: KeyType = {
  kind: 'float64',
  text: (bytes, start, end, into) =>
    into.appendFloat64(readFloatText(bytes, start, end, 'double precision')),
  binary: fixed('double precision', 8, (bytes, at, into) => {
    floatView.setInt32(0, readInt32(bytes, at));
    floatView.setInt32(4, readInt32(bytes, at + 4));
    into.appendFloat64(floatView.getFloat64(0));
  }),
};

const numeric: KeyType = {
  kind: 'bytes',
  text: (bytes, start, end, into) => {
    numericKeys.fromText(bytes, start, end);
    into.appendBytes(numericKeys.bytes, 0, numericKeys.length);
  },
  binary: (bytes, start, end, into) => {
    numericKeys.fromBinary(bytes, start, end);
    into.appendBytes(numericKeys.bytes, 0, numericKeys.length);
  },
};

const asBytes: DecodeKey = (bytes, start, end, into) => into.appendBytes(bytes, start, end);

const text: KeyType = { kind: 'bytes', text: asBytes, binary: asBytes };

/** Trailing blanks do not count (bcTruelen, varchar.c). */
const withoutBlanks: DecodeKey = (bytes, start, end, into) => {
  let last = end;
  while (last > start && bytes[last - 1] === 0x20) last--;
  into.appendBytes(bytes, start, last);
};

const bpchar: KeyType = { kind: 'bytes', text: withoutBlanks, binary: withoutBlanks };

/** One unsigned byte (charlt, char.c), printed as `\ooo` above 127 and as nothing for 0. */
const char: KeyType = {
  kind: 'int32',
  text: (bytes, start, end, into) => {
    const size = end - start;
    if (size === 4 && bytes[start] === 0x5c) {
      into.appendInt32(Number.parseInt(ascii(bytes, start + 1, end), 8));
    } else if (size <= 1) {
      into.appendInt32(size === 0 ? 0 : bytes[start]!);
    } else {
      throw malformedValue('"char"');
    }
  },
  binary: fixed('"char"', 1, (bytes, at, into) => into.appendInt32(bytes[at]!)),
};

const bytea: KeyType = {
  kind: 'bytes',
  text: (bytes, start, end, into) => {
    if (bytes[start] !== 0x5c || bytes[start + 1] !== 0x78 || end - start < 2) {
      // The escape form doubles backslashes, so it never begins with `\x`; empty is empty in both.
      if (start !== end) throw unsupportedTextForm('bytea', "bytea_output = 'hex'");
      return into.appendBytes(bytes, start, end);
    }
    const value = new Uint8Array((end - start - 2) >>> 1);
    for (let i = 0; i < value.length; i++) {
      const at = start + 2 + 2 * i;
      value[i] = (hexDigit(bytes[at]!, 'bytea') << 4) | hexDigit(bytes[at + 1]!, 'bytea');
    }
    into.appendBytes(value, 0, value.length);
  },
  binary: asBytes,
};

const uuid: KeyType = {
  kind: 'bytes',
  text: (bytes, start, end, into) => {
    if (end - start !== 36) throw malformedValue('uuid');
    let at = start;
    for (let i = 0; i < 16; i++) {
      if (bytes[at] === 0x2d) at++;
      scratch[i] = (hexDigit(bytes[at]!, 'uuid') << 4) | hexDigit(bytes[at + 1]!, 'uuid');
      at += 2;
    }
    into.appendBytes(scratch, 0, 16);
  },
  binary: fixed('uuid', 16, (bytes, at, into) => into.appendBytes(bytes, at, at + 16)),
};

const date: KeyType = {
  kind: 'int32',
  text: (bytes, start, end, into) => into.appendInt32(dateTime.parseDate(ascii(bytes, start, end))),
  binary: int32Binary('date'),
};

function appendMicros(value: number | bigint, into: KeyColumn): void {
  if (typeof value === 'number') halvesOfNumber(value, halves);
  else halvesOfBigInt(value, halves);
  into.appendInt64(halves);
}

const time: KeyType = {
  kind: 'int64',
  text: (bytes, start, end, into) =>
    appendMicros(dateTime.parseTime(ascii(bytes, start, end)), into),
  binary: int64Binary('time'),
};

const timestamp: KeyType = {
  kind: 'int64',
  text: (bytes, start, end, into) =>
    appendMicros(dateTime.parseTimestamp(ascii(bytes, start, end)), into),
  binary: int64Binary('timestamp'),
};

const timestamptz: KeyType = {
  kind: 'int64',
  text: (bytes, start, end, into) =>
    appendMicros(dateTime.parseTimestamptz(ascii(bytes, start, end)), into),
  binary: int64Binary('timestamp with time zone'),
};

const scratchView = new DataView(scratch.buffer);

/** By the moment in UTC, then by zone (timetz_cmp_internal); both signed, moved to unsigned. */
function appendTimetz(micros: number, zone: number, into: KeyColumn): void {
  const utc = BigInt(micros + zone * 1_000_000);
  scratchView.setBigUint64(0, BigInt.asUintN(64, utc ^ (1n << 63n)));
  scratchView.setInt32(8, zone ^ 0x80000000);
  into.appendBytes(scratch, 0, 12);
}

const timetz: KeyType = {
  kind: 'bytes',
  text: (bytes, start, end, into) => {
    const value = dateTime.parseTimetz(ascii(bytes, start, end));
    appendTimetz(value.micros, value.zone, into);
  },
  binary: fixed('time with time zone', 12, (bytes, at, into) => {
    const micros = readInt32(bytes, at) * 4294967296 + (readInt32(bytes, at + 4) >>> 0);
    appendTimetz(micros, readInt32(bytes, at + 8), into);
  }),
};

const interval: KeyType = {
  kind: 'bytes',
  text: (bytes, start, end, into) =>
    into.appendBytes(intervalKey(parseInterval(ascii(bytes, start, end))), 0, 16),
  binary: (bytes, start, end, into) =>
    into.appendBytes(intervalKey(decodeInterval(bytes, start, end)), 0, 16),
};

const keyTypes: ReadonlyMap<number, KeyType> = new Map([
  [typeOid.bool, bool],
  [typeOid.bytea, bytea],
  [typeOid.name, text],
  [typeOid.int8, int8],
  [typeOid.int2, int2],
  [typeOid.int4, int4],
  [typeOid.text, text],
  [typeOid.oid, oid],
  [typeOid.float4, float4],
  [typeOid.float8, float8],
  [typeOid.varchar, text],
  [typeOid.date, date],
  [typeOid.time, time],
  [typeOid.timestamp, timestamp],
  [typeOid.timestamptz, timestamptz],
  [typeOid.interval, interval],
  [typeOid.timetz, timetz],
  [typeOid.numeric, numeric],
  [typeOid.uuid, uuid],
  [typeOid.bpchar, bpchar],
  [typeOid.char, char],
  [typeOid.pgLsn, lsn],
  [typeOid.xid8, xid8],
  [typeOid.macaddr, macaddr(6)],
  [typeOid.macaddr8, macaddr(8)],
  [typeOid.inet, inet],
  [typeOid.cidr, inet],
  [typeOid.bit, bit],
  [typeOid.varbit, bit],
]);

const textTypes: readonly number[] = [typeOid.text, typeOid.varchar, typeOid.bpchar, typeOid.name];

/** True when a collation decides how values of the type compare. */
export function isCollated(oid: number): boolean {
  return textTypes.includes(oid);
}
