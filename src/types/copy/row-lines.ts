// Writes the rows of DataRow messages as CopyData messages of COPY TO, one line each, as
// src/backend/commands/copyto.c writes them (CopyAttributeOutText, CopyAttributeOutCSV).

import { errors } from '../../common/error-catalogue.ts';
import { PgError } from '../../common/pg-error.ts';
import { Backend, headerBytes } from '../../protocol/message-codes.ts';
import { readInt32 } from '../integer-text.ts';
import type { CopyFormat } from './copy-rows.ts';

export interface RowLinesOptions {
  readonly format: CopyFormat;
  /** csv, by column: its values stand in quotes. */
  readonly forceQuote: readonly boolean[];
  /** Values come in UTF-8 and lines are LATIN1, which has its first 256 characters. */
  readonly toLatin1?: boolean;
}

const lineFeed = 0x0a;
const backslash = 0x5c;
/** Bytes of a DataRow before its first column. */
const rowHeader = headerBytes + 2;

/** What stands behind the backslash, by byte; 0: the byte needs none. */
function textEscapes(delimiter: number): Uint8Array {
  const escapes = new Uint8Array(256);
  escapes[delimiter] = delimiter;
  escapes[backslash] = backslash;
  const letters = { 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' };
  for (const [byte, letter] of Object.entries(letters)) {
    escapes[Number(byte)] = letter.charCodeAt(0);
  }
  return escapes;
}

function bytesOf(text: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let at = 0; at < text.length; at++) table[text.charCodeAt(at)] = 1;
  return table;
}

export class RowLines {
  readonly #forceQuote: readonly boolean[];
  readonly #toLatin1: boolean;
  readonly #isCsv: boolean;
  readonly #isBinary: boolean;
  readonly #delimiter: number;
  readonly #nullText: Buffer;
  readonly #quote: number;
  readonly #escape: number;
  readonly #escapes: Uint8Array;
  /** Bytes for which a value stands in quotes, and those that are escaped there. */
  readonly #quoted: Uint8Array;
  readonly #escaped: Uint8Array;
  #out = Buffer.alloc(0);
  #used = 0;

  /** Delimiter, quote and escape are one ASCII character each; values come in an encoding whose
   *  bytes below 0x80 are ASCII characters, in which UTF-8 is the null text too. */
  constructor({ format, forceQuote, toLatin1 = false }: RowLinesOptions) {
    const { delimiter, quote, escape: escapes } = format;
    this.#forceQuote = forceQuote;
    this.#toLatin1 = toLatin1;
    this.#isCsv = format.format === 'csv';
    this.#isBinary = format.format === 'binary';
    this.#delimiter = delimiter.charCodeAt(0);
    this.#nullText = Buffer.from(format.nullText);
    this.#quote = quote.charCodeAt(0);
    this.#escape = escapes.charCodeAt(0);
    this.#escapes = textEscapes(this.#delimiter);
    this.#quoted = bytesOf(`${delimiter}${quote}\n\r`);
    this.#escaped = bytesOf(`${quote}${escapes}`);
  }

  /** Whole DataRow messages; row i is bytes[offsets[i]] up to bytes[offsets[i + 1]]. A row of
   *  binary format is one of binary COPY as it is: the messages are changed in place. */
  write(bytes: Buffer, offsets: Int32Array, rows: number): Buffer {
    if (this.#isBinary) {
      for (let row = 0; row < rows; row++) bytes[offsets[row]!] = Backend.copyData;
      return bytes;
    }
    this.#out = Buffer.allocUnsafe(bytes.length + 256);
    this.#used = 0;
    for (let row = 0; row < rows; row++) this.#line(bytes, offsets[row]!);
    return this.#out.subarray(0, this.#used);
  }

  #line(bytes: Buffer, start: number): void {
    const begin = this.#used;
    const columns = (bytes[start + headerBytes]! << 8) | bytes[start + headerBytes + 1]!;
    this.#reserve(headerBytes);
    this.#used += headerBytes;
    let at = start + rowHeader;
    for (let column = 0; column < columns; column++) {
      const size = readInt32(bytes, at);
      at += 4;
      const end = at + Math.max(size, 0);
      this.#reserve(2 * (end - at) + this.#nullText.length + 4);
      if (column > 0) this.#out[this.#used++] = this.#delimiter;
      if (size < 0) this.#used += this.#nullText.copy(this.#out, this.#used);
      else if (!this.#isCsv) this.#text(bytes, at, end);
      else this.#csv(bytes, at, end, this.#forceQuote[column] === true, columns === 1);
      at = end;
    }
    this.#reserve(1);
    const out = this.#out;
    out[this.#used++] = lineFeed;
    if (this.#toLatin1) this.#used = asLatin1(out, begin + headerBytes, this.#used);
    out[begin] = Backend.copyData;
    out.writeInt32BE(this.#used - begin - 1, begin + 1);
  }

  #text(bytes: Buffer, start: number, end: number): void {
    const out = this.#out;
    const escapes = this.#escapes;
    let used = this.#used;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      const letter = escapes[byte]!;
      if (letter === 0) out[used++] = byte;
      else {
        out[used++] = backslash;
        out[used++] = letter;
      }
    }
    this.#used = used;
  }

  #csv(bytes: Buffer, start: number, end: number, forced: boolean, alone: boolean): void {
    const out = this.#out;
    let used = this.#used;
    if (!forced && !this.#needsQuotes(bytes, start, end, alone)) {
      for (let at = start; at < end; at++) out[used++] = bytes[at]!;
      this.#used = used;
      return;
    }
    out[used++] = this.#quote;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (this.#escaped[byte] === 1) out[used++] = this.#escape;
      out[used++] = byte;
    }
    out[used++] = this.#quote;
    this.#used = used;
  }

  /** What would be read as NULL, as something else than one field, or (alone on its line) as the end. */
  #needsQuotes(bytes: Buffer, start: number, end: number, alone: boolean): boolean {
    const size = end - start;
    const nullText = this.#nullText;
    if (size === nullText.length && nullText.compare(bytes, start, end) === 0) return true;
    if (alone && size === 2 && bytes[start] === backslash && bytes[start + 1] === 0x2e) return true;
    for (let at = start; at < end; at++) if (this.#quoted[bytes[at]!] === 1) return true;
    return false;
  }

  #reserve(size: number): void {
    const needed = this.#used + size;
    if (needed <= this.#out.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#out.length));
    this.#out.copy(grown, 0, 0, this.#used);
    this.#out = grown;
  }
}

/** Converts bytes[start … end] in place; answers where they end then (utf8_to_iso8859_1.c). */
function asLatin1(bytes: Buffer, start: number, end: number): number {
  let to = start;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte < 0x80) bytes[to++] = byte;
    else if (byte <= 0xc3) bytes[to++] = ((byte & 0x03) << 6) | (bytes[++at]! & 0x3f);
    else throw untranslatable(bytes.subarray(at, at + (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4)));
  }
  return to;
}

function untranslatable(character: Buffer): PgError {
  const bytes = [...character].map(byte => `0x${byte.toString(16).padStart(2, '0')}`).join(' ');
  const what = `character with byte sequence ${bytes} in encoding "UTF8"`;
  return new PgError(errors.characterUntranslatable, {
    what: `${what} has no equivalent in encoding "LATIN1"`,
  });
}
