// Rows of fragments on their way to a shard that may make no table for them (a read-only transaction, a
// standby, a role without the privilege): they are bound to its final fragment as arrays of text, one for each column, and are read
// there as the columns' types.

import { readRows } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import type { CollectedTable, CollectPlan } from '../plan/collect-plan.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import { type BindMessage, parameterFormat, readBind } from '../protocol/client-frame.ts';
import { Frontend, headerBytes } from '../protocol/message-codes.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { quoteName } from '../sql/quote-name.ts';
import { tokensOf } from '../sql/tokens.ts';
import { typeOid } from '../types/type-oid.ts';
import { requireExactText, requireSameText } from './collected-form.ts';
import { FanOut } from './fan-out.ts';
import type { Collected, CollectionOptions } from './row-collection.ts';
import { requireSameColumns } from './row-collection.ts';
import type { ShardRequest } from './shard-stream.ts';

/** Of text (pg_type.dat). */
const textArrayOid = 1009;

export class CarriedRows {
  readonly #options: CollectionOptions;
  readonly #servers: readonly ServerConnection[];
  readonly #columns: ColumnValues[] = [];
  /** Of each table: `name (columns) AS (rows)`. */
  readonly #queries: string[] = [];
  #bytes = 0;
  readonly notices: Buffer[] = [];
  /** By shard. */
  readonly collected = new Map<number, Collected>();

  constructor(options: CollectionOptions) {
    this.#options = options;
    this.#servers = [options.final, ...options.sources];
    for (const { address } of this.#servers) {
      this.collected.set(address.shard, { rows: 0, bytes: 0, ms: 0 });
    }
  }

  /** Reads all rows. Rejects with the first error, when every server is free. */
  async run(parameters: number): Promise<void> {
    const { tables, columns, final } = this.#options;
    for (const server of this.#servers) {
      if (this.#options.isGone()) throw new PgError(errors.queryCanceled);
      requireSameText(server, final);
      await requireExactText(server);
    }
    for (const [i, table] of tables.entries()) {
      const types = await this.#typesOf(table, columns[i]!);
      const first = parameters + this.#columns.length + 1;
      const rows = await this.#read(table, columns[i]!);
      this.#queries.push(tableQuery(table, columns[i]!, types, first, rows));
    }
  }

  /** The final fragment over them. */
  request({ sql }: Pick<CollectPlan, 'sql'>, given: ShardRequest): ShardRequest {
    const unqualified = sql.replace(/\bpg_temp\.("?)(pgpack_rows_\w+)\1/g, '$2');
    const parameterTypes = [...given.parameterTypes, ...this.#columns.map(() => textArrayOid)];
    const bind = bindOf(given.bind, this.#columns);
    return { ...given, sql: withQueries(unqualified, this.#queries), parameterTypes, bind };
  }

  /** `numeric(10,2)`, `text COLLATE "C"`: what each column is on the shard that finishes. */
  async #typesOf(
    { sql }: CollectedTable,
    columns: readonly ColumnDescription[],
  ): Promise<readonly string[]> {
    if (columns.length === 0) return [];
    const asked = columns.map(
      ({ name, typeModifier }) => `(SELECT pg_catalog.format_type(t.oid,
          CASE WHEN t.typtype = 'd' THEN NULL ELSE ${typeModifier} END)
        || CASE WHEN t.typcollation = 0 THEN ''
          ELSE coalesce(' COLLATE ' || pg_catalog.pg_collation_for(r.${quoteName(name)}), '') END
      FROM pg_catalog.pg_type t WHERE t.oid = pg_catalog.pg_typeof(r.${quoteName(name)}))`,
    );
    const text = `SELECT ${asked.join()} FROM (SELECT) one LEFT JOIN (${sql}) r ON false`;
    const rows: Buffer[] = [];
    await this.#each([this.#options.final], text, chunk => rows.push(chunk.bytes));
    const [types = []] = readRows(Buffer.concat(rows));
    return types.map(type => type ?? 'text');
  }

  async #read({ sql }: CollectedTable, columns: readonly ColumnDescription[]): Promise<number> {
    const values = columns.map(() => new ColumnValues());
    this.#columns.push(...values);
    let rows = 0;
    const take = (chunk: RowChunk, shard: number) => {
      rows += chunk.rows;
      const collected = this.collected.get(shard)!;
      collected.rows += chunk.rows;
      collected.bytes += chunk.bytes.length;
      this.#count(chunk.bytes.length);
      addRows(chunk, values);
    };
    await this.#each(this.#servers, sql, take, columns);
    return rows;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    const { bytesMax, memoryBytesMax } = this.#options;
    if (this.#bytes > bytesMax) throw new PgError(errors.collectLimit, { limit: bytesMax });
    if (this.#bytes <= memoryBytesMax) return;
    const what = 'the memory for rows collected without temporary tables (merge_memory_limit)';
    throw new PgError(errors.memoryLimit, { what, limit: `${memoryBytesMax} bytes` });
  }

  async #each(
    servers: readonly ServerConnection[],
    sql: string,
    take: (chunk: RowChunk, shard: number) => void,
    columns?: readonly ColumnDescription[],
  ): Promise<void> {
    const { requestFor, isGone } = this.#options;
    if (isGone()) throw new PgError(errors.queryCanceled);
    const begin = performance.now();
    const fanOut = new FanOut(servers, server => ({ ...requestFor(server, sql), format: 0 }));
    const read = async (stream: (typeof fanOut.streams)[number]) => {
      const described = await stream.columns;
      if (columns !== undefined) requireSameColumns(columns, described);
      for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
        take(chunk, stream.shard);
      }
      this.collected.get(stream.shard)!.ms += performance.now() - begin;
    };
    try {
      await Promise.all(fanOut.streams.map(read));
    } catch (error) {
      if (!isGone()) await fanOut.stop(true);
      throw error;
    }
    this.notices.push(...(await fanOut.finish()));
  }
}

/** Values of one column as PostgreSQL sends the elements of an array (array_send). */
class ColumnValues {
  #buffer: Buffer = Buffer.allocUnsafe(1024);
  #filled = 0;
  #count = 0;
  #hasNull = false;

  /** A value of a DataRow: its length (-1: NULL) and its bytes. */
  add(bytes: Buffer, start: number, end: number): void {
    const filled = this.#filled + end - start;
    if (filled > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(2 * filled);
      this.#buffer.copy(grown, 0, 0, this.#filled);
      this.#buffer = grown;
    }
    bytes.copy(this.#buffer, this.#filled, start, end);
    this.#filled = filled;
    this.#count += 1;
    this.#hasNull ||= bytes.readInt32BE(start) < 0;
  }

  write(out: ByteWriter): void {
    const isEmpty = this.#count === 0;
    out.int32(this.#filled + (isEmpty ? 12 : 20)).int32(isEmpty ? 0 : 1);
    out.int32(this.#hasNull ? 1 : 0).int32(typeOid.text);
    if (!isEmpty) out.int32(this.#count).int32(1);
    out.bytes(this.#buffer, 0, this.#filled);
  }
}

function addRows({ bytes, offsets, rows }: RowChunk, values: readonly ColumnValues[]): void {
  for (let row = 0; row < rows; row++) {
    let pos = offsets[row]! + headerBytes + 2;
    for (const column of values) {
      const end = pos + 4 + Math.max(0, bytes.readInt32BE(pos));
      column.add(bytes, pos, end);
      pos = end;
    }
  }
}

/** `first`: number of the parameter of its first column. */
function tableQuery(
  { name }: CollectedTable,
  columns: readonly ColumnDescription[],
  types: readonly string[],
  first: number,
  rows: number,
): string {
  if (columns.length === 0) {
    return `${name} AS (SELECT FROM pg_catalog.generate_series(1, ${rows}))`;
  }
  const names = columns.map(column => quoteName(column.name));
  const read = types.map((type, i) => `r.c${i}::${type}`);
  const sets = columns.map((_, i) => `pg_catalog.unnest($${first + i})`);
  const aliases = columns.map((_, i) => `c${i}`);
  return (
    `${name} (${names.join()}) AS (SELECT ${read.join()}` +
    ` FROM ROWS FROM (${sets.join()}) AS r (${aliases.join()}))`
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
function bindOf(given: BindMessage | null, columns: readonly ColumnValues[]): BindMessage {
  const out = new ByteWriter(1024).begin(Frontend.bind).cstring('').cstring('');
  const own = given?.parameters ?? 0;
  out.int16(own + columns.length);
  for (let i = 0; i < own; i++) out.int16(parameterFormat(given!, i));
  for (const _ of columns) out.int16(1);
  out.int16(own + columns.length);
  if (given !== null) out.bytes(given.buffer, given.values, given.resultFormats);
  for (const column of columns) column.write(out);
  if (given === null) out.int16(0);
  else out.bytes(given.buffer, given.resultFormats, given.end);
  const message = out.end().take();
  return readBind(message, 0, message.length);
}
