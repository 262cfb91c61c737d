// inet, cidr, macaddr and macaddr8 as bytes that compare as their btree operator classes do, from
// the text that PostgreSQL prints and from binary form.

import type { KeyColumn } from './key-column.ts';
import { asciiText, hexDigit, type KeyType } from './key-type.ts';
import { malformedValue } from './value-error.ts';

const colon = 0x3a;
const mac = new Uint8Array(8);

/** Six or eight bytes, unsigned (macaddr_cmp_internal, mac.c). */
export function macaddr(size: 6 | 8): KeyType {
  const type = size === 6 ? 'macaddr' : 'macaddr8';
  return {
    kind: 'bytes',
    text: (bytes, start, end, into) => {
      if (end - start !== 3 * size - 1) throw malformedValue(type);
      for (let i = 0; i < size; i++) {
        const at = start + 3 * i;
        if (i > 0 && bytes[at - 1] !== colon) throw malformedValue(type);
        mac[i] = (hexDigit(bytes[at]!, type) << 4) | hexDigit(bytes[at + 1]!, type);
      }
      into.appendBytes(mac, 0, size);
    },
    binary: (bytes, start, end, into) => {
      if (end - start !== size) throw malformedValue(type);
      into.appendBytes(bytes, start, end);
    },
  };
}

const ipv4 = 2;
const ipv6 = 3;
const address = new Uint8Array(16);
const key = new Uint8Array(2 + 128 + 16);

/**
 * By family, then the bits of both networks as far as the shorter goes, the shorter first, then the
 * whole address (network_cmp_internal, network.c): a byte 1 or 2 for each bit of the network, 0 at
 * its end, the address.
 */
function appendNetwork(family: number, bits: number, into: KeyColumn): void {
  const size = family === ipv4 ? 4 : 16;
  key[0] = family;
  for (let i = 0; i < bits; i++) key[1 + i] = 1 + ((address[i >>> 3]! >>> (7 - (i & 7))) & 1);
  key[1 + bits] = 0;
  for (let i = 0; i < size; i++) key[2 + bits + i] = address[i]!;
  into.appendBytes(key, 0, 2 + bits + size);
}

export const inet: KeyType = {
  kind: 'bytes',
  text: (bytes, start, end, into) => {
    const [host = '', length] = asciiText(bytes, start, end).split('/');
    const family = host.includes(':') ? ipv6 : ipv4;
    const width = family === ipv4 ? 32 : 128;
    const bits = length === undefined ? width : Number(length);
    const isRead = family === ipv4 ? readIpv4(host, 0) : readIpv6(host);
    if (!isRead || !(bits >= 0 && bits <= width)) throw malformedValue('inet');
    appendNetwork(family, bits, into);
  },
  // Family, bits, whether it is a cidr, number of bytes of the address (network_send, network.c).
  binary: (bytes, start, end, into) => {
    const family = bytes[start]!;
    const size = family === ipv4 ? 4 : 16;
    const bits = bytes[start + 1]!;
    if ((family !== ipv4 && family !== ipv6) || end - start !== 4 + size || bits > 8 * size) {
      throw malformedValue('inet');
    }
    for (let i = 0; i < size; i++) address[i] = bytes[start + 4 + i]!;
    appendNetwork(family, bits, into);
  },
};

/** Into `address` from byte `at` on. */
function readIpv4(text: string, at: number): boolean {
  const octets = text.split('.');
  if (octets.length !== 4 || octets.some(octet => !/^\d{1,3}$/.test(octet))) return false;
  for (const [i, octet] of octets.entries()) address[at + i] = Number(octet);
  return true;
}

/** Groups of 16 bits, of which `::` leaves out some that are 0; the last two may be an IPv4. */
function readIpv6(text: string): boolean {
  const [front = '', back] = text.split('::');
  address.fill(0);
  const before = readGroups(front, 0);
  if (back === undefined) return before === 16;
  const after = groupBytes(back);
  return before >= 0 && before + after <= 14 && readGroups(back, 16 - after) === 16;
}

function groupBytes(text: string): number {
  if (text === '') return 0;
  return 2 * text.split(':').length + (text.includes('.') ? 2 : 0);
}

/** Where the next byte would be; -1: they cannot be read. */
function readGroups(text: string, from: number): number {
  let at = from;
  for (const group of text === '' ? [] : text.split(':')) {
    if (at > 14) return -1;
    if (group.includes('.')) {
      if (at > 12 || !readIpv4(group, at)) return -1;
      at += 4;
      continue;
    }
    if (!/^[0-9a-f]{1,4}$/.test(group)) return -1;
    const value = Number.parseInt(group, 16);
    address[at++] = value >> 8;
    address[at++] = value & 0xff;
  }
  return at;
}
