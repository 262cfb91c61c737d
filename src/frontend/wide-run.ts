// The rows of a SELECT over several shards on their way to the client: whole, or in the portions of
// a portal with a row limit. Where the rows come from is told by `WideRows`.

import type { RowChunk } from '../executor/shard-client.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { type ColumnDescription, rowDescription } from '../protocol/row-description.ts';
import type { SessionContext } from './session-context.ts';

/** An answer that is being computed. */
export interface WideRows {
  /** As the client sees them. */
  readonly columns: Promise<readonly ColumnDescription[]>;
  /** The next rows (at least one), or null at the end. Rejects with what the statement raised. */
  next(): Promise<RowChunk | null>;
  /** So many rows are asked for. Where rows come one shard after the other no more are made. */
  want?(rows: number): void;
  /** Of rows that are read in portions: resolves when no server works on it until more are asked
   *  for. */
  idle(): Promise<void>;
  /** All rows were read: resolves with the notices of all shards when the servers are free. */
  finish(): Promise<readonly Buffer[]>;
  /** No more of it is wanted; resolves when the servers are free. `failed`: an error of it or of the
   *  client ends the transaction. */
  stop(failed: boolean): Promise<void>;
  /** The client is gone, and its servers are others' already: gives back what is held here. */
  forget(): void;
}

export class WideRun {
  readonly #session: SessionContext;
  readonly #rows: WideRows;
  #rest: RowChunk | null = null;
  #restAt = 0;
  #done = false;
  readonly #transactions: number;
  readonly #tag: string;

  /** `tag`: of the statement. */
  constructor(session: SessionContext, rows: WideRows, tag = 'SELECT') {
    this.#session = session;
    this.#tag = tag;
    this.#rows = rows;
    this.#transactions = session.transaction.ended;
    session.leaving.add(this.#forget);
  }

  readonly #forget = (): void => this.#rows.forget();

  #ended(): void {
    this.#done = true;
    this.#session.leaving.delete(this.#forget);
  }

  /** It has failed, or is closed. */
  get done(): boolean {
    return this.#done;
  }

  async describe(): Promise<void> {
    try {
      this.#session.client.writeSoon(described(await this.#rows.columns));
    } catch (error) {
      await this.#stop(true);
      throw error;
    }
  }

  /** Sends up to `rowsMax` rows (0: all); true when that was the end, whose CommandComplete is
   *  sent too. */
  async emit(rowsMax: number): Promise<boolean> {
    const end = await this.#send(rowsMax);
    if (end !== null) this.#session.client.writeSoon(end);
    return end !== null;
  }

  /** Sends all rows; resolves with the CommandComplete, which is still to be sent. */
  async emitRows(): Promise<Buffer> {
    return (await this.#send(0))!;
  }

  async #send(rowsMax: number): Promise<Buffer | null> {
    const { client } = this.#session;
    let sent = 0;
    try {
      while (rowsMax === 0 || sent < rowsMax) {
        if (rowsMax > 0) this.#rows.want?.(rowsMax - sent);
        const chunk = this.#rest ?? (await this.#rows.next());
        if (chunk === null) return await this.#complete(sent);
        const to = rowsMax === 0 ? chunk.rows : Math.min(chunk.rows, this.#restAt + rowsMax - sent);
        const bytes = chunk.bytes.subarray(chunk.offsets[this.#restAt], chunk.offsets[to]);
        sent += to - this.#restAt;
        this.#rest = to < chunk.rows ? chunk : null;
        this.#restAt = to < chunk.rows ? to : 0;
        if (!client.writeSoon(bytes)) await this.#session.clientDrained();
      }
      await this.#rows.idle();
    } catch (error) {
      await this.#stop(true);
      throw error;
    }
    return null;
  }

  /** No more of it is wanted; resolves when its servers are free. */
  async close(): Promise<void> {
    if (!this.#done) await this.#stop(false);
  }

  async #complete(sent: number): Promise<Buffer> {
    const notices = await this.#rows.finish();
    this.#ended();
    const { client } = this.#session;
    for (const notice of notices) client.writeSoon(notice);
    // The tag of a later portion counts that portion (pquery.c, PortalRun).
    return commandComplete(this.#tag === 'SELECT' ? `SELECT ${sent}` : this.#tag);
  }

  async #stop(failed: boolean): Promise<void> {
    this.#ended();
    this.#rest = null;
    // Without a client its servers are other clients' already, and behind its transaction too.
    const { closed, transaction } = this.#session;
    if (!closed && transaction.ended === this.#transactions) await this.#rows.stop(failed);
    else this.#rows.forget();
  }
}

const descriptions = new WeakMap<readonly ColumnDescription[], Buffer>();

/** RowDescription of columns that a statement has again each time. */
function described(columns: readonly ColumnDescription[]): Buffer {
  let message = descriptions.get(columns);
  if (message === undefined) {
    message = rowDescription(columns);
    descriptions.set(columns, message);
  }
  return message;
}
