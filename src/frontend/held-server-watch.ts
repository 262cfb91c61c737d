// Reads a server connection that a client holds while neither says anything (in a transaction, or
// pinned): notifications and notices go to the client, the loss of the connection is its end.

import { showAsOwn } from '../backend/notification-link.ts';
import type { ServerConsumer } from '../backend/server-connection.ts';
import type { PgError } from '../common/pg-error.ts';
import { Backend } from '../protocol/message-codes.ts';
import { ServerError } from '../protocol/server-error.ts';
import type { SessionContext } from './session-context.ts';

export class HeldServerWatch implements ServerConsumer {
  readonly #session: SessionContext;
  readonly #onLost: (error: Error) => void;
  /** Why the server ends the connection. */
  #reason: ServerError | null = null;

  /** `onLost` gets the server's last error (57P01, 25P03 …) where it sent one. */
  constructor(session: SessionContext, onLost: (error: Error) => void) {
    this.#session = session;
    this.#onLost = onLost;
  }

  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case Backend.notification:
        if (this.#session.notifications?.hides(buffer, start)) break;
        showAsOwn(buffer, start, this.#session.transaction.servers, this.#session.processId);
        this.#session.client.write(Buffer.from(buffer.subarray(start, end)));
        break;
      case Backend.notice:
      case Backend.parameterStatus:
        this.#session.client.write(Buffer.from(buffer.subarray(start, end)));
        break;
      case Backend.error:
        this.#reason = new ServerError(Buffer.from(buffer.subarray(start, end)));
        break;
      default:
        break;
    }
  }

  onRows(): void {}

  onChunkEnd(): void {}

  onServerLost(error: PgError): void {
    this.#onLost(this.#reason ?? error);
  }

  onServerDrain(): void {}
}
