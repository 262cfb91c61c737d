// What PostgreSQL says of a statement before it runs: parameter types and result columns. Asked
// of one shard with the statement as the client wrote it, so names and types are PostgreSQL's.

import { readAnswersWith } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import { syncMessage, writeDescribe, writeParse } from '../protocol/frontend-messages.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { type ColumnDescription, readRowDescription } from '../protocol/row-description.ts';
import { FormReader, type StatementForm } from './statement-form.ts';

export interface StatementDescription {
  readonly parameterTypes: readonly number[];
  /** null: the statement returns no rows. */
  readonly columns: readonly ColumnDescription[] | null;
  /** null: it went without a description. */
  readonly form: StatementForm | null;
}

const severalShards = 2;

/** Rejects with the ServerError that PostgreSQL's Parse raised. */
export async function describeStatement(
  server: ServerConnection,
  sql: string,
  parameterTypes: readonly number[],
  shardCount = severalShards,
): Promise<StatementDescription> {
  const out = new ByteWriter(sql.length + 64);
  writeParse(out, '', sql, parameterTypes);
  writeDescribe(out, 'S', '');
  server.unnamed = null;
  server.send(out.bytes(syncMessage).take(), 1);
  let types: number[] = [];
  let columns: ColumnDescription[] | null = null;
  let form: StatementForm | null = null;
  const reader = new FormReader(shardCount);
  await readAnswersWith(server, (type, message) => {
    if (type === Backend.parameterDescription) {
      types = readParameterTypes(message);
      reader.onParameters(message);
    } else if (type === Backend.rowDescription || type === Backend.noData) {
      if (type === Backend.rowDescription) columns = readRowDescription(message);
      form = reader.onColumns(message);
    }
  });
  return { parameterTypes: types, columns, form };
}

function readParameterTypes(message: Buffer): number[] {
  const count = message.readUInt16BE(headerBytes);
  return Array.from({ length: count }, (_, i) => message.readUInt32BE(headerBytes + 2 + 4 * i));
}
