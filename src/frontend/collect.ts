// A SELECT that one shard finishes: rows of all shards are collected there, few as parameters of the
// final fragment and many in temporary tables, over which it runs. In a transaction of its own when
// the client has none.

import { readRows, runCommand } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import { type CollectPlan, collectedPrefix, collectShards } from '../plan/collect-plan.ts';
import { TransactionStatus } from '../protocol/message-codes.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { ServerError } from '../protocol/server-error.ts';
import { firstUserOid, typeName } from '../types/type-oid.ts';
import { type CarriedTable, carriedColumnsMax, carriedTables } from './carried-columns.ts';
import { carryingRequest } from './carried-rows.ts';
import { type Described, describeBehind } from './collected-columns.ts';
import { hasExactText } from './collected-form.ts';
import { distinctNotices, FanOut, type FragmentRows } from './fan-out.ts';
import { type KeptCollection, keptCollection } from './kept-collection.ts';
import { mergeLimits } from './merge-memory.ts';
import { columnTypes, partsTypes } from './portable-types.ts';
import { PortalFanOut } from './portal-stream.ts';
import {
  type Collected,
  type CollectionOptions,
  type Holding,
  ofDomain,
  RowCollection,
  tableName,
} from './row-collection.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { inClientsText, ServerStream, type ShardRequest } from './shard-stream.ts';
import { refuseSeveral } from './statement-shards.ts';
import type { WideRows } from './wide-run.ts';

/** All rows are collected when it resolves. `held`: rows are read in portions, between which other
 *  statements run. */
export async function startCollect(
  session: SessionContext,
  run: StatementRun,
  plan: CollectPlan,
  shards: readonly number[],
  held: boolean,
): Promise<CollectedRows> {
  const { database, transaction } = session;
  const asked = collectShards(plan, shards, database.shardCount);
  refuseSeveral(session, asked);
  const servers = await transaction.openAll(asked);
  const rows = new CollectedRows(
    session,
    run,
    held ? besideOthers(run, plan) : plan,
    servers,
    held,
  );
  await rows.start();
  return rows;
}

let collections = 0;

/** Its tables are there for as long as rows are wanted: their names are not those of others. */
function besideOthers(run: StatementRun, plan: CollectPlan): CollectPlan {
  if (run.cached.sql.includes(collectedPrefix)) {
    const construct = `a name that begins with "${collectedPrefix}"`;
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  }
  const prefix = `${collectedPrefix}${++collections}_`;
  return {
    ...plan,
    tables: plan.tables.map(one => ({ ...one, name: one.name.replace(collectedPrefix, prefix) })),
    sql: plan.sql.replaceAll(collectedPrefix, prefix),
  };
}

/** Sessions finish their statements on different shards. */
export function finalShard(session: SessionContext, shards: readonly number[]): number {
  const { homeShard } = session;
  return shards.includes(homeShard) ? homeShard : shards[homeShard % shards.length]!;
}

/**
 * Bytes of rows (DataRow messages) that are held to travel as parameters. A temporary table costs
 * its shard about twenty rows in its catalogs, three round trips and a transaction number. Without
 * them a join takes half as long, for as much CPU here up to 100 KiB of rows; at 200 KiB for half
 * as much again.
 */
const carriedBytesMax = 131_072;

/** Of one Bind, the collected columns among them (protocol section "Message Formats"). */
const parametersMax = 65_535;

/** Lets the shard that finishes forget what it was doing when rows turned out to be too many. */
const savepoint = 'pgpack_collect';

/** While the others read, the shard that finishes may have nothing to do. */
const maySit = 'SET LOCAL idle_in_transaction_session_timeout = 0';

/** Whether no table can be made, by the transaction or by the role. */
const askPermission = `SELECT pg_catalog.current_setting('transaction_read_only'),
  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY')`;

export class CollectedRows implements WideRows {
  columns: Promise<readonly ColumnDescription[]> = Promise.resolve([]);
  readonly #session: SessionContext;
  readonly #run: StatementRun;
  readonly #plan: CollectPlan;
  readonly #final: ServerConnection;
  readonly #servers: readonly ServerConnection[];
  #parameterTypes: readonly number[];
  readonly #held: boolean;
  readonly #kept: KeptCollection;
  #collection: RowCollection | null = null;
  #savepoint = false;
  /** Tables that there are. */
  #made: readonly string[] = [];
  /** Of the final fragment. */
  #fragment: FragmentRows | null = null;

  constructor(
    session: SessionContext,
    run: StatementRun,
    plan: CollectPlan,
    servers: readonly ServerConnection[],
    held: boolean,
  ) {
    this.#held = held;
    this.#session = session;
    this.#run = run;
    this.#plan = plan;
    this.#servers = servers;
    const shards = servers.map(({ address }) => address.shard);
    this.#final = servers[shards.indexOf(finalShard(session, shards))]!;
    this.#parameterTypes = run.parameterTypes;
    this.#kept = keptCollection(run.cached.kept);
  }

  /** Collects the rows and starts the final fragment. Rejects with the first error when all servers
   *  are free. */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      if (!this.#session.closed) await this.stop(true);
      throw ofOwner(error, this.#plan.views ?? []);
    }
  }

  async #start(): Promise<void> {
    const final = this.#final;
    const isOwnBlock = final.transactionStatus === TransactionStatus.idle;
    const reads = final.parameters.get('default_transaction_read_only') === 'on';
    const turns = isOwnBlock && reads && final.parameters.get('in_hot_standby') !== 'on';
    this.#savepoint = !this.#kept.outgrown && !this.#kept.unfit && this.#mayCarry;
    const begin = isOwnBlock ? `${turns ? 'BEGIN READ WRITE' : 'BEGIN'}; ${maySit}; ` : '';
    const set = this.#savepoint ? `SAVEPOINT ${savepoint}; ` : '';
    const told = await this.#describe(begin + set + askPermission);
    const { format = 0 } = this.#run;
    const columns = told.columns.map(column => ({ ...column, format }));
    const request = await this.#collect(told);
    if (turns) await runCommand(final, 'SET TRANSACTION READ ONLY');
    this.#assertHeld();
    await this.#startFinal(request, isOwnBlock);
    const given = await this.#fragment!.streams[0]!.columns.catch(error => {
      throw ofRowType(told.hasTables ? error : ofDomain(withoutKey(error)));
    });
    requireSameTypes(columns, given);
    this.columns = Promise.resolve(withModifiers(columns, given));
  }

  async #startFinal(request: ShardRequest, isOwnBlock: boolean): Promise<void> {
    const final = this.#final;
    if (this.#held) {
      if (this.#savepoint) await runCommand(final, this.#release);
      this.#assertHeld();
      this.#fragment = new PortalFanOut([final], () => request);
      return;
    }
    const behind = isOwnBlock ? 'COMMIT' : this.#savepoint ? this.#release : this.#drop;
    this.#fragment = new FanOut([final], () => (behind === '' ? request : { ...request, behind }));
  }

  /** Only a table has a key or a row type, and names have to be told from what the text says. */
  get #mayCarry(): boolean {
    const { tables } = this.#plan;
    if (this.#run.cached.sql.includes(collectedPrefix)) return false;
    return tables.every(one => one.primaryKey === null && one.wholeRows === undefined);
  }

  /** Begins, and has the statement and its fragments described. */
  async #describe(begin: string): Promise<Told> {
    const { cached, parameterTypes } = this.#run;
    const { tables } = this.#plan;
    const whole = { sql: cached.sql, types: parameterTypes };
    const parts = () => tables.map(({ sql }) => ({ sql, types: this.#typesOn(this.#final, sql) }));
    const atOnce = cached.parameters === 0;
    const first = await describeBehind(this.#final, begin, atOnce ? [whole, ...parts()] : [whole]);
    const [statement, ...described] = first.described;
    if (statement === undefined || first.error !== null) {
      throw this.#ofPart(first.error!, first.described.length - 1);
    }
    this.#assertHeld();
    this.#keepTo(statement.columns);
    this.#parameterTypes = statement.parameterTypes;
    if (!atOnce && tables.length > 0) {
      const second = await describeBehind(this.#final, '', parts());
      if (second.error !== null) throw this.#ofPart(second.error, second.described.length);
      this.#assertHeld();
      described.push(...second.described);
    }
    const [row = []] = first.rows;
    return {
      columns: statement.columns,
      tables: described.map(({ columns }) => columns),
      hasTables: row[0] !== 'on' && row[1] !== 'f',
    };
  }

  /** What is wrong with a fragment, -1: with the statement. */
  #ofPart(error: ServerError, table: number): ServerError {
    const { sql } = this.#run.cached;
    return inClientsText(error, this.#plan.tables[table]?.sql ?? sql, sql);
  }

  /** Has the rows collected; answers the final fragment over them. */
  async #collect(told: Told): Promise<ShardRequest> {
    const { database } = this.#session;
    const carried = await this.#carried(told);
    const holding = this.#holding(told, carried);
    if (holding === null && this.#savepoint) {
      await runCommand(this.#final, this.#release);
      this.#assertHeld();
      this.#savepoint = false;
    }
    const { shared } = mergeLimits(database.config);
    const reserved = told.hasTables && holding !== null ? holding.bytesMax : 0;
    shared.hold(reserved);
    try {
      const collection = new RowCollection(this.#options(told, holding));
      this.#collection = collection;
      const rows = await collection.run();
      const request = this.#requestFor(this.#final, this.#plan.sql);
      if (rows !== null && carried !== null) {
        return carryingRequest(this.#plan, request, { described: told.tables, carried, rows });
      }
      this.#noteTables(collection, holding !== null);
      return request;
    } finally {
      shared.hold(-reserved);
    }
  }

  /** What is outgrown is not tried again, until it turns out to be less. */
  #noteTables({ bytes }: RowCollection, wasHeld: boolean): void {
    this.#made = this.#plan.tables.map(({ name }) => tableName(name));
    if (wasHeld) this.#savepoint = false;
    this.#kept.outgrown = wasHeld || (this.#kept.outgrown && 2 * bytes > carriedBytesMax);
  }

  #options(told: Told, holding: Holding | null): CollectionOptions {
    const final = this.#final;
    return {
      tables: this.#plan.tables,
      columns: told.tables,
      final,
      sources: this.#servers.filter(server => server !== final),
      requestFor: (server, fragment) => this.#requestFor(server, fragment),
      bytesMax: this.#session.database.config.general.collectLimit,
      holding,
      isGone: () => this.#session.closed,
    };
  }

  /** How rows would be carried; null: they are not. */
  async #carried({ tables, hasTables }: Told): Promise<readonly CarriedTable[] | null> {
    if (hasTables && !this.#savepoint) return null;
    const count = tables.reduce((sum, columns) => sum + columns.length, 0);
    if (hasTables && count > carriedColumnsMax) return null;
    if ((this.#run.bind?.parameters ?? 0) + count > parametersMax) {
      if (hasTables) return null;
      const construct = 'so many parameters where no temporary table can be made';
      throw new PgError(errors.unsupportedAcrossShards, { construct });
    }
    const final = this.#final;
    const { shard } = final.address;
    let carried = this.#kept.carried(shard, tables);
    if (carried === null) {
      carried = await carriedTables(this.#plan.tables, tables, sql => this.#ask(sql));
      this.#assertHeld();
      this.#kept.keep(shard, tables, carried);
    }
    if (!hasTables) return carried;
    this.#kept.unfit = carried.some(({ fit }) => !fit);
    if (this.#kept.unfit) return null;
    if (carried.every(({ format }) => format === 1)) return carried;
    const isExact = await hasExactText(this.#servers, final);
    this.#assertHeld();
    return isExact ? carried : null;
  }

  /** A query of one text. */
  async #ask(sql: string): Promise<string> {
    const stream = new ServerStream(this.#final, {
      ...this.#requestFor(this.#final, sql),
      format: 0,
    });
    try {
      const chunk = await stream.next();
      return readRows(chunk!.bytes)[0]![0]!;
    } finally {
      await stream.finished;
    }
  }

  #holding({ hasTables }: Told, carried: readonly CarriedTable[] | null): Holding | null {
    if (carried === null) return null;
    const { bytesMax, shared, sharedBytesMax } = mergeLimits(this.#session.database.config);
    const formats = carried.map(({ format }) => format);
    if (!hasTables) return { formats, bytesMax, savepoint: null };
    const most = Math.min(carriedBytesMax, bytesMax);
    return shared.held + most > sharedBytesMax ? null : { formats, bytesMax: most, savepoint };
  }

  get #release(): string {
    return `RELEASE SAVEPOINT ${savepoint}`;
  }

  get #drop(): string {
    return this.#made.length === 0 ? '' : `DROP TABLE ${this.#made.join(', ')}`;
  }

  /** What came of each shard; the rows of the one that finishes did not travel. */
  get collected(): ReadonlyMap<number, Collected> {
    return this.#collection?.collected ?? new Map();
  }

  next(): Promise<RowChunk | null> {
    return this.#fragment!.streams[0]!.next();
  }

  idle(): Promise<void> {
    return this.#fragment!.idle();
  }

  async finish(): Promise<readonly Buffer[]> {
    const notices = await this.#fragment!.finish();
    if (this.#held) await this.#dropTables();
    return distinctNotices([...(this.#collection?.notices ?? []), ...notices]);
  }

  /** Outside a block of the client's a cancel does no harm; what stands behind the final fragment
   *  ends the block there. */
  /** The rows are on the shards. */
  forget(): void {}

  async stop(failed: boolean): Promise<void> {
    const fragment = this.#fragment;
    if (fragment === null) return this.#rollback();
    await fragment.stop(failed || this.#session.transaction.mode === 'none');
    if (this.#held) await this.#dropTables();
  }

  async #dropTables(): Promise<void> {
    const { transactionStatus, closed } = this.#final;
    if (closed || transactionStatus !== TransactionStatus.inTransaction) return;
    if (this.#drop !== '') await runCommand(this.#final, this.#drop);
  }

  async #rollback(): Promise<void> {
    const final = this.#final;
    const { mode } = this.#session.transaction;
    if (mode !== 'none' || final.closed || final.transactionStatus === TransactionStatus.idle)
      return;
    await runCommand(final, 'ROLLBACK');
  }

  /** The client decodes rows by the columns it was told (plancache.c, RevalidateCachedQuery). */
  #keepTo(columns: readonly ColumnDescription[]): void {
    const { described } = this.#run;
    if (described === null || columnTypes(columns) === described) return;
    throw new PgError(errors.cachedPlanChanged);
  }

  #requestFor(server: ServerConnection, sql: string): ShardRequest {
    const { cached, bind, format } = this.#run;
    const parameterTypes = this.#typesOn(server, sql);
    return { sql, original: cached.sql, parameterTypes, bind, hiddenColumns: 0, format };
  }

  /** A parameter has the type that it has in the whole statement; users' own have other OIDs on each
   *  server, which infers those it could not be told. */
  #typesOn(server: ServerConnection, sql: string): readonly number[] {
    const { bind } = this.#run;
    const { shardCount } = this.#session.database;
    const known = this.#servers.every(({ oids }) => oids === null || oids.known);
    if (!known) return partsTypes(sql, this.#parameterTypes, shardCount, bind);
    return this.#parameterTypes.map(oid => server.oids?.own(oid) ?? oid);
  }

  /** While something was awaited the client went, and the connection to somebody else. */
  #assertHeld(): void {
    if (this.#session.closed) throw new PgError(errors.queryCanceled);
  }
}

/** What the shard that finishes says before anything runs. */
interface Told {
  readonly columns: Described['columns'];
  /** Of each collected table. */
  readonly tables: readonly Described['columns'][];
  /** It may make temporary tables. */
  readonly hasTables: boolean;
}

/** A view's owner may read what whoever asks may not; that he may not read the view is told as it is. */
function ofOwner(error: unknown, views: readonly string[]): unknown {
  if (!(error instanceof ServerError) || error.sqlstate !== '42501') return error;
  const { message: detail } = error;
  if (views.length === 0 || views.some(name => detail.includes(name))) return error;
  const construct = 'a view over tables that its reader may not read';
  return new PgError(errors.unsupportedAcrossShards, { construct }, { cause: error, detail });
}

/** Rows of tables in the place of others have types of their own (COALESCE of two whole rows). */
function ofRowType(error: Error): Error {
  if (!(error instanceof ServerError) || !error.message.includes(collectedPrefix)) return error;
  const construct = 'the type of a whole row';
  return new PgError(errors.unsupportedAcrossShards, { construct }, { cause: error });
}

/** Rows that are no table have no primary key for GROUP BY to rely on. */
function withoutKey(error: Error): Error {
  if (!(error instanceof ServerError) || error.sqlstate !== '42803') return error;
  const construct = 'GROUP BY by a primary key where no temporary table can be made';
  return new PgError(errors.unsupportedAcrossShards, { construct }, { cause: error });
}

/** A plan may keep a modifier that the statement does not have: of INTERSECT and EXCEPT, that of the
 *  first query's column (generate_setop_tlist, prepunion.c). */
function withModifiers(
  told: readonly ColumnDescription[],
  given: readonly ColumnDescription[],
): readonly ColumnDescription[] {
  return told.map((column, i) =>
    column.typeModifier === -1 ? { ...column, typeModifier: given[i]!.typeModifier } : column,
  );
}

/** The final fragment is to give what PostgreSQL says of the statement. */
function requireSameTypes(
  told: readonly ColumnDescription[],
  given: readonly ColumnDescription[],
): void {
  const at = told.findIndex(({ typeOid }, i) => typeOid !== given[i]?.typeOid);
  if (at < 0 && told.length === given.length) return;
  const { name, typeOid } = told[at] ?? { name: '?', typeOid: 0 };
  const type = typeOid < firstUserOid ? ` of type ${typeName(typeOid)}` : '';
  const construct = `finishing the column "${name}"${type} on one shard`;
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}
