// Backslash escapes of COPY's text format: \b \f \n \r \t \v, \ooo (one to three octal digits),
// \xhh (one or two hex digits), and any other byte for itself (CopyReadAttributesText in
// src/backend/commands/copyfromparse.c; documentation of COPY, "Text Format").

import { backslash } from './line-rows.ts';

const letters: Readonly<Record<number, number>> = {
  98: 0x08, // b
  102: 0x0c, // f
  110: 0x0a, // n
  114: 0x0d, // r
  116: 0x09, // t
  118: 0x0b, // v
};
const letterX = 0x78;

/** The bytes that a field stands for, in a new buffer. */
export function unescapeText(field: Buffer): Buffer {
  const out = Buffer.allocUnsafe(field.length);
  let length = 0;
  for (let at = 0; at < field.length; ) {
    const byte = field[at++]!;
    if (byte !== backslash) {
      out[length++] = byte;
      continue;
    }
    if (at === field.length) break;
    const code = field[at++]!;
    if (isOctal(code)) {
      let value = code - 0x30;
      for (let digits = 1; digits < 3 && isOctal(field[at]); digits++) {
        value = value * 8 + (field[at++]! - 0x30);
      }
      out[length++] = value & 0xff;
    } else if (code === letterX && hexDigit(field[at]) >= 0) {
      let value = hexDigit(field[at++]);
      if (hexDigit(field[at]) >= 0) value = value * 16 + hexDigit(field[at++]);
      out[length++] = value;
    } else {
      out[length++] = letters[code] ?? code;
    }
  }
  return out.subarray(0, length);
}

function isOctal(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x37;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
