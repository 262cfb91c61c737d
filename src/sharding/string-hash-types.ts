// Types that hash their bytes: text, varchar, bpchar, name, bytea and uuid (hashtextextended in
// hashfunc.c, hashbpcharextended in varchar.c). Text hashes its bytes under deterministic collations
// only; the caller refuses the others, whose sort keys are the collation library's.

import { hashBytes } from './hash.ts';
import { type HashType, hashTypeOfValues, type KeyValueType } from './hash-type.ts';
import type { Hash64 } from './hash64.ts';
import { invalidBinaryKey, invalidKey } from './key-form.ts';
import { readPlainUuid, readUuid, uuidBytes } from './uuid-text.ts';

const scratch = Buffer.alloc(1024);
/** UTF-16 code units whose UTF-8 form surely fits the scratch buffer. */
const scratchUnitsMax = Math.floor(scratch.length / 3);
const asciiLoopMax = 64;
const blank = 0x20;
/** NAMEDATALEN - 1. */
const nameBytesMax = 63;

/** `lengthOf` says how many of the bytes count. */
function stringType(
  name: string,
  family: string,
  lengthOf: (bytes: Buffer, start: number, end: number) => number,
): HashType {
  const hash = (bytes: Buffer, start: number, end: number, into: Hash64): void =>
    hashBytes(bytes, start, lengthOf(bytes, start, end), into);
  return {
    name,
    family,
    hashText(text, into) {
      if (text.length > scratchUnitsMax) {
        const bytes = Buffer.from(text, 'utf8');
        hash(bytes, 0, bytes.length, into);
        return;
      }
      hash(scratch, 0, writeToScratch(text), into);
    },
    hashTextBytes: hash,
    hashBinary: hash,
  };
}

/** Writes the text's UTF-8 form; answers its length. */
function writeToScratch(text: string): number {
  const { length } = text;
  if (length > asciiLoopMax) return scratch.write(text, 'utf8');
  // A loop beats a call into the runtime for the usual short ASCII key.
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return scratch.write(text, 'utf8');
    scratch[at] = code;
  }
  return length;
}

export function wholeLength(_bytes: Buffer, start: number, end: number): number {
  return end - start;
}

/** bcTruelen: trailing blanks are no part of a bpchar. */
export function lengthWithoutBlanks(bytes: Buffer, start: number, end: number): number {
  let last = end;
  while (last > start && bytes[last - 1] === blank) last--;
  return last - start;
}

/** namein cuts off what is longer, at a character of UTF-8 (pg_mbcliplen). */
export function nameLength(bytes: Buffer, start: number, end: number): number {
  if (end - start <= nameBytesMax) return end - start;
  let length = nameBytesMax;
  while (length > 0 && (bytes[start + length]! & 0xc0) === 0x80) length--;
  return length;
}

export const textType = stringType('text', 'text_ops', wholeLength);
export const varcharType = stringType('character varying', 'text_ops', wholeLength);
export const bpcharType = stringType('character', 'bpchar_ops', lengthWithoutBlanks);
export const nameType = stringType('name', 'text_ops', nameLength);

const uuidScratch = Buffer.alloc(uuidBytes);

export const uuidType: HashType = {
  name: 'uuid',
  family: 'uuid_ops',
  hashText(text, into) {
    readUuid(text, uuidScratch);
    hashBytes(uuidScratch, 0, uuidBytes, into);
  },
  hashTextBytes(bytes, start, end, into) {
    if (!readPlainUuid(bytes, start, end, uuidScratch)) {
      readUuid(bytes.toString('latin1', start, end), uuidScratch);
    }
    hashBytes(uuidScratch, 0, uuidBytes, into);
  },
  hashBinary(bytes, start, end, into) {
    if (end - start !== uuidBytes) throw invalidBinaryKey('uuid', start, end);
    hashBytes(bytes, start, uuidBytes, into);
  },
};

/** Both text forms of byteain, told apart by their first two characters, whatever bytea_output is. */
export function readBytea(text: string): Buffer {
  if (text.startsWith('\\x')) {
    const digits = text.slice(2);
    if (!/^(?:[ \n\t\r]*[0-9a-f]{2})*[ \n\t\r]*$/i.test(digits)) throw invalidKey('bytea', text);
    return Buffer.from(digits.replace(/[ \n\t\r]/g, ''), 'hex');
  }
  const bytes = Buffer.from(text, 'utf8');
  let length = 0;
  for (let at = 0; at < bytes.length; at++, length++) {
    if (bytes[at] !== 0x5c) {
      bytes[length] = bytes[at]!;
    } else if (bytes[at + 1] === 0x5c) {
      bytes[length] = 0x5c;
      at++;
    } else {
      const octal = bytes.toString('latin1', at + 1, at + 4);
      if (!/^[0-3][0-7]{2}$/.test(octal)) throw invalidKey('bytea', text);
      bytes[length] = Number.parseInt(octal, 8);
      at += 3;
    }
  }
  return bytes.subarray(0, length);
}

const byteaValues: KeyValueType<Buffer> = {
  name: 'bytea',
  family: 'bytea_ops',
  readText: readBytea,
  readBinary: (bytes, start, end) => bytes.subarray(start, end),
  hash: (value, into) => hashBytes(value, 0, value.length, into),
};

export const byteaType = hashTypeOfValues(byteaValues);
