// Queries of PgPack's own on a server connection: text rows, collected. The caller holds the
// connection; nobody else reads it meanwhile.

import type { PgError } from '../common/pg-error.ts';
import { queryMessage } from '../protocol/frontend-messages.ts';
import { Backend, TransactionStatus } from '../protocol/message-codes.ts';
import { ServerError } from '../protocol/server-error.ts';
import type { ServerConnection, ServerConsumer } from './server-connection.ts';

export type TextRow = readonly (string | null)[];

/** Runs one simple query. Rejects with the ServerError it raised, or PgError `serverLost`. */
export async function internalQuery(server: ServerConnection, sql: string): Promise<TextRow[]> {
  server.unnamed = null;
  server.send(queryMessage(sql), 1);
  const rows: Buffer[] = [];
  const error = await readAnswers(server, rows);
  if (error !== null) throw error;
  return readRows(Buffer.concat(rows));
}

/** Reads until nothing is due; answers the first error among what came. Rejects when the
 *  connection is lost. `rowBytes` collects DataRow bytes. */
export function readAnswers(
  server: ServerConnection,
  rowBytes?: Buffer[],
  onMessage?: (type: number, message: Buffer) => void,
): Promise<ServerError | null> {
  return new Promise((resolve, reject) => {
    let error: ServerError | null = null;
    if (server.closed) return reject(server.lostError('the server closed the connection'));
    if (server.readyDue === 0) return resolve(null);
    const { stats } = server;
    const wasIdle = server.transactionStatus === TransactionStatus.idle;
    const consumer: ServerConsumer = {
      onMessage(type, buffer, start, end) {
        if (type === Backend.readyForQuery) {
          stats.readOwn(wasIdle && server.transactionStatus === TransactionStatus.idle);
        }
        if (type === Backend.error) error ??= new ServerError(copy(buffer, start, end));
        else onMessage?.(type, copy(buffer, start, end));
      },
      onRows: (buffer, start, end) => rowBytes?.push(copy(buffer, start, end)),
      onChunkEnd() {
        if (server.readyDue > 0) return;
        server.consumer = null;
        resolve(error);
      },
      onServerLost: (lost: PgError) => reject(lost),
      onServerDrain() {},
    };
    server.consumer = consumer;
  });
}

/** Reads until nothing is due, showing every whole message that is not an error or a row.
 *  Rejects with the ServerError among the answers, or when the connection is lost. */
export async function readAnswersWith(
  server: ServerConnection,
  onMessage: (type: number, message: Buffer) => void,
): Promise<void> {
  const error = await readAnswers(server, undefined, onMessage);
  if (error !== null) throw error;
}

function copy(buffer: Buffer, start: number, end: number): Buffer {
  return Buffer.from(buffer.subarray(start, end));
}

/** DataRow messages of text columns. */
export function readRows(bytes: Buffer): TextRow[] {
  const rows: TextRow[] = [];
  let pos = 0;
  while (pos < bytes.length) {
    const end = pos + 1 + bytes.readInt32BE(pos + 1);
    const columns = bytes.readInt16BE(pos + 5);
    const row: (string | null)[] = [];
    pos += 7;
    for (let i = 0; i < columns; i++) {
      const length = bytes.readInt32BE(pos);
      pos += 4;
      row.push(length < 0 ? null : bytes.toString('utf8', pos, pos + length));
      if (length > 0) pos += length;
    }
    pos = end;
    rows.push(row);
  }
  return rows;
}

/** Runs statements whose rows nobody wants (BEGIN, SET …). Rejects as `internalQuery` does. */
export async function runCommand(server: ServerConnection, sql: string): Promise<void> {
  await internalQuery(server, sql);
}
