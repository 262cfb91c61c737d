// What is kept of a merged statement between its executions: that it cannot be merged at all, what
// the shards said of its columns, and that it comes often enough for its fragment to be prepared.

import { fragmentName } from '../backend/prepared-fragments.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import {
  syncMessage,
  writeClose,
  writeDescribe,
  writeExecute,
  writeParse,
} from '../protocol/frontend-messages.ts';
import { Frontend } from '../protocol/message-codes.ts';
import { type ColumnDescription, readRowDescription } from '../protocol/row-description.ts';
import { ServerError } from '../protocol/server-error.ts';
import { mayHoldMoment } from '../sql/moment-text.ts';

/** Executions before it is prepared. */
const seldom = 2;

/** Longer ones take longer to run than to parse. */
const preparedTextMax = 4_096;

interface Described {
  readonly message: Buffer;
  readonly columns: readonly ColumnDescription[];
}

let fragments = 0;

export class KeptFragment {
  /** Its columns turned out to be of types that cannot be compared here. */
  neverMerged = false;
  #sql = '';
  #runs = 0;
  #fixed = true;
  #number = 0;
  /** By shard: what it said last. */
  readonly #described: Described[] = [];

  /** Whether this execution of `sql` is to run as a prepared statement. A text that is another each
   *  time (it holds the moment), or means something else each time, never is. */
  comesOften(sql: string): boolean {
    if (sql !== this.#sql) {
      this.#sql = sql;
      this.#runs = 0;
      this.#fixed = sql.length <= preparedTextMax && !mayHoldMoment(sql);
      this.#number = ++fragments;
    }
    if (!this.#fixed) return false;
    return this.#runs++ >= seldom;
  }

  /** Under the settings of the connection: PostgreSQL reads literals when it parses. */
  keyOn(server: ServerConnection): string {
    return `${this.#number}:${server.settingsId}`;
  }

  /** The columns of a shard's RowDescription; as long as it says the same they are one array. */
  columnsOf(
    shard: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): readonly ColumnDescription[] {
    const known = this.#described[shard];
    if (known !== undefined && known.message.compare(buffer, start, end) === 0) {
      return known.columns;
    }
    const message = Buffer.from(buffer.subarray(start, end));
    const columns = readRowDescription(message);
    this.#described[shard] = { message, columns };
    return columns;
  }
}

/** Without parameters, results as text. */
export function preparedRun(slot: number): Buffer {
  let messages = runs[slot];
  if (messages === undefined) {
    messages = writeRun(new ByteWriter(128), fragmentName(slot)).take();
    runs[slot] = messages;
  }
  return messages;
}

const runs: Buffer[] = [];

/** Prepares it first, in the place of what the slot may hold. */
export function preparingRun(slot: number, sql: string): Buffer {
  const name = fragmentName(slot);
  const out = new ByteWriter(sql.length + 256);
  writeClose(out, 'S', name);
  writeParse(out, name, sql);
  return writeRun(out, name).take();
}

function writeRun(out: ByteWriter, name: string): ByteWriter {
  out.begin(Frontend.bind).cstring('').cstring(name).int16(0).int16(0).int16(0).end();
  writeDescribe(out, 'P', '');
  return writeExecute(out, '', 0).bytes(syncMessage);
}

/** The statement that was prepared is not the one any more that its text is: its tables have changed
 *  (plancache.c, RevalidateCachedQuery), or it is gone. Nothing of it has run. */
export function isOutdated(error: unknown): boolean {
  if (!(error instanceof ServerError)) return false;
  if (error.sqlstate === '26000') return true;
  return error.sqlstate === '0A000' && error.response.includes('RevalidateCachedQuery');
}
