// The statements that the demo offers to try, what each shows, and what it must answer: computed
// from the same rows that were loaded.

import { countries, decimal, payments, users } from './demo-data.ts';
import type { Answer, EndpointClient } from './endpoint-client.ts';

export interface DemoStatement {
  /** What it shows, in a few words. */
  readonly shows: string;
  readonly sql: string;
  /** It is shown for its error. */
  readonly isRefused?: boolean;
  /** What is wrong with the outcome; null: nothing. */
  check(outcome: Outcome): string | null;
}

/** An answer or the error that came instead. */
export type Outcome =
  | { readonly answer: Answer }
  | { readonly error: Error & { readonly code?: string } };

export const demoStatements: readonly DemoStatement[] = [
  {
    shows: 'one shard, found by the hash of the key',
    sql: 'SELECT id, name, country FROM users WHERE id = 42',
    check: outcome => rowsAre(outcome, [userRow(42)]),
  },
  {
    shows: 'one shard again: payments lie with their user, so the join stays there',
    sql: `SELECT u.name, p.id, p.amount FROM users u JOIN payments p ON p.user_id = u.id
  WHERE u.id = 42 ORDER BY p.id`,
    check: outcome => rowsAre(outcome, paymentsOf(42)),
  },
  {
    shows: 'all shards: their counts and sums are added, the average is divided once',
    sql: 'SELECT count(*), sum(amount), avg(amount) FROM payments',
    check: checkTotals,
  },
  {
    shows: 'all shards: each sorts its own, the streams are merged and end after five rows',
    sql: 'SELECT id, user_id, amount FROM payments ORDER BY amount DESC, id LIMIT 5',
    check: outcome => rowsAre(outcome, largestPayments(5)),
  },
  {
    shows: 'all shards: groups that lie on several of them become one',
    sql: 'SELECT country, count(*) AS users FROM users GROUP BY country ORDER BY users DESC, country',
    check: outcome => rowsAre(outcome, usersByCountry()),
  },
  {
    shows: 'a table that every shard has whole joins anywhere',
    sql: `SELECT u.id, u.name, c.name AS country FROM users u JOIN countries c ON c.code = u.country
  WHERE u.id IN (1, 2, 3) ORDER BY u.id`,
    check: outcome => rowsAre(outcome, [1, 2, 3].map(userWithCountry)),
  },
  {
    shows: 'rows of different shards meet: what is needed of them is collected on one shard',
    sql: `SELECT u.name, p.id, rank() OVER (ORDER BY p.amount DESC, p.id)
  FROM users u JOIN payments p ON p.id = u.id ORDER BY 3 LIMIT 3`,
    check: outcome => rowsAre(outcome, paymentsWithUsersOfTheirId(3)),
  },
  {
    shows: 'rows go to their shards; nothing is committed before every shard has its rows',
    sql: `INSERT INTO users (id, name, email, country, created_at) VALUES
  (20001, 'Margaret Hamilton', 'margaret@example.com', 'US', '2026-01-01'),
  (20002, 'Radia Perlman', 'radia@example.com', 'US', '2026-01-01'),
  (20003, 'Karen Jones', 'karen@example.com', 'KE', '2026-01-01')`,
    check: outcome => rowCountIs(outcome, 3),
  },
  {
    shows: 'how the first one goes',
    sql: 'EXPLAIN SELECT id, name, country FROM users WHERE id = 42',
    check: hasRows,
  },
  {
    shows: 'how the sorted one goes',
    sql: 'EXPLAIN SELECT id, user_id, amount FROM payments ORDER BY amount DESC, id LIMIT 5',
    check: hasRows,
  },
  {
    shows: 'refused: places of rows on several shards; never a wrong answer instead',
    sql: "SELECT id, name, ctid FROM users WHERE country = 'KE'",
    isRefused: true,
    check: checkRefusal,
  },
];

/** Runs one statement; an error is an outcome, not an exception. */
export async function outcomeOf(client: EndpointClient, sql: string): Promise<Outcome> {
  try {
    return { answer: await client.query(sql) };
  } catch (error) {
    return { error: error as Error };
  }
}

type Row = readonly (string | null)[];

function rowsAre(outcome: Outcome, expected: readonly Row[]): string | null {
  if ('error' in outcome) return `error: ${outcome.error.message}`;
  const [got, wanted] = [JSON.stringify(outcome.answer.rows), JSON.stringify(expected)];
  return got === wanted ? null : `${got} instead of ${wanted}`;
}

function rowCountIs(outcome: Outcome, expected: number): string | null {
  if ('error' in outcome) return `error: ${outcome.error.message}`;
  const { rowCount } = outcome.answer;
  return rowCount === expected ? null : `${rowCount} rows instead of ${expected}`;
}

function hasRows(outcome: Outcome): string | null {
  if ('error' in outcome) return `error: ${outcome.error.message}`;
  return outcome.answer.rows.length > 0 ? null : 'no rows';
}

function checkRefusal(outcome: Outcome): string | null {
  if (!('error' in outcome)) return 'it was answered';
  return outcome.error.code === '0A000' ? null : `error ${outcome.error.code} instead of 0A000`;
}

/** Of avg only the value is compared: how many digits numeric gives is PostgreSQL's matter. */
function checkTotals(outcome: Outcome): string | null {
  if ('error' in outcome) return `error: ${outcome.error.message}`;
  const cents = payments.reduce((sum, payment) => sum + payment.amountCents, 0);
  const [count, sum, average] = outcome.answer.rows[0] ?? [];
  const averageIsRight = Math.abs(Number(average) - cents / 100 / payments.length) < 1e-9;
  if (count === String(payments.length) && sum === decimal(cents) && averageIsRight) return null;
  return `${count}, ${sum}, ${average} instead of ${payments.length}, ${decimal(cents)}, …`;
}

function userRow(id: number): Row {
  const user = users[id - 1]!;
  return [String(user.id), user.name, user.country];
}

function userWithCountry(id: number): Row {
  const user = users[id - 1]!;
  return [String(id), user.name, countries.find(([code]) => code === user.country)![1]];
}

function paymentsOf(userId: number): Row[] {
  return payments
    .filter(payment => payment.userId === userId)
    .map(payment => [users[userId - 1]!.name, String(payment.id), decimal(payment.amountCents)]);
}

function largestPayments(count: number): Row[] {
  return [...payments]
    .sort((a, b) => b.amountCents - a.amountCents || a.id - b.id)
    .slice(0, count)
    .map(({ id, userId, amountCents }) => [String(id), String(userId), decimal(amountCents)]);
}

function paymentsWithUsersOfTheirId(count: number): Row[] {
  return [...payments]
    .filter(({ id }) => id <= users.length)
    .sort((a, b) => b.amountCents - a.amountCents || a.id - b.id)
    .slice(0, count)
    .map(({ id }, at) => [users[id - 1]!.name, String(id), String(at + 1)]);
}

function usersByCountry(): Row[] {
  const counts = new Map<string, number>();
  for (const { country } of users) counts.set(country, (counts.get(country) ?? 0) + 1);
  return [...counts]
    .sort(([a, most], [b, least]) => least - most || (a < b ? -1 : 1))
    .map(([country, count]) => [country, String(count)]);
}
