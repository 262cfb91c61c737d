// The text forms of uuid as PostgreSQL reads them (string_to_uuid in
// src/backend/utils/adt/uuid.c): 32 hex digits of either case, a hyphen allowed after every
// fourth digit, optionally in braces.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';

export const uuidBytes = 16;

/** Writes the 16 bytes to the front of `into`. Throws 22P02 in PostgreSQL's words. */
export function readUuid(text: string, into: Uint8Array): void {
  const braces = text.charCodeAt(0) === 0x7b;
  let at = braces ? 1 : 0;
  for (let i = 0; i < uuidBytes; i++) {
    const high = hexDigit(text.charCodeAt(at));
    const low = hexDigit(text.charCodeAt(at + 1));
    if (high < 0 || low < 0) throw invalid(text);
    into[i] = (high << 4) | low;
    at += 2;
    if (i % 2 === 1 && i < uuidBytes - 1 && text.charCodeAt(at) === 0x2d) at++;
  }
  if (braces && text.charCodeAt(at++) !== 0x7d) throw invalid(text);
  if (at !== text.length) throw invalid(text);
}

const textLength = 36;
const hyphen = 0x2d;
/** Values of hexadecimal digits by their ASCII code, 16 and more for other bytes. */
const digits = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = hexDigit(code);
  return value < 0 ? 0xff : value;
});

/** The form that PostgreSQL prints, straight from bytes; false: it may be another. */
export function readPlainUuid(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
): boolean {
  if (end - start !== textLength) return false;
  let at = start;
  for (let i = 0; i < uuidBytes; i++) {
    if ((i === 4 || i === 6 || i === 8 || i === 10) && bytes[at++] !== hyphen) return false;
    const high = digits[bytes[at]!]!;
    const low = digits[bytes[at + 1]!]!;
    if ((high | low) > 0xf) return false;
    into[i] = (high << 4) | low;
    at += 2;
  }
  return true;
}

/** -1 for anything else, NaN (past the end) included. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 && code < 0x80 ? lower - 0x57 : -1;
}

function invalid(text: string): PgError {
  return new PgError(errors.keyIsInvalid, { value: text, type: 'uuid' });
}
