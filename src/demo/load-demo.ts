// The demo's schema and rows, brought in through an endpoint with the statements that anybody would
// use: DDL goes to all shards, COPY and multi-row INSERT are split by row, the replicated table is
// written to every shard.

import { countries, decimal, payments, type User, users } from './demo-data.ts';
import type { EndpointClient } from './endpoint-client.ts';

const schema = [
  'DROP TABLE IF EXISTS payments, users, countries',
  'CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL)',
  `CREATE TABLE users (
     id bigint PRIMARY KEY,
     name text NOT NULL,
     email text NOT NULL,
     country text NOT NULL REFERENCES countries (code),
     created_at timestamptz NOT NULL
   )`,
  `CREATE TABLE payments (
     id bigint NOT NULL,
     user_id bigint NOT NULL REFERENCES users (id),
     amount numeric(10,2) NOT NULL,
     status text NOT NULL,
     paid_at timestamptz NOT NULL,
     PRIMARY KEY (user_id, id)
   )`,
];

/** The last users come by INSERT, the others by COPY: both ways are tried at every start. */
const insertedUsers = 1_000;
const rowsPerInsert = 250;
const rowsPerChunk = 500;

/** Makes the tables anew and fills them. `report` gets a line when a part is finished. */
export async function loadDemo(
  client: EndpointClient,
  report: (line: string) => void,
): Promise<void> {
  for (const statement of schema) await client.query(statement);
  report('tables created: users by id, payments by user_id, countries on every shard');
  await client.query(`INSERT INTO countries (code, name) VALUES ${countries.map(values).join()}`);

  const copied = users.slice(0, -insertedUsers);
  await client.copyFrom('COPY users FROM STDIN', chunksOf(copied.map(userLine)));
  for (const rows of slicesOf(users.slice(-insertedUsers), rowsPerInsert)) {
    const list = rows.map(user => values(userValues(user))).join();
    await client.query(`INSERT INTO users (id, name, email, country, created_at) VALUES ${list}`);
  }
  report(`${users.length} users loaded, by COPY and by INSERT of ${rowsPerInsert} rows`);

  const lines = payments.map(
    ({ id, userId, amountCents, status, paidAt }) =>
      `${id}\t${userId}\t${decimal(amountCents)}\t${status}\t${paidAt}\n`,
  );
  const columns = '(id, user_id, amount, status, paid_at)';
  await client.copyFrom(`COPY payments ${columns} FROM STDIN`, chunksOf(lines));
  report(`${payments.length} payments loaded by COPY`);
}

function userValues(user: User): string[] {
  return [String(user.id), user.name, user.email, user.country, user.createdAt];
}

function userLine(user: User): string {
  return `${userValues(user).join('\t')}\n`;
}

/** No value of the demo holds a quote. */
function values(row: readonly string[]): string {
  return `(${row.map(value => `'${value}'`).join()})`;
}

function* chunksOf(lines: readonly string[]): Generator<string> {
  for (const slice of slicesOf(lines, rowsPerChunk)) yield slice.join('');
}

function* slicesOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
