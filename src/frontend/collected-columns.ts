// What the shard that finishes a statement says of it and of the fragments whose rows it collects,
// before any of them runs; beside it whether it may make temporary tables. In one exchange where the
// types of all parameters are known.

import { readAnswers, readRows, type TextRow } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import {
  queryMessage,
  syncMessage,
  writeDescribe,
  writeParse,
} from '../protocol/frontend-messages.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { type ColumnDescription, readRowDescription } from '../protocol/row-description.ts';
import type { ServerError } from '../protocol/server-error.ts';

export interface Described {
  readonly columns: readonly ColumnDescription[];
  readonly parameterTypes: readonly number[];
}

export interface Exchange {
  /** What the query before them gave. */
  readonly rows: readonly TextRow[];
  readonly described: readonly Described[];
  /** Of the statement behind those that are described. */
  readonly error: ServerError | null;
}

/** Runs `query`, '' for none, and has statements described. Rejects when the connection is lost. */
export async function describeBehind(
  server: ServerConnection,
  query: string,
  statements: readonly { readonly sql: string; readonly types: readonly number[] }[],
): Promise<Exchange> {
  const out = new ByteWriter(1024);
  if (query !== '') out.bytes(queryMessage(query));
  for (const { sql, types } of statements) {
    writeParse(out, '', sql, types);
    writeDescribe(out, 'S', '');
  }
  server.unnamed = null;
  let queries = query === '' ? 0 : 1;
  const rows: Buffer[] = [];
  const described: Described[] = [];
  let parameterTypes: readonly number[] = [];
  server.send(out.bytes(syncMessage).take(), queries + 1);
  const error = await readAnswers(server, rows, (type, message) => {
    if (type === Backend.readyForQuery) queries -= 1;
    if (queries > 0) return;
    if (type === Backend.parameterDescription) parameterTypes = readTypes(message);
    else if (type === Backend.noData) described.push({ columns: [], parameterTypes });
    else if (type === Backend.rowDescription) {
      described.push({ columns: readRowDescription(message), parameterTypes });
    }
  });
  return { rows: readRows(Buffer.concat(rows)), described, error };
}

function readTypes(message: Buffer): readonly number[] {
  const count = message.readUInt16BE(headerBytes);
  return Array.from({ length: count }, (_, i) => message.readUInt32BE(headerBytes + 2 + 4 * i));
}
