// The values of text, varchar, bpchar, name, bytea and uuid as the bytes that are compared:
// bytewise, as under collation C (varstr_cmp, bpcharcmp, namecmp, byteacmp, uuid_internal_cmp).

import type { HashType, OrderedValueType } from './hash-type.ts';
import { invalidBinaryKey } from './key-form.ts';
import {
  bpcharType,
  byteaType,
  lengthWithoutBlanks,
  nameLength,
  nameType,
  readBytea,
  textType,
  uuidType,
  varcharType,
  wholeLength,
} from './string-hash-types.ts';
import { readUuid, uuidBytes } from './uuid-text.ts';

function stringValues(
  { name, family, hashBinary }: HashType,
  lengthOf: (bytes: Buffer, start: number, end: number) => number,
): OrderedValueType<Buffer> {
  const readBinary = (bytes: Buffer, start: number, end: number): Buffer =>
    bytes.subarray(start, start + lengthOf(bytes, start, end));
  return {
    name,
    family,
    readText(text) {
      const bytes = Buffer.from(text, 'utf8');
      return readBinary(bytes, 0, bytes.length);
    },
    readBinary,
    hash: (value, into) => hashBinary(value, 0, value.length, into),
    compare: Buffer.compare,
  };
}

export const textValues = stringValues(textType, wholeLength);
export const varcharValues = stringValues(varcharType, wholeLength);
export const bpcharValues = stringValues(bpcharType, lengthWithoutBlanks);
export const nameValues = stringValues(nameType, nameLength);

export const byteaValues: OrderedValueType<Buffer> = {
  ...stringValues(byteaType, wholeLength),
  readText: readBytea,
};

export const uuidValues: OrderedValueType<Buffer> = {
  ...stringValues(uuidType, wholeLength),
  readText(text) {
    const bytes = Buffer.alloc(uuidBytes);
    readUuid(text, bytes);
    return bytes;
  },
  readBinary(bytes, start, end) {
    if (end - start !== uuidBytes) throw invalidBinaryKey('uuid', start, end);
    return bytes.subarray(start, end);
  },
};
