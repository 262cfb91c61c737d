// Picks the splitter of a COPY statement's format, and refuses what cannot be split at all: the
// bytes of a client encoding in which `\`, a quote or a delimiter may be part of a character.

import { errors } from '../../common/error-catalogue.ts';
import { PgError } from '../../common/pg-error.ts';
import { BinaryRows } from './binary-rows.ts';
import type { CopyFormat, CopyRows, CopyRowsOptions } from './copy-rows.ts';
import { CsvRows } from './csv-rows.ts';
import { TextRows } from './text-rows.ts';

export function openCopyRows(options: CopyRowsOptions): CopyRows {
  const { format } = options;
  if (format.format === 'binary') return new BinaryRows(options);
  requireByte('delimiter', format.delimiter);
  if (format.format === 'text') return new TextRows(options);
  requireByte('quote', format.quote);
  requireByte('escape', format.escape);
  return new CsvRows(options);
}

/** PostgreSQL lets a line break be the quote or escape of csv; nobody can mean it. */
function requireByte(option: string, value: string): void {
  if (!/^[\0-\x7f]$/.test(value) || value === '\n' || value === '\r') {
    const construct = `COPY with ${option} ${JSON.stringify(value)}`;
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  }
}

// src/backend/utils/mb/README and pg_wchar.h: encodings allowed only on the client's side, whose
// second bytes may be ASCII.
const asciiUnsafe = new Set(['BIG5', 'GB18030', 'GBK', 'JOHAB', 'SHIFTJIS2004', 'SJIS', 'UHC']);

/**
 * Refuses a stream whose rows or keys cannot be read from the client's bytes. `encoding` is the
 * session's client_encoding. A key of characters must come in UTF-8, the encoding that its hash
 * is taken in (SQL_ASCII: nothing is converted); digits are the same in all other encodings.
 */
export function requireSplittableEncoding(
  encoding: string,
  format: CopyFormat['format'],
  keyIsText: boolean,
): void {
  const name = encoding.toUpperCase().replace(/[^A-Z0-9]/g, '');
  if (name === 'UTF8' || name === 'UNICODE' || name === 'SQLASCII') return;
  const unsafe = format !== 'binary' && asciiUnsafe.has(encodingAliases[name] ?? name);
  if (!keyIsText && !unsafe) return;
  throw new PgError(errors.unsupportedAcrossShards, {
    construct: `COPY with client_encoding ${encoding}`,
  });
}

// Other names of the same (pg_encname_tbl in src/common/encnames.c).
const encodingAliases: Readonly<Record<string, string>> = {
  MSKANJI: 'SJIS',
  SHIFTJIS: 'SJIS',
  WIN932: 'SJIS',
  WINDOWS932: 'SJIS',
  WIN936: 'GBK',
  WINDOWS936: 'GBK',
  WIN949: 'UHC',
  WINDOWS949: 'UHC',
  WIN950: 'BIG5',
  WINDOWS950: 'BIG5',
};
