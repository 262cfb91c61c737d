// Where the rows of INSERT … VALUES stand in the text, found from PostgreSQL's own tokens.

import { depthsOf, type Token, tokensOf } from './tokens.ts';

export interface ValuesSlices {
  readonly tokens: readonly Token[];
  /** Byte ranges of the rows, parentheses included. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

/** null when not exactly `count` rows were found. */
export function valuesSlices(sql: string, count: number): ValuesSlices | null {
  const tokens = tokensOf(sql);
  const depths = depthsOf(tokens);
  const ranges: { start: number; end: number }[] = [];
  let at = firstRow(tokens, depths);
  while (at !== -1 && tokens[at]?.text === '(') {
    let close = at + 1;
    while (close < tokens.length && (depths[close] !== 0 || tokens[close]?.text !== ')')) close++;
    if (close === tokens.length) return null;
    ranges.push({ start: tokens[at]!.start, end: tokens[close]!.end });
    at = tokens[close + 1]?.text === ',' ? close + 2 : -1;
  }
  return ranges.length === count ? { tokens, ranges } : null;
}

/** The parenthesis behind VALUES; a table may be called values, but not with a list after INTO. */
function firstRow(tokens: readonly Token[], depths: readonly number[]): number {
  for (let at = 1; at < tokens.length; at++) {
    if (tokens[at]?.keyword !== 'values' || depths[at] !== 0) continue;
    const before = tokens[at - 1];
    if (before?.keyword === 'into' || before?.keyword === 'as' || before?.text === '.') continue;
    if (tokens[at + 1]?.text === '(') return at + 1;
  }
  return -1;
}
