// How a type's values become keys, and the small readers that decoders share.

import type { KeyColumn, KeyKind } from './key-column.ts';
import { malformedValue } from './value-error.ts';

/** Appends the key of the value in bytes[start … end] (not NULL) to `into`. */
export type DecodeKey = (bytes: Uint8Array, start: number, end: number, into: KeyColumn) => void;

export interface KeyType {
  readonly kind: KeyKind;
  readonly text: DecodeKey;
  readonly binary: DecodeKey;
}

export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** A decoder for a binary form of fixed size. */
export function fixedSize(
  type: string,
  size: number,
  append: (bytes: Uint8Array, start: number, into: KeyColumn) => void,
): DecodeKey {
  return (bytes, start, end, into) => {
    if (end - start !== size) throw malformedValue(type);
    append(bytes, start, into);
  };
}

export function hexDigit(code: number, type: string): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = (code | 0x20) - 0x61;
  if (letter < 0 || letter > 5) throw malformedValue(type);
  return letter + 10;
}
