// What one client sends, on its way to the session: cut into units that are handled one after the
// other, or, in COPY FROM STDIN mode, fed to whoever takes the data. A client that sends faster than
// that is made to wait.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { Transport } from '../transport/transport.ts';
import { type CopyReceiver, CopyStream, copyFromClient } from './copy-stream.ts';
import { findUnit, Inbox, ownUnit, type Unit } from './inbox.ts';

export interface UnitHandler {
  /** A unit is being handled: the next has to wait. */
  readonly busy: boolean;
  readonly closed: boolean;
  handle(unit: Unit): void;
  /** Tells the client why, and closes. */
  terminate(error: unknown): void;
}

/** Bytes kept for a busy client before it is made to wait. */
const inboxBytesMax = 1_048_576;

export class ClientIntake {
  readonly #client: Transport;
  readonly #messageBytesMax: number;
  readonly #handler: UnitHandler;
  readonly #inbox: Inbox;
  #paused = false;
  #copy: CopyStream | null = null;

  constructor(client: Transport, messageBytesMax: number, handler: UnitHandler) {
    this.#client = client;
    this.#messageBytesMax = messageBytesMax;
    this.#handler = handler;
    this.#inbox = new Inbox(messageBytesMax);
  }

  onBytes(buffer: Buffer, length: number): void {
    if (this.#handler.closed) return;
    try {
      let pos = 0;
      if (this.#inbox.size === 0) pos = this.#handleDirectly(buffer, length);
      if (pos < length && !this.#handler.closed) {
        this.#inbox.push(buffer, pos, length);
        if (this.#copy !== null) this.#feed();
        else if (!this.#handler.busy) this.#next();
      }
      this.#limit();
    } catch (error) {
      this.#handler.terminate(error);
    }
  }

  /** Goes on with what waits, now that a unit is done. */
  goOn(): void {
    if (this.#inbox.size > 0 || this.#paused) this.#next();
  }

  /** The unit waits as if it had not been handled. */
  putBack(unit: Unit): void {
    this.#inbox.putBack(unit);
  }

  dropNext(): void {
    this.#inbox.next();
  }

  /** What the client sends goes to `receiver`, up to CopyDone or CopyFail. */
  receiveCopy(receiver: CopyReceiver): void {
    this.#copy = new CopyStream(receiver, () => {
      this.#copy = null;
    });
    this.#feed();
  }

  /** Likewise to the server, as it comes; `onEnded` when the client has ended it. */
  copyTo(server: ServerConnection, onEnded: () => void): void {
    this.#copy = copyFromClient(server, () => {
      this.#copy = null;
      onEnded();
    });
    this.#feed();
  }

  /** The receiver wants data again. */
  resumeCopy(): void {
    if (this.#copy === null) return;
    this.#copy.wanted = true;
    this.#feed();
  }

  /** The receiver wants no more: what the client still sends of its COPY is dropped. */
  stopCopy(): void {
    this.#copy = null;
  }

  /** The client is gone. */
  abort(): void {
    this.#copy?.abort();
    this.#copy = null;
  }

  #waiting(): boolean {
    return this.#handler.busy || this.#copy !== null;
  }

  #handleDirectly(buffer: Buffer, length: number): number {
    let pos = 0;
    while (pos < length && !this.#waiting() && !this.#handler.closed) {
      const found = findUnit(buffer, pos, length, pos, this.#messageBytesMax);
      if (found.ending === null) break;
      const unit = ownUnit(buffer, pos, found.end, found.ending);
      pos = found.end;
      this.#handler.handle(unit);
    }
    return pos;
  }

  #next(): void {
    while (!this.#waiting() && !this.#handler.closed) {
      const unit = this.#inbox.next();
      if (unit === null) break;
      this.#handler.handle(unit);
    }
    if (this.#paused && this.#inbox.size <= inboxBytesMax / 2) this.#unpause();
  }

  #limit(): void {
    if (!this.#waiting() || this.#paused || this.#inbox.size <= inboxBytesMax) return;
    this.#paused = true;
    this.#client.pause();
  }

  #unpause(): void {
    this.#paused = false;
    this.#client.resume();
  }

  #feed(): void {
    try {
      this.#copy?.feed(this.#inbox, this.#messageBytesMax);
      if (this.#paused && (this.#copy === null || this.#copy.wanted)) this.#unpause();
      this.#limit();
    } catch (error) {
      this.#handler.terminate(error);
    }
  }
}
