// inet, cidr, macaddr, macaddr8 and tid: a few bytes in PostgreSQL's inner order (hashinetextended in
// src/backend/utils/adt/network.c, mac.c, mac8.c, tid.c). inet and cidr of one value have one hash.

import { hashBytes } from './hash.ts';
import type { KeyValueType } from './hash-type.ts';
import type { Hash64 } from './hash64.ts';
import { invalidBinaryKey, unprovenKey } from './key-form.ts';
import { readInetText, readMacText, widenedMac } from './network-text.ts';

function hashAll(value: Buffer, into: Hash64): void {
  hashBytes(value, 0, value.length, into);
}

/** family, bits, is_cidr, address length, address (network_send). */
function readInetBinary(name: string, bytes: Buffer, start: number, end: number): Buffer {
  const family = bytes[start];
  const length = family === 2 ? 4 : family === 3 ? 16 : -1;
  if (end - start !== length + 4 || bytes[start + 3] !== length)
    throw invalidBinaryKey(name, start, end);
  return Buffer.concat([bytes.subarray(start, start + 2), bytes.subarray(start + 4, end)]);
}

function networkType(name: 'inet' | 'cidr'): KeyValueType<Buffer> {
  return {
    name,
    family: 'network_ops',
    readText: text => readInetText(name, text),
    readBinary: (bytes, start, end) => readInetBinary(name, bytes, start, end),
    hash: hashAll,
  };
}

function macType(name: 'macaddr' | 'macaddr8', widths: readonly number[]): KeyValueType<Buffer> {
  return {
    name,
    family: `${name}_ops`,
    readText: text => readMacText(name, text),
    readBinary(bytes, start, end) {
      if (!widths.includes(end - start)) throw invalidBinaryKey(name, start, end);
      const value = bytes.subarray(start, end);
      return name === 'macaddr8' && value.length === 6 ? widenedMac(value) : value;
    },
    hash: hashAll,
  };
}

export const inetType = networkType('inet');
export const cidrType = networkType('cidr');
export const macaddrType = macType('macaddr', [6]);
export const macaddr8Type = macType('macaddr8', [6, 8]);

const tidPattern = /^\((0|[1-9]\d{0,9}),(0|[1-9]\d{0,4})\)$/;

/** ItemPointerData: block number in two halves, the high one first, then the offset. */
function tidBytes(block: number, offset: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16LE(block >>> 16, 0);
  bytes.writeUInt16LE(block & 0xffff, 2);
  bytes.writeUInt16LE(offset, 4);
  return bytes;
}

export const tidType: KeyValueType<Buffer> = {
  name: 'tid',
  family: 'tid_ops',
  readText(text) {
    const [, block = Number.NaN, offset = Number.NaN] = tidPattern.exec(text)?.map(Number) ?? [];
    if (!(block < 2 ** 32 && offset < 2 ** 16)) {
      throw unprovenKey('tid', text, 'other than plain (block,offset)');
    }
    return tidBytes(block, offset);
  },
  readBinary(bytes, start, end) {
    if (end - start !== 6) throw invalidBinaryKey('tid', start, end);
    return tidBytes(bytes.readUInt32BE(start), bytes.readUInt16BE(start + 4));
  },
  hash: hashAll,
};

/** The array of OIDs of pg_proc and pg_index (hashoidvectorextended). */
export const oidvectorType: KeyValueType<Buffer> = {
  name: 'oidvector',
  family: 'oidvector_ops',
  readText(text) {
    // strtoul reads digits behind a zero as octal.
    if (!/^(?:(?:0|[1-9]\d{0,8})(?: (?:0|[1-9]\d{0,8}))*)?$/.test(text)) {
      throw unprovenKey('oidvector', text, 'other than plain digits');
    }
    const oids = text === '' ? [] : text.split(' ').map(Number);
    const bytes = Buffer.alloc(oids.length * 4);
    for (const [i, oid] of oids.entries()) bytes.writeUInt32LE(oid, i * 4);
    return bytes;
  },
  readBinary(bytes, start, end) {
    // array_send: dimensions, flags, element type, length, lower bound, then length and OID each.
    const count = end - start >= 20 ? bytes.readInt32BE(start + 12) : -1;
    if (count < 0 || end - start !== 20 + count * 8)
      throw invalidBinaryKey('oidvector', start, end);
    const value = Buffer.alloc(count * 4);
    for (let i = 0; i < count; i++) {
      value.writeUInt32LE(bytes.readUInt32BE(start + 24 + i * 8), i * 4);
    }
    return value;
  },
  hash: hashAll,
};
