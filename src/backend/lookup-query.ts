// Asks a server what keys stand for (`lookup_query`): one statement, run for many keys in one
// exchange, each key a parameter and never part of the text.

import { ByteWriter } from '../protocol/byte-writer.ts';
import {
  syncMessage,
  writeDescribe,
  writeExecute,
  writeParse,
} from '../protocol/frontend-messages.ts';
import { Backend, Frontend } from '../protocol/message-codes.ts';
import { readRowDescription } from '../protocol/row-description.ts';
import { readAnswers, readRows, type TextRow } from './internal-query.ts';
import type { ServerConnection } from './server-connection.ts';

/** One more than is wanted tells that there are several. */
const rowsMax = 2;

export interface LookupAnswers {
  /** OIDs of the columns' types. */
  readonly types: readonly number[];
  /** In the order of the keys, at most two for each. */
  readonly rows: readonly (readonly TextRow[])[];
}

/** `keys` in text form, of a type that `parameterType` (an OID) names. Rejects with the server's
 *  error, or when the connection is lost. */
export async function askLookup(
  server: ServerConnection,
  { query, parameterType }: { readonly query: string; readonly parameterType: number },
  keys: readonly string[],
): Promise<LookupAnswers> {
  server.unnamed = null;
  server.send(exchange(query, parameterType, keys), 1);
  let types: readonly number[] = [];
  const rows: (readonly TextRow[])[] = [];
  const bytes: Buffer[] = [];
  const error = await readAnswers(server, bytes, (type, message) => {
    if (type === Backend.rowDescription) {
      types = readRowDescription(message).map(column => column.typeOid);
    } else if (type === Backend.commandComplete || type === Backend.portalSuspended) {
      rows.push(readRows(Buffer.concat(bytes.splice(0))));
    }
  });
  if (error !== null) throw error;
  return { types, rows };
}

function exchange(query: string, parameterType: number, keys: readonly string[]): Buffer {
  const out = writeParse(new ByteWriter(1024), '', query, [parameterType]);
  writeDescribe(out, 'S', '');
  for (const key of keys) {
    // Unnamed portal and statement; text formats; one parameter; results as text.
    out.begin(Frontend.bind).cstring('').cstring('').int16(0).int16(1);
    out.int32(Buffer.byteLength(key)).text(key).int16(0).end();
    writeExecute(out, '', rowsMax);
  }
  return out.bytes(syncMessage).take();
}
