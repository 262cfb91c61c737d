// A client of the wire protocol that hides nothing: it sends the bytes it is given and shows every
// message that comes back. It logs in by itself, so that a test begins where its subject does.

import net from 'node:net';
import tls from 'node:tls';
import { ServerAuthenticator } from '../../src/auth/server-authenticator.ts';
import { startupMessage } from '../../src/protocol/frontend-messages.ts';
import type { DatabaseAddress } from './cluster.ts';

/** One message of a server: its type as a letter, and what follows its length word. */
export interface Message {
  readonly type: string;
  readonly body: Buffer;
}

export interface LoginOptions {
  /** Startup parameters besides user and database. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The protocol version asked for, e.g. 0x30002. */
  readonly version?: number;
}

const protocol30 = 0x30000;
/** Longer where a run takes very many rows. */
const replyTimeoutMs = 1_000 * Number(process.env.REPLY_SECONDS ?? 15);

export class RawClient {
  /** What came before the first ReadyForQuery. */
  greeting: readonly Message[] = [];
  processId = 0;
  secret: Buffer = Buffer.alloc(0);
  #socket: net.Socket;
  #pending: Buffer = Buffer.alloc(0);
  #messages: Message[] = [];
  #wake: (() => void) | null = null;
  #closed = false;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** Connects and says nothing. */
  static async dial({ host, port }: { host: string; port: number }): Promise<RawClient> {
    const socket = net.connect({ host, port, noDelay: true });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return new RawClient(socket);
  }

  /** Connects and logs in; rejects with the server's error. */
  static async login(address: DatabaseAddress, options: LoginOptions = {}): Promise<RawClient> {
    const client = await RawClient.dial(address);
    try {
      await client.logIn(address, options);
    } catch (error) {
      client.destroy();
      throw error;
    }
    return client;
  }

  async logIn(address: DatabaseAddress, options: LoginOptions = {}): Promise<void> {
    const { user, password, database } = address;
    const parameters = new Map(Object.entries({ user, database, ...options.parameters }));
    this.send(startupMessage(options.version ?? protocol30, parameters));
    const authenticator = new ServerAuthenticator({ user, password });
    const greeting: Message[] = [];
    for (;;) {
      const message = await this.next();
      if (message === null) throw new Error('closed during login');
      greeting.push(message);
      if (message.type === 'R') {
        const reply = await authenticator.answer(message.body);
        if (reply !== null) this.send(reply);
      } else if (message.type === 'K') {
        this.processId = message.body.readInt32BE(0);
        this.secret = message.body.subarray(4);
      } else if (message.type === 'E') {
        throw new Error(shown(message));
      } else if (message.type === 'Z') {
        this.greeting = greeting;
        return;
      }
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(...bytes: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(bytes));
  }

  /** Resolves when the kernel took everything, which a peer that does not read can prevent. */
  sendAll(bytes: Uint8Array): Promise<void> {
    return new Promise(resolve => {
      this.#socket.write(bytes, () => resolve());
    });
  }

  /** The next message; null when the connection ended. */
  async next(): Promise<Message | null> {
    await this.#until(() => this.#messages.length > 0 || this.#closed);
    return this.#messages.shift() ?? null;
  }

  /** Messages up to `count` of one type, that one included, or up to the connection's end. */
  async until(type: string, count = 1): Promise<Message[]> {
    const messages: Message[] = [];
    for (let seen = 0; seen < count; ) {
      const message = await this.next();
      if (message === null) break;
      messages.push(message);
      if (message.type === type) seen += 1;
    }
    return messages;
  }

  /** Sends, and answers what came up to `count` times `type`, as text; see `shown`. */
  async ask(bytes: Uint8Array | readonly Uint8Array[], type = 'Z', count = 1): Promise<string[]> {
    this.send(...(bytes instanceof Uint8Array ? [bytes] : bytes));
    return (await this.until(type, count)).map(shown);
  }

  /** One byte that is no message: the answer to SSLRequest and GSSENCRequest. */
  async byte(): Promise<string> {
    await this.#until(() => this.#pending.length > 0 || this.#closed);
    const byte = this.#pending.subarray(0, 1).toString('latin1');
    this.#pending = this.#pending.subarray(1);
    return byte;
  }

  /** Resolves with what still came when the server has closed the connection. */
  async ended(): Promise<Message[]> {
    await this.#until(() => this.#closed);
    return this.#messages.splice(0);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Half-closes: nothing more is sent. */
  end(): void {
    this.#socket.end();
  }

  /** Cuts the connection without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** After SSLRequest was answered with S. */
  async startTls(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    this.#socket = tls.connect({ socket: plain, rejectUnauthorized: false });
    await new Promise((resolve, reject) => {
      this.#socket.once('secureConnect', resolve).once('error', reject);
    });
    this.#listen();
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      this.#cut();
      this.#wake?.();
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  #cut(): void {
    while (this.#pending.length >= 5) {
      const size = 1 + this.#pending.readInt32BE(1);
      if (this.#pending.length < size) return;
      const type = String.fromCharCode(this.#pending[0]!);
      this.#messages.push({ type, body: this.#pending.subarray(5, size) });
      this.#pending = this.#pending.subarray(size);
    }
  }

  async #until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + replyTimeoutMs;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error('no answer in time');
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, 1_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/**
 * A message as one line, so that two servers' answers can be compared: object numbers and places
 * in PostgreSQL's source are left out, everything else is in it.
 */
export function shown({ type, body }: Message): string {
  switch (type) {
    case 'E':
    case 'N':
      return `${type} ${fieldsOf(body)
        .filter(([code]) => !'FLR'.includes(code))
        .map(([code, value]) => `${code}=${value}`)
        .join(' ')}`;
    case 'T':
      return `T ${columnsOf(body).join(' ')}`;
    case 'K':
      return 'K';
    case 'D':
      return `D ${body.toString('hex', 2)}`;
    case 'Z':
      return `Z ${body.toString('latin1')}`;
    case 'C':
    case 'S':
      return `${type} ${body.toString('utf8').split('\0').join(' ').trim()}`;
    case 'd':
      return `d ${body.toString('latin1')}`;
    default:
      return body.length === 0 ? type : `${type} ${body.toString('hex')}`;
  }
}

/** The fields of ErrorResponse and NoticeResponse in their order. */
export function fieldsOf(body: Buffer): [code: string, value: string][] {
  return body
    .toString('utf8')
    .split('\0')
    .filter(field => field !== '')
    .map(field => [field[0]!, field.slice(1)]);
}

/** SQLSTATE of an ErrorResponse. */
export function sqlstateOf({ body }: Message): string {
  return fieldsOf(body).find(([code]) => code === 'C')?.[1] ?? '';
}

function columnsOf(body: Buffer): string[] {
  const columns: string[] = [];
  let pos = 2;
  while (pos < body.length) {
    const zero = body.indexOf(0, pos);
    const name = body.toString('utf8', pos, zero);
    const table =
      body.readUInt32BE(zero + 1) === 0 ? '' : ` of column ${body.readInt16BE(zero + 5)}`;
    const rest = body.toString('hex', zero + 7, zero + 19);
    columns.push(`${name}${table}:${rest}`);
    pos = zero + 19;
  }
  return columns;
}
