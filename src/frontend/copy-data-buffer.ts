// Rows of one COPY … FROM STDIN, gathered into CopyData messages that are large enough to be worth a
// write each.

import { Frontend, headerBytes } from '../protocol/message-codes.ts';

/** A message has about this size. */
const messageBytes = 65_536;

export class CopyDataBuffer {
  readonly #send: (message: Buffer) => void;
  /** The CopyData message being filled, its header left free. */
  #message: Buffer = Buffer.allocUnsafe(messageBytes + 1024);
  #filled = headerBytes;

  constructor(send: (message: Buffer) => void) {
    this.#send = send;
  }

  /** Copies: what is added may be a view of a buffer that is used again. */
  add(bytes: Buffer): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#message.length) this.#grow(needed);
    bytes.copy(this.#message, this.#filled);
    this.#filled = needed;
    if (needed >= messageBytes) this.flush();
  }

  /** Sends what was added as one message. */
  flush(): void {
    if (this.#filled === headerBytes) return;
    this.#message[0] = Frontend.copyData;
    this.#message.writeInt32BE(this.#filled - 1, 1);
    this.#send(this.#message.subarray(0, this.#filled));
    this.#message = Buffer.allocUnsafe(messageBytes + 1024);
    this.#filled = headerBytes;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafe(needed * 2);
    this.#message.copy(grown, 0, 0, this.#filled);
    this.#message = grown;
  }
}
