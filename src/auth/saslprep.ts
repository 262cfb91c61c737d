// SASLprep of passwords (RFC 4013) as PostgreSQL does it (src/common/saslprep.c): the same
// password typed in another normal form hashes alike. What SASLprep refuses is used as it is,
// as src/backend/libpq/auth-scram.c and libpq do.

import {
  isInRanges,
  leftToRight,
  mappedToNothing,
  nonAsciiSpaces,
  prohibited,
  rightToLeft,
} from './saslprep-tables.ts';

/** The bytes that SCRAM hashes for a password. */
export function preparedPassword(password: string): Buffer {
  return Buffer.from(saslprep(password) ?? password, 'utf8');
}

/** The normalized string, or null where SASLprep refuses it. */
export function saslprep(text: string): string | null {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  const mapped: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (isInRanges(code, nonAsciiSpaces)) mapped.push(0x20);
    else if (!isInRanges(code, mappedToNothing)) mapped.push(code);
  }
  if (mapped.length === 0) return null;
  // PostgreSQL checks what was mapped, not what was normalized.
  if (mapped.some(code => isInRanges(code, prohibited))) return null;
  if (!isBidirectionallySound(mapped)) return null;
  return String.fromCodePoint(...mapped).normalize('NFKC');
}

/** RFC 3454 section 6. */
function isBidirectionallySound(codes: readonly number[]): boolean {
  if (!codes.some(code => isInRanges(code, rightToLeft))) return true;
  return (
    !codes.some(code => isInRanges(code, leftToRight)) &&
    isInRanges(codes[0]!, rightToLeft) &&
    isInRanges(codes.at(-1)!, rightToLeft)
  );
}
