// What PostgreSQL says of a statement before it runs: parameter types and result columns. Asked
// of one shard with the statement as the client wrote it, so names and types are PostgreSQL's.

import { readAnswersWith } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import { syncMessage, writeDescribe, writeParse } from '../protocol/frontend-messages.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { type ColumnDescription, readRowDescription } from '../protocol/row-description.ts';

export interface StatementDescription {
  readonly parameterTypes: readonly number[];
  /** null: the statement returns no rows. */
  readonly columns: readonly ColumnDescription[] | null;
}

/** Rejects with the ServerError that PostgreSQL's Parse raised. */
export async function describeStatement(
  server: ServerConnection,
  sql: string,
  parameterTypes: readonly number[],
): Promise<StatementDescription> {
  const out = new ByteWriter(sql.length + 64);
  writeParse(out, '', sql, parameterTypes);
  writeDescribe(out, 'S', '');
  server.unnamed = null;
  server.send(out.bytes(syncMessage).take(), 1);
  let types: number[] = [];
  let columns: ColumnDescription[] | null = null;
  await readAnswersWith(server, (type, message) => {
    if (type === Backend.parameterDescription) types = readParameterTypes(message);
    else if (type === Backend.rowDescription) columns = readRowDescription(message);
  });
  return { parameterTypes: types, columns };
}

function readParameterTypes(message: Buffer): number[] {
  const count = message.readUInt16BE(headerBytes);
  return Array.from({ length: count }, (_, i) => message.readUInt32BE(headerBytes + 2 + 4 * i));
}
