// Rows of COPY … (FORMAT text): one per line, a backslash takes the byte behind it along, `\.`
// ends the data. CopyReadLineText and CopyReadAttributesText in
// src/backend/commands/copyfromparse.c.

import { badCopyFormat, missingColumn } from './copy-errors.ts';
import type { CopyRowsOptions } from './copy-rows.ts';
import { DelimitedRows } from './delimited-rows.ts';
import { LineEnding } from './line-ending.ts';
import { backslash, carriageReturn, dot, endMarker, lineFeed, needsMore } from './line-rows.ts';
import { ResumableScanner } from './resumable-scanner.ts';
import { unescapeText } from './text-escapes.ts';

class TextScanner extends ResumableScanner {
  constructor() {
    super(new LineEnding(false));
  }

  prepare(bytes: Buffer, from: number): void {
    this.plain = bytes.indexOf(backslash, from) < 0 && bytes.indexOf(carriageReturn, from) < 0;
  }

  protected scan(bytes: Buffer, lineStart: number, from: number, final: boolean): number {
    const limit = bytes.length;
    for (let at = from; at < limit; at++) {
      const byte = bytes[at]!;
      if (byte === lineFeed) return this.ending.atLineFeed(at);
      if (byte === carriageReturn) {
        const end = this.ending.atCarriageReturn(bytes, at, final);
        return end === needsMore ? this.stop(lineStart, at) : end;
      }
      if (byte !== backslash) continue;
      if (at + 1 === limit) return this.stop(lineStart, at);
      if (bytes[at + 1] === dot) return this.#marker(bytes, lineStart, at, final);
      at++;
    }
    return this.stop(lineStart, limit);
  }

  #marker(bytes: Buffer, lineStart: number, at: number, final: boolean): number {
    // Before PostgreSQL 18 a marker behind data ended the copy there: with rows on several shards
    // that cannot be told from an accident, so PostgreSQL 18's rule holds for all versions.
    const alone = at === lineStart && this.ending.followsEndMarker(bytes, at + 2, final);
    if (alone === null) return this.stop(lineStart, at);
    if (!alone) throw badCopyFormat('end-of-copy marker is not alone on its line');
    return endMarker;
  }
}

export class TextRows extends DelimitedRows {
  constructor(options: CopyRowsOptions) {
    super(new TextScanner(), options);
  }

  keyOf(row: Buffer, column: number): Buffer | null {
    const position = this.keyPositions[column]!;
    const delimiter = this.delimiter;
    let field = 0;
    let start = 0;
    let at = 0;
    let escaped = false;
    for (; at < row.length; at++) {
      const byte = row[at]!;
      if (byte === delimiter) {
        if (field === position) break;
        field++;
        start = at + 1;
        escaped = false;
      } else if (byte === backslash) {
        // The very last byte of the data: PostgreSQL drops it.
        if (at + 1 === row.length) break;
        escaped = true;
        at++;
      } else if (byte === lineFeed || byte === carriageReturn) {
        // Unescaped, so the line ending: anything else was refused when the line was cut.
        break;
      }
    }
    if (field < position) throw missingColumn(this.columns[column]!);
    const raw = row.subarray(start, at);
    // NULL is compared before escapes are read: `\N`, not what it would mean.
    if (this.isNull(raw)) return null;
    return escaped ? unescapeText(raw) : raw;
  }
}
