// Rows of lines whose fields are parted by a delimiter, where NULL is a string of its own: what text
// and csv share of reading a key.

import type { CopyRows, CopyRowsOptions } from './copy-rows.ts';
import { LineRows, type LineScanner } from './line-rows.ts';

export abstract class DelimitedRows extends LineRows implements CopyRows {
  protected readonly delimiter: number;
  protected readonly keyPositions: readonly number[];
  protected readonly columns: readonly string[];
  readonly #nullText: Buffer;

  constructor(scanner: LineScanner, options: CopyRowsOptions) {
    const { format } = options;
    super(scanner, format.header, options.rowBytesMax);
    this.delimiter = format.delimiter.charCodeAt(0);
    this.keyPositions = options.keyPositions;
    this.columns = options.columns;
    this.#nullText = Buffer.from(format.nullText, 'utf8');
  }

  abstract keyOf(row: Buffer, column: number): Buffer | null;

  /** `raw`: a field as it came. */
  protected isNull(raw: Buffer): boolean {
    return raw.length === this.#nullText.length && raw.equals(this.#nullText);
  }

  trailer(): Buffer | null {
    return null;
  }
}
