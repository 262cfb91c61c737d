// What one statement gave, put together from the messages of a RawClient, so that two servers'
// answers can be compared field by field.

import { ByteWriter } from '../../src/protocol/byte-writer.ts';
import {
  copyDoneFromClient,
  queryMessage,
  syncMessage,
  terminateMessage,
  writeDescribe,
  writeExecute,
  writeParse,
} from '../../src/protocol/frontend-messages.ts';
import { Frontend } from '../../src/protocol/message-codes.ts';
import type { DatabaseAddress } from '../support/cluster.ts';
import { fieldsOf, type Message, RawClient } from '../support/raw-client.ts';

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

export class WireClient {
  readonly #raw: RawClient;

  private constructor(raw: RawClient) {
    this.#raw = raw;
  }

  static async connect(address: DatabaseAddress): Promise<WireClient> {
    return new WireClient(await RawClient.login(address, { parameters: { TimeZone: 'UTC' } }));
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
    this.#raw.send(terminateMessage);
    this.#raw.end();
  }

  async #exchange(request: Request): Promise<Exchange> {
    const assembly = new ExchangeAssembly();
    this.#raw.send(request.bytes);
    for (;;) {
      const message = await this.#raw.next();
      if (message === null) throw new Error('the connection was closed');
      if (message.type === 'G') this.#raw.send(copyBytes(request));
      const exchange = assembly.add(message);
      if (exchange !== null) return exchange;
    }
  }
}

function copyBytes({ copyIn, extended }: Request): Buffer {
  const out = new ByteWriter();
  for (const chunk of copyIn) out.begin(Frontend.copyData).bytes(chunk).end();
  out.bytes(copyDoneFromClient);
  // A server in copy-in mode has ignored the Sync that came with the Execute.
  return (extended ? out.bytes(syncMessage) : out).take();
}

class ExchangeAssembly {
  readonly #answers: Answer[] = [];
  #current: Answer | null = null;
  #parameterTypes: number[] | null = null;
  /** Of the portal that the next Execute goes on with. */
  #columns: Column[] | null = null;

  /** The exchange, when it is complete. */
  add({ type, body }: Message): Exchange | null {
    if (type === 'Z') {
      if (this.#current !== null) this.#answers.push(this.#current);
      const [answers, parameterTypes] = [this.#answers, this.#parameterTypes];
      return { answers, parameterTypes, status: body.toString('latin1') };
    }
    if (type === 't') this.#parameterTypes = parameterTypesOf(body);
    // Notices, parameters, and answers that say nothing more.
    if ('NS12t3nc'.includes(type)) return null;
    this.#current ??= emptyAnswer();
    if (type === 'T') this.#columns = columnsOf(body);
    if (addMessage(this.#current, type, body, this.#columns)) {
      this.#answers.push(this.#current);
      this.#current = null;
    }
    return null;
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
  return Object.fromEntries(fieldsOf(body));
}
