// Rows that are lines: what text and csv share. A scanner of the format says where a line ends;
// here are the buffer, the header line, the end of input and the cap.

import { rowTooLarge } from './copy-errors.ts';
import { RowBuffer } from './row-buffer.ts';

export const lineFeed = 0x0a;
export const carriageReturn = 0x0d;
export const backslash = 0x5c;
export const dot = 0x2e;

/** What `LineScanner.lineEnd` says besides an index. */
export const needsMore = -1;
export const endMarker = -2;

export interface LineScanner {
  /** Called with new input before its lines are asked for; `from` is where scanning resumes. */
  prepare(bytes: Buffer, from: number): void;
  /**
   * Index behind the line ending of the line that starts at `lineStart`, or `needsMore`, or
   * `endMarker` (`\.`). Called again after `needsMore` it goes on where it stopped. `final`: no
   * byte will follow.
   */
  lineEnd(bytes: Buffer, lineStart: number, final: boolean): number;
  /** Bytes of the incomplete line that were scanned already. */
  scanned(): number;
}

export class LineRows {
  readonly #buffer = new RowBuffer();
  readonly #scanner: LineScanner;
  readonly #rowBytesMax: number;
  #headerDue: boolean;
  #preamble: Buffer | null = null;
  #finished = false;

  constructor(scanner: LineScanner, header: boolean, rowBytesMax: number) {
    this.#scanner = scanner;
    this.#headerDue = header;
    this.#rowBytesMax = rowBytesMax;
  }

  push(chunk: Buffer): Buffer[] {
    if (this.#finished || chunk.length === 0) return [];
    this.#buffer.append(chunk);
    return this.#cut(false);
  }

  end(): Buffer[] {
    return this.#finished ? [] : this.#cut(true);
  }

  takePreamble(): Buffer | null {
    const preamble = this.#preamble;
    this.#preamble = null;
    return preamble;
  }

  #cut(final: boolean): Buffer[] {
    const { bytes } = this.#buffer;
    const rows: Buffer[] = [];
    let start = 0;
    this.#scanner.prepare(bytes, this.#scanner.scanned());
    while (start < bytes.length) {
      let end = this.#scanner.lineEnd(bytes, start, final);
      if (end === endMarker) {
        this.#finish();
        return rows;
      }
      if (end === needsMore) {
        if (bytes.length - start > this.#rowBytesMax) throw rowTooLarge(this.#rowBytesMax);
        if (!final) break;
        end = bytes.length;
      }
      if (end - start > this.#rowBytesMax) throw rowTooLarge(this.#rowBytesMax);
      this.#emit(bytes.subarray(start, end), rows);
      start = end;
    }
    if (final) this.#finish();
    else this.#buffer.consume(start);
    return rows;
  }

  #emit(line: Buffer, rows: Buffer[]): void {
    if (this.#headerDue) {
      this.#headerDue = false;
      this.#preamble = Buffer.from(line);
      return;
    }
    rows.push(line);
  }

  #finish(): void {
    this.#finished = true;
    this.#buffer.clear();
  }
}
