// In which form the rows of a collected table travel: DataRow messages of binary columns are rows of
// COPY's binary format as they are (protocol section "Message Formats"; documentation of COPY,
// "Binary Format"). Where the binary form of a type means something else on another server, or there
// is none, rows travel as text.

import { internalQuery } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import { Frontend, headerBytes } from '../protocol/message-codes.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { firstUserOid } from '../types/type-oid.ts';

/** OIDs of objects (pg_type.dat: the reg types, aclitem, and arrays of them) differ between servers,
 *  and so do those inside anonymous rows. An empty vector is not read as it is sent (int.c,
 *  int2vectorrecv). */
const ownOids: ReadonlySet<number> = new Set([
  22, 30, 1006, 1013, 24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191, 1008, 2207,
  2208, 2209, 2210, 2211, 3735, 3770, 4090, 4097, 4192, 1033, 1034, 2249, 2287,
]);

/** What is written into the COPY of a table. */
export interface CollectedForm {
  readonly format: 0 | 1;
  /** Behind the table in COPY … FROM STDIN. */
  readonly options: string;
  /** CopyData before the first and behind the last row; null: none. */
  readonly header: Buffer | null;
  readonly trailer: Buffer | null;
  /** The rows as CopyData messages. The chunk is used up. */
  copyData(chunk: RowChunk): Buffer;
}

export function formOf(format: 0 | 1): CollectedForm {
  return format === 1 ? binaryForm : textForm;
}

export function collectedForm(columns: readonly ColumnDescription[]): CollectedForm {
  return columns.every(({ typeOid }) => typeOid < firstUserOid && !ownOids.has(typeOid))
    ? binaryForm
    : textForm;
}

function copyDataMessage(body: Buffer): Buffer {
  const message = Buffer.allocUnsafe(headerBytes + body.length);
  message[0] = Frontend.copyData;
  message.writeInt32BE(4 + body.length, 1);
  body.copy(message, headerBytes);
  return message;
}

const binaryForm: CollectedForm = {
  format: 1,
  options: ' (FORMAT binary)',
  header: copyDataMessage(
    Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]),
  ),
  trailer: copyDataMessage(Buffer.from([0xff, 0xff])),
  /** A DataRow and a CopyData of the same row differ in their first byte. */
  copyData({ bytes, offsets, rows }) {
    for (let row = 0; row < rows; row++) bytes[offsets[row]!] = Frontend.copyData;
    return bytes;
  },
};

const textForm: CollectedForm = {
  format: 0,
  options: '',
  header: null,
  trailer: null,
  copyData: textCopyData,
};

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const backslash = 0x5c;
const letterN = 0x4e;
const letters: Readonly<Record<number, number>> = {
  [tab]: 0x74,
  [lineFeed]: 0x6e,
  [carriageReturn]: 0x72,
  [backslash]: backslash,
};

/** Every byte may become two, every value gets a delimiter and NULL two bytes. */
function textCopyData({ bytes, offsets, rows }: RowChunk): Buffer {
  const out = Buffer.allocUnsafe(headerBytes + 2 * bytes.length);
  let at = headerBytes;
  for (let row = 0; row < rows; row++) {
    let pos = offsets[row]! + headerBytes;
    const columns = bytes.readInt16BE(pos);
    pos += 2;
    for (let column = 0; column < columns; column++) {
      if (column > 0) out[at++] = tab;
      const length = bytes.readInt32BE(pos);
      pos += 4;
      if (length < 0) {
        out[at++] = backslash;
        out[at++] = letterN;
        continue;
      }
      for (const end = pos + length; pos < end; pos++) {
        const byte = bytes[pos]!;
        const letter = byte > backslash ? undefined : letters[byte];
        if (letter !== undefined) out[at++] = backslash;
        out[at++] = letter ?? byte;
      }
    }
    out[at++] = lineFeed;
  }
  out[0] = Frontend.copyData;
  out.writeInt32BE(at - 1, 1);
  return out.subarray(0, at);
}

// Encodings of clients whose characters have bytes that are ASCII (pg_wchar.h, PG_ENCODING_IS_CLIENT_ONLY).
const clientOnly =
  /^(big5|gbk|gb18030|johab|sjis|shift_?jis.*|mskanji|uhc|win93[26]|win949|win950|windows9(32|36|49|50))$/i;

/** Text passes from one server to another only where both write and read it alike. */
export function requireSameText(from: Server, to: Server): void {
  const encoding = from.parameters.get('client_encoding') ?? 'UTF8';
  if (clientOnly.test(encoding)) {
    const construct = `collecting rows as text with client_encoding ${encoding}`;
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  }
  const digits = digitsSetting.exec(from.settings.get('extra_float_digits') ?? '');
  if (digits !== null) requireExactFloats(Number(digits[1]));
  for (const name of ['client_encoding', 'DateStyle', 'IntervalStyle']) {
    if (from.parameters.get(name) === to.parameters.get(name)) continue;
    throw new PgError(errors.shardsDisagree, { what: `the setting ${name}` });
  }
}

const digitsSetting = /extra_float_digits\W+(-?\d+)/i;
/** What a connection began with (of its database, role or server). */
const defaultDigits = new WeakMap<ServerConnection, number>();

/** Looks at what the server has where the client has set nothing; the connection is free. */
export async function requireExactText(server: ServerConnection): Promise<void> {
  if (server.settings.get('extra_float_digits') !== undefined) return;
  let digits = defaultDigits.get(server);
  if (digits === undefined) {
    const [row] = await internalQuery(server, 'SHOW extra_float_digits');
    digits = Number(row?.[0] ?? 1);
    defaultDigits.set(server, digits);
  }
  requireExactFloats(digits);
}

/** With less than 1, which is the default, floats are rounded (float8out_internal, float.c). */
function requireExactFloats(digits: number): void {
  if (digits >= 1) return;
  const construct = `collecting rows as text with extra_float_digits = ${digits}`;
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

const disagreements: ReadonlySet<string> = new Set([
  errors.unsupportedAcrossShards.id,
  errors.shardsDisagree.id,
]);

/** Whether text says on `to` what it says on every one of `from`, dates and times too: all but ISO
 *  have abbreviations of time zones. */
export async function hasExactText(
  from: readonly ServerConnection[],
  to: ServerConnection,
): Promise<boolean> {
  if (!to.parameters.get('DateStyle')?.startsWith('ISO')) return false;
  try {
    for (const server of from) {
      requireSameText(server, to);
      await requireExactText(server);
    }
    return true;
  } catch (error) {
    if (!(error instanceof PgError) || !disagreements.has(error.id)) throw error;
    return false;
  }
}

type Server = Pick<ServerConnection, 'parameters' | 'settings'>;
