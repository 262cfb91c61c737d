// Rows of collected tables that are held here, as long as they are few: as they came of each shard, and
// as array parameters for the shard that finishes.

import type { RowChunk } from '../executor/shard-client.ts';
import type { ByteWriter } from '../protocol/byte-writer.ts';
import { headerBytes } from '../protocol/message-codes.ts';

export class HeldRows {
  /** By table: of the shard that finishes, and of the others. */
  readonly #own: RowChunk[][];
  readonly #others: RowChunk[][];
  /** Of all rows that were added. */
  bytes = 0;

  constructor(tables: number) {
    this.#own = Array.from({ length: tables }, () => []);
    this.#others = Array.from({ length: tables }, () => []);
  }

  add(table: number, chunk: RowChunk, own: boolean): void {
    this.bytes += chunk.bytes.length;
    (own ? this.#own : this.#others)[table]!.push(chunk);
  }

  /** Of one table, which is forgotten. */
  take(table: number): readonly RowChunk[] {
    return [...this.takeOwn(table), ...this.#others[table]!.splice(0)];
  }

  takeOwn(table: number): readonly RowChunk[] {
    return this.#own[table]!.splice(0);
  }

  rows(table: number): number {
    const count = (chunks: readonly RowChunk[]) => chunks.reduce((sum, { rows }) => sum + rows, 0);
    return count(this.#own[table]!) + count(this.#others[table]!);
  }

  /** `columns` arrays of the rows' values. */
  arrays(table: number, columns: number): readonly ColumnValues[] {
    const chunks = [...this.#own[table]!, ...this.#others[table]!];
    const sizes = new Array<number>(columns).fill(0);
    for (const chunk of chunks) addSizes(chunk, sizes);
    const all = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0));
    let at = 0;
    const values = sizes.map(size => new ColumnValues(all.subarray(at, (at += size))));
    for (const chunk of chunks) addRows(chunk, values);
    return values;
  }
}

/** Values of one column as PostgreSQL sends the elements of an array (array_send). */
export class ColumnValues {
  readonly #buffer: Buffer;
  #filled = 0;
  #count = 0;
  #hasNull = false;

  /** `buffer`: for all values and their lengths. */
  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  /** Of the parameter. */
  get bytes(): number {
    return this.#filled + 24;
  }

  /** A value of a DataRow: its length (-1: NULL) and its bytes. */
  add(bytes: Buffer, start: number, end: number, isNull: boolean): void {
    const buffer = this.#buffer;
    let filled = this.#filled;
    // Most values are shorter than a call is long.
    if (end - start > 64) filled += bytes.copy(buffer, filled, start, end);
    else for (let at = start; at < end; at++) buffer[filled++] = bytes[at]!;
    this.#filled = filled;
    this.#count += 1;
    if (isNull) this.#hasNull = true;
  }

  /** As the value of a parameter in binary form. */
  write(out: ByteWriter, elementOid: number): void {
    const isEmpty = this.#count === 0;
    out.int32(this.#filled + (isEmpty ? 12 : 20)).int32(isEmpty ? 0 : 1);
    out.int32(this.#hasNull ? 1 : 0).int32(elementOid);
    if (!isEmpty) out.int32(this.#count).int32(1);
    out.bytes(this.#buffer, 0, this.#filled);
  }
}

function addSizes({ bytes, offsets, rows }: RowChunk, sizes: number[]): void {
  for (let row = 0; row < rows; row++) {
    let pos = offsets[row]! + headerBytes + 2;
    for (let column = 0; column < sizes.length; column++) {
      const size = 4 + Math.max(0, bytes.readInt32BE(pos));
      sizes[column]! += size;
      pos += size;
    }
  }
}

function addRows({ bytes, offsets, rows }: RowChunk, values: readonly ColumnValues[]): void {
  for (let row = 0; row < rows; row++) {
    let pos = offsets[row]! + headerBytes + 2;
    for (const column of values) {
      const length = bytes.readInt32BE(pos);
      const end = pos + 4 + Math.max(0, length);
      column.add(bytes, pos, end, length < 0);
      pos = end;
    }
  }
}
