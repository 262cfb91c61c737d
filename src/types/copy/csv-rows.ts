// Rows of COPY … (FORMAT csv): line endings inside quotes belong to the field, NULL is the NULL
// string only where it is not quoted. CopyReadLineText and CopyReadAttributesCSV in
// src/backend/commands/copyfromparse.c.

import { badCopyFormat, missingColumn } from './copy-errors.ts';
import type { CopyRowsOptions } from './copy-rows.ts';
import { DelimitedRows } from './delimited-rows.ts';
import { LineEnding } from './line-ending.ts';
import { backslash, carriageReturn, dot, endMarker, lineFeed, needsMore } from './line-rows.ts';
import { ResumableScanner } from './resumable-scanner.ts';

class CsvScanner extends ResumableScanner {
  readonly #quote: number;
  /** -1 where it is the quote itself: then toggling at every quote is enough. */
  readonly #escape: number;
  readonly #endMarker: boolean;
  #inQuote = false;
  #afterEscape = false;

  constructor(quote: number, escapeByte: number, marker: boolean) {
    super(new LineEnding(true));
    this.#quote = quote;
    this.#escape = escapeByte === quote ? -1 : escapeByte;
    this.#endMarker = marker;
  }

  prepare(bytes: Buffer, from: number): void {
    this.plain =
      !this.#inQuote &&
      bytes.indexOf(this.#quote, from) < 0 &&
      bytes.indexOf(carriageReturn, from) < 0 &&
      !(this.#endMarker && bytes.indexOf(backslash, from) >= 0);
  }

  protected scan(bytes: Buffer, lineStart: number, from: number, final: boolean): number {
    if (this.#endMarker && from === lineStart && bytes[from] === backslash) {
      const marker = this.#isMarker(bytes, lineStart, final);
      if (marker === null) return this.stop(lineStart, lineStart);
      if (marker) return endMarker;
    }
    const quote = this.#quote;
    const escapeByte = this.#escape;
    let inQuote = this.#inQuote;
    let afterEscape = this.#afterEscape;
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (inQuote) {
        // Only an escape that is not itself escaped protects the quote behind it.
        if (byte === escapeByte) afterEscape = !afterEscape;
        else {
          if (byte === quote && !afterEscape) inQuote = false;
          afterEscape = false;
        }
      } else if (byte === quote) {
        inQuote = true;
      } else if (byte === lineFeed || byte === carriageReturn) {
        break;
      }
    }
    this.#inQuote = inQuote;
    this.#afterEscape = afterEscape;
    if (at === bytes.length) return this.stop(lineStart, at);
    if (bytes[at] === lineFeed) return this.ending.atLineFeed(at);
    const end = this.ending.atCarriageReturn(bytes, at, final);
    return end === needsMore ? this.stop(lineStart, at) : end;
  }

  /** Null: more bytes must be seen. In csv a marker that is not alone on its line is data. */
  #isMarker(bytes: Buffer, lineStart: number, final: boolean): boolean | null {
    if (lineStart + 1 === bytes.length) return final ? false : null;
    if (bytes[lineStart + 1] !== dot) return false;
    return this.ending.followsEndMarker(bytes, lineStart + 2, final);
  }
}

export class CsvRows extends DelimitedRows {
  readonly #quote: number;
  readonly #escape: number;

  constructor(options: CopyRowsOptions) {
    const { format } = options;
    const quote = format.quote.charCodeAt(0);
    const escapeByte = format.escape.charCodeAt(0);
    const scanner = new CsvScanner(quote, escapeByte, options.csvEndMarker);
    super(scanner, options);
    this.#quote = quote;
    this.#escape = escapeByte;
  }

  keyOf(row: Buffer, column: number): Buffer | null {
    const position = this.keyPositions[column]!;
    const delimiter = this.delimiter;
    const quote = this.#quote;
    let field = 0;
    let start = 0;
    let at = 0;
    let quoted = false;
    for (; at < row.length; at++) {
      const byte = row[at]!;
      if (byte === delimiter) {
        if (field === position) break;
        field++;
        start = at + 1;
        quoted = false;
      } else if (byte === quote) {
        quoted = true;
        at = this.#closingQuote(row, at + 1);
      } else if (byte === lineFeed || byte === carriageReturn) {
        // Unquoted, so the line ending: anything else was refused when the line was cut.
        break;
      }
    }
    if (field < position) throw missingColumn(this.columns[column]!);
    const raw = row.subarray(start, at);
    if (quoted) return this.#unquote(raw);
    return this.isNull(raw) ? null : raw;
  }

  /** Index of the quote that closes the quoted part which begins at `from`. */
  #closingQuote(row: Buffer, from: number): number {
    const quote = this.#quote;
    const escapeByte = this.#escape;
    for (let at = from; at < row.length; at++) {
      const byte = row[at]!;
      if (byte === escapeByte && this.#isEscapable(row[at + 1])) at++;
      else if (byte === quote) return at;
    }
    throw badCopyFormat('unterminated CSV quoted field');
  }

  #isEscapable(byte: number | undefined): boolean {
    return byte === this.#escape || byte === this.#quote;
  }

  /** Quotes may open and close anywhere in a field; the parts outside are taken as they are. */
  #unquote(raw: Buffer): Buffer {
    const out = Buffer.allocUnsafe(raw.length);
    let length = 0;
    let inQuote = false;
    for (let at = 0; at < raw.length; at++) {
      const byte = raw[at]!;
      if (inQuote && byte === this.#escape && this.#isEscapable(raw[at + 1])) {
        out[length++] = raw[++at]!;
      } else if (byte === this.#quote) {
        inQuote = !inQuote;
      } else {
        out[length++] = byte;
      }
    }
    return out.subarray(0, length);
  }
}
