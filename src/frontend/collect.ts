// A SELECT that one shard finishes: rows of all shards are collected there in temporary tables, and
// the final fragment runs over them. In a transaction of its own when the client has none.

import { internalQuery, readAnswersWith, runCommand } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import { type CollectPlan, collectedPrefix, collectShards } from '../plan/collect-plan.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import { syncMessage, writeDescribe, writeParse } from '../protocol/frontend-messages.ts';
import { Backend, TransactionStatus } from '../protocol/message-codes.ts';
import { type ColumnDescription, readRowDescription } from '../protocol/row-description.ts';
import { ServerError } from '../protocol/server-error.ts';
import { firstUserOid, typeName } from '../types/type-oid.ts';
import { CarriedRows } from './carried-rows.ts';
import { describeStatement } from './describe-statement.ts';
import { distinctNotices, FanOut, type FragmentRows } from './fan-out.ts';
import { columnTypes, partsTypes } from './portable-types.ts';
import { PortalFanOut } from './portal-stream.ts';
import {
  type Collected,
  type CollectionOptions,
  ofDomain,
  RowCollection,
  tableName,
} from './row-collection.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { inClientsText, type ShardRequest } from './shard-stream.ts';
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
  #collection: RowCollection | CarriedRows | null = null;
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
  }

  /** Collects the rows and starts the final fragment. Rejects with the first error when all servers
   *  are free. */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      if (!this.#session.closed) await this.stop(true);
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { tables } = this.#plan;
    const { general } = this.#session.database.config;
    const final = this.#final;
    const isOwnBlock = final.transactionStatus === TransactionStatus.idle;
    const reads = final.parameters.get('default_transaction_read_only') === 'on';
    const turns = isOwnBlock && reads && final.parameters.get('in_hot_standby') !== 'on';
    const begin = isOwnBlock ? (turns ? 'BEGIN READ WRITE; ' : 'BEGIN; ') : '';
    const [row = []] = await internalQuery(final, begin + askPermission);
    const carries = row[0] === 'on' || row[1] === 'f';
    this.#assertHeld();
    const { sql: original } = this.#run.cached;
    const { parameterTypes } = this.#run;
    const told = await describeStatement(final, original, parameterTypes);
    const { format = 0 } = this.#run;
    const columns = (told.columns ?? []).map(column => ({ ...column, format }));
    this.#keepTo(columns);
    this.#parameterTypes = told.parameterTypes;
    const options: CollectionOptions = {
      tables,
      columns: await this.#describeTables(),
      final,
      sources: this.#servers.filter(server => server !== final),
      requestFor: (server, fragment) => this.#requestFor(server, fragment),
      bytesMax: general.collectLimit,
      memoryBytesMax: general.mergeMemoryLimit,
      isGone: () => this.#session.closed,
    };
    const request = carries ? await this.#carry(options) : await this.#collect(options);
    if (turns) await runCommand(final, 'SET TRANSACTION READ ONLY');
    this.#assertHeld();
    const behind = isOwnBlock ? 'COMMIT' : this.#drop;
    this.#fragment = this.#held
      ? new PortalFanOut([final], () => request)
      : new FanOut([final], () => ({ ...request, behind }));
    const given = await this.#fragment.streams[0]!.columns.catch(error => {
      throw carries ? ofDomain(withoutKey(error)) : error;
    });
    requireSameTypes(columns, given);
    this.columns = Promise.resolve(withModifiers(columns, given));
  }

  /** The final fragment over temporary tables. */
  async #collect(options: CollectionOptions): Promise<ShardRequest> {
    const collection = new RowCollection(options);
    this.#collection = collection;
    await collection.run();
    this.#made = options.tables.map(({ name }) => tableName(name));
    return this.#requestFor(this.#final, this.#plan.sql);
  }

  /** The final fragment with the rows as its parameters. */
  async #carry(options: CollectionOptions): Promise<ShardRequest> {
    const rows = new CarriedRows(options);
    this.#collection = rows;
    await rows.run(this.#run.bind?.parameters ?? 0);
    return rows.request(this.#plan, this.#requestFor(this.#final, this.#plan.sql));
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
    await runCommand(this.#final, this.#drop);
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

  /** Columns of each fragment. */
  async #describeTables(): Promise<(readonly ColumnDescription[])[]> {
    const final = this.#final;
    const { tables } = this.#plan;
    if (tables.length === 0) return [];
    const out = new ByteWriter(1024);
    for (const { sql } of tables) {
      writeParse(out, '', sql, this.#typesOn(final, sql));
      writeDescribe(out, 'S', '');
    }
    this.#assertHeld();
    final.unnamed = null;
    final.send(out.bytes(syncMessage).take(), 1);
    const described: (readonly ColumnDescription[])[] = [];
    await readAnswersWith(final, (type, message) => {
      if (type === Backend.rowDescription) described.push(readRowDescription(message));
      else if (type === Backend.noData) described.push([]);
    }).catch(error => {
      if (!(error instanceof ServerError)) throw error;
      const { sql = '' } = tables[described.length] ?? {};
      throw inClientsText(error, sql, this.#run.cached.sql);
    });
    return described;
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
