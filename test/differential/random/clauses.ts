// A random SELECT as its clauses, so that a failing one can be made smaller piece by piece.

import type { Case } from '../case-file.ts';

export interface Clauses {
  readonly ctes: string;
  /** `SELECT`, `SELECT DISTINCT`, `SELECT DISTINCT ON (…)`. */
  readonly head: string;
  readonly outputs: readonly string[];
  readonly from: string;
  /** In conjunction. */
  readonly where: readonly string[];
  /** Elements of GROUP BY, with their aliases and numbers resolved nowhere. */
  readonly groups: readonly string[];
  readonly having: readonly string[];
  /** Arms with the operator before each. */
  readonly arms: readonly string[];
  readonly order: readonly string[];
  /** LIMIT, OFFSET or FETCH, as they stand. */
  readonly limits: readonly string[];
  /** The order names one answer. */
  readonly total: boolean;
  /** Of equal keys, the one that comes first is as good as another. */
  readonly ties: boolean;
  readonly about: boolean;
}

export const emptyClauses: Clauses = {
  ...{ ctes: '', head: 'SELECT', outputs: [], from: '', where: [], groups: [], having: [] },
  ...{ arms: [], order: [], limits: [], total: false, ties: false, about: false },
};

function printClauses(one: Clauses): string {
  const clause = (word: string, items: readonly string[], between = ', '): string =>
    items.length === 0 ? '' : ` ${word} ${items.join(between)}`;
  return [
    one.ctes === '' ? '' : `WITH ${one.ctes} `,
    `${one.head} ${one.outputs.join(', ')} FROM ${one.from}`,
    clause(
      'WHERE',
      one.where.map(item => (one.where.length > 1 ? `(${item})` : item)),
      ' AND ',
    ),
    clause('GROUP BY', one.groups),
    clause('HAVING', one.having, ' AND '),
    ...one.arms.map(arm => ` ${arm}`),
    clause('ORDER BY', one.order),
    ...one.limits.map(limit => ` ${limit}`),
  ].join('');
}

/** How an answer to it is compared: by rows in order, by rows, by their number. */
export function caseOf(one: Clauses): Case {
  const sql = printClauses(one);
  const open = one.limits.length > 0 && !one.total;
  return {
    ...{ file: '', line: 0, sql, text: sql, stdin: null, refused: [], about: one.about },
    ...{ messages: false, simpleOnly: false, textOnly: false },
    ...{ compare: open ? 'count' : 'rows', ordered: one.total && !one.ties ? null : [] },
  };
}

/** The same without one of its pieces, whichever, and still with a determined answer. */
function* smallerClauses(one: Clauses): Iterable<Clauses> {
  for (const limit of one.limits.keys()) yield { ...one, limits: one.limits.toSpliced(limit, 1) };
  for (const arm of one.arms.keys()) yield { ...one, arms: one.arms.toSpliced(arm, 1) };
  if (one.limits.length === 0 && !one.head.includes(' ON ')) {
    if (one.order.length > 0) yield { ...one, order: [], total: false };
    for (const key of one.order.keys()) {
      yield { ...one, order: one.order.toSpliced(key, 1), total: false };
    }
  }
  if (one.head === 'SELECT DISTINCT') yield { ...one, head: 'SELECT' };
  for (const item of one.having.keys()) yield { ...one, having: one.having.toSpliced(item, 1) };
  for (const item of one.where.keys()) yield { ...one, where: one.where.toSpliced(item, 1) };
  if (one.outputs.length > 1 && one.arms.length === 0) {
    for (const item of one.outputs.keys())
      yield { ...one, outputs: one.outputs.toSpliced(item, 1) };
  }
  for (const item of one.groups.keys()) yield { ...one, groups: one.groups.toSpliced(item, 1) };
}

/** The smallest of these that still fails; `attempts` limits how many are tried. */
export async function shrink(
  failing: Clauses,
  fails: (one: Clauses) => Promise<boolean>,
  attempts = 120,
): Promise<Clauses> {
  let left = attempts;
  const next = async (from: Clauses): Promise<Clauses | null> => {
    for (const one of smallerClauses(from)) {
      if (left-- <= 0) return null;
      if (await fails(one)) return one;
    }
    return null;
  };
  let smallest = failing;
  for (let one = await next(smallest); one !== null; one = await next(smallest)) smallest = one;
  return smallest;
}
