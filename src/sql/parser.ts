// Statement texts into PostgreSQL's own parse trees (libpg-query, gram.y of PostgreSQL 18).
// `loadParser` has to be awaited once before anything of this folder is used.

import { setFlagsFromString } from 'node:v8';
import { hasSqlDetails, loadModule, parseSync } from 'libpg-query';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { byteText } from './byte-text.ts';
import { nestingMax, nestingOf } from './nesting.ts';
import type { SyntaxNode } from './syntax-tree.ts';

export interface ParsedStatement {
  /** The statement's own text: the whole text when it is the only statement, comments and the
   *  semicolon included, else its part without the semicolon. */
  readonly text: string;
  readonly stmt: SyntaxNode;
  /** Where `text` begins and how long it is, in bytes of the UTF-8 text that was parsed. */
  readonly location: number;
  readonly length: number;
}

export async function loadParser(): Promise<void> {
  // The optimizing compiler would take some 500 MB for the parser's module and gain nothing that
  // can be measured: the baseline compiler's code stays.
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
  await loadModule();
}

/**
 * The statements of a simple query string, in order; an empty string has none. Locations in each
 * tree are byte offsets (UTF-8) into that statement's own `text`. Throws `syntaxError` (42601) with
 * PostgreSQL's message and the 1-based character position, and `statementTooComplex` (54001).
 */
export function parseStatements(text: string): readonly ParsedStatement[] {
  const raw = parse(text);
  const bytes = byteText(text);
  const only = raw.length === 1 ? raw[0] : undefined;
  if (only !== undefined) {
    return [{ text, stmt: only.stmt, location: 0, length: bytes.length }];
  }
  return raw.map(({ start, length }) => {
    const end = length === 0 ? bytes.length : start + length;
    const part = bytes.slice(start, end);
    const stmt = parse(part)[0]?.stmt;
    if (stmt === undefined) throw new PgError(errors.internal, { what: 'statement was lost' });
    return { text: part, stmt, location: start, length: end - start };
  });
}

function parse(text: string): { stmt: SyntaxNode; start: number; length: number }[] {
  // The library refuses the empty string, which PostgreSQL answers with EmptyQueryResponse.
  if (text === '') return [];
  if (text.length > nestingMax && nestingOf(text) > nestingMax) {
    throw new PgError(errors.statementTooComplex);
  }
  let result: ReturnType<typeof parseSync>;
  try {
    result = parseSync(text);
  } catch (error) {
    throw asSyntaxError(error, text);
  }
  return (result.stmts ?? []).map(one => {
    const stmt = one.stmt as SyntaxNode | undefined;
    return { stmt: stmt ?? {}, start: one.stmt_location ?? 0, length: one.stmt_len ?? 0 };
  });
}

function asSyntaxError(error: unknown, text: string): unknown {
  if (!hasSqlDetails(error) || error.sqlDetails === undefined) return error;
  const { message, cursorPosition } = error.sqlDetails;
  // 0-based, in characters (code points) as PostgreSQL counts; -1 when there is none.
  const position =
    cursorPosition < 0 ? {} : { position: Math.min(cursorPosition, text.length) + 1 };
  return new PgError(errors.syntaxError, { what: message }, position);
}
