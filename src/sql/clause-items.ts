// The items of GROUP BY and the counts of LIMIT, OFFSET and FETCH as ranges of a statement's text.

import type { Clauses, Range } from './clauses.ts';

/** Ranges of the items of GROUP BY. */
export function groupItems({ tokens, depths, groupBy }: Clauses): readonly Range[] {
  if (groupBy === null) return [];
  const items: Range[] = [];
  let start = -1;
  let end = -1;
  let place = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.start < groupBy.start || token.end > groupBy.end) continue;
    place++;
    // GROUP BY, and ALL or DISTINCT behind it.
    if (place <= 2) continue;
    if (place === 3 && (token.keyword === 'all' || token.keyword === 'distinct')) continue;
    if (depths[at] === 0 && token.text === ',') {
      items.push({ start, end });
      start = -1;
      continue;
    }
    if (start === -1) start = token.start;
    end = token.end;
  }
  items.push({ start, end });
  return items;
}

/** Where the counts stand; null: there is none, or it is not written (FETCH NEXT ROW ONLY). */
export interface LimitItems {
  readonly count: Range | null;
  readonly offset: Range | null;
}

export function limitItems({ tokens, depths, limits }: Clauses): LimitItems {
  const found: { count: Range | null; offset: Range | null } = { count: null, offset: null };
  let clause = '';
  let ended = false;
  for (const [at, { start, end, keyword }] of tokens.entries()) {
    if (limits === null || start < limits.start || end > limits.end) continue;
    const outside = depths[at] === 0;
    if (outside && (keyword === 'limit' || keyword === 'offset' || keyword === 'fetch')) {
      clause = keyword;
      ended = false;
      continue;
    }
    const before = tokens[at - 1]?.keyword;
    if (before === 'fetch' && (keyword === 'first' || keyword === 'next')) continue;
    if (outside && clause !== 'limit' && (keyword === 'row' || keyword === 'rows')) ended = true;
    if (ended) continue;
    const item = clause === 'offset' ? 'offset' : 'count';
    found[item] = { start: found[item]?.start ?? start, end };
  }
  return found;
}
