// A client of protocol 3 that hides nothing: for every message that was sent it tells what came
// back, so that two servers' answers can be compared field by field. It relies on PgPack's pure
// byte writers; what it reads it parses itself.

import { connect as connectSocket, type Socket } from 'node:net';
import { ScramClient } from '../../src/auth/scram-client.ts';
import { ByteWriter } from '../../src/protocol/byte-writer.ts';
import {
  copyDoneFromClient,
  queryMessage,
  startupMessage,
  syncMessage,
  terminateMessage,
  writeDescribe,
  writeExecute,
  writeParse,
} from '../../src/protocol/frontend-messages.ts';
import { Frontend } from '../../src/protocol/message-codes.ts';
import type { DatabaseAddress } from '../support/cluster.ts';

export interface Column {
  readonly name: string;
  readonly typeOid: number;
  readonly typeSize: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary. */
  readonly format: number;
}

/** What one statement (or one Execute) gave. */
export interface Answer {
  columns: Column[] | null;
  /** Text values as they are, binary ones in hexadecimal. */
  rows: (string | null)[][];
  /** Command tag; `suspended` for PortalSuspended, `empty` for EmptyQueryResponse. */
  tag: string | null;
  error: ServerFault | null;
  /** Overall format of COPY in either direction, and what COPY TO sent. */
  copyFormat: number | null;
  copied: Buffer[];
}

/** Fields of an ErrorResponse by their letters. */
export type ServerFault = Readonly<Record<string, string>>;

/** Everything up to ReadyForQuery. */
export interface Exchange {
  readonly answers: readonly Answer[];
  readonly parameterTypes: readonly number[] | null;
  /** `I`, `T` or `E`. */
  readonly status: string;
}

/** A value of Bind: text, or bytes for the binary format, or NULL. */
export type WireValue = string | Buffer | null;

export interface ExtendedStatement {
  readonly sql: string;
  /** Name of the statement; empty: the unnamed one. */
  readonly name: string;
  readonly values: readonly WireValue[];
  readonly resultFormat: 0 | 1;
  /** Row limits of the Executes, one after another; 0 is no limit. */
  readonly limits: readonly number[];
}

interface Request {
  readonly bytes: Buffer;
  /** Answers a CopyInResponse, chunk by chunk. */
  readonly copyIn: readonly Buffer[];
  readonly extended: boolean;
}

interface Waiting {
  readonly answers: Answer[];
  current: Answer | null;
  parameterTypes: number[] | null;
  /** Of the portal that the next Execute goes on with. */
  columns: Column[] | null;
  readonly request: Request;
  resolve(exchange: Exchange): void;
  reject(error: Error): void;
}

export class WireClient {
  readonly #socket: Socket;
  #input: Buffer = Buffer.alloc(0);
  #waiting: Waiting | null = null;
  #scram: ScramClient | null = null;
  #closed: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', chunk => this.#receive(chunk));
    socket.on('error', error => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  static async connect(address: DatabaseAddress): Promise<WireClient> {
    const { host, port, user, password, database } = address;
    const client = new WireClient(connectSocket({ host, port }));
    client.#scram = new ScramClient({ password });
    const parameters = new Map(Object.entries({ user, database, TimeZone: 'UTC' }));
    const login = await client.#exchange({
      bytes: startupMessage(3 << 16, parameters),
      copyIn: [],
      extended: false,
    });
    const fault = login.answers[0]?.error;
    if (fault != null) throw new Error(`login failed: ${fault.M}`);
    return client;
  }

  query(sql: string, copyIn: readonly Buffer[] = []): Promise<Exchange> {
    return this.#exchange({ bytes: queryMessage(sql), copyIn, extended: false });
  }

  /** Parse, Describe of the statement, Sync. */
  prepare(name: string, sql: string): Promise<Exchange> {
    const out = new ByteWriter();
    writeDescribe(writeParse(out, name, sql), 'S', name);
    return this.#exchange({ bytes: out.bytes(syncMessage).take(), copyIn: [], extended: true });
  }

  /** Bind, Describe of the portal, Executes, Sync; before them Parse if the name is empty. */
  execute(statement: ExtendedStatement, copyIn: readonly Buffer[] = []): Promise<Exchange> {
    const out = new ByteWriter();
    if (statement.name === '') writeParse(out, '', statement.sql);
    writeBind(out, statement);
    writeDescribe(out, 'P', '');
    for (const limit of statement.limits) writeExecute(out, '', limit);
    return this.#exchange({ bytes: out.bytes(syncMessage).take(), copyIn, extended: true });
  }

  close(): void {
    this.#socket.end(terminateMessage);
  }

  #exchange(request: Request): Promise<Exchange> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#waiting = {
        ...{ answers: [], current: null, parameterTypes: null, columns: null },
        ...{ request, resolve, reject },
      };
      this.#socket.write(request.bytes);
    });
  }

  #fail(error: Error): void {
    this.#closed ??= error;
    this.#waiting?.reject(this.#closed);
    this.#waiting = null;
  }

  #receive(chunk: Buffer): void {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    while (this.#input.length >= 5) {
      const size = this.#input.readInt32BE(1) + 1;
      if (this.#input.length < size) return;
      const message = this.#input.subarray(0, size);
      this.#input = this.#input.subarray(size);
      this.#handle(String.fromCharCode(message[0]!), message.subarray(5));
    }
  }

  #handle(type: string, body: Buffer): void {
    const waiting = this.#waiting;
    if (type === 'N' || type === 'S' || type === 'K' || waiting === null) return;
    if (type === 'R') return void this.#authenticate(body);
    if (type === 'Z') {
      this.#waiting = null;
      const { answers, parameterTypes, resolve } = waiting;
      if (waiting.current !== null) answers.push(waiting.current);
      resolve({ answers, parameterTypes, status: body.toString('latin1') });
      return;
    }
    if (type === 't') waiting.parameterTypes = parameterTypesOf(body);
    if ('12t3nc'.includes(type)) return;
    waiting.current ??= emptyAnswer();
    if (type === 'G') this.#sendCopy(waiting.request);
    if (type === 'T') waiting.columns = columnsOf(body);
    if (addMessage(waiting.current, type, body, waiting.columns)) {
      waiting.answers.push(waiting.current);
      waiting.current = null;
    }
  }

  #sendCopy({ copyIn, extended }: Request): void {
    const out = new ByteWriter();
    for (const chunk of copyIn) out.begin(Frontend.copyData).bytes(chunk).end();
    out.bytes(copyDoneFromClient);
    // A server in copy-in mode has ignored the Sync that came with the Execute.
    this.#socket.write((extended ? out.bytes(syncMessage) : out).take());
  }

  async #authenticate(body: Buffer): Promise<void> {
    const scram = this.#scram!;
    const data = body.toString('latin1', 4);
    const out = new ByteWriter().begin(Frontend.password);
    switch (body.readInt32BE(0)) {
      case 0:
        return;
      case 10: {
        const first = scram.first();
        out.cstring('SCRAM-SHA-256').int32(first.length).text(first);
        break;
      }
      case 11:
        out.text(await scram.final(data));
        break;
      case 12:
        return scram.finish(data);
      default:
        return this.#fail(new Error(`authentication ${body.readInt32BE(0)} was asked for`));
    }
    this.#socket.write(out.end().take());
  }
}

function emptyAnswer(): Answer {
  return { columns: null, rows: [], tag: null, error: null, copyFormat: null, copied: [] };
}

/** True: the answer is complete. */
function addMessage(answer: Answer, type: string, body: Buffer, columns: Column[] | null): boolean {
  switch (type) {
    case 'T':
      answer.columns = columns;
      return false;
    case 'D':
      answer.rows.push(rowOf(body, columns));
      return false;
    case 'G':
    case 'H':
      answer.copyFormat = body[0]!;
      return false;
    case 'd':
      answer.copied.push(Buffer.from(body));
      return false;
    case 'E':
      answer.error = faultOf(body);
      return true;
    case 's':
      answer.tag = 'suspended';
      return true;
    case 'I':
      answer.tag = 'empty';
      return true;
    case 'C':
      answer.tag = body.toString('utf8', 0, body.length - 1);
      return true;
    default:
      throw new Error(`unexpected message "${type}"`);
  }
}

function writeBind(out: ByteWriter, { name, values, resultFormat }: ExtendedStatement): void {
  out.begin(Frontend.bind).cstring('').cstring(name).int16(values.length);
  for (const value of values) out.int16(typeof value === 'object' && value !== null ? 1 : 0);
  out.int16(values.length);
  for (const value of values) {
    if (value === null) out.int32(-1);
    else if (typeof value === 'string') out.int32(Buffer.byteLength(value)).text(value);
    else out.int32(value.length).bytes(value);
  }
  out.int16(1).int16(resultFormat).end();
}

function parameterTypesOf(body: Buffer): number[] {
  return Array.from({ length: body.readInt16BE(0) }, (_, index) =>
    body.readUInt32BE(2 + index * 4),
  );
}

function columnsOf(body: Buffer): Column[] {
  let at = 2;
  return Array.from({ length: body.readInt16BE(0) }, () => {
    const end = body.indexOf(0, at);
    const name = body.toString('utf8', at, end);
    at = end + 19;
    return {
      name,
      typeOid: body.readUInt32BE(end + 7),
      typeSize: body.readInt16BE(end + 11),
      typeModifier: body.readInt32BE(end + 13),
      format: body.readInt16BE(end + 17),
    };
  });
}

function rowOf(body: Buffer, columns: readonly Column[] | null): (string | null)[] {
  let at = 2;
  return Array.from({ length: body.readInt16BE(0) }, (_, index) => {
    const size = body.readInt32BE(at);
    const start = at + 4;
    at = start + Math.max(size, 0);
    if (size < 0) return null;
    return body.toString(columns?.[index]?.format === 1 ? 'hex' : 'utf8', start, at);
  });
}

function faultOf(body: Buffer): ServerFault {
  const fields: Record<string, string> = {};
  for (let at = 0; body[at] !== 0; ) {
    const end = body.indexOf(0, at);
    fields[String.fromCharCode(body[at]!)] = body.toString('utf8', at + 1, end);
    at = end + 1;
  }
  return fields;
}
