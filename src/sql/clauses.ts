// Where the clauses of a simple SELECT (no WITH, no set operation) stand in its text. The parse
// tree has no ends of clauses, so they are found from PostgreSQL's tokens outside parentheses; a
// reserved word is a clause's begin unless it is a label (`AS limit`), a field (`t.limit`) or part
// of `IS DISTINCT FROM`.

import { depthsOf, endOfStatement, type Token, tokensOf } from './tokens.ts';

export interface Range {
  /** Byte offsets. */
  readonly start: number;
  readonly end: number;
}

export interface Clauses {
  readonly tokens: readonly Token[];
  readonly depths: readonly number[];
  /** Where another item can be added to the target list. */
  readonly targetsEnd: number;
  readonly from: Range | null;
  readonly where: Range | null;
  /** GROUP BY with its items; null: there is none. */
  readonly groupBy: Range | null;
  /** HAVING with its condition; null: there is none. */
  readonly having: Range | null;
  /** ORDER BY with its items; null: there is none. */
  readonly orderBy: Range | null;
  /** LIMIT, OFFSET and FETCH, which stand together; null: there is none. */
  readonly limits: Range | null;
  /** FOR UPDATE and its kin, all there are; null: there is none. */
  readonly locks: Range | null;
  /** Behind the last token that is not a semicolon. */
  readonly end: number;
}

const beginnings = new Set([
  'from',
  'where',
  'group',
  'having',
  'window',
  'order',
  'limit',
  'offset',
  'fetch',
  'for',
]);

export function clausesOf(sql: string): Clauses {
  const tokens = tokensOf(sql);
  const depths = depthsOf(tokens);
  const starts = clauseStarts(tokens, depths);
  const end = endOfStatement(tokens);
  const [first] = starts;
  return {
    tokens,
    depths,
    targetsEnd: first === undefined ? end : (tokens[first]?.start ?? end),
    from: rangeOf(['from'], tokens, starts, end),
    where: rangeOf(['where'], tokens, starts, end),
    groupBy: rangeOf(['group'], tokens, starts, end),
    having: rangeOf(['having'], tokens, starts, end),
    orderBy: rangeOf(['order'], tokens, starts, end),
    limits: rangeOf(['limit', 'offset', 'fetch'], tokens, starts, end),
    locks: rangeOf(['for'], tokens, starts, end),
    end,
  };
}

/** Indexes of tokens that begin a clause. */
function clauseStarts(tokens: readonly Token[], depths: readonly number[]): readonly number[] {
  const starts: number[] = [];
  for (const [at, token] of tokens.entries()) {
    if (at === 0 || depths[at] !== 0 || !beginnings.has(token.keyword ?? '')) continue;
    const before = tokens[at - 1]!;
    if (before.keyword === 'as' || before.text === '.') continue;
    if (token.keyword === 'from' && isDistinctFrom(tokens, at)) continue;
    const byNext = tokens[at + 1]?.keyword === 'by';
    if ((token.keyword === 'group' || token.keyword === 'order') && !byNext) continue;
    starts.push(at);
  }
  return starts;
}

/** `a IS [NOT] DISTINCT FROM b`, not `SELECT DISTINCT FROM t`. */
function isDistinctFrom(tokens: readonly Token[], at: number): boolean {
  if (tokens[at - 1]?.keyword !== 'distinct') return false;
  const before = tokens[at - 2]?.keyword;
  return before === 'is' || (before === 'not' && tokens[at - 3]?.keyword === 'is');
}

/** From the first of the clauses up to the first later clause that is none of them. */
function rangeOf(
  names: readonly string[],
  tokens: readonly Token[],
  starts: readonly number[],
  end: number,
): Range | null {
  const isOne = (at: number) => names.includes(tokens[at]?.keyword ?? '');
  const first = starts.find(isOne);
  if (first === undefined) return null;
  const next = starts.find(at => at > first && !isOne(at));
  const last = next === undefined ? end : tokens[next - 1]!.end;
  return { start: tokens[first]!.start, end: last };
}

/** Ranges of the items of ORDER BY, without direction and place of NULLs. */
export function orderItems(clauses: Clauses): readonly Range[] {
  const { orderBy, tokens, depths } = clauses;
  if (orderBy === null) return [];
  const items: Range[] = [];
  let start = -1;
  let end = -1;
  let ended = false;
  let place = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.start < orderBy.start || token.end > orderBy.end) continue;
    place++;
    // ORDER BY itself.
    if (place <= 2) continue;
    const outside = depths[at] === 0;
    if (outside && token.text === ',') {
      items.push({ start, end });
      start = -1;
      ended = false;
      continue;
    }
    if (outside && start !== -1 && isDirection(tokens, at)) ended = true;
    if (ended) continue;
    if (start === -1) start = token.start;
    end = token.end;
  }
  items.push({ start, end });
  return items;
}

function isDirection(tokens: readonly Token[], at: number): boolean {
  const { keyword } = tokens[at]!;
  if (tokens[at - 1]?.text === '.') return false;
  if (keyword === 'asc' || keyword === 'desc' || keyword === 'using') return true;
  const next = tokens[at + 1]?.keyword;
  return keyword === 'nulls' && (next === 'first' || next === 'last');
}

/** A call's arguments and FILTER as written; `location` is the byte offset of the function. */
export function callText(
  clauses: Clauses,
  location: number,
): { readonly args: Range; readonly filter: Range | null } | null {
  const { tokens } = clauses;
  let open = tokens.findIndex(token => token.start === location);
  while (open !== -1 && open < tokens.length && tokens[open]?.text !== '(') open++;
  const close = closing(clauses, open);
  if (close === -1) return null;
  const args = { start: tokens[open]!.end, end: tokens[close]!.start };
  if (tokens[close + 1]?.keyword !== 'filter' || tokens[close + 2]?.text !== '(') {
    return { args, filter: null };
  }
  const filterEnd = closing(clauses, close + 2);
  if (filterEnd === -1) return null;
  return { args, filter: { start: tokens[close + 1]!.start, end: tokens[filterEnd]!.end } };
}

function closing({ tokens, depths }: Clauses, open: number): number {
  const depth = depths[open];
  if (depth === undefined) return -1;
  for (let at = open + 1; at < tokens.length; at++) {
    if (depths[at] === depth && tokens[at]?.text === ')') return at;
  }
  return -1;
}
