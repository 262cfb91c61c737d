// What the scanners of text and csv share: they go on where they stopped, and there is a fast way
// through input in which nothing but LF needs attention.

import type { LineEnding } from './line-ending.ts';
import { type LineScanner, lineFeed, needsMore } from './line-rows.ts';

export abstract class ResumableScanner implements LineScanner {
  protected readonly ending: LineEnding;
  /** Nothing but LF needs attention in the input at hand. */
  protected plain = false;
  #scanned = 0;

  constructor(ending: LineEnding) {
    this.ending = ending;
  }

  abstract prepare(bytes: Buffer, from: number): void;

  /** As `lineEnd`, from where it stopped. */
  protected abstract scan(bytes: Buffer, lineStart: number, from: number, final: boolean): number;

  scanned(): number {
    return this.#scanned;
  }

  lineEnd(bytes: Buffer, lineStart: number, final: boolean): number {
    const from = lineStart + this.#scanned;
    const end =
      this.plain && this.ending.style === 'lf'
        ? bytes.indexOf(lineFeed, from) + 1 || this.stop(lineStart, bytes.length)
        : this.scan(bytes, lineStart, from, final);
    if (end >= 0) this.#scanned = 0;
    return end;
  }

  protected stop(lineStart: number, at: number): typeof needsMore {
    this.#scanned = at - lineStart;
    return needsMore;
  }
}
