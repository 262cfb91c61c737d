// The line ending of COPY data: the first line decides between LF, CR and CRLF, and every other
// line must agree, or PostgreSQL refuses the data (CopyReadLineText in
// src/backend/commands/copyfromparse.c). A shard sees only some of the lines, so the check is here.

import { badCopyFormat } from './copy-errors.ts';
import { carriageReturn, lineFeed, needsMore } from './line-rows.ts';

export type LineEndingStyle = 'unknown' | 'lf' | 'cr' | 'crlf';

export class LineEnding {
  style: LineEndingStyle = 'unknown';
  readonly #csv: boolean;

  constructor(csv: boolean) {
    this.#csv = csv;
  }

  /** Index behind the line ending that begins with the LF at `at`. */
  atLineFeed(at: number): number {
    if (this.style === 'cr' || this.style === 'crlf') throw this.#unexpected('newline', 'n');
    this.style = 'lf';
    return at + 1;
  }

  /** Index behind the line ending that begins with the CR at `at`, or `needsMore`. */
  atCarriageReturn(bytes: Buffer, at: number, final: boolean): number {
    if (this.style === 'cr') return at + 1;
    if (this.style === 'lf') throw this.#unexpected('carriage return', 'r');
    if (at + 1 === bytes.length && !final) return needsMore;
    if (bytes[at + 1] === lineFeed) {
      this.style = 'crlf';
      return at + 2;
    }
    if (this.style === 'crlf') throw this.#unexpected('carriage return', 'r');
    this.style = 'cr';
    return at + 1;
  }

  /**
   * Whether the `\.` before `at` is followed by a line ending of this style: true, or false (it
   * is not alone on its line), or null when more bytes must be seen.
   */
  followsEndMarker(bytes: Buffer, at: number, final: boolean): boolean | null {
    const length = this.style === 'crlf' ? 2 : 1;
    if (at + length > bytes.length && !final) return null;
    const first = bytes[at];
    const last = bytes[at + length - 1];
    if (length === 2 && first === lineFeed) return this.#mismatch();
    if (length === 2 && first !== carriageReturn) return false;
    if (last !== carriageReturn && last !== lineFeed) return false;
    const wanted = this.style === 'cr' ? carriageReturn : lineFeed;
    return this.style === 'unknown' || last === wanted ? true : this.#mismatch(true);
  }

  #mismatch(always = false): false {
    if (!this.#csv || always) {
      throw badCopyFormat('end-of-copy marker does not match previous newline style');
    }
    return false;
  }

  #unexpected(what: string, letter: string) {
    return this.#csv
      ? badCopyFormat(
          `unquoted ${what} found in data`,
          `Use quoted CSV field to represent ${what}.`,
        )
      : badCopyFormat(`literal ${what} found in data`, `Use "\\${letter}" to represent ${what}.`);
  }
}
