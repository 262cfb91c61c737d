// The words of an admin command, read as PostgreSQL reads them as far as such commands go
// (parser/scan.l). Names keep the case they are written in: databases may have any.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';

export interface Token {
  /** `word`: as written, also a number; `name`: was in double quotes; `parameter`: `$1`. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'parameter' | 'symbol';
  readonly text: string;
}

const patterns: readonly (readonly [kind: Token['kind'] | null, pattern: RegExp])[] = [
  [null, /\s+|--[^\n]*|\/\*[\s\S]*?\*\//y],
  ['string', /'((?:[^']|'')*)'/y],
  ['name', /"((?:[^"]|"")+)"/y],
  ['parameter', /\$(\d{1,5})/y],
  ['number', /-?\d+(?:\.\d+)?(?![\w$])/y],
  // A hyphen inside a name is none of SQL, but database names have them.
  ['word', /[\p{L}_\d][\p{L}_\d$]*(?:-[\p{L}_\d$]+)*/uy],
  ['symbol', /<>|!=|<=|>=|[=<>,()*;.]/y],
];

/** The statements of a text, each as its tokens; empty ones are left out. Throws PgError
 *  `syntaxError`. */
export function readStatements(text: string): Token[][] {
  const statements: Token[][] = [[]];
  for (let pos = 0; pos < text.length; ) {
    const { token, end } = tokenAt(text, pos);
    pos = end;
    if (token === null) continue;
    if (token.kind === 'symbol' && token.text === ';') statements.push([]);
    else statements.at(-1)!.push(token);
  }
  return statements.filter(tokens => tokens.length > 0);
}

function tokenAt(text: string, pos: number): { token: Token | null; end: number } {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = pos;
    const match = pattern.exec(text);
    if (match === null) continue;
    const end = pattern.lastIndex;
    if (kind === null) return { token: null, end };
    const inner = match[1] ?? match[0];
    if (kind === 'string') return { token: { kind, text: inner.replaceAll("''", "'") }, end };
    if (kind === 'name') return { token: { kind, text: inner.replaceAll('""', '"') }, end };
    return { token: { kind, text: inner }, end };
  }
  const what = `syntax error at or near "${text.slice(pos, pos + 20)}"`;
  throw new PgError(errors.syntaxError, { what }, { position: pos + 1 });
}

/** Reads tokens one after the other. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get next(): Token | null {
    return this.#tokens[this.#at] ?? null;
  }

  take(): Token {
    const token = this.next;
    if (token === null) {
      throw new PgError(errors.syntaxError, { what: 'syntax error at end of input' });
    }
    this.#at += 1;
    return token;
  }

  /** Takes the words if they are next, in any case. */
  takeWords(...words: readonly string[]): boolean {
    const matches = words.every((word, i) => {
      const token = this.#tokens[this.#at + i];
      return token?.kind === 'word' && token.text.toUpperCase() === word;
    });
    if (matches) this.#at += words.length;
    return matches;
  }

  takeSymbol(symbol: string): boolean {
    const matches = this.next?.kind === 'symbol' && this.next.text === symbol;
    if (matches) this.#at += 1;
    return matches;
  }

  /** A name as written, quoted or not. */
  takeName(): Token {
    const token = this.take();
    if (token.kind === 'word' || token.kind === 'name') return token;
    throw unexpected(token);
  }

  expectWord(word: string): void {
    if (!this.takeWords(word)) throw this.#unexpectedNext();
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.#unexpectedNext();
  }

  expectEnd(): void {
    if (this.next !== null) throw unexpected(this.next);
  }

  #unexpectedNext(): PgError {
    return this.next === null
      ? new PgError(errors.syntaxError, { what: 'syntax error at end of input' })
      : unexpected(this.next);
  }
}

export function unexpected({ text }: Token): PgError {
  const what = `syntax error at or near "${text}"`;
  return new PgError(errors.syntaxError, { what }, { hint: 'SHOW HELP lists the commands.' });
}
