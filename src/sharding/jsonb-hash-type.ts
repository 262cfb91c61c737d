// jsonb (jsonb_hash_extended in src/backend/utils/adt/jsonb_op.c, JsonbHashScalarValueExtended in
// jsonb_util.c): beginnings of arrays and objects, keys and scalars in stored order. An object's keys
// are stored by length, then by bytes, the last of several equal ones wins.

import { hashBytes, hashUint32, partitionSeed } from './hash.ts';
import type { KeyValueType } from './hash-type.ts';
import { type Hash64, rotateHalves, xorHash } from './hash64.ts';
import { JsonReader, type JsonValue } from './json-reader.ts';
import { invalidBinaryKey } from './key-form.ts';
import { hashNumeric, readNumericText } from './numeric-hash-type.ts';

/** JB_FARRAY and JB_FOBJECT (utils/jsonb.h), in both halves. */
const arrayMark: Hash64 = { high: 0x4000_0000, low: 0x4000_0000 };
const objectMark: Hash64 = { high: 0x2000_0000, low: 0x2000_0000 };

const part: Hash64 = { high: 0, low: 0 };

function addPart(into: Hash64): void {
  rotateHalves(into);
  xorHash(into, part);
}

function addString(text: string, into: Hash64): void {
  const bytes = Buffer.from(text, 'utf8');
  hashBytes(bytes, 0, bytes.length, part);
  addPart(into);
}

function addScalar(value: Exclude<JsonValue, { readonly kind: 'array' | 'object' }>, into: Hash64) {
  switch (value.kind) {
    case 'string':
      addString(value.text, into);
      return;
    case 'number':
      hashNumeric(readNumericText(value.text), part);
      break;
    case 'boolean':
      hashUint32(value.value ? 1 : 0, part);
      break;
    case 'null':
      // seed + 1
      part.high = partitionSeed.high;
      part.low = partitionSeed.low + 1;
      break;
  }
  addPart(into);
}

function addValue(value: JsonValue, into: Hash64): void {
  if (value.kind === 'array') {
    xorHash(into, arrayMark);
    for (const element of value.elements) addValue(element, into);
  } else if (value.kind === 'object') {
    xorHash(into, objectMark);
    for (const [key, member] of storedMembers(value.members)) {
      addString(key, into);
      addValue(member, into);
    }
  } else {
    addScalar(value, into);
  }
}

/** lengthCompareJsonbString: shorter keys first, in bytes. */
function storedMembers(members: ReadonlyMap<string, JsonValue>): (readonly [string, JsonValue])[] {
  return [...members]
    .map(([key, member]) => ({ bytes: Buffer.from(key, 'utf8'), entry: [key, member] as const }))
    .sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
    .map(({ entry }) => entry);
}

function hashJsonb(value: JsonValue, into: Hash64): void {
  into.high = 0;
  into.low = 0;
  const isEmpty =
    (value.kind === 'array' && value.elements.length === 0) ||
    (value.kind === 'object' && value.members.size === 0);
  if (isEmpty) {
    xorHash(into, partitionSeed);
    return;
  }
  // A scalar is stored as an array of one.
  if (value.kind !== 'array' && value.kind !== 'object') xorHash(into, arrayMark);
  addValue(value, into);
}

export const jsonbType: KeyValueType<JsonValue> = {
  name: 'jsonb',
  family: 'jsonb_ops',
  readText: text => new JsonReader(text).read(),
  readBinary(bytes, start, end) {
    // jsonb_recv: version 1, then text.
    if (bytes[start] !== 1 || end <= start) throw invalidBinaryKey('jsonb', start, end);
    return new JsonReader(bytes.toString('utf8', start + 1, end)).read();
  },
  hash: hashJsonb,
};
