// COPY … FROM STDIN on one server: the rows of a client's COPY that belong there, or rows that other
// shards sent into a table there. Whoever writes can wait until the server has taken what it got.

import type { ServerConnection, ServerConsumer } from '../backend/server-connection.ts';
import type { PgError } from '../common/pg-error.ts';
import {
  copyDoneFromClient,
  copyFailMessage,
  queryMessage,
} from '../protocol/frontend-messages.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { ServerError } from '../protocol/server-error.ts';

export class RowCopy implements ServerConsumer {
  readonly #ready = Promise.withResolvers<Buffer>();
  readonly #finished = Promise.withResolvers<void>();
  /** The server waits for rows: its CopyInResponse. Rejects when it refused the COPY. */
  readonly ready = this.#ready.promise;
  /** Resolves when the server is done, whatever came of it. */
  readonly finished = this.#finished.promise;
  /** The first one. */
  error: Error | null = null;
  /** Command tag; empty until it came. */
  tag = '';
  /** For those who do not wait for `write`. */
  onDrain: () => void = () => {};
  onError: (error: Error) => void = () => {};
  readonly #server: ServerConnection;
  #copying = false;
  /** Why the COPY is to fail, whether or not the server has answered its beginning. */
  #failing: string | null = null;
  /** Of those that wait until the server has taken more. */
  #waiting: (() => void)[] = [];

  constructor(server: ServerConnection, sql: string) {
    this.#server = server;
    this.ready.catch(() => {});
    server.consumer = this;
    server.unnamed = null;
    server.send(queryMessage(sql), 1);
    // Lost while those of other shards were waited for: nothing will be heard of it any more.
    if (server.closed) this.onServerLost(server.lostError('the server closed the connection'));
  }

  get shard(): number {
    return this.#server.address.shard;
  }

  /** The server has taken all that was written. */
  get flowing(): boolean {
    return this.#server.transport.backlogBytes === 0;
  }

  /** Whole CopyData messages, for a caller that looks at `flowing` by itself. */
  push(messages: Buffer): void {
    this.#server.transport.write(messages);
  }

  /** Whole CopyData messages. Resolves when the server wants more; rejects with what it said of those
   *  before. */
  async write(messages: Buffer): Promise<void> {
    if (this.error !== null) throw this.error;
    this.push(messages);
    while (!this.flowing && this.#copying) {
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    if (this.error !== null) throw this.error;
  }

  /** All rows were written. */
  done(): void {
    if (this.#copying) this.#server.send(copyDoneFromClient, 0);
    this.#copying = false;
  }

  /** Likewise: resolves when the server has them, rejects with what it raised. */
  async end(): Promise<void> {
    this.done();
    await this.finished;
    if (this.error !== null) throw this.error;
  }

  /** Ends it without its rows, which aborts the transaction: at once, or as soon as the server waits
   *  for them. */
  fail(reason: string): void {
    this.#failing = reason;
    if (this.#copying) this.#refuse(reason);
  }

  /** Likewise; resolves when the server is free. */
  async abort(): Promise<void> {
    this.fail('the statement was stopped');
    await this.finished;
  }

  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    if (type === Backend.copyInResponse) {
      this.#copying = this.#failing === null;
      if (this.#failing !== null) this.#refuse(this.#failing);
      else this.#ready.resolve(Buffer.from(buffer.subarray(start, end)));
    } else if (type === Backend.commandComplete) {
      this.tag = buffer.toString('latin1', start + headerBytes, end - 1);
    } else if (type === Backend.error) {
      const error = new ServerError(Buffer.from(buffer.subarray(start, end)));
      // The end of a connection is told by the shard's name.
      const ends = error.severity !== 'ERROR';
      this.error ??= ends ? this.#server.lostError(error.message) : error;
    }
  }

  onRows(): void {}

  onChunkEnd(server: ServerConnection): void {
    if (this.error !== null) this.#failed(this.error);
    if (server.readyDue > 0) return;
    server.consumer = null;
    this.#finished.resolve();
  }

  onServerLost(error: PgError): void {
    this.error ??= error;
    this.#failed(this.error);
    this.#finished.resolve();
  }

  onServerDrain(): void {
    this.#wake();
    this.onDrain();
  }

  #refuse(reason: string): void {
    this.#copying = false;
    this.#server.send(copyFailMessage(reason), 0);
  }

  #failed(error: Error): void {
    this.#copying = false;
    this.#ready.reject(error);
    this.#wake();
    this.onError(error);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
