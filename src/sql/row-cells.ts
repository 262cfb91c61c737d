// Where the values of the rows of INSERT … VALUES stand in the text, found from PostgreSQL's own
// tokens.

import type { Token } from './tokens.ts';

export interface TextRange {
  /** Bytes, as in the parse tree. */
  readonly start: number;
  readonly end: number;
}

/** The values of each row, whose range includes its parentheses; rows in ascending order. `depths`:
 *  of `depthsOf`. */
export function rowCells(
  tokens: readonly Token[],
  depths: readonly number[],
  rows: readonly TextRange[],
): readonly (readonly TextRange[])[] {
  let at = 0;
  return rows.map(row => {
    while (tokens[at]!.start < row.start) at++;
    // Behind the parenthesis.
    at++;
    const cells: TextRange[] = [];
    let first: Token | null = null;
    for (; tokens[at]!.start < row.end; at++) {
      const token = tokens[at]!;
      const closes = token.end === row.end;
      if (!closes && !(token.text === ',' && depths[at] === 1)) first ??= token;
      else if (first !== null) {
        cells.push({ start: first.start, end: tokens[at - 1]!.end });
        first = null;
      }
      if (closes) break;
    }
    return cells;
  });
}
