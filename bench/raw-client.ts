// A client that looks at messages but never decodes or keeps rows, so that it costs as little as a
// reader can. Simple queries, trust authentication, one at a time.

import { once } from 'node:events';
import net from 'node:net';
import { BackendScanner, type BackendSink } from '../src/protocol/backend-scanner.ts';
import {
  copyDoneFromClient,
  queryMessage,
  startupMessage,
  terminateMessage,
} from '../src/protocol/frontend-messages.ts';
import { Backend, headerBytes } from '../src/protocol/message-codes.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

interface Answer {
  /** Of the last statement, as `SELECT 1000000`. */
  readonly tag: string;
  /** From the query to the first byte of a row; null: no rows. */
  readonly firstRowMs: number | null;
  readonly totalMs: number;
  /** Of DataRow and CopyData messages, headers included. */
  readonly rowBytes: number;
}

const protocol3 = 0x30000;
const messageBytesMax = 2 ** 30;

export class RawClient {
  readonly #socket: net.Socket;
  readonly #scanner = new BackendScanner(messageBytesMax);
  #sink: BackendSink | null = null;
  #fail: (error: Error) => void = () => {};

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      if (this.#sink !== null) this.#scanner.feed(chunk, chunk.length, this.#sink);
    });
    socket.on('error', error => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  static async connect({ host, port, user, database }: Endpoint): Promise<RawClient> {
    const socket = net.connect({ host, port, noDelay: true });
    await once(socket, 'connect');
    const client = new RawClient(socket);
    const parameters = new Map(Object.entries({ user, database, client_encoding: 'UTF8' }));
    await client.#answer(startupMessage(protocol3, parameters), null);
    return client;
  }

  query(sql: string): Promise<Answer> {
    return this.#answer(queryMessage(sql), null);
  }

  /** `COPY … TO STDOUT` of `source` into `COPY … FROM STDIN` here, message by message. */
  async copyFrom(source: RawClient, from: string, to: string): Promise<Answer> {
    let ready = (): void => {};
    const copying = new Promise<void>(resolve => {
      ready = resolve;
    });
    const done = this.#answer(queryMessage(to), ready);
    await Promise.race([copying, done]);
    const target = this.#socket;
    const reading = source.#answer(queryMessage(from), null, bytes => {
      if (target.write(bytes)) return;
      source.#socket.pause();
      target.once('drain', () => source.#socket.resume());
    });
    const { rowBytes } = await reading;
    target.write(copyDoneFromClient);
    return { ...(await done), rowBytes };
  }

  close(): void {
    this.#fail = () => {};
    this.#socket.end(terminateMessage);
  }

  /** Resolves at ReadyForQuery; rejects with the server's error. */
  #answer(
    message: Buffer,
    onCopyIn: (() => void) | null,
    onRows: (bytes: Buffer) => void = () => {},
  ): Promise<Answer> {
    const begin = performance.now();
    let firstRowMs: number | null = null;
    let rowBytes = 0;
    let tag = '';
    let error: Error | null = null;
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#sink = {
        onMessage: (type, buffer, start, end) => {
          const text = () => buffer.toString('utf8', start + headerBytes, end - 1);
          if (type === Backend.error) error = new Error(text().replaceAll('\0', ' '));
          else if (type === Backend.commandComplete) tag = text();
          else if (type === Backend.copyInResponse) onCopyIn?.();
          else if (type !== Backend.readyForQuery) return;
          else if (error !== null) reject(error);
          else resolve({ tag, firstRowMs, totalMs: performance.now() - begin, rowBytes });
        },
        onRows: (buffer, start, end) => {
          firstRowMs ??= performance.now() - begin;
          rowBytes += end - start;
          onRows(buffer.subarray(start, end));
        },
      };
      this.#socket.write(message);
    });
  }
}
