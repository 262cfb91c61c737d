// Rows of fragments on their way to the shard that finishes a statement. As long as they are few they
// are held here. When they outgrow that, it has its own rows of each table put there by CREATE
// TABLE AS and those of the other shards by COPY, as they come. Shards go on to their next fragment
// without waiting for each other.

import { internalQuery, runCommand } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import type { CollectedTable } from '../plan/collect-plan.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { ServerError } from '../protocol/server-error.ts';
import { quoteName } from '../sql/quote-name.ts';
import { firstUserOid } from '../types/type-oid.ts';
import {
  type CollectedForm,
  collectedForm,
  formOf,
  requireExactText,
  requireSameText,
} from './collected-form.ts';
import { cancelsOf } from './fan-out.ts';
import { HeldRows } from './held-rows.ts';
import { RowCopy } from './row-copy.ts';
import { ServerStream, type ShardRequest } from './shard-stream.ts';

/** With more rows than this PostgreSQL had better know what they are like. */
const analyzedRows = 10_000;

/** And arrays of it. COPY takes for a document what it is told to (xml_recv, xml.c). */
const xmlTypes: ReadonlySet<number> = new Set([142, 143]);
const asContent = `SELECT pg_catalog.current_setting('xmloption'),
  pg_catalog.set_config('xmloption', 'content', true)`;

export interface CollectionOptions {
  readonly tables: readonly CollectedTable[];
  /** Of each table, as the shard that finishes has them. */
  readonly columns: readonly (readonly ColumnDescription[])[];
  /** In a transaction. */
  readonly final: ServerConnection;
  readonly sources: readonly ServerConnection[];
  readonly requestFor: (server: ServerConnection, sql: string) => ShardRequest;
  /** Of rows that travel. */
  readonly bytesMax: number;
  /** null: rows go into tables from the beginning. */
  readonly holding: Holding | null;
  /** The connections are not ours any more. */
  readonly isGone: () => boolean;
}

/** How rows are held. */
export interface Holding {
  /** Of each table. */
  readonly formats: readonly (0 | 1)[];
  readonly bytesMax: number;
  /** Set on the shard that finishes; null: there can be no tables. */
  readonly savepoint: string | null;
}

/** What came of one shard. */
export interface Collected {
  rows: number;
  /** That travelled. */
  bytes: number;
  ms: number;
}

export class RowCollection {
  readonly #options: CollectionOptions;
  readonly #forms: readonly CollectedForm[];
  readonly #opened: readonly PromiseWithResolvers<RowCopy>[];
  readonly #passed: readonly PromiseWithResolvers<void>[];
  readonly #pending: number[];
  readonly #rows: number[];
  readonly #outgrown = quiet(Promise.withResolvers<void>());
  /** Of the shard that finishes, while its rows are read. */
  #own: ServerStream | null = null;
  /** Tables whose rows of that shard are all held. */
  #ownTables = 0;
  /** null: rows are not held, or not any more. */
  #held: HeldRows | null = null;
  readonly #streams: ServerStream[] = [];
  readonly #beginMs = performance.now();
  #copy: RowCopy | null = null;
  #bytes = 0;
  #failure: { readonly error: unknown } | null = null;
  #stopped: Promise<unknown> | null = null;
  /** By shard. */
  readonly collected = new Map<number, Collected>();

  constructor(options: CollectionOptions) {
    const { tables, columns, sources, final, holding } = options;
    this.#options = options;
    this.#forms = holding === null ? columns.map(collectedForm) : holding.formats.map(formOf);
    if (holding !== null) this.#held = new HeldRows(tables.length);
    this.#opened = tables.map(() => quiet(Promise.withResolvers<RowCopy>()));
    this.#passed = tables.map(() => quiet(Promise.withResolvers<void>()));
    this.#pending = tables.map(() => sources.length);
    this.#rows = tables.map(() => 0);
    if (sources.length === 0) for (const { resolve } of this.#passed) resolve();
    for (const { address } of [final, ...sources]) {
      this.collected.set(address.shard, { rows: 0, bytes: 0, ms: 0 });
    }
  }

  /** NoticeResponse messages of all shards. */
  get notices(): Buffer[] {
    return this.#streams.flatMap(stream => stream.notices);
  }

  /** Bytes that travelled. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Collects all rows: null when they are in tables, else the rows. Rejects with the first error,
   *  when every server is free. */
  async run(): Promise<HeldRows | null> {
    const { sources } = this.#options;
    const received = this.#held === null ? this.#receive(null) : this.#hold(this.#held);
    const work = [received, ...sources.map(server => this.#send(server))];
    try {
      await Promise.all(work);
      return this.#held;
    } catch (error) {
      this.#fail(error);
      if (!this.#options.isGone()) await this.#stop();
      await Promise.allSettled(work);
      throw this.#failure!.error;
    }
  }

  /** Until all rows are read or there are too many of them. */
  async #hold(held: HeldRows): Promise<void> {
    const read = [this.#readOwn(held), ...this.#passed.map(({ promise }) => promise)];
    await Promise.race([Promise.all(read), this.#outgrown.promise]);
    if (this.#held !== null) return;
    await this.#giveUpOwn();
    await read[0];
    await this.#receive(held);
  }

  /** What the shard that finishes is in the middle of, it will do again with a table to put it in. */
  async #giveUpOwn(): Promise<void> {
    const { final, holding } = this.#options;
    const release = `RELEASE SAVEPOINT ${holding!.savepoint}`;
    const own = this.#own;
    this.#assertGoing();
    if (own === null) return runCommand(final, release);
    await own.abort();
    await cancelsOf([final]);
    this.#assertGoing();
    await runCommand(final, `ROLLBACK TO SAVEPOINT ${holding!.savepoint}; ${release}`);
  }

  async #readOwn(held: HeldRows): Promise<void> {
    const { tables, final } = this.#options;
    for (const [i, { sql }] of tables.entries()) {
      await this.#requireText(i, final);
      if (this.#held === null) return;
      const stream = this.#open(final, sql, this.#forms[i]!.format);
      this.#own = stream;
      try {
        requireSameColumns(this.#options.columns[i]!, await stream.columns);
        for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
          if (this.#held === null) return;
          const collected = this.collected.get(final.address.shard)!;
          this.#rows[i]! += chunk.rows;
          collected.rows += chunk.rows;
          collected.bytes += chunk.bytes.length;
          held.add(i, chunk, true);
          this.#countHeld(held);
        }
        await stream.finished;
      } catch (error) {
        // What is wrong with it is told again.
        if (this.#held === null) return;
        throw error;
      }
      if (this.#held === null) return;
      this.#own = null;
      this.#ownTables = i + 1;
    }
    this.collected.get(final.address.shard)!.ms = performance.now() - this.#beginMs;
  }

  #countHeld({ bytes }: HeldRows): void {
    const { bytesMax, savepoint } = this.#options.holding!;
    if (bytes <= bytesMax) return;
    if (savepoint === null) {
      const what = 'the memory for rows collected without temporary tables (merge_memory_limit)';
      throw new PgError(errors.memoryLimit, { what, limit: `${bytesMax} bytes` });
    }
    this.#held = null;
    this.#outgrown.resolve();
  }

  /** `held`: rows that were read before. */
  async #receive(held: HeldRows | null): Promise<void> {
    const { tables, final } = this.#options;
    for (const [i, table] of tables.entries()) {
      await this.#create(i, table, held);
      const rows = held?.take(i) ?? [];
      if (rows.length > 0 || this.#options.sources.length > 0) await this.#fill(i, table, rows);
      await this.#finish(i, table);
    }
    this.collected.get(final.address.shard)!.ms = performance.now() - this.#beginMs;
  }

  async #create(i: number, { name, sql }: CollectedTable, held: HeldRows | null): Promise<void> {
    const { final } = this.#options;
    const create = `CREATE TEMPORARY TABLE ${tableName(name)} ON COMMIT DROP AS ${sql}`;
    if (i < this.#ownTables) {
      await this.#open(final, `${create} WITH NO DATA`).finished;
      return this.#assertGoing();
    }
    this.#forget(i, held?.takeOwn(i) ?? []);
    const stream = this.#open(final, create);
    await stream.finished;
    this.#assertGoing();
    const rows = Number(/\d+$/.exec(stream.tag)?.[0] ?? 0);
    this.#rows[i]! += rows;
    this.collected.get(final.address.shard)!.rows += rows;
  }

  /** Rows of the shard that finishes, which has them anyway. */
  #forget(i: number, chunks: readonly RowChunk[]): void {
    const collected = this.collected.get(this.#options.final.address.shard)!;
    for (const { rows, bytes } of chunks) {
      this.#rows[i]! -= rows;
      collected.rows -= rows;
      collected.bytes -= bytes.length;
    }
  }

  async #fill(i: number, { name }: CollectedTable, held: readonly RowChunk[]): Promise<void> {
    const { options, header, trailer } = this.#forms[i]!;
    const { final } = this.#options;
    this.#assertGoing();
    const isXml = this.#options.columns[i]!.some(column => xmlTypes.has(column.typeOid));
    const [[xmlOption] = []] = isXml ? await internalQuery(final, asContent) : [];
    this.#assertGoing();
    const copy = new RowCopy(final, `COPY ${tableName(name)} FROM STDIN${options}`);
    this.#copy = copy;
    void copy.finished.then(() => {
      if (copy.error !== null) this.#fail(ofDomain(copy.error));
    });
    await copy.ready;
    if (header !== null) await copy.write(header);
    for (const chunk of held) await copy.write(this.#forms[i]!.copyData(chunk));
    this.#opened[i]!.resolve(copy);
    await this.#passed[i]!.promise;
    if (trailer !== null) await copy.write(trailer);
    await copy.end();
    this.#assertGoing();
    if (xmlOption === 'document') await runCommand(final, `SET LOCAL xmloption = document`);
  }

  async #finish(i: number, { name, primaryKey }: CollectedTable): Promise<void> {
    this.#assertGoing();
    const { final } = this.#options;
    const table = tableName(name);
    if (primaryKey !== null) {
      const columns = primaryKey.map(quoteName).join(', ');
      await runCommand(final, `ALTER TABLE ${table} ADD PRIMARY KEY (${columns})`).catch(error => {
        throw keyBroken(error, columns);
      });
    }
    this.#assertGoing();
    if (this.#rows[i]! > analyzedRows) await runCommand(final, `ANALYZE ${table}`);
  }

  async #send(server: ServerConnection): Promise<void> {
    const { tables } = this.#options;
    const collected = this.collected.get(server.address.shard)!;
    for (const [i, { sql }] of tables.entries()) {
      await this.#requireText(i, server);
      const stream = this.#open(server, sql, this.#forms[i]!.format);
      requireSameColumns(this.#options.columns[i]!, await stream.columns);
      if (this.#held === null) await this.#opened[i]!.promise;
      for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
        this.#assertGoing();
        this.#count(i, chunk, collected);
        await this.#pass(i, chunk);
      }
      await stream.finished;
      collected.ms = performance.now() - this.#beginMs;
      this.#pending[i]! -= 1;
      if (this.#pending[i] === 0) this.#passed[i]!.resolve();
    }
  }

  async #pass(i: number, chunk: RowChunk): Promise<void> {
    const held = this.#held;
    if (held === null) {
      const copy = await this.#opened[i]!.promise;
      return copy.write(this.#forms[i]!.copyData(chunk));
    }
    held.add(i, chunk, false);
    this.#countHeld(held);
  }

  async #requireText(i: number, server: ServerConnection): Promise<void> {
    if (this.#forms[i]!.format === 1) return;
    this.#assertGoing();
    requireSameText(server, this.#options.final);
    await requireExactText(server);
  }

  #open(server: ServerConnection, sql: string, format?: 0 | 1): ServerStream {
    this.#assertGoing();
    const request = this.#options.requestFor(server, sql);
    const stream = new ServerStream(
      server,
      format === undefined ? request : { ...request, format },
    );
    this.#streams.push(stream);
    void stream.finished.then(() => {
      const isGivenUp = stream === this.#own && this.#held === null;
      if (stream.error === null || isGivenUp) return;
      this.#fail(server === this.#options.final ? unfit(stream.error) : stream.error);
    });
    return stream;
  }

  #count(i: number, { bytes, rows }: RowChunk, collected: Collected): void {
    const { bytesMax } = this.#options;
    this.#rows[i]! += rows;
    this.#bytes += bytes.length;
    collected.rows += rows;
    collected.bytes += bytes.length;
    if (this.#bytes > bytesMax) throw new PgError(errors.collectLimit, { limit: bytesMax });
  }

  #assertGoing(): void {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#options.isGone()) throw new PgError(errors.queryCanceled);
  }

  /** The first error is the statement's. */
  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = { error };
    for (const { reject } of [...this.#opened, ...this.#passed]) reject(error);
    this.#outgrown.reject(error);
    if (!this.#options.isGone()) void this.#stop();
  }

  #stop(): Promise<unknown> {
    this.#stopped ??= Promise.all([
      ...this.#streams.map(stream => stream.abort()),
      this.#copy?.abort(),
    ]);
    return this.#stopped;
  }
}

export function tableName(name: string): string {
  return `pg_temp.${quoteName(name)}`;
}

/** A rejection is seen by whoever awaits it. */
function quiet<T>(gate: PromiseWithResolvers<T>): PromiseWithResolvers<T> {
  gate.promise.catch(() => {});
  return gate;
}

/** COPY makes values fit the table's modifiers, so those must be equal too. */
function requireSameColumns(
  table: readonly ColumnDescription[],
  rows: readonly ColumnDescription[],
): void {
  if (table.length !== rows.length) {
    throw new PgError(errors.shardsDisagree, { what: 'the number of columns' });
  }
  for (const [i, { name, typeOid, typeModifier }] of table.entries()) {
    const other = rows[i]!;
    const isSame = typeOid === other.typeOid || (isOwn(typeOid) && isOwn(other.typeOid));
    if (isSame && typeModifier === other.typeModifier) continue;
    throw new PgError(errors.shardsDisagree, { what: `the type of column "${name}"` });
  }
}

/** Numbers that each shard gave to a type itself. */
function isOwn(oid: number): boolean {
  return oid >= firstUserOid;
}

/** Of CREATE TABLE AS: what cannot be a table's column. */
function unfit(error: Error): Error {
  if (!(error instanceof ServerError) || error.sqlstate !== '42P16') return error;
  const construct = 'collecting values of this type from several shards';
  const options = { cause: error, detail: error.message };
  return new PgError(errors.unsupportedAcrossShards, { construct }, options);
}

/** COPY checks what an outer join does not: NULL-extended, a column may have what its domain does not
 *  allow (documentation of CREATE DOMAIN, "Notes"). */
export function ofDomain(error: Error): Error {
  const isDomains =
    error instanceof ServerError && (error.sqlstate === '23502' || error.sqlstate === '23514');
  if (!isDomains) return error;
  const construct = 'collecting values that their domain does not allow';
  const options = { cause: error, detail: error.message };
  return new PgError(errors.unsupportedAcrossShards, { construct }, options);
}

function keyBroken(error: Error, columns: string): Error {
  const isBroken =
    error instanceof ServerError && (error.sqlstate === '23505' || error.sqlstate === '23502');
  if (!isBroken) return error;
  const construct = `a primary key (${columns}) whose values are on several shards`;
  return new PgError(errors.unsupportedAcrossShards, { construct }, { cause: error });
}
