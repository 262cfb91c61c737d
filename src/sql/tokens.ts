// PostgreSQL's own tokens of a text (scan.l through libpg-query), comments left out.

import { scanSync } from 'libpg-query';

export interface Token {
  /** Byte offsets (UTF-8). */
  readonly start: number;
  readonly end: number;
  /** As written. */
  readonly text: string;
  /** Keywords in lower case; null for everything else, quoted identifiers included. */
  readonly keyword: string | null;
}

const sqlComment = 'SQL_COMMENT';
const cComment = 'C_COMMENT';

/** The tokens of a text that has been parsed without error. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const token of scanSync(text).tokens) {
    if (token.tokenName === sqlComment || token.tokenName === cComment) continue;
    if (token.text.startsWith('--') || token.text.startsWith('/*')) continue;
    tokens.push({
      start: token.start,
      end: token.end,
      text: token.text,
      keyword: token.keywordKind > 0 ? token.text.toLowerCase() : null,
    });
  }
  return tokens;
}

/** Comments as they are written, nested ones within the one that holds them. */
export function commentsOf(text: string): readonly string[] {
  return scanSync(text)
    .tokens.filter(({ tokenName }) => tokenName === sqlComment || tokenName === cComment)
    .map(token => token.text);
}

/** Nesting depth of parentheses and brackets before each token. */
export function depthsOf(tokens: readonly Token[]): readonly number[] {
  const depths: number[] = [];
  let depth = 0;
  for (const { text } of tokens) {
    if (text === ')' || text === ']') depth--;
    depths.push(depth);
    if (text === '(' || text === '[') depth++;
  }
  return depths;
}

/** Byte offset behind the last token that is not a semicolon. */
export function endOfStatement(tokens: readonly Token[]): number {
  for (let at = tokens.length - 1; at >= 0; at--) {
    const token = tokens[at];
    if (token !== undefined && token.text !== ';') return token.end;
  }
  return 0;
}
