// Many clients in one process of its own: raw sockets, trust authentication, one simple query at a
// time each. `many-clients.ts` starts it and talks to it; it never decodes rows.

import net from 'node:net';
import { queryMessage, startupMessage } from '../src/protocol/frontend-messages.ts';
import type { LoadAnswer, LoadOrder } from './many-clients.ts';
import type { Endpoint } from './raw-client.ts';

const protocol3 = 0x30000;
/** Logins under way at once: no listen queue is longer. */
const loginsAtOnce = 64;
const [readyForQuery, errorResponse] = [0x5a, 0x45];
const headerBytes = 5;

class Client {
  queries = 0;
  /** Waits of the present run in ms, each from a query to its ReadyForQuery. */
  waitsMs: number[] = [];
  readonly #socket: net.Socket;
  #rest: Buffer = Buffer.alloc(0);
  #onReady: (error: string | null) => void;
  #error: string | null = null;

  constructor({ host, port, user, database }: Endpoint, onReady: (error: string | null) => void) {
    this.#onReady = onReady;
    this.#socket = net.connect({ host, port, noDelay: true });
    this.#socket.on('data', chunk => this.#read(chunk));
    this.#socket.on('error', error => this.#end(error.message));
    this.#socket.on('close', () => this.#end('the connection was closed'));
    this.#socket.write(startupMessage(protocol3, new Map(Object.entries({ user, database }))));
  }

  query(message: Buffer, onReady: (error: string | null) => void): void {
    this.#onReady = onReady;
    this.#socket.write(message);
  }

  close(): void {
    this.#onReady = () => {};
    this.#socket.destroy();
  }

  #end(error: string): void {
    const onReady = this.#onReady;
    this.#onReady = () => {};
    onReady(error);
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= headerBytes) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > bytes.length) break;
      const type = bytes[at]!;
      if (type === errorResponse) {
        this.#error = bytes.toString('utf8', at + headerBytes, end).replaceAll('\0', ' ');
      }
      at = end;
      if (type !== readyForQuery) continue;
      const error = this.#error;
      this.#error = null;
      this.#onReady(error);
    }
    // A copy: the chunk is not kept for a few bytes of it.
    this.#rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
  }
}

let clients: Client[] = [];
const errors: string[] = [];
let errorCount = 0;

function failed(error: string): void {
  errorCount += 1;
  if (errors.length < 3) errors.push(error);
}

/** Logs `count` clients in, and lets each ask once, so that it has been in use. */
async function connect(endpoint: Endpoint, count: number, sql: string): Promise<void> {
  const message = queryMessage(sql);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await new Promise<void>(resolve => {
        const asked = (error: string | null): void => {
          if (error !== null) failed(error);
          resolve();
        };
        const client = new Client(endpoint, error => {
          if (error === null) client.query(message, asked);
          else asked(error);
        });
        clients.push(client);
      });
    }
  };
  await Promise.all(Array.from({ length: loginsAtOnce }, worker));
}

/** Every client asks again as soon as it is answered. Keys go through `keys` in turn. */
async function run(ms: number, sql: string, keys: number): Promise<void> {
  const messages = Array.from({ length: 1_000 }, (_, i) =>
    queryMessage(sql.replace('$1', String(1 + ((i * 7_919) % keys)))),
  );
  const until = performance.now() + ms;
  let next = 0;
  await Promise.all(
    clients.map(
      client =>
        new Promise<void>(resolve => {
          client.queries = 0;
          client.waitsMs = [];
          const ask = (): void => {
            const begin = performance.now();
            if (begin >= until) {
              resolve();
              return;
            }
            next = (next + 1) % messages.length;
            client.query(messages[next]!, error => {
              const end = performance.now();
              if (error !== null) {
                failed(error);
                resolve();
                return;
              }
              client.waitsMs.push(end - begin);
              // What is answered after the end would favour those that ask late.
              if (end <= until) client.queries += 1;
              ask();
            });
          };
          ask();
        }),
    ),
  );
}

process.on('message', async (order: LoadOrder) => {
  if (order.kind === 'connect') await connect(order.endpoint, order.clients, order.sql);
  else if (order.kind === 'run') await run(order.ms, order.sql, order.keys);
  else {
    for (const client of clients) client.close();
    clients = [];
  }
  const answer: LoadAnswer = {
    errors: [...errors],
    errorCount,
    clients: clients.map(({ queries, waitsMs }) => ({ queries, waitsMs })),
  };
  process.send!(answer);
});
process.on('disconnect', () => process.exit());
