// The wire forms of pgvector's type `vector` (vector_in, vector_recv in vector.c): numbers in
// brackets; two 16-bit words (dimensions, unused), then the numbers as float4.

import { invalidBinaryKey, invalidKey, unprovenKey } from './key-form.ts';

const pattern = /^\s*\[([^[\]]*)\]\s*$/;
const component = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*$/i;
/** strtof() reads it where the server's C library does. */
const hexadecimal = /^\s*[+-]?0x/i;
const name = 'vector';

/** Components are rounded to float4, as they are stored. */
export function readVectorText(text: string): readonly number[] {
  const inner = pattern.exec(text)?.[1];
  if (inner === undefined) throw invalidKey(name, text);
  return inner.split(',').map(part => {
    const number = component.exec(part)?.[1];
    if (hexadecimal.test(part)) throw unprovenKey(name, text, 'with a hexadecimal number');
    if (number === undefined) throw invalidKey(name, text);
    return Math.fround(Number(number));
  });
}

export function readVectorBinary(bytes: Buffer, start: number, end: number): readonly number[] {
  const dimensions = end - start >= 4 ? bytes.readInt16BE(start) : -1;
  if (dimensions < 1 || end - start !== 4 + dimensions * 4) {
    throw invalidBinaryKey(name, start, end);
  }
  return Array.from({ length: dimensions }, (_, i) => bytes.readFloatBE(start + 4 + i * 4));
}
