// Composite types (hash_record_extended in src/backend/utils/adt/rowtypes.c): their columns in order,
// NULL as 0.

import { type HashType, hashTypeOfForms } from './hash-type.ts';
import { chainHash, type Hash64 } from './hash64.ts';
import { invalidBinaryKey, invalidKey } from './key-form.ts';

/** `columns` are the types of the columns that were not dropped. */
export function recordHashType(name: string, columns: readonly HashType[]): HashType {
  const hash: Hash64 = { high: 0, low: 0 };
  return hashTypeOfForms({
    name,
    family: `record_ops of ${name}`,
    hashText(text, into) {
      const fields = recordFields(name, text);
      // Without columns `()` is one empty field to the reader.
      if (fields.length !== columns.length) throw invalidKey(name, text);
      zero(into);
      for (const [i, column] of columns.entries()) {
        const field = fields[i]!;
        if (field === null) zero(hash);
        else column.hashText(field, hash);
        chainHash(into, hash);
      }
    },
    hashBinary(bytes, start, end, into) {
      // record_send: number of columns, then type, length and bytes of each.
      if (end - start < 4 || bytes.readInt32BE(start) !== columns.length) {
        throw invalidBinaryKey(name, start, end);
      }
      zero(into);
      let at = start + 4;
      for (const column of columns) {
        const length = at + 8 <= end ? bytes.readInt32BE(at + 4) : end;
        at += 8;
        if (length < -1 || at + length > end) throw invalidBinaryKey(name, start, end);
        if (length < 0) zero(hash);
        else column.hashBinary(bytes, at, at + length, hash);
        chainHash(into, hash);
        at += Math.max(length, 0);
      }
      if (at !== end) throw invalidBinaryKey(name, start, end);
    },
  });
}

function zero(hash: Hash64): void {
  hash.high = 0;
  hash.low = 0;
}

const field = /(?:"(?:[^"\\]|\\.|"")*"|\\.|[^"\\,)])*/sy;

/** record_in: fields between parentheses, null for one without any character. */
function recordFields(name: string, text: string): (string | null)[] {
  const inner = /^[ \t\n\v\f\r]*\((.*)\)[ \t\n\v\f\r]*$/s.exec(text)?.[1];
  if (inner === undefined) throw invalidKey(name, text);
  const fields: (string | null)[] = [];
  let at = 0;
  do {
    field.lastIndex = at;
    const [raw = ''] = field.exec(inner) ?? [];
    at += raw.length;
    fields.push(raw === '' ? null : unquoted(raw));
    if (at < inner.length && inner[at] !== ',') throw invalidKey(name, text);
  } while (at++ < inner.length);
  return fields;
}

/** Quotes may begin and end anywhere in a field; a doubled one inside stands for itself. */
export function unquoted(raw: string): string {
  let inside = false;
  let text = '';
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at]!;
    if (character === '\\') text += raw[++at] ?? '';
    else if (character !== '"') text += character;
    else if (inside && raw[at + 1] === '"') text += raw[at++];
    else inside = !inside;
  }
  return text;
}
