// One statement running on one shard, its rows collected as whole DataRow messages for whoever
// pulls them. A reader that does not pull makes the server wait.

import { cancelQuery } from '../backend/cancel-query.ts';
import type { ServerConnection, ServerConsumer } from '../backend/server-connection.ts';
import { cancelUntil } from '../backend/stop-query.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { RowChunk, ShardStream } from '../executor/shard-client.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import type { BindMessage } from '../protocol/client-frame.ts';
import {
  queryMessage,
  syncMessage,
  writeDescribe,
  writeExecute,
  writeParse,
} from '../protocol/frontend-messages.ts';
import { Backend, Frontend, headerBytes, TransactionStatus } from '../protocol/message-codes.ts';
import { type ColumnDescription, readRowDescription } from '../protocol/row-description.ts';
import { ServerError, withPosition } from '../protocol/server-error.ts';
import { readInt32 } from '../types/integer-text.ts';
import { type KeptFragment, preparedRun, preparingRun } from './kept-fragment.ts';

const noColumns: readonly ColumnDescription[] = [];

/** Bytes of rows that wait to be pulled before the server is made to wait. */
const queuedBytesMax = 1_048_576;

export interface ShardRequest {
  readonly sql: string;
  /** What the client wrote, where `sql` was made of it: errors point into this. */
  readonly original: string;
  /** OIDs of the parameters; 0: PostgreSQL infers. */
  readonly parameterTypes: readonly number[];
  readonly bind: BindMessage | null;
  /** Columns behind those the client knows. */
  readonly hiddenColumns: number;
  /** Of all columns, 0 text and 1 binary; undefined: those that the client asked for. */
  readonly format?: 0 | 1 | undefined;
  /** Statements without rows that run once it has ended, whatever came of it. */
  readonly behind?: string;
  /** What earlier executions left. */
  readonly kept?: KeptFragment;
  /** It is to run as a prepared statement, which a server that does not have it prepares first. It
   *  has no parameters, and its results are text. */
  readonly prepared?: boolean;
  /** It is a COPY … TO STDOUT: its CopyData messages are the rows, and the columns are those of
   *  this query; empty: nobody asks for them. */
  readonly copyOf?: string | undefined;
}

export class ServerStream implements ShardStream, ServerConsumer {
  readonly server: ServerConnection;
  readonly #request: ShardRequest;
  /** Its columns as soon as they came. */
  described: readonly ColumnDescription[] | null = null;
  /** Called once, when columns came or the statement has ended without them. */
  onDescribed: ((stream: ServerStream) => void) | null = null;
  /** NoticeResponse messages, as they came. */
  readonly notices: Buffer[] = [];
  /** Command tag; empty until it came. */
  tag = '';
  error: Error | null = null;
  /** CopyOutResponse; `columns` resolve when it is there. */
  copyResponse: Buffer | null = null;
  #copied: readonly ColumnDescription[] = noColumns;

  /** Made when somebody waits: most statements end before anybody does. */
  #columns: PromiseWithResolvers<readonly ColumnDescription[]> | null = null;
  #finished: PromiseWithResolvers<void> | null = null;
  #arrived: Buffer[] = [];
  #rest: Buffer | null = null;
  #queue: RowChunk[] = [];
  #queuedBytes = 0;
  #waiting: { resolve: (chunk: RowChunk | null) => void; reject: (error: Error) => void } | null =
    null;
  #ended = false;
  #dropping = false;
  #paused = false;
  /** Where it is prepared, or will be. */
  #key = '';
  #slot = -1;

  /** `messages`: those of the request, where another stream has made them already. */
  constructor(server: ServerConnection, request: ShardRequest, messages?: Buffer) {
    this.server = server;
    this.#request = request;
    server.consumer = this;
    server.unnamed = null;
    const { behind } = request;
    if (request.prepared) server.send(this.#preparedMessages(), 1);
    else if (behind === undefined) server.send(messages ?? requestMessages(request), 1);
    else server.send(Buffer.concat([requestMessages(request), queryMessage(behind)]), 2);
    // Lost while those of other shards were waited for: nothing will be heard of it any more.
    if (server.closed) this.onServerLost(server.lostError('the server closed the connection'));
  }

  get shard(): number {
    return this.server.address.shard;
  }

  get columns(): Promise<readonly ColumnDescription[]> {
    if (this.described !== null) return Promise.resolve(this.described);
    if (this.#columns === null) {
      this.#columns = Promise.withResolvers();
      this.#columns.promise.catch(() => {});
      if (this.#ended) this.#columns.reject(this.error);
    }
    return this.#columns.promise;
  }

  /** The server is done with the statement, whatever came of it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when it is. */
  get finished(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#finished ??= Promise.withResolvers();
    return this.#finished.promise;
  }

  #preparedMessages(): Buffer {
    const { fragments } = this.server.prepared;
    this.#key = this.#request.kept!.keyOn(this.server);
    this.#slot = fragments.find(this.#key);
    if (this.#slot >= 0) return preparedRun(this.#slot);
    this.#slot = fragments.take(this.#key);
    return preparingRun(this.#slot, this.#request.sql);
  }

  ready(): RowChunk | null | undefined {
    const chunk = this.#queue.shift();
    if (chunk === undefined) return this.#ended && this.error === null ? null : undefined;
    this.#queuedBytes -= chunk.bytes.length;
    this.#resume();
    return chunk;
  }

  next(): Promise<RowChunk | null> {
    const chunk = this.ready();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (this.error !== null) return Promise.reject(this.error);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Drops what is still to come. Outside a transaction the server is told to stop; in one that
   *  would abort it. */
  cancel(): void {
    if (this.#dropping) return;
    // It may have ended with rows that nobody pulled, for which its connection was made to wait.
    this.#drop();
    if (this.#ended) return;
    if (this.server.transactionStatus === TransactionStatus.idle) void cancelQuery(this.server);
  }

  /** Stops it even where that aborts a transaction; resolves when the server is free. */
  async abort(): Promise<void> {
    this.#drop();
    if (this.#ended) return;
    await cancelUntil(this.server, this.finished, () => this.server.isReadBy(this));
  }

  #drop(): void {
    this.#dropping = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#resume();
  }

  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case Backend.rowDescription: {
        const columns = this.#columnsOf(buffer, start, end);
        if (this.#request.copyOf === undefined) this.#describe(columns);
        else this.#copied = columns;
        break;
      }
      case Backend.parseComplete:
        if (this.#slot >= 0) this.#prepared();
        break;
      case Backend.noData:
        if (this.#request.copyOf === undefined) this.#describe(noColumns);
        break;
      case Backend.commandComplete:
        this.tag = buffer.toString('latin1', start + headerBytes, end - 1);
        break;
      case Backend.error:
        this.error ??= this.#serverError(Buffer.from(buffer.subarray(start, end)));
        if (this.#slot >= 0) this.server.prepared.fragments.forget(this.#key);
        break;
      case Backend.notice:
        this.notices.push(Buffer.from(buffer.subarray(start, end)));
        break;
      case Backend.copyOutResponse:
        if (this.#request.copyOf === undefined) this.#refuseCopy();
        else {
          this.copyResponse = Buffer.from(buffer.subarray(start, end));
          this.#describe(this.#copied);
        }
        break;
      case Backend.copyInResponse:
        this.#refuseCopy();
        break;
      default:
        break;
    }
  }

  #refuseCopy(): void {
    const at = `${this.server.address.host}:${this.server.address.port}`;
    const args = { shard: this.shard, address: at, what: 'COPY response' };
    this.error ??= new PgError(errors.serverProtocol, args);
    this.server.destroy();
  }

  onRows(buffer: Buffer, start: number, end: number): void {
    if (this.#dropping) return;
    const rest = this.#arrived.length === 0 ? this.#rest : null;
    const before = rest === null ? 0 : rest.length;
    const bytes = Buffer.allocUnsafe(before + end - start);
    if (rest !== null) {
      rest.copy(bytes);
      this.#rest = null;
    }
    buffer.copy(bytes, before, start, end);
    this.#arrived.push(bytes);
  }

  onChunkEnd(server: ServerConnection): void {
    this.#collect();
    if (server.readyDue === 0) {
      server.consumer = null;
      this.#end();
    }
  }

  onServerLost(error: PgError): void {
    this.error ??= error;
    this.#end();
  }

  onServerDrain(): void {}

  #prepared(): void {
    this.server.stats.parses += 1;
    this.server.prepared.fragments.keep(this.#key, this.#slot);
  }

  #columnsOf(buffer: Buffer, start: number, end: number): readonly ColumnDescription[] {
    const { kept } = this.#request;
    if (kept !== undefined) return kept.columnsOf(this.shard, buffer, start, end);
    return readRowDescription(Buffer.from(buffer.subarray(start, end)));
  }

  /** The end of a connection is told by the shard's name. */
  #serverError(response: Buffer): Error {
    const error = new ServerError(response);
    if (error.severity !== 'ERROR') return this.server.lostError(error.message);
    const { sql, original } = this.#request;
    return inClientsText(error, sql, original);
  }

  #end(): void {
    this.#ended = true;
    if (this.described === null) {
      if (this.error === null) this.#describe(noColumns);
      else {
        this.#columns?.reject(this.error);
        this.onDescribed?.(this);
      }
    }
    this.#serve();
    this.#finished?.resolve();
  }

  #describe(columns: readonly ColumnDescription[]): void {
    if (this.described !== null) return;
    this.described = columns;
    this.#columns?.resolve(columns);
    this.onDescribed?.(this);
  }

  #collect(): void {
    if (this.#arrived.length > 0) {
      const pieces = this.#rest === null ? this.#arrived : [this.#rest, ...this.#arrived];
      const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      this.#arrived = [];
      const { chunk, used } = cutRows(bytes);
      this.#rest = used === bytes.length ? null : bytes.subarray(used);
      if (chunk !== null) {
        this.#queue.push(chunk);
        this.#queuedBytes += chunk.bytes.length;
        if (this.#queuedBytes > queuedBytesMax && !this.#paused) {
          this.#paused = true;
          this.server.transport.pause();
        }
      }
    }
    this.#serve();
  }

  /** Gives the waiting reader what there is. */
  #serve(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#waiting = null;
      this.#queuedBytes -= chunk.bytes.length;
      this.#resume();
      waiting.resolve(chunk);
    } else if (this.error !== null) {
      this.#waiting = null;
      waiting.reject(this.error);
    } else if (this.#ended) {
      this.#waiting = null;
      waiting.resolve(null);
    }
  }

  #resume(): void {
    if (!this.#paused || this.#queuedBytes > queuedBytesMax / 2) return;
    this.#paused = false;
    this.server.transport.resume();
  }
}

/** What is raised by `sql` that was made of `original`: it points into the original, or nowhere. */
export function inClientsText(error: ServerError, sql: string, original: string): ServerError {
  if (sql === original) return error;
  return withPosition(error, position => originalPosition(position, sql, original));
}

/** Where a place in rewritten SQL is in the original: known in what both begin or end with. */
function originalPosition(position: number, sql: string, original: string): number | null {
  if (sql.slice(0, position) === original.slice(0, position)) return position;
  const rest = sql.slice(position - 1);
  return original.endsWith(rest) ? original.length - rest.length + 1 : null;
}

/** Whole DataRow messages at the head of `bytes`. */
export function cutRows(bytes: Buffer): { chunk: RowChunk | null; used: number } {
  let rows = 0;
  let used = 0;
  for (let next = endOfRow(bytes, 0); next <= bytes.length; next = endOfRow(bytes, next)) {
    used = next;
    rows++;
  }
  if (rows === 0) return { chunk: null, used: 0 };
  const offsets = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) offsets[row + 1] = endOfRow(bytes, offsets[row]!);
  const own = used === bytes.length ? bytes : bytes.subarray(0, used);
  return { chunk: { bytes: own, offsets, rows }, used };
}

/** Where the message that begins at `start` ends; infinity: its header is not there. */
function endOfRow(bytes: Buffer, start: number): number {
  if (bytes.length - start < headerBytes) return Number.POSITIVE_INFINITY;
  return start + 1 + readInt32(bytes, start + 1);
}

/** Parse, Bind, Describe, Execute and Sync with the client's parameter values unchanged. `rowsMax` 0:
 *  all, null: none yet. */
export function requestMessages(
  request: ShardRequest,
  portal = '',
  rowsMax: number | null = 0,
): Buffer {
  const { bind, copyOf } = request;
  const values = bind === null ? 0 : bind.end - bind.rest;
  const out = new ByteWriter(request.sql.length + 256 + values);
  if (copyOf !== undefined && copyOf !== '') writeDescribe(writeParse(out, '', copyOf), 'S', '');
  writeParse(out, '', request.sql, request.parameterTypes);
  out.begin(Frontend.bind).cstring(portal).cstring('');
  if (bind === null) out.int16(0).int16(0);
  else out.bytes(bind.buffer, bind.rest, bind.resultFormats);
  if (request.format !== undefined) out.int16(1).int16(request.format);
  else if (bind === null) out.int16(0);
  else writeResultFormats(out, bind, request);
  out.end();
  writeDescribe(out, 'P', portal);
  if (rowsMax !== null) writeExecute(out, portal, rowsMax);
  return out.bytes(syncMessage).take();
}

/** A list of formats names one per column: hidden columns are added to it as text. None or one
 *  format holds for all columns, hidden ones too. */
function writeResultFormats(out: ByteWriter, bind: BindMessage, request: ShardRequest): void {
  const count = bind.buffer.readUInt16BE(bind.resultFormats);
  const hidden = count > 1 ? request.hiddenColumns : 0;
  out.int16(count + hidden).bytes(bind.buffer, bind.resultFormats + 2, bind.end);
  for (let i = 0; i < hidden; i++) out.int16(0);
}
