// bit and bit varying: bytes first, then the number of bits (bit_cmp, varbit.c). A key has a 1
// before each byte and ends in 0 and the number of bits in the last byte, so that of two that begin
// alike the shorter comes first.

import { readInt32 } from './integer-text.ts';
import type { KeyColumn } from './key-column.ts';
import type { KeyType } from './key-type.ts';
import { malformedValue } from './value-error.ts';

let scratch = new Uint8Array(64);

function keyBytes(bits: number): Uint8Array {
  const size = 2 * Math.ceil(bits / 8) + 2;
  if (scratch.length < size) scratch = new Uint8Array(2 * size);
  return scratch;
}

function appendKey(key: Uint8Array, bits: number, into: KeyColumn): void {
  const end = 2 * Math.ceil(bits / 8);
  key[end] = 0;
  key[end + 1] = bits & 7 || 8;
  into.appendBytes(key, 0, end + 2);
}

export const bit: KeyType = {
  kind: 'bytes',
  text: (bytes, start, end, into) => {
    const bits = end - start;
    const key = keyBytes(bits);
    key.fill(0, 0, 2 * Math.ceil(bits / 8));
    for (let i = 0; i < bits; i++) {
      const digit = bytes[start + i]! - 0x30;
      if (digit !== 0 && digit !== 1) throw malformedValue('bit varying');
      key[2 * (i >>> 3)] = 1;
      key[2 * (i >>> 3) + 1]! |= digit << (7 - (i & 7));
    }
    appendKey(key, bits, into);
  },
  binary: (bytes, start, end, into) => {
    const bits = end - start < 4 ? -1 : readInt32(bytes, start);
    if (bits < 0 || end - start !== 4 + Math.ceil(bits / 8)) throw malformedValue('bit varying');
    const key = keyBytes(bits);
    for (let i = 0; i < end - start - 4; i++) {
      key[2 * i] = 1;
      key[2 * i + 1] = bytes[start + 4 + i]!;
    }
    appendKey(key, bits, into);
  },
};
