// Reads a server connection that a client holds while neither says anything (in a transaction, or
// pinned): notifications and notices go to the client, the loss of the connection is its end.

import type { ServerConsumer } from '../backend/server-connection.ts';
import type { PgError } from '../common/pg-error.ts';
import { Backend } from '../protocol/message-codes.ts';
import type { Transport } from '../transport/transport.ts';

export class HeldServerWatch implements ServerConsumer {
  readonly #client: Transport;
  readonly #onLost: (error: PgError) => void;

  constructor(client: Transport, onLost: (error: PgError) => void) {
    this.#client = client;
    this.#onLost = onLost;
  }

  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case Backend.notification:
      case Backend.notice:
      case Backend.parameterStatus:
        this.#client.write(Buffer.from(buffer.subarray(start, end)));
        break;
      default:
        break; // an error ahead of the connection's end comes with `onServerLost`
    }
  }

  onRows(): void {}

  onChunkEnd(): void {}

  onServerLost(error: PgError): void {
    this.#onLost(error);
  }

  onServerDrain(): void {}
}
