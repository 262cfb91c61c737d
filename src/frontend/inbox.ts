// What a client sent and nobody has handled yet, cut into units of work: one simple query, one
// function call, or messages of the extended protocol up to their Sync or Flush.

import { Buffer } from 'node:buffer';
import { clientMessageSize } from '../protocol/client-frame.ts';
import { Frontend } from '../protocol/message-codes.ts';

export interface Unit {
  /** The unit's messages; its own memory. */
  readonly bytes: Buffer;
  /** Type of the first message. */
  readonly type: number;
  /** `sync`: ends an extended exchange; `open`: messages of the exchange are still to come, which
   *  a unit whose Sync was taken by COPY mode turns out to be. */
  ending: 'sync' | 'open' | 'whole';
}

/** An exchange longer than this is handled in pieces, so that memory stays bounded. */
const pieceBytes = 1_048_576;

/** Buffers that small are parts of others, which they keep alive (`Buffer.poolSize`). */
const pooledBytesMax = 4_096;

const noBytes = Buffer.alloc(0);

export class Inbox {
  readonly #messageBytesMax: number;
  #buffer: Buffer = noBytes;
  #start = 0;
  #end = 0;
  /** Start of the first message of the current unit not yet looked at. */
  #scanned = 0;

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }

  get size(): number {
    return this.#end - this.#start;
  }

  /** Copies bytes in. */
  push(source: Buffer, from: number, to: number): void {
    const size = to - from;
    if (this.#end + size > this.#buffer.length) this.#makeRoom(size);
    source.copy(this.#buffer, this.#end, from, to);
    this.#end += size;
  }

  /** The next whole unit, or null when it is not all there yet. Throws PgError for messages that
   *  cannot be. */
  next(): Unit | null {
    const from = this.#start;
    const found = findUnit(this.#buffer, this.#scanned, this.#end, from, this.#messageBytesMax);
    this.#scanned = found.end;
    if (found.ending === null) return null;
    this.#start = found.end;
    const unit = ownUnit(this.#buffer, from, found.end, found.ending);
    if (this.#start === this.#end) this.#clear();
    return unit;
  }

  /** A unit that was taken comes first again. */
  putBack({ bytes }: Unit): void {
    this.#buffer = Buffer.concat([bytes, this.#buffer.subarray(this.#start, this.#end)]);
    this.#start = this.#scanned = 0;
    this.#end = this.#buffer.length;
  }

  /** The next whole message whatever its kind (its own memory), or null when it is not all
   *  there. `sizeOf` answers a message's size, or 0 when not even that is known. */
  nextMessage(sizeOf: (buffer: Buffer, pos: number, end: number) => number): Buffer | null {
    const size = sizeOf(this.#buffer, this.#start, this.#end);
    if (size === 0 || this.#start + size > this.#end) return null;
    const message = Buffer.from(this.#buffer.subarray(this.#start, this.#start + size));
    this.#start += size;
    this.#scanned = this.#start;
    if (this.#start === this.#end) this.#clear();
    return message;
  }

  #clear(): void {
    this.#start = this.#end = this.#scanned = 0;
    const { length } = this.#buffer;
    if (length > pieceBytes || length <= pooledBytesMax) this.#buffer = noBytes;
  }

  #makeRoom(size: number): void {
    const kept = this.#end - this.#start;
    const needed = kept + size;
    const target = needed > this.#buffer.length ? Buffer.allocUnsafe(needed * 2) : this.#buffer;
    this.#buffer.copy(target, 0, this.#start, this.#end);
    this.#buffer = target;
    this.#scanned -= this.#start;
    this.#start = 0;
    this.#end = kept;
  }
}

/** A unit with memory of its own; what is left of a COPY that is over is dropped unread, and
 *  there may be much of it. */
export function ownUnit(buffer: Buffer, start: number, end: number, ending: Unit['ending']): Unit {
  const type = buffer[start]!;
  if (isCopyMessage(type)) return { bytes: buffer.subarray(start, end), type, ending };
  const bytes = Buffer.allocUnsafe(end - start);
  buffer.copy(bytes, 0, start, end);
  return { bytes, type, ending };
}

export function isCopyMessage(type: number): boolean {
  return type === Frontend.copyData || type === Frontend.copyDone || type === Frontend.copyFail;
}

/**
 * Looks for the end of the unit that begins at `from`, going on at message start `pos`.
 * `ending` null: not complete; `end` is then where to go on.
 */
export function findUnit(
  buffer: Buffer,
  pos: number,
  limit: number,
  from: number,
  messageBytesMax: number,
): { end: number; ending: Unit['ending'] | null } {
  let at = pos;
  for (;;) {
    const size = clientMessageSize(buffer, at, limit, messageBytesMax);
    if (size === 0 || at + size > limit) return { end: at, ending: null };
    const type = buffer[at]!;
    // A simple query behind extended messages without Sync begins a unit of its own.
    if (at > from && standsAlone(type)) return { end: at, ending: 'open' };
    at += size;
    if (standsAlone(type)) return { end: at, ending: 'whole' };
    if (type === Frontend.sync) return { end: at, ending: 'sync' };
    if (type === Frontend.flush || at - from > pieceBytes) return { end: at, ending: 'open' };
  }
}

function standsAlone(type: number): boolean {
  switch (type) {
    case Frontend.query:
    case Frontend.functionCall:
    case Frontend.terminate:
    case Frontend.password:
      return true;
    default:
      return isCopyMessage(type);
  }
}
