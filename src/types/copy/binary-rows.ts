// Rows of COPY … (FORMAT binary): a header, then int16 field count and int32-counted fields per
// row, then -1 (documentation of COPY, "Binary Format"; ReceiveCopyBinaryHeader and
// CopyFromBinaryOneRow in src/backend/commands/copyfromparse.c).

import { badCopyFormat, missingColumn, rowTooLarge } from './copy-errors.ts';
import type { CopyRows, CopyRowsOptions } from './copy-rows.ts';
import { RowBuffer } from './row-buffer.ts';

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Signature, int32 flags, int32 length of the header extension. */
const headerBytes = signature.length + 8;
const withOids = 0x0001_0000;
const trailerBytes = Buffer.from([0xff, 0xff]);

export class BinaryRows implements CopyRows {
  readonly #buffer = new RowBuffer();
  readonly #keyPositions: readonly number[];
  readonly #columns: readonly string[];
  readonly #rowBytesMax: number;
  #headerDue = true;
  #preamble: Buffer | null = null;
  #trailerSeen = false;
  /** The incomplete row: bytes of it that were walked, and fields still to come (-1: the count
   *  was not read yet). */
  #walked = 0;
  #fieldsLeft = -1;

  constructor(options: CopyRowsOptions) {
    this.#keyPositions = options.keyPositions;
    this.#columns = options.columns;
    this.#rowBytesMax = options.rowBytesMax;
  }

  push(chunk: Buffer): Buffer[] {
    if (chunk.length === 0) return [];
    this.#buffer.append(chunk);
    const { bytes } = this.#buffer;
    const rows: Buffer[] = [];
    let start = this.#headerDue ? this.#header(bytes) : 0;
    while (!this.#headerDue) {
      this.#refuseDataAfterTrailer(bytes, start);
      const end = this.#rowEnd(bytes, start);
      if (end < 0) break;
      if (this.#trailerSeen) {
        start = end;
        continue;
      }
      rows.push(bytes.subarray(start, end));
      start = end;
    }
    this.#buffer.consume(start);
    return rows;
  }

  end(): Buffer[] {
    if (this.#headerDue) throw badCopyFormat('COPY file signature not recognized');
    // Fewer bytes than a field count are the end of the data for PostgreSQL.
    if (this.#fieldsLeft >= 0) throw badCopyFormat('unexpected EOF in COPY data');
    this.#buffer.clear();
    return [];
  }

  keyOf(row: Buffer, column: number): Buffer | null {
    const position = this.#keyPositions[column]!;
    let at = 2;
    if (row.readInt16BE(0) <= position) throw missingColumn(this.#columns[column]!);
    for (let field = 0; ; field++) {
      const length = row.readInt32BE(at);
      at += 4;
      if (field === position) return length < 0 ? null : row.subarray(at, at + length);
      if (length > 0) at += length;
    }
  }

  takePreamble(): Buffer | null {
    const preamble = this.#preamble;
    this.#preamble = null;
    return preamble;
  }

  trailer(): Buffer | null {
    return this.#trailerSeen ? trailerBytes : null;
  }

  /** Index behind the header, or 0 while it is incomplete. */
  #header(bytes: Buffer): number {
    const seen = Math.min(bytes.length, signature.length);
    if (bytes.compare(signature, 0, seen, 0, seen) !== 0) {
      throw badCopyFormat('COPY file signature not recognized');
    }
    if (bytes.length < headerBytes) return 0;
    const flags = bytes.readUInt32BE(signature.length);
    if (flags & withOids) throw badCopyFormat('invalid COPY file header (WITH OIDS)');
    if (flags >>> 16 !== 0) {
      throw badCopyFormat('unrecognized critical flags in COPY file header');
    }
    const extension = bytes.readInt32BE(signature.length + 4);
    if (extension < 0) throw badCopyFormat('invalid COPY file header (missing length)');
    if (extension > this.#rowBytesMax) throw rowTooLarge(this.#rowBytesMax);
    const end = headerBytes + extension;
    if (bytes.length < end) return 0;
    this.#headerDue = false;
    this.#preamble = Buffer.from(bytes.subarray(0, end));
    return end;
  }

  /** Index behind the row (or the trailer) at `start`, or -1 while it is incomplete. */
  #rowEnd(bytes: Buffer, start: number): number {
    let at = start + this.#walked;
    if (this.#fieldsLeft < 0) {
      if (at + 2 > bytes.length) return -1;
      const count = bytes.readInt16BE(at);
      at += 2;
      if (count === -1) {
        this.#trailerSeen = true;
        return at;
      }
      if (count < 0) throw badCopyFormat(`row field count is ${count}`);
      this.#fieldsLeft = count;
      this.#walked = 2;
    }
    while (this.#fieldsLeft > 0) {
      if (at + 4 > bytes.length) return -1;
      const length = bytes.readInt32BE(at);
      if (length < -1) throw badCopyFormat('invalid field size');
      const next = at + 4 + Math.max(length, 0);
      if (next - start > this.#rowBytesMax) throw rowTooLarge(this.#rowBytesMax);
      if (next > bytes.length) return -1;
      at = next;
      this.#fieldsLeft--;
      this.#walked = at - start;
    }
    this.#walked = 0;
    this.#fieldsLeft = -1;
    return at;
  }

  #refuseDataAfterTrailer(bytes: Buffer, start: number): void {
    if (this.#trailerSeen && start < bytes.length) {
      throw badCopyFormat('received copy data after EOF marker');
    }
  }
}
