// Edits on a statement's original text: what a plan does not change stays byte for byte as the
// client wrote it. Offsets are UTF-8 bytes, as in the parse tree.

import { ByteText } from './byte-text.ts';

export interface Edit {
  /** Byte range that is replaced; `start === end` inserts. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Applies edits that do not overlap; edits at the same place are applied in the order given. */
export function splice(text: string, edits: readonly Edit[]): string {
  const source = new ByteText(text);
  const ordered = edits
    .map((edit, order) => ({ edit, order }))
    .sort((a, b) => a.edit.start - b.edit.start || a.order - b.order);
  let result = '';
  let at = 0;
  for (const { edit } of ordered) {
    if (edit.start < at || edit.end < edit.start || edit.end > source.length) {
      throw new RangeError(`edit ${edit.start}..${edit.end} overlaps or is out of the text`);
    }
    result += source.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + source.slice(at);
}
