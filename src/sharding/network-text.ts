// Text forms of inet, cidr, macaddr and macaddr8 as bytes: the ones written in full. Abbreviated
// networks (10.1/16) and addresses with leading zeros are left to PostgreSQL.

import { invalidKey, unprovenKey } from './key-form.ts';

const octet = String.raw`(0|[1-9]\d{0,2})`;
const ipv4Pattern = new RegExp(`^${octet}\\.${octet}\\.${octet}\\.${octet}$`);
const bitsPattern = /^(?:0|[1-9]\d{0,2})$/;
const notFull = 'that is not written in full';

/** Family (2 or 3), bits of the network, 4 or 16 address bytes: inet_struct (utils/inet.h). */
export function readInetText(type: 'inet' | 'cidr', text: string): Buffer {
  const [address = '', bitsText, ...more] = text.split('/');
  const bytes = readIpv4(address) ?? readIpv6(address);
  const bitsKnown = bitsText === undefined || bitsPattern.test(bitsText);
  if (bytes === null || !bitsKnown || more.length > 0) throw unprovenKey(type, text, notFull);
  const width = bytes.length * 8;
  const bits = bitsText === undefined ? width : Number(bitsText);
  if (bits > width) throw invalidKey(type, text);
  if (type === 'cidr' && hasHostBits(bytes, bits)) throw invalidKey(type, text);
  return Buffer.from([bytes.length === 4 ? 2 : 3, bits, ...bytes]);
}

function hasHostBits(bytes: readonly number[], bits: number): boolean {
  return bytes.some((byte, i) => (byte & (0xff >> Math.min(Math.max(bits - i * 8, 0), 8))) !== 0);
}

function readIpv4(text: string): number[] | null {
  const octets = ipv4Pattern.exec(text)?.slice(1).map(Number);
  return octets?.every(value => value < 256) ? octets : null;
}

function readIpv6(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [front, back] = [halves[0]!, halves[1]].map(half => readGroups(half)) as [
    number[] | null,
    number[] | null,
  ];
  if (front === null || back === null) return null;
  const missing = 16 - front.length - back.length;
  if (halves.length === 1) return missing === 0 ? front : null;
  // Two colons stand for one group of zeros at least.
  return missing >= 2 ? [...front, ...new Array<number>(missing).fill(0), ...back] : null;
}

/** Groups of four hexadecimal digits, the last perhaps an IPv4 address; null if they are not. */
function readGroups(text: string | undefined): number[] | null {
  if (text === undefined || text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const ipv4 = index === groups.length - 1 ? readIpv4(group) : null;
    if (ipv4 !== null) bytes.push(...ipv4);
    else if (!/^[0-9a-f]{1,4}$/i.test(group)) return null;
    else bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff);
  }
  return bytes;
}

const separated = /^[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2})*$/i;
const grouped = /^(?:[0-9a-f]{4}(?:([.-])[0-9a-f]{4})(?:\1[0-9a-f]{4})*|[0-9a-f]+)$/i;
const halved = /^[0-9a-f]{6}[:-][0-9a-f]{6}$/i;

/** 6 bytes, or for macaddr8 8. */
export function readMacText(type: 'macaddr' | 'macaddr8', text: string): Buffer {
  const known = separated.test(text) || grouped.test(text) || halved.test(text);
  const bytes = Buffer.from(text.replace(/[:.-]/g, ''), 'hex');
  if (!known || (bytes.length !== 6 && (bytes.length !== 8 || type === 'macaddr'))) {
    throw unprovenKey(type, text, notFull);
  }
  if (type === 'macaddr' || bytes.length === 8) return bytes;
  return widenedMac(bytes);
}

/** The macaddr8 of a macaddr: ff fe in the middle. */
export function widenedMac(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 3), Buffer.from([0xff, 0xfe]), bytes.subarray(3)]);
}
