// What PostgreSQL says of a statement before it runs: parameter types and result columns. Asked
// of one shard with the statement as the client wrote it, so names and types are PostgreSQL's.

import { readAnswersWith } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import type { BindMessage } from '../protocol/client-frame.ts';
import { syncMessage, writeDescribe, writeParse } from '../protocol/frontend-messages.ts';
import { Backend, Frontend, headerBytes } from '../protocol/message-codes.ts';
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

/** Of these the plan may keep modifiers of the first query's columns that the statement does not have
 *  (generate_setop_tlist, prepunion.c): a portal is described by its plan. */
const modifiersOfPlan = /\b(except|intersect)\b/i;

/** `bind`: of the portal that is described. Rejects with the ServerError that PostgreSQL raised. */
export async function describeStatement(
  server: ServerConnection,
  sql: string,
  parameterTypes: readonly number[],
  shardCount = severalShards,
  bind: BindMessage | null = null,
): Promise<StatementDescription> {
  const out = new ByteWriter(sql.length + 64);
  writeParse(out, '', sql, parameterTypes);
  writeDescribe(out, 'S', '');
  if (bind !== null && modifiersOfPlan.test(sql)) {
    out.begin(Frontend.bind).cstring('').cstring('');
    writeDescribe(out.bytes(bind.buffer, bind.rest, bind.end).end(), 'P', '');
  }
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
      form ??= reader.onColumns(message);
    }
  });
  return { parameterTypes: types, columns, form };
}

function readParameterTypes(message: Buffer): number[] {
  const count = message.readUInt16BE(headerBytes);
  return Array.from({ length: count }, (_, i) => message.readUInt32BE(headerBytes + 2 + 4 * i));
}
