// Arrays (hash_array_extended in src/backend/utils/adt/arrayfuncs.c): elements in order, NULL as 0;
// dimensions and lower bounds do not count.

import { type HashType, hashTypeOfForms } from './hash-type.ts';
import { chainHash, type Hash64 } from './hash64.ts';
import { invalidBinaryKey, invalidKey, unprovenKey } from './key-form.ts';

/** The array of `element`, whose pg_type.typdelim is a comma: it is for every type that hashes. */
export function arrayHashType(element: HashType): HashType {
  const name = `${element.name}[]`;
  const hash: Hash64 = { high: 0, low: 0 };
  return hashTypeOfForms({
    name,
    family: `array_ops of ${element.family}`,
    hashText(text, into) {
      open(into);
      for (const item of arrayElements(name, text)) {
        if (item === null) refuseAmbiguousNull(element, name, text);
        if (item === null) zero(hash);
        else element.hashText(item, hash);
        chainHash(into, hash);
      }
    },
    hashBinary(bytes, start, end, into) {
      open(into);
      // array_send: dimensions, whether any is NULL, element type, length and lower bound of each.
      const dimensions = end - start >= 12 ? bytes.readInt32BE(start) : -1;
      let at = start + 12 + dimensions * 8;
      if (dimensions < 0 || dimensions > 6 || at > end) throw invalidBinaryKey(name, start, end);
      while (at < end) {
        const length = at + 4 <= end ? bytes.readInt32BE(at) : end;
        at += 4;
        if (length < -1 || at + length > end) throw invalidBinaryKey(name, start, end);
        if (length < 0) zero(hash);
        else element.hashBinary(bytes, at, at + length, hash);
        chainHash(into, hash);
        at += Math.max(length, 0);
      }
    },
  });
}

function open(into: Hash64): void {
  into.high = 0;
  into.low = 1;
}

function zero(hash: Hash64): void {
  hash.high = 0;
  hash.low = 0;
}

/** With array_nulls off an unquoted NULL is a string, which element types of text would take. */
function refuseAmbiguousNull(element: HashType, name: string, text: string): void {
  try {
    element.hashText('NULL', { high: 0, low: 0 });
  } catch {
    return;
  }
  throw unprovenKey(name, text, 'with an unquoted NULL, which array_nulls decides');
}

const bounds = /^[ \t\n\v\f\r]*(?:\[[+-]?\d+(?::[+-]?\d+)?\][ \t]*)+=/;
const token = /[ \t\n\v\f\r]*(?:([{},])|"((?:[^"\\]|\\.)*)"|((?:[^{},"\\]|\\.)+))/sy;

/**
 * The elements of array_in's text form, of all dimensions in a row; null for NULL. Throws
 * `keyIsInvalid`; whether nested braces are of one length is left to PostgreSQL.
 */
function arrayElements(name: string, text: string): (string | null)[] {
  const elements: (string | null)[] = [];
  let depth = 0;
  let at = bounds.exec(text)?.[0].length ?? 0;
  const end = text.trimEnd().length;
  // A delimiter is due after an element or a closing brace.
  let due = false;
  do {
    token.lastIndex = at;
    const [all, mark, quoted, plain] = token.exec(text) ?? [];
    if (all === undefined) throw invalidKey(name, text);
    at += all.length;
    if (mark === '{') {
      if (due) throw invalidKey(name, text);
      depth++;
    } else if (mark === '}') {
      depth--;
      due = true;
    } else if (mark === ',') {
      if (!due) throw invalidKey(name, text);
      due = false;
    } else {
      const blank = quoted === undefined && /^[ \t\n\v\f\r]*$/.test(plain!);
      if (blank) continue;
      if (due || depth === 0) throw invalidKey(name, text);
      elements.push(quoted === undefined ? plainElement(plain!) : unescaped(quoted));
      due = true;
    }
  } while (depth > 0 && at < text.length);
  if (depth !== 0 || at !== end) throw invalidKey(name, text);
  return elements;
}

/** Blanks before and behind are none of it, unless escaped. */
function plainElement(text: string): string | null {
  const bare = /^((?:\\.|[^\\])*?)[ \t\n\v\f\r]*$/s.exec(text)![1]!;
  return /^null$/i.test(bare) ? null : unescaped(bare);
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, '$1');
}
