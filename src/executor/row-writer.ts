// Writes DataRow messages into chunks of bounded size: rows copied as they came (less their hidden
// columns) and rows that are made here. A chunk that was taken belongs to the taker.

import { copyBetween, copyBytes, dataRowHeader, endOfColumns, viewOf } from './data-row.ts';
import type { RowChunk } from './shard-client.ts';

const chunkBytesMax = 65_536;
const chunkRowsMax = 1000;
const firstBytes = 4096;
const firstRows = 64;
const noBytes = Buffer.alloc(0);
const noView = viewOf(noBytes);
const messageType = 0x44;

export class RowWriter {
  readonly #columns: number;
  readonly #dropped: number;
  #bytes: Buffer = noBytes;
  #view = noView;
  #used = 0;
  /** Capacity a chunk begins with. */
  #expectedBytes = firstBytes;
  #offsets = new Int32Array(firstRows + 1);
  #rows = 0;

  /** Rows have `columns` columns, of which the last `dropped` are left out. */
  constructor(columns: number, dropped: number) {
    this.#columns = columns;
    this.#dropped = dropped;
  }

  get rows(): number {
    return this.#rows;
  }

  /** True when the chunk should be taken before another row is written. */
  get full(): boolean {
    return this.#rows >= chunkRowsMax || this.#used >= chunkBytesMax;
  }

  /** Columns that are written. */
  get visibleColumns(): number {
    return this.#columns - this.#dropped;
  }

  /** Copies the row at rows[start … end]. */
  copyRow(rows: DataView, start: number, end: number): void {
    const visible = this.#columns - this.#dropped;
    const stop = this.#dropped === 0 ? end : endOfColumns(rows, start, end, visible);
    const from = this.#used;
    this.#reserve(stop - start);
    copyBetween(rows, start, stop, this.#view, from);
    this.#used += stop - start;
    if (this.#dropped > 0) {
      this.#view.setInt32(from + 1, stop - start - 1);
      this.#view.setInt16(from + 5, visible);
    }
    this.#rowEnds();
  }

  /** Begins a row that is made column by column; `endRow` ends it. */
  beginRow(): void {
    this.#reserve(dataRowHeader);
    this.#bytes[this.#used] = messageType;
    this.#bytes.writeInt16BE(this.visibleColumns, this.#used + 5);
    this.#used += dataRowHeader;
  }

  /** The next column of the row: bytes[start … end]. */
  appendValue(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(4);
    this.#size(end - start);
    this.#copy(bytes, start, end);
  }

  /** ASCII. */
  appendText(text: string): void {
    const { length } = text;
    this.#reserve(4 + length);
    this.#size(length);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) bytes[this.#used++] = text.charCodeAt(i);
  }

  appendNull(): void {
    this.#reserve(4);
    this.#size(-1);
  }

  /** Of the column that follows; -1 is NULL. */
  #size(size: number): void {
    const bytes = this.#bytes;
    bytes[this.#used++] = size >>> 24;
    bytes[this.#used++] = size >>> 16;
    bytes[this.#used++] = size >>> 8;
    bytes[this.#used++] = size;
  }

  endRow(): void {
    const start = this.#offsets[this.#rows]!;
    this.#bytes.writeInt32BE(this.#used - start - 1, start + 1);
    this.#rowEnds();
  }

  /** Hands over the rows written so far; the writer is empty again. */
  take(): RowChunk {
    const chunk: RowChunk = {
      bytes: this.#bytes.subarray(0, this.#used),
      offsets: this.#offsets.subarray(0, this.#rows + 1),
      rows: this.#rows,
    };
    // The next chunk is expected to be about as large as this one.
    this.#expectedBytes = Math.max(firstBytes, Math.min(this.#used * 1.25, chunkBytesMax * 1.25));
    this.#bytes = noBytes;
    this.#view = noView;
    this.#offsets = new Int32Array(Math.max(firstRows, this.#rows) + 1);
    this.#used = 0;
    this.#rows = 0;
    return chunk;
  }

  #copy(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.#reserve(size);
    copyBytes(source, start, end, this.#bytes, this.#used);
    this.#used += size;
  }

  #rowEnds(): void {
    this.#rows++;
    if (this.#rows === this.#offsets.length) {
      const grown = new Int32Array(this.#offsets.length * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[this.#rows] = this.#used;
  }

  #reserve(size: number): void {
    const needed = this.#used + size;
    if (needed <= this.#bytes.length) return;
    const capacity = Math.ceil(Math.max(needed, 2 * this.#bytes.length, this.#expectedBytes));
    const grown = Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(grown, 0, 0, this.#used);
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}
