// date, time, timetz, timestamp, timestamptz and interval (hashdateextended, time_hash_extended and
// their neighbours in src/backend/utils/adt/date.c and timestamp.c): integers inside. Their text forms
// are in `date-time-input.ts`.

import { decodeInterval, type Interval } from '../types/interval-value.ts';
import {
  readDateText,
  readIntervalText,
  readTimestampText,
  readTimestamptzText,
  readTimeText,
  readTimetzText,
  type TimeOfZone,
} from './date-time-input.ts';
import { hashUint32 } from './hash.ts';
import type { KeyValueType, OrderedValueType } from './hash-type.ts';
import { type Hash64, xorHash } from './hash64.ts';
import { hashBigint, int64Type } from './integer-hash-types.ts';
import { invalidBinaryKey } from './key-form.ts';

const microsPerDay = 86_400_000_000n;
const zoneHash: Hash64 = { high: 0, low: 0 };

/** Days since 2000-01-01; the ends of int32 are the infinities. */
export const dateType: OrderedValueType<number> = {
  name: 'date',
  family: 'date_ops',
  readText: readDateText,
  readBinary(bytes, start, end) {
    if (end - start !== 4) throw invalidBinaryKey('date', start, end);
    return bytes.readInt32BE(start);
  },
  hash: hashUint32,
  compare: (left, right) => left - right,
};

// Microseconds since midnight or since 2000-01-01; the ends of int64 are the infinities.

export const timeType = int64Type('time without time zone', 'time_ops', readTimeText);
export const timestampType = int64Type(
  'timestamp without time zone',
  'timestamp_ops',
  readTimestampText,
);
export const timestamptzType = int64Type(
  'timestamp with time zone',
  'timestamptz_ops',
  readTimestamptzText,
);

export const timetzType: KeyValueType<TimeOfZone> = {
  name: 'time with time zone',
  family: 'timetz_ops',
  readText: readTimetzText,
  readBinary(bytes, start, end) {
    if (end - start !== 12) throw invalidBinaryKey('time with time zone', start, end);
    return { micros: bytes.readBigInt64BE(start), zone: bytes.readInt32BE(start + 8) };
  },
  hash(value, into) {
    hashBigint(value.micros, into);
    hashUint32(value.zone, zoneHash);
    xorHash(into, zoneHash);
  },
};

export const intervalType: KeyValueType<Interval> = {
  name: 'interval',
  family: 'interval_ops',
  readText: readIntervalText,
  readBinary(bytes, start, end) {
    if (end - start !== 16) throw invalidBinaryKey('interval', start, end);
    return decodeInterval(bytes, start, end);
  },
  // interval_cmp_value: months of 30 days, days of 24 hours; the low 64 bits of 128.
  hash({ months, days, micros }, into) {
    hashBigint(micros + (BigInt(months) * 30n + BigInt(days)) * microsPerDay, into);
  },
};
