// One server connection that listens for the clients of a database: commands one after the other,
// notifications as they come. It runs no transaction, so that PostgreSQL sends at once.

import type { PgError } from '../common/pg-error.ts';
import { queryMessage } from '../protocol/frontend-messages.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { ServerError } from '../protocol/server-error.ts';
import type { ServerConnection, ServerConsumer } from './server-connection.ts';

/** NotificationResponse (protocol section "Message Formats"). */
export interface Notification {
  readonly shard: number;
  readonly channel: string;
  /** The server process that notified. */
  readonly processId: number;
  /** The whole message, header included; shared by those who get it: not to be written to. */
  readonly message: Buffer;
}

export interface LinkEvents {
  onNotification(notification: Notification): void;
  /** Nothing more is read for now. */
  onPause(): void;
  onLinkLost(error: PgError): void;
}

/** Names the connection to who reads pg_stat_activity. */
const emptyQuery = '/* PgPack listens here */';

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

export class NotificationLink implements ServerConsumer {
  readonly #server: ServerConnection;
  readonly #events: LinkEvents;
  #waiters: Waiter[] = [];
  #error: ServerError | null = null;

  constructor(server: ServerConnection, events: LinkEvents) {
    this.#server = server;
    this.#events = events;
    server.consumer = this;
  }

  /** Commands are sent as they are asked for and answered in their order. Rejects with the
   *  ServerError of the command, or when the connection is lost. */
  run(sql: string): Promise<void> {
    if (this.#server.closed) return Promise.reject(this.#server.lostError('it was closed'));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#server.send(queryMessage(sql), 1);
    });
  }

  /** Resolves when what committed before the call has been read: a transaction signals its
   *  listeners before it answers, and a signalled process sends notifications before its next
   *  ReadyForQuery (async.c, AtCommit_Notify; postgres.c, PostgresMain). */
  caughtUp(): Promise<void> {
    return this.run(emptyQuery);
  }

  close(): void {
    this.#server.close();
  }

  destroy(): void {
    this.#server.destroy();
  }

  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case Backend.notification:
        this.#events.onNotification(this.#read(Buffer.from(buffer.subarray(start, end))));
        break;
      case Backend.error:
        this.#error ??= new ServerError(Buffer.from(buffer.subarray(start, end)));
        break;
      case Backend.readyForQuery:
        this.#answered();
        break;
      default:
        break;
    }
  }

  onRows(): void {}

  onChunkEnd(): void {
    this.#events.onPause();
  }

  onServerDrain(): void {}

  onServerLost(error: PgError): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#events.onLinkLost(error);
    for (const waiter of waiters) waiter.reject(error);
  }

  #answered(): void {
    const error = this.#error;
    this.#error = null;
    const waiter = this.#waiters.shift();
    if (error === null) waiter?.resolve();
    else waiter?.reject(error);
  }

  #read(message: Buffer): Notification {
    const { shard } = this.#server.address;
    return { shard, ...readNotification(message, 0), message };
  }
}

/** Who notified on which channel; `start`: where the message begins. */
export function readNotification(
  buffer: Buffer,
  start: number,
): { processId: number; channel: string } {
  const from = start + headerBytes + 4;
  return {
    processId: buffer.readInt32BE(start + headerBytes),
    channel: buffer.toString('utf8', from, buffer.indexOf(0, from)),
  };
}

/** What a client hears from its own server connection: its own notifications say the number that
 *  it logged in with. */
export function showAsOwn(
  buffer: Buffer,
  start: number,
  servers: readonly ServerConnection[],
  own: number,
): void {
  const processId = buffer.readInt32BE(start + headerBytes);
  const known = servers.some(server => server.processId === processId);
  if (known) buffer.writeInt32BE(own, start + headerBytes);
}
