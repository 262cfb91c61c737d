// The messages a client sends in COPY FROM STDIN mode, up to CopyDone or CopyFail, for whoever
// takes them: a server as they are, or PgPack, which splits the rows.

import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { clientMessageSize } from '../protocol/client-frame.ts';
import { copyDoneFromClient, copyFailMessage } from '../protocol/frontend-messages.ts';
import { Frontend, headerBytes } from '../protocol/message-codes.ts';
import type { Inbox } from './inbox.ts';

/** Gets the messages a client sends in COPY FROM STDIN mode. */
export interface CopyReceiver {
  /** A whole CopyData message, header included; the memory is the receiver's. Answers false when it
   *  wants no more until it calls `resumeCopy`. */
  onData(data: Buffer): boolean;
  onDone(): void;
  onFail(reason: string): void;
}

export class CopyStream {
  readonly #receiver: CopyReceiver;
  readonly #onEnd: () => void;
  /** False while the receiver wants no more data. */
  wanted = true;

  constructor(receiver: CopyReceiver, onEnd: () => void) {
    this.#receiver = receiver;
    this.#onEnd = onEnd;
  }

  /** Handles the whole messages in the inbox. Throws PgError for what may not come here. */
  feed(inbox: Inbox, messageBytesMax: number): void {
    while (this.wanted) {
      const message = inbox.nextMessage((buffer, pos, end) =>
        clientMessageSize(buffer, pos, end, messageBytesMax),
      );
      if (message === null) return;
      switch (message[0]) {
        case Frontend.copyData:
          if (!this.#receiver.onData(message)) this.wanted = false;
          break;
        case Frontend.copyDone:
          // In this order: the Sync that may follow goes out by way of `onEnd`.
          this.#receiver.onDone();
          this.#onEnd();
          return;
        case Frontend.copyFail:
          this.#receiver.onFail(message.toString('utf8', headerBytes, message.length - 1));
          this.#onEnd();
          return;
        case Frontend.flush:
        case Frontend.sync:
          break; // skipped in COPY mode (copyfromparse.c, CopyGetData)
        default:
          throw new PgError(errors.protocolViolation, {
            what: `unexpected message type ${message[0]} during COPY from stdin`,
          });
      }
    }
  }

  /** The client is gone. */
  abort(): void {
    this.#receiver.onFail('client is gone');
  }
}

/** A stream that sends everything on to `server`. */
export function copyFromClient(server: ServerConnection, onEnd: () => void): CopyStream {
  const receiver: CopyReceiver = {
    onData: message => server.transport.write(message),
    onDone: () => {
      server.send(copyDoneFromClient, 0);
    },
    onFail: reason => {
      if (!server.closed) server.send(copyFailMessage(reason), 0);
    },
  };
  return new CopyStream(receiver, onEnd);
}
