// Collected rows that are not put into tables, because they are few or the shard may make none (a
// read-only transaction, a standby, a role without the privilege): they are bound to the final
// fragment as arrays, one for each column, and are read there as the columns' types.

import type { CollectedTable, CollectPlan } from '../plan/collect-plan.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import { type BindMessage, parameterFormat, readBind } from '../protocol/client-frame.ts';
import { Frontend } from '../protocol/message-codes.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { quoteName } from '../sql/quote-name.ts';
import { tokensOf } from '../sql/tokens.ts';
import type { CarriedColumn, CarriedTable } from './carried-columns.ts';
import type { ColumnValues, HeldRows } from './held-rows.ts';
import type { ShardRequest } from './shard-stream.ts';

export interface CarriedRows {
  readonly described: readonly (readonly ColumnDescription[])[];
  readonly carried: readonly CarriedTable[];
  readonly rows: HeldRows;
}

interface Parameter {
  readonly column: CarriedColumn;
  readonly values: ColumnValues;
}

/** `given`: the final fragment without them. */
export function carryingRequest(
  { sql, tables }: CollectPlan,
  given: ShardRequest,
  { described, carried, rows }: CarriedRows,
): ShardRequest {
  const unqualified = sql.replace(/\bpg_temp\.("?)(pgpack_rows_\w+)\1/g, '$2');
  const parameters: Parameter[] = [];
  const first = (given.bind?.parameters ?? 0) + 1;
  const queries = tables.map((table, i) => {
    const { columns } = carried[i]!;
    const from = first + parameters.length;
    const query = tableQuery(table, described[i]!, columns, from, rows.rows(i));
    const values = rows.arrays(i, columns.length);
    parameters.push(...columns.map((column, at) => ({ column, values: values[at]! })));
    return query;
  });
  // The types of arrays are inferred from their casts.
  const parameterTypes = [...given.parameterTypes, ...parameters.map(() => 0)];
  const bind = bindOf(given.bind, parameters);
  return { ...given, sql: withQueries(unqualified, queries), parameterTypes, bind };
}

/** Gives no row, but PostgreSQL expects 1000 of it (pg_proc.dat) and takes the most of all functions
 *  (set_function_size_estimates, costsize.c): it plans as for a table without statistics, with
 *  hashed groups that keep the order of a subquery, and not as for rows so few that all differ. */
const someRows = "pg_catalog.generate_subscripts('{}'::pg_catalog.int4[], 1)";

/** `first`: number of the parameter of its first column. Evaluated once, however often it is read. */
function tableQuery(
  { name }: CollectedTable,
  described: readonly ColumnDescription[],
  columns: readonly CarriedColumn[],
  first: number,
  rows: number,
): string {
  if (columns.length === 0) {
    return `${name} AS MATERIALIZED (SELECT FROM pg_catalog.generate_series(1, ${rows}))`;
  }
  const names = described.map(column => quoteName(column.name));
  const read = columns.map(({ type }, i) => `r.c${i}::${type}`);
  const sets = columns.map(({ element }, i) => `pg_catalog.unnest($${first + i}::${element}[])`);
  const aliases = columns.map((_, i) => `c${i}`);
  return (
    `${name} (${names.join()}) AS MATERIALIZED (SELECT ${read.join()}` +
    ` FROM ROWS FROM (${sets.join()}, ${someRows}) AS r (${aliases.join()}))`
  );
}

/** In front of its own WITH queries, which may read them. */
function withQueries(sql: string, queries: readonly string[]): string {
  if (queries.length === 0) return sql;
  const [first, second] = tokensOf(sql);
  if (first?.keyword !== 'with') return `WITH ${queries.join(', ')} ${sql}`;
  const end = second?.keyword === 'recursive' ? second.end : first.end;
  const bytes = Buffer.from(sql);
  return `${bytes.subarray(0, end)} ${queries.join(', ')}, ${bytes.subarray(end)}`;
}

/** The client's parameters and behind them the columns, results as the client wants them. */
function bindOf(given: BindMessage | null, parameters: readonly Parameter[]): BindMessage {
  const size = parameters.reduce((sum, { values }) => sum + values.bytes, 1024);
  const out = new ByteWriter(size + (given === null ? 0 : given.end - given.rest))
    .begin(Frontend.bind)
    .cstring('')
    .cstring('');
  const own = given?.parameters ?? 0;
  out.int16(own + parameters.length);
  for (let i = 0; i < own; i++) out.int16(parameterFormat(given!, i));
  for (const _ of parameters) out.int16(1);
  out.int16(own + parameters.length);
  if (given !== null) out.bytes(given.buffer, given.values, given.resultFormats);
  for (const { column, values } of parameters) values.write(out, column.elementOid);
  if (given === null) out.int16(0);
  else out.bytes(given.buffer, given.resultFormats, given.end);
  const message = out.end().take();
  return readBind(message, 0, message.length);
}
