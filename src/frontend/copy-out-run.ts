// The data of a COPY … TO STDOUT on its way to the client (protocol section "COPY Operations"). Where
// rows come from is told by `WideRows`, and what they are made of by `CopyOutForm`.

import type { RowChunk } from '../executor/shard-client.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import type { RowLines } from '../types/copy/row-lines.ts';
import { binaryHeader, binaryTrailer } from './copy-out-stream.ts';
import type { SessionContext } from './session-context.ts';
import type { WideRows } from './wide-run.ts';

export interface CopyOutForm {
  /** CopyOutResponse. */
  readonly response: Buffer;
  /** CopyData of the header line; empty: there is none. */
  readonly head: Buffer;
  readonly binary: boolean;
  /** Makes lines of rows; null: they are CopyData already. */
  readonly lines: RowLines | null;
}

const copyDone = Buffer.from([Backend.copyDone, 0, 0, 0, 4]);

export class CopyOutRun {
  readonly #session: SessionContext;
  readonly #rows: WideRows;
  readonly #formOf: () => Promise<CopyOutForm>;
  readonly #transactions: number;
  #sent = 0;

  /** `formOf` is asked once the columns are known. */
  constructor(session: SessionContext, rows: WideRows, formOf: () => Promise<CopyOutForm>) {
    this.#session = session;
    this.#rows = rows;
    this.#formOf = formOf;
    this.#transactions = session.transaction.ended;
  }

  /** Sends everything up to CopyDone; answers the number of rows. */
  async run(): Promise<number> {
    const { leaving } = this.#session;
    const forget = () => this.#rows.forget();
    leaving.add(forget);
    try {
      await this.#send();
    } catch (error) {
      await this.#stop();
      throw error;
    } finally {
      leaving.delete(forget);
    }
    return this.#sent;
  }

  async #send(): Promise<void> {
    const { client } = this.#session;
    await this.#rows.columns;
    const { response, head, binary, lines } = await this.#formOf();
    client.writeSoon(response);
    if (head.length > 0) client.writeSoon(head);
    let before = binary ? binaryHeader : null;
    for (let chunk = await this.#rows.next(); chunk !== null; chunk = await this.#rows.next()) {
      let data = lines === null ? chunk.bytes : lines.write(chunk.bytes, chunk.offsets, chunk.rows);
      if (before !== null) data = withHeader(data, chunk, before);
      before = null;
      this.#sent += chunk.rows;
      if (!client.writeSoon(data)) await this.#session.clientDrained();
    }
    if (binary) client.writeSoon(copyData(Buffer.concat([before ?? noBytes, binaryTrailer])));
    for (const notice of await this.#rows.finish()) client.writeSoon(notice);
    client.writeSoon(copyDone);
  }

  async #stop(): Promise<void> {
    // Without a client its servers are other clients' already, and behind its transaction too.
    const { closed, transaction } = this.#session;
    if (!closed && transaction.ended === this.#transactions) await this.#rows.stop(true);
    else this.#rows.forget();
  }
}

const noBytes = Buffer.alloc(0);

/** In one message with the first row, as PostgreSQL sends it. */
function withHeader(data: Buffer, { offsets }: RowChunk, header: Buffer): Buffer {
  const end = offsets[1]!;
  const first = copyData(Buffer.concat([header, data.subarray(headerBytes, end)]));
  return Buffer.concat([first, data.subarray(end)]);
}

function copyData(data: Buffer): Buffer {
  const message = Buffer.allocUnsafe(headerBytes + data.length);
  message[0] = Backend.copyData;
  message.writeInt32BE(data.length + 4, 1);
  data.copy(message, headerBytes);
  return message;
}
