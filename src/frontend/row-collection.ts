// Rows of fragments on their way to the shard that finishes a statement: for each table it has its
// own rows put there by CREATE TABLE AS and those of the other shards by COPY, as they come. Shards
// go on to their next fragment without waiting for each other.

import { runCommand } from '../backend/internal-query.ts';
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
  requireExactText,
  requireSameText,
} from './collected-form.ts';
import { RowCopy } from './row-copy.ts';
import { ServerStream, type ShardRequest } from './shard-stream.ts';

/** With more rows than this PostgreSQL had better know what they are like. */
const analyzedRows = 10_000;

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
  /** Of rows that are held here. */
  readonly memoryBytesMax: number;
  /** The connections are not ours any more. */
  readonly isGone: () => boolean;
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
  readonly #streams: ServerStream[] = [];
  readonly #beginMs = performance.now();
  #copy: RowCopy | null = null;
  #bytes = 0;
  #failure: { readonly error: unknown } | null = null;
  #stopped: Promise<unknown> | null = null;
  /** By shard. */
  readonly collected = new Map<number, Collected>();

  constructor(options: CollectionOptions) {
    const { tables, columns, sources, final } = options;
    this.#options = options;
    this.#forms = columns.map(collectedForm);
    this.#opened = tables.map(() => quiet(Promise.withResolvers<RowCopy>()));
    this.#passed = tables.map(() => quiet(Promise.withResolvers<void>()));
    this.#pending = tables.map(() => sources.length);
    this.#rows = tables.map(() => 0);
    for (const { address } of [final, ...sources]) {
      this.collected.set(address.shard, { rows: 0, bytes: 0, ms: 0 });
    }
  }

  /** NoticeResponse messages of all shards. */
  get notices(): Buffer[] {
    return this.#streams.flatMap(stream => stream.notices);
  }

  /** Rejects with the first error, when every server is free. */
  async run(): Promise<void> {
    const { sources } = this.#options;
    const work = [this.#receive(), ...sources.map(server => this.#send(server))];
    try {
      await Promise.all(work);
    } catch (error) {
      this.#fail(error);
      if (!this.#options.isGone()) await this.#stop();
      await Promise.allSettled(work);
      throw this.#failure!.error;
    }
  }

  async #receive(): Promise<void> {
    const { tables, final, sources } = this.#options;
    for (const [i, table] of tables.entries()) {
      await this.#create(i, table);
      if (sources.length > 0) await this.#fill(i, table);
      await this.#finish(i, table);
    }
    this.collected.get(final.address.shard)!.ms = performance.now() - this.#beginMs;
  }

  async #create(i: number, { name, sql }: CollectedTable): Promise<void> {
    const { final } = this.#options;
    const create = `CREATE TEMPORARY TABLE ${tableName(name)} ON COMMIT DROP AS ${sql}`;
    const stream = this.#open(final, create);
    await stream.finished;
    this.#assertGoing();
    const rows = Number(/\d+$/.exec(stream.tag)?.[0] ?? 0);
    this.#rows[i]! += rows;
    this.collected.get(final.address.shard)!.rows += rows;
  }

  async #fill(i: number, { name }: CollectedTable): Promise<void> {
    const { options, header, trailer } = this.#forms[i]!;
    const { final } = this.#options;
    this.#assertGoing();
    const copy = new RowCopy(final, `COPY ${tableName(name)} FROM STDIN${options}`);
    this.#copy = copy;
    void copy.finished.then(() => {
      if (copy.error !== null) this.#fail(ofDomain(copy.error));
    });
    await copy.ready;
    if (header !== null) await copy.write(header);
    this.#opened[i]!.resolve(copy);
    await this.#passed[i]!.promise;
    if (trailer !== null) await copy.write(trailer);
    await copy.end();
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
    const { tables, final } = this.#options;
    const collected = this.collected.get(server.address.shard)!;
    for (const [i, { sql }] of tables.entries()) {
      const form = this.#forms[i]!;
      if (form.format === 0) {
        this.#assertGoing();
        requireSameText(server, final);
        await requireExactText(server);
      }
      const stream = this.#open(server, sql, form.format);
      requireSameColumns(this.#options.columns[i]!, await stream.columns);
      const copy = await this.#opened[i]!.promise;
      for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
        this.#assertGoing();
        this.#count(i, chunk, collected);
        await copy.write(form.copyData(chunk));
      }
      await stream.finished;
      collected.ms = performance.now() - this.#beginMs;
      this.#pending[i]! -= 1;
      if (this.#pending[i] === 0) this.#passed[i]!.resolve();
    }
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
      if (stream.error === null) return;
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
export function requireSameColumns(
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
