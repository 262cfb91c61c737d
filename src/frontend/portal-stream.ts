// One statement as a portal of its own on one shard, read some rows at a time: between two portions
// the connection is free for other statements of the transaction, which is the portal's life
// (protocol section "Extended Query"). It is opened at once and read when somebody asks for rows: what
// has an error in a row fails there, as with PostgreSQL, and not in another statement.

import { readAnswers } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import type { RowChunk, ShardStream } from '../executor/shard-client.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import { syncMessage, writeClose, writeExecute } from '../protocol/frontend-messages.ts';
import { Backend, headerBytes, TransactionStatus } from '../protocol/message-codes.ts';
import { type ColumnDescription, readRowDescription } from '../protocol/row-description.ts';
import type { FragmentRows } from './fan-out.ts';
import { distinctNotices } from './fan-out.ts';
import { cutRows, inClientsText, requestMessages, type ShardRequest } from './shard-stream.ts';

/** A portion has about so many bytes, once it is known how large rows are. */
const portionBytes = 262_144;
const firstRows = 16;
const portionRowsMax = 5_000;

let portals = 0;

export class PortalStream implements ShardStream {
  readonly columns: Promise<readonly ColumnDescription[]>;
  /** NoticeResponse messages, as they came. */
  readonly notices: Buffer[] = [];
  readonly #server: ServerConnection;
  readonly #request: ShardRequest;
  readonly #portal = `pgpack_portal_${++portals}`;
  readonly #gate = Promise.withResolvers<readonly ColumnDescription[]>();
  #chunk: RowChunk | null = null;
  #reading: Promise<void> | null = null;
  #rowsMax = firstRows;
  #begun = false;
  /** The next portion has no more rows. */
  wanted = Number.POSITIVE_INFINITY;
  #ended = false;
  #error: unknown = null;

  /** Those that are read when this one is. */
  siblings: readonly PortalStream[] = [];

  /** `server`: in a transaction. */
  constructor(server: ServerConnection, request: ShardRequest) {
    this.#server = server;
    this.#request = request;
    this.columns = this.#gate.promise;
    this.columns.catch(() => {});
    server.unnamed = null;
    this.#read(requestMessages(request, this.#portal, null));
  }

  get shard(): number {
    return this.#server.address.shard;
  }

  async next(): Promise<RowChunk | null> {
    this.begin();
    for (const sibling of this.siblings) sibling.begin();
    for (;;) {
      if (this.#reading !== null) await this.#reading;
      const chunk = this.#chunk;
      this.#chunk = null;
      if (chunk !== null) return chunk;
      if (this.#error !== null) throw this.#error;
      if (this.#ended) return null;
      this.#begun = true;
      this.#read(this.#portionMessages());
    }
  }

  /** Asks for the first rows, unless somebody has: behind the messages that open it, if need be. */
  begin(): void {
    if (this.#begun || this.#ended) return;
    // Its answers have come and are not looked at yet: `next` asks.
    if (this.#reading !== null && this.#server.readyDue === 0) return;
    this.#begun = true;
    if (this.#reading === null) this.#read(this.#portionMessages());
    else this.#server.send(this.#portionMessages(), 1);
  }

  #portionMessages(): Buffer {
    const rowsMax = Math.min(this.#rowsMax, this.wanted);
    return writeExecute(new ByteWriter(64), this.#portal, rowsMax).bytes(syncMessage).take();
  }

  cancel(): void {
    this.#ended = true;
    this.#chunk = null;
  }

  /** Resolves when the server does nothing for it. */
  async idle(): Promise<void> {
    if (this.#reading !== null) await this.#reading;
  }

  /** Gives up the portal, unless its transaction has failed. */
  async close(): Promise<void> {
    this.cancel();
    await this.idle();
    const server = this.#server;
    const { inTransaction } = TransactionStatus;
    if (server.closed || server.transactionStatus !== inTransaction) return;
    server.send(writeClose(new ByteWriter(64), 'P', this.#portal).bytes(syncMessage).take(), 1);
    await readAnswers(server);
  }

  #read(messages: Buffer): void {
    this.#server.send(messages, 1);
    this.#reading = this.#portion().catch(error => {
      this.#fail(error);
    });
  }

  async #portion(): Promise<void> {
    const rows: Buffer[] = [];
    const error = await readAnswers(this.#server, rows, (type, message) => {
      if (type === Backend.rowDescription) this.#gate.resolve(readRowDescription(message));
      else if (type === Backend.commandComplete) this.#ended = true;
      else if (type === Backend.notice) this.notices.push(message);
    });
    this.#reading = null;
    if (error !== null) {
      const { sql, original } = this.#request;
      this.#fail(inClientsText(error, sql, original));
      return;
    }
    this.#gate.resolve([]);
    const { chunk } = cutRows(Buffer.concat(rows));
    if (chunk === null) return;
    this.#chunk = chunk;
    const rowBytes = Math.max(chunk.bytes.length / chunk.rows, headerBytes);
    const wanted = Math.max(1, Math.floor(portionBytes / rowBytes));
    this.#rowsMax = Math.min(wanted, 4 * this.#rowsMax, portionRowsMax);
  }

  #fail(error: unknown): void {
    this.#reading = null;
    this.#ended = true;
    this.#error = error;
    this.#gate.reject(error);
  }
}

export class PortalFanOut implements FragmentRows {
  readonly streams: readonly PortalStream[];

  /** `servers`: in a transaction. */
  constructor(
    servers: readonly ServerConnection[],
    requestFor: (server: ServerConnection) => ShardRequest,
  ) {
    this.streams = servers.map(server => new PortalStream(server, requestFor(server)));
    for (const stream of this.streams) stream.siblings = this.streams;
  }

  async idle(): Promise<void> {
    await Promise.all(this.streams.map(stream => stream.idle()));
  }

  async finish(): Promise<readonly Buffer[]> {
    await this.stop();
    return distinctNotices(this.streams.flatMap(stream => stream.notices));
  }

  async stop(): Promise<void> {
    await Promise.all(this.streams.map(stream => stream.close()));
  }
}
