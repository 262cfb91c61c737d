// What one shard sends of a COPY … TO STDOUT, without what stands once before and behind the rows
// of all (CopyToTextLikeStart, CopyToBinaryStart and CopyToBinaryEnd in copyto.c).

import type { ColumnDescription, RowChunk, ShardStream } from '../executor/shard-client.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import type { ServerStream } from './shard-stream.ts';

/** Signature, flags and the length of an empty extension. */
export const binaryHeader = Buffer.concat([
  Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'),
  Buffer.alloc(8),
]);
export const binaryTrailer = Buffer.from([0xff, 0xff]);

/** `header`: its first line is none of the rows. */
type Form = { readonly binary: boolean; readonly header: boolean };

export class CopyOutStream implements ShardStream {
  /** CopyData of the header line, as soon as it is there; empty: none. */
  head: Buffer = Buffer.alloc(0);
  readonly #stream: ServerStream;
  readonly #form: Form;
  #begun = false;
  #first: RowChunk | null = null;

  constructor(stream: ServerStream, form: Form) {
    this.#stream = stream;
    this.#form = form;
  }

  get shard(): number {
    return this.#stream.shard;
  }

  get columns(): Promise<readonly ColumnDescription[]> {
    return this.#stream.columns;
  }

  /** Resolves when the header line is there. */
  async begin(): Promise<void> {
    const chunk = await this.#stream.next();
    if (chunk !== null) this.#first = this.#rowsOf(chunk);
  }

  async next(): Promise<RowChunk | null> {
    for (;;) {
      const rows = this.#take();
      if (rows !== null) return rows;
      const chunk = await this.#stream.next();
      if (chunk === null) return null;
      this.#first = this.#rowsOf(chunk);
    }
  }

  ready(): RowChunk | null | undefined {
    const rows = this.#take();
    if (rows !== null) return rows;
    const chunk = this.#stream.ready();
    if (chunk === null || chunk === undefined) return chunk;
    return this.#rowsOf(chunk);
  }

  cancel(): void {
    this.#stream.cancel();
  }

  #take(): RowChunk | null {
    const rows = this.#first;
    this.#first = null;
    return rows === null || rows.rows === 0 ? null : rows;
  }

  #rowsOf(chunk: RowChunk): RowChunk {
    const begins = !this.#begun;
    this.#begun = true;
    let rows = chunk;
    if (begins && this.#form.header) {
      this.head = chunk.bytes.subarray(0, chunk.offsets[1]);
      rows = slice(chunk, 1, chunk.rows);
    }
    if (!this.#form.binary) return rows;
    return withoutTrailer(begins ? withoutHeader(rows) : rows);
  }
}

/** It stands in one message with what comes first. */
function withoutHeader(chunk: RowChunk): RowChunk {
  const cut = binaryHeader.length;
  const bytes = chunk.bytes.subarray(cut);
  const offsets = chunk.offsets.map((offset, i) => (i === 0 ? 0 : offset - cut));
  const size = offsets[1]!;
  bytes[0] = Backend.copyData;
  bytes.writeInt32BE(size - 1, 1);
  const rest = { bytes, offsets, rows: chunk.rows };
  return size === headerBytes ? slice(rest, 1, rest.rows) : rest;
}

/** No row begins like it: it would have -1 columns. */
function withoutTrailer(chunk: RowChunk): RowChunk {
  const { bytes, offsets, rows } = chunk;
  const last = rows === 0 ? 0 : offsets[rows - 1]!;
  const isTrailer =
    rows > 0 &&
    offsets[rows]! - last === headerBytes + binaryTrailer.length &&
    bytes.subarray(last + headerBytes, offsets[rows]).equals(binaryTrailer);
  return isTrailer ? slice(chunk, 0, rows - 1) : chunk;
}

function slice({ bytes, offsets }: RowChunk, from: number, to: number): RowChunk {
  const start = offsets[from]!;
  return {
    bytes: bytes.subarray(start, offsets[to]),
    offsets: offsets.slice(from, to + 1).map(offset => offset - start),
    rows: to - from,
  };
}
