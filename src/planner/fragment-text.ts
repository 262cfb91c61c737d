// The SQL of a fragment: the statement as written, with helper columns, and with ORDER BY and LIMIT
// as the merge needs them from the shards.

import { ByteText } from '../sql/byte-text.ts';
import type { Clauses } from '../sql/clauses.ts';
import { type Edit, splice } from '../sql/splice.ts';

export interface FragmentText {
  readonly sql: string;
  readonly clauses: Clauses;
  /** HAVING is the merge's to ask, not the shards'. */
  readonly dropsHaving?: boolean;
  /** `, … AS …` behind the target list; empty: nothing. */
  readonly hidden: string;
  /** `kept` as written, `dropped`, or with these items behind its own. */
  readonly orderBy: 'kept' | 'dropped' | readonly string[];
  /** LIMIT, OFFSET and FETCH instead of the statement's; empty: none. */
  readonly limit: string;
}

export function fragmentSql(fragment: FragmentText): string {
  const { sql, clauses, hidden, orderBy, limit, dropsHaving = false } = fragment;
  const { targetsEnd, limits, end } = clauses;
  const edits: Edit[] = [];
  if (hidden !== '') {
    edits.push({ start: lastEnd(clauses, targetsEnd), end: targetsEnd, text: hidden });
  }
  if (dropsHaving && clauses.having !== null) edits.push({ ...clauses.having, text: '' });
  const added = typeof orderBy === 'string' ? '' : orderBy.join(', ');
  if (clauses.orderBy !== null && orderBy === 'dropped') {
    edits.push({ ...clauses.orderBy, text: '' });
  } else if (clauses.orderBy !== null && added !== '') {
    edits.push({ start: clauses.orderBy.end, end: clauses.orderBy.end, text: `, ${added}` });
  }
  const sorted = clauses.orderBy === null && added !== '' ? `ORDER BY ${added}` : '';
  const tail = [sorted, limit].filter(part => part !== '').join(' ');
  if (limits !== null) edits.push({ ...limits, text: tail });
  else if (tail !== '') edits.push({ start: end, end, text: ` ${tail}` });
  edits.push({ start: end, end: new ByteText(sql).length, text: '' });
  return splice(sql, edits).trimEnd();
}

/** End of the last token before a place, so that a comment there does not swallow what is added. */
export function lastEnd({ tokens }: Clauses, before: number): number {
  let end = 0;
  for (const token of tokens) if (token.end <= before && token.text !== ';') end = token.end;
  return end;
}
