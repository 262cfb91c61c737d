// COPY … FROM STDIN of PgPack's own on one server: rows that other shards sent go into a table there.
// It writes as fast as the server takes them.

import type { ServerConnection, ServerConsumer } from '../backend/server-connection.ts';
import type { PgError } from '../common/pg-error.ts';
import {
  copyDoneFromClient,
  copyFailMessage,
  queryMessage,
} from '../protocol/frontend-messages.ts';
import { Backend } from '../protocol/message-codes.ts';
import { ServerError } from '../protocol/server-error.ts';

export class RowCopy implements ServerConsumer {
  /** The server waits for rows; rejects when it refused the COPY. */
  readonly ready: Promise<void>;
  /** Resolves when the server is done, whatever came of it. */
  readonly finished: Promise<void>;
  /** NoticeResponse messages, as they came. */
  readonly notices: Buffer[] = [];
  error: Error | null = null;
  readonly #server: ServerConnection;
  #resolveReady!: () => void;
  #rejectReady!: (error: Error) => void;
  #resolveFinished!: () => void;
  #copying = false;
  #aborting = false;
  /** Of those that wait until the server has taken more. */
  #waiting: (() => void)[] = [];

  constructor(server: ServerConnection, sql: string) {
    this.#server = server;
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.ready.catch(() => {});
    this.finished = new Promise(resolve => {
      this.#resolveFinished = resolve;
    });
    server.consumer = this;
    server.unnamed = null;
    server.send(queryMessage(sql), 1);
    if (server.closed) this.onServerLost(server.lostError('the server closed the connection'));
  }

  /** Whole CopyData messages. Resolves when the server wants more; rejects with what it said of those
   *  before. */
  async write(messages: Buffer): Promise<void> {
    if (this.error !== null) throw this.error;
    const { transport } = this.#server;
    transport.write(messages);
    while (transport.backlogBytes > 0 && this.#copying) {
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    if (this.error !== null) throw this.error;
  }

  /** All rows were written: resolves when the server has them, rejects with what it raised. */
  async end(): Promise<void> {
    if (this.#copying) this.#server.send(copyDoneFromClient, 0);
    this.#copying = false;
    await this.finished;
    if (this.error !== null) throw this.error;
  }

  /** Ends it without its rows, which aborts the transaction; resolves when the server is free. */
  async abort(): Promise<void> {
    this.#aborting = true;
    if (this.#copying) this.#refuse();
    await this.finished;
  }

  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    if (type === Backend.copyInResponse) {
      this.#copying = !this.#aborting;
      if (this.#aborting) this.#refuse();
      else this.#resolveReady();
    } else if (type === Backend.error) {
      const error = new ServerError(Buffer.from(buffer.subarray(start, end)));
      const ends = error.severity !== 'ERROR';
      this.error ??= ends ? this.#server.lostError(error.message) : error;
    } else if (type === Backend.notice) {
      this.notices.push(Buffer.from(buffer.subarray(start, end)));
    }
  }

  onRows(): void {}

  onChunkEnd(server: ServerConnection): void {
    if (this.error !== null) this.#fail(this.error);
    if (server.readyDue > 0) return;
    server.consumer = null;
    this.#resolveFinished();
  }

  onServerLost(error: PgError): void {
    this.error ??= error;
    this.#fail(this.error);
    this.#resolveFinished();
  }

  onServerDrain(): void {
    this.#wake();
  }

  #refuse(): void {
    this.#copying = false;
    this.#server.send(copyFailMessage('the statement was stopped'), 0);
  }

  #fail(error: Error): void {
    this.#copying = false;
    this.#rejectReady(error);
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
