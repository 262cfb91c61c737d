// What a client of the soak can do next, apart from writing: reads with known answers, prepared
// statements, session settings, errors, cancels.

import type { Random } from '../sharding/seeded-random.ts';
import { bind, close, execute, parse, query, sync } from '../support/client-bytes.ts';
import type { Outcomes } from './outcomes.ts';
import { type Answer, Lost, type SoakConnection } from './soak-connection.ts';

/** One connection's life, and what belongs to the client that lives it. */
export interface Life {
  readonly client: number;
  readonly connection: SoakConnection;
  readonly random: Random;
  readonly outcomes: Outcomes;
  /** Variant by name of the prepared statements of this connection. */
  readonly prepared: Map<string, number>;
  /** What this connection set statement_timeout to, as SHOW gives it. */
  statementTimeout: string;
  violation(text: string): void;
}

export type Action = (life: Life) => Promise<void>;

/** Rows of `fixed`: ids from 1, `value` is `value ID`. */
export const fixedRows = 3_000;

/** More than are kept on one server connection, so that some are always evicted. */
const statementVariants = 60;
const statementsPerLife = 6;

/** Reports an answer that is not the known one. */
export function expect(life: Life, what: string, actual: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (is !== should) life.violation(`client ${life.client}: ${what}: ${is}, not ${should}`);
}

/** A statement that was cancelled by a late cancel request has no rows to look at. */
function expectRows(life: Life, what: string, answer: Answer, wanted: unknown): void {
  if (answer.sqlstate === null) expect(life, what, answer.rows, wanted);
}

function anyId({ random }: Life): number {
  return 1 + random.below(fixedRows);
}

export async function readPoint(life: Life): Promise<void> {
  const id = anyId(life);
  const sql = `SELECT value FROM fixed WHERE id = ${id}`;
  expectRows(life, sql, await life.connection.query(sql), [[`value ${id}`]]);
}

export async function readSum(life: Life): Promise<void> {
  const sql = 'SELECT count(*), sum(id) FROM fixed';
  const sum = (fixedRows * (fixedRows + 1)) / 2;
  expectRows(life, sql, await life.connection.query(sql), [[`${fixedRows}`, `${sum}`]]);
}

export async function readOrdered(life: Life): Promise<void> {
  const offset = life.random.below(100);
  const sql = `SELECT id FROM fixed ORDER BY id DESC LIMIT 3 OFFSET ${offset}`;
  const top = fixedRows - offset;
  const wanted = [[`${top}`], [`${top - 1}`], [`${top - 2}`]];
  expectRows(life, sql, await life.connection.query(sql), wanted);
}

export async function copyOut(life: Life): Promise<void> {
  const id = anyId(life);
  const sql = `COPY (SELECT value, generate_series(1, 500) FROM fixed WHERE id = ${id}) TO STDOUT`;
  const answer = await life.connection.query(sql);
  if (answer.sqlstate !== null) return;
  const rows = answer.messages.filter(({ type }) => type === 'd');
  const last = rows.at(-1)?.body.toString();
  expect(life, sql, [rows.length, last, answer.tags], [500, `value ${id}\t500\n`, ['COPY 500']]);
}

export async function runPrepared(life: Life): Promise<void> {
  const { connection, prepared, random } = life;
  const name = `s${random.below(statementsPerLife)}`;
  const messages: Buffer[] = [];
  const known = prepared.get(name);
  if (known !== undefined && random.below(8) === 0) {
    messages.push(close('S', name));
    prepared.delete(name);
  }
  const variant = prepared.get(name) ?? random.below(statementVariants);
  if (!prepared.has(name)) {
    const sql = `SELECT value, ${variant} AS variant FROM fixed WHERE id = $1`;
    messages.push(parse(name, sql));
  }
  const id = anyId(life);
  messages.push(bind({ statement: name, values: [`${id}`] }), execute(), sync);
  const what = `prepared statement ${name}, variant ${variant}`;
  const answer = await connection.ask(what, messages);
  if (answer.sqlstate !== null) {
    // Whether the statement was made before the cancel came is not known: off with it.
    await connection.ask(`close ${name}`, [close('S', name), sync]);
    prepared.delete(name);
    return;
  }
  prepared.set(name, variant);
  expect(life, what, answer.rows, [[`value ${id}`, `${variant}`]]);
}

export async function raiseError(life: Life): Promise<void> {
  const cases = [
    ['SELECT no such thing', '42601'],
    ['SELECT * FROM no_such_table', '42P01'],
    [`SELECT 1 / (id - id) FROM fixed WHERE id = ${anyId(life)}`, '22012'],
    ['SELECT sum(1 / (id - id)) FROM fixed', '22012'],
  ] as const;
  const [sql, state] = cases[life.random.below(cases.length)]!;
  const { sqlstate } = await life.connection.query(sql, [state]);
  if (sqlstate === null) life.violation(`client ${life.client}: ${sql}: no error`);
}

export async function checkSettings(life: Life): Promise<void> {
  const { connection, random } = life;
  if (random.below(2) === 0) {
    const seconds = 100 + life.client;
    const { sqlstate } = await connection.query(`SET statement_timeout = '${seconds}s'`);
    if (sqlstate === null) {
      life.statementTimeout = seconds % 60 === 0 ? `${seconds / 60}min` : `${seconds}s`;
    }
  }
  const sql = 'SHOW statement_timeout';
  expectRows(life, sql, await connection.query(sql), [[life.statementTimeout]]);
}

/** Cancels a statement that runs, or one that ended a moment ago. */
export async function cancelOne(life: Life): Promise<void> {
  const { connection, random } = life;
  const early = random.below(3) === 0;
  const sql = early ? `SELECT value FROM fixed WHERE id = ${anyId(life)}` : longStatement(life);
  connection.cancelling = true;
  connection.raw.send(query(sql));
  const answered = connection.read(sql, ['57014']);
  // Looked at below; until then a loss is no uncaught error.
  answered.catch(() => {});
  await pause(random.below(40));
  await connection.cancel();
  if (!early) {
    // A cancel that came before the statement reached a server is lost, as with PostgreSQL.
    const again = setInterval(() => void connection.cancel(), 500);
    await answered.finally(() => clearInterval(again));
  }
  const { sqlstate } = await answered;
  if (!early && sqlstate !== '57014') life.violation(`${sql} was not cancelled: ${sqlstate}`);
  // The next statement may be met by what is left of it; the one after it not.
  connection.cancelling = true;
  await readPoint(life);
}

/** Seldom the one on all shards: it keeps three processors busy until it is cancelled. */
function longStatement(life: Life): string {
  return life.random.below(10) === 0
    ? 'SELECT count(*) FROM fixed, generate_series(1, 100000) n'
    : `SELECT pg_sleep(10) FROM fixed WHERE id = ${anyId(life)}`;
}

/** Ends the connection in the middle of a result of some megabytes. */
export async function dieReading(life: Life): Promise<void> {
  const { raw } = life.connection;
  raw.send(query("SELECT id, repeat('x', 2000) FROM fixed"));
  await raw.next();
  if (life.random.below(2) === 0) raw.pause();
  await pause(life.random.below(20));
  raw.destroy();
  throw new Lost('on purpose');
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms);
  });
}
