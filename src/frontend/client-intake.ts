// What one client sends, on its way to the session: cut into units that are handled one after the
// other, or, in COPY FROM STDIN mode, fed to whoever takes the data. A client that sends faster than
// that is made to wait.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { EndReceiver, Transport } from '../transport/transport.ts';
import { type CopyReceiver, CopyStream, copyFromClient } from './copy-stream.ts';
import { type AnswerSource, HalfClosedClient } from './half-closed-client.ts';
import { findUnit, Inbox, ownUnit, type Unit } from './inbox.ts';

export interface UnitHandler {
  /** A unit is being handled: the next has to wait. */
  readonly busy: boolean;
  readonly closed: boolean;
  /** Connections that work for the client now. */
  readonly servers: readonly ServerConnection[];
  handle(unit: Unit): void;
  /** Resolves when the client has read what was written to it; rejects when it is gone. */
  clientDrained(): Promise<void>;
  /** Tells the client why, and closes. */
  terminate(error: unknown): void;
}

/** Units that one client has handled before others get their turn: those that PgPack answers by
 *  itself end in the turn they came in. */
const unitsPerTurnMax = 100;

/** Answers that a client may leave unread while it asks for more. */
const backlogBytesMax = 65_536;

/** Bytes kept for a busy client before it is made to wait. */
const inboxBytesMax = 1_048_576;

export class ClientIntake implements EndReceiver, AnswerSource {
  readonly #client: Transport;
  readonly #messageBytesMax: number;
  readonly #handler: UnitHandler;
  readonly #inbox: Inbox;
  #paused = false;
  /** Units handled since the last bytes came, or since it gave others their turn. */
  #units = 0;
  /** Goes on when others had their turn. */
  #yielding = false;
  #copy: CopyStream | null = null;
  #halfClosed: HalfClosedClient | null = null;

  constructor(client: Transport, messageBytesMax: number, handler: UnitHandler) {
    this.#client = client;
    this.#messageBytesMax = messageBytesMax;
    this.#handler = handler;
    this.#inbox = new Inbox(messageBytesMax);
    client.endReceiver = this;
  }

  onBytes(buffer: Buffer, length: number): void {
    if (this.#handler.closed) return;
    try {
      let pos = 0;
      if (!this.#yielding) this.#units = 0;
      if (this.#inbox.size === 0) pos = this.#handleDirectly(buffer, length);
      if (pos < length && !this.#handler.closed) {
        this.#inbox.push(buffer, pos, length);
        if (this.#copy !== null) this.#feed();
        else if (!this.#waiting()) this.#next();
      }
      this.#limit();
    } catch (error) {
      this.#handler.terminate(error);
    }
  }

  /** Goes on with what waits, now that a unit is done. */
  goOn(): void {
    if (this.#inbox.size > 0 || this.#paused) this.#next();
    this.#halfClosed?.answered();
  }

  /** The client sends no more. True: what it has sent is answered first, and then it is closed. */
  onEnd(): boolean {
    if (!this.#waiting() || this.#copyLacks()) return false;
    this.#halfClosed = new HalfClosedClient(this.#client, this);
    return true;
  }

  /** For a client that has closed its side. */
  get answerDue(): boolean {
    return this.#waiting();
  }

  get servers(): readonly ServerConnection[] {
    return this.#handler.servers;
  }

  /** More of the client's COPY is wanted than there is. */
  #copyLacks(): boolean {
    return this.#copy?.wanted === true;
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
    this.#halfClosed?.stop();
  }

  #waiting(): boolean {
    return this.#handler.busy || this.#copy !== null || this.#yielding;
  }

  #handle(unit: Unit): void {
    this.#units += 1;
    if (this.#units >= unitsPerTurnMax) this.#yield();
    this.#handler.handle(unit);
  }

  #yield(): void {
    this.#yielding = true;
    setImmediate(() => {
      if (this.#handler.closed) return;
      if (this.#client.backlogBytes <= backlogBytesMax) this.#resume();
      else this.#handler.clientDrained().then(this.#resume, () => {});
    });
  }

  readonly #resume = (): void => {
    this.#yielding = false;
    this.#units = 0;
    if (this.#handler.closed) return;
    try {
      this.goOn();
    } catch (error) {
      this.#handler.terminate(error);
    }
  };

  #handleDirectly(buffer: Buffer, length: number): number {
    let pos = 0;
    while (pos < length && !this.#waiting() && !this.#handler.closed) {
      const found = findUnit(buffer, pos, length, pos, this.#messageBytesMax);
      if (found.ending === null) break;
      const unit = ownUnit(buffer, pos, found.end, found.ending);
      pos = found.end;
      this.#handle(unit);
    }
    return pos;
  }

  #next(): void {
    while (!this.#waiting() && !this.#handler.closed) {
      const unit = this.#inbox.next();
      if (unit === null) break;
      this.#handle(unit);
    }
    // Whoever waits for nothing but the rest of a long message has to get it.
    const lacks = !this.#waiting() || this.#inbox.size <= inboxBytesMax / 2;
    if (this.#paused && lacks) this.#unpause();
  }

  #limit(): void {
    if (!this.#waiting() || this.#paused || this.#inbox.size <= inboxBytesMax) return;
    // In COPY mode no more than one message is kept, which may be long.
    if (this.#copyLacks()) return;
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
      if (this.#halfClosed !== null && this.#copyLacks()) this.#client.destroy();
    } catch (error) {
      this.#handler.terminate(error);
    }
  }
}
