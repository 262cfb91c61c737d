// Finds the messages in what a server sends, without copying. Rows (DataRow, CopyData) pass as
// byte ranges, cut wherever the chunk was cut; every other message is shown whole, unless nobody
// wants to see it.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { Backend, headerBytes } from './message-codes.ts';

export interface BackendSink {
  /** Messages that say only how a statement went on (descriptions of results, completions) come
   *  with the rows. Asked once for each run of them. */
  readonly quiet?: boolean;
  /** RowDescription and ParameterDescription are shown all the same. */
  readonly showsTypes?: boolean;
  /** A whole message, header included: `buffer[start]` is its type. Valid during the call. */
  onMessage(type: number, buffer: Buffer, start: number, end: number): void;
  /** Bytes of DataRow or CopyData messages, or of those that nobody wants to see, in order, not
   *  necessarily whole. */
  onRows(buffer: Buffer, start: number, end: number): void;
}

const rowTypes = typesOf([Backend.dataRow, Backend.copyData]);
const quiet = [
  Backend.dataRow,
  Backend.copyData,
  Backend.noData,
  Backend.parseComplete,
  Backend.bindComplete,
  Backend.closeComplete,
  Backend.commandComplete,
  Backend.emptyQuery,
  Backend.portalSuspended,
];
const quietTypes = typesOf([...quiet, Backend.rowDescription, Backend.parameterDescription]);
const quietButDescriptions = typesOf(quiet);

/** Which messages pass as bytes. */
function passing(sink: BackendSink): Uint8Array {
  if (sink.quiet !== true) return rowTypes;
  return sink.showsTypes === true ? quietButDescriptions : quietTypes;
}

export class BackendScanner {
  readonly #messageBytesMax: number;
  /** Bytes of the current row message that are still to come. */
  #rowRest = 0;
  /** An incomplete message (or header) kept until its rest comes. */
  #partial: Buffer | null = null;

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }

  /** True between messages: nothing half-read. */
  get atBoundary(): boolean {
    return this.#rowRest === 0 && this.#partial === null;
  }

  /** A row was shown in part. */
  get inRow(): boolean {
    return this.#rowRest > 0;
  }

  /** Throws PgError `protocolViolation` or `messageTooLarge` on a length that cannot be. */
  feed(chunk: Buffer, length: number, sink: BackendSink): void {
    let pos = 0;
    if (this.#partial !== null) pos = this.#feedPartial(chunk, length, sink);
    if (this.#rowRest > 0 && pos < length) {
      const end = Math.min(length, pos + this.#rowRest);
      this.#rowRest -= end - pos;
      sink.onRows(chunk, pos, end);
      pos = end;
    }
    while (pos < length) {
      if (length - pos < headerBytes) {
        this.#keep(chunk, pos, length);
        return;
      }
      const type = chunk[pos]!;
      if (rowTypes[type] === 1 || (quietTypes[type] === 1 && passing(sink)[type] === 1)) {
        pos = this.#run(chunk, pos, length, sink);
      } else {
        const end = pos + this.#size(chunk, pos);
        if (end > length) {
          this.#keep(chunk, pos, length);
          return;
        }
        sink.onMessage(type, chunk, pos, end);
        pos = end;
      }
    }
  }

  /** A run of messages from `pos` on that pass as bytes; returns where it ends. */
  #run(chunk: Buffer, start: number, length: number, sink: BackendSink): number {
    const types = passing(sink);
    let pos = start;
    while (length - pos >= headerBytes && types[chunk[pos]!] === 1) {
      pos += this.#size(chunk, pos);
      if (pos > length) {
        this.#rowRest = pos - length;
        pos = length;
        break;
      }
    }
    sink.onRows(chunk, start, pos);
    return pos;
  }

  #feedPartial(chunk: Buffer, length: number, sink: BackendSink): number {
    const kept = this.#partial!;
    const needed = (kept.length < headerBytes ? headerBytes : this.#size(kept, 0)) - kept.length;
    const taken = Math.min(needed, length);
    const whole = Buffer.concat([kept, chunk.subarray(0, taken)]);
    this.#partial = null;
    if (whole.length < headerBytes) {
      this.#partial = whole;
      return taken;
    }
    const size = this.#size(whole, 0);
    const type = whole[0]!;
    if (type === Backend.dataRow || type === Backend.copyData) {
      this.#rowRest = size - whole.length;
      sink.onRows(whole, 0, whole.length);
    } else if (whole.length < size) {
      this.#partial = whole;
      if (taken < length)
        return taken + this.#feedPartial(chunk.subarray(taken), length - taken, sink);
    } else {
      sink.onMessage(type, whole, 0, size);
    }
    return taken;
  }

  #size(buffer: Buffer, pos: number): number {
    // Buffer.readInt32BE costs more than the rest of the scan.
    const length =
      (buffer[pos + 1]! << 24) |
      (buffer[pos + 2]! << 16) |
      (buffer[pos + 3]! << 8) |
      buffer[pos + 4]!;
    const size = length + 1;
    if (size < headerBytes) {
      throw new PgError(errors.protocolViolation, { what: `invalid message length ${size - 1}` });
    }
    if (size > this.#messageBytesMax) {
      throw new PgError(errors.messageTooLarge, { bytes: size, limit: this.#messageBytesMax });
    }
    return size;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    this.#partial = Buffer.from(chunk.subarray(start, end));
  }
}

function typesOf(types: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const type of types) table[type] = 1;
  return table;
}
