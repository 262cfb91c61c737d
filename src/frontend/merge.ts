// A SELECT over several shards: the executor merges, this feeds it and sends what it gives.

import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { executeMerge, isNoAnswerHere, type MergeExecution } from '../executor/execute-merge.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import { fragmentOf, type MergePlan } from '../plan/merge-plan.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import { startCollect } from './collect.ts';
import { FanOut, type FragmentRows } from './fan-out.ts';
import { isOutdated } from './kept-fragment.ts';
import { mergeLimits } from './merge-memory.ts';
import { columnTypes } from './portable-types.ts';
import { PortalChain } from './portal-chain.ts';
import { PortalFanOut } from './portal-stream.ts';
import { rowCountParameter } from './row-count-parameter.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { WideRows } from './wide-run.ts';

/** Starts the plan on these shards. Where it turns out that it cannot be merged here, the rows are
 *  those of the plan's other way. `behind`: what every server runs as soon as it has sent its rows,
 *  of a plan that has no other way and whose shards do not take turns. */
export async function startMerge(
  session: SessionContext,
  run: StatementRun,
  plan: MergePlan,
  shards: readonly number[],
  held: boolean,
  behind?: string,
): Promise<WideRows> {
  const { otherwise } = plan;
  const { kept } = run.cached;
  if (otherwise !== null && kept.neverMerged) {
    return startCollect(session, run, otherwise, shards, held);
  }
  const { transaction } = session;
  const servers = readyServers(transaction, shards) ?? (await transaction.openAll(shards));
  const prepared =
    !held && mayBePrepared(session, run) && kept.comesOften(fragmentOf(plan.root).sql);
  let merged = MergedRows.open(session, run, plan, servers, { held, prepared, behind });
  if (prepared && (await merged.isOutdated())) {
    merged = MergedRows.open(session, run, plan, servers, { held, prepared: false, behind });
  }
  if (otherwise === null) {
    if (run.described !== null) await merged.keepTo(run.described);
    return merged;
  }
  const other = () => startCollect(session, run, otherwise, shards, held);
  const rows = new EitherRows(merged, other);
  if (!(await rows.decide(run.described))) kept.neverMerged = true;
  return rows;
}

/** Connections to all of them where none has to be waited for; null: `openAll`, which goes on with
 *  those that were taken. */
function readyServers(
  transaction: ClientTransaction,
  shards: readonly number[],
): ServerConnection[] | null {
  const servers: ServerConnection[] = [];
  for (const shard of shards) {
    const server = transaction.ready(shard);
    if (server === null) return null;
    servers.push(server);
  }
  return servers;
}

/**
 * A prepared statement gives what its text would give: it has no parameters, by whose values it
 * would be planned; nothing in the transaction is other than the settings of the connection say;
 * no table of the connection's own hides another. Outdated, it can run again as a text.
 */
function mayBePrepared({ transaction, pinned }: SessionContext, run: StatementRun): boolean {
  const { cached, bind, format } = run;
  if (bind !== null || format !== undefined || cached.parameters > 0) return false;
  return transaction.mode === 'none' && !pinned && cached.plan.repeatable;
}

interface Way {
  /** Rows are read in portions. */
  readonly held: boolean;
  /** By prepared statements. */
  readonly prepared: boolean;
  /** See `startMerge`. */
  readonly behind: string | undefined;
}

export class MergedRows implements WideRows {
  readonly #execution: MergeExecution;
  readonly #fragment: FragmentRows;

  constructor(execution: MergeExecution, fragment: FragmentRows) {
    this.#execution = execution;
    this.#fragment = fragment;
  }

  static open(
    session: SessionContext,
    run: StatementRun,
    plan: MergePlan,
    servers: readonly ServerConnection[],
    { held, prepared, behind }: Way,
  ): MergedRows {
    const { bind, parameterTypes, format } = run;
    const { hiddenColumns } = fragmentOf(plan.root);
    const inTurn = plan.inTurn === true && session.transaction.mode !== 'none';
    let fragment: FragmentRows | null = null;
    let fanOut: FanOut | null = null;
    const execution = executeMerge({
      plan,
      client: {
        open(sql) {
          const original = run.cached.sql;
          const { kept } = run.cached;
          const common = { sql, original, parameterTypes, bind, hiddenColumns, format };
          const plain = { ...common, kept, prepared };
          const request = behind === undefined ? plain : { ...plain, behind };
          const requestFor = () => request;
          if (!held && !inTurn) {
            fragment = fanOut = new FanOut(servers, requestFor);
            return fanOut.streams;
          }
          const isChain = inTurn || plan.root.kind === 'gather';
          fragment = new (isChain ? PortalChain : PortalFanOut)(servers, requestFor);
          return fragment.streams;
        },
        columns: () => fanOut?.columns(),
      },
      shards: servers.map(({ address }) => address.shard),
      rowCount: index => rowCountParameter(run, index),
      memory: mergeLimits(session.database.config),
    });
    // A table has changed behind the catalog: the next plan is made by another.
    execution.columns.catch((error: unknown) => {
      const stale = error instanceof PgError && error.id === errors.cachedPlanChanged.id;
      if (stale) session.database.forgetCatalog();
    });
    return new MergedRows(execution, fragment!);
  }

  get columns(): Promise<readonly ColumnDescription[]> {
    return this.#execution.columns;
  }

  /** The client decodes rows by the columns it was told (plancache.c, RevalidateCachedQuery). */
  async keepTo(described: string): Promise<void> {
    try {
      const columns = columnTypes(await this.#execution.columns);
      if (columns !== described) throw new PgError(errors.cachedPlanChanged);
    } catch (error) {
      await this.stop(true);
      throw error;
    }
  }

  /** What was prepared is not what its text is now: nothing runs any more. */
  async isOutdated(): Promise<boolean> {
    try {
      await this.#execution.columns;
      return false;
    } catch (error) {
      if (!isOutdated(error)) return false;
      await this.stop(false);
      return true;
    }
  }

  next(): Promise<RowChunk | null> {
    return this.#execution.next();
  }

  want(rows: number): void {
    this.#fragment.want?.(rows);
  }

  idle(): Promise<void> {
    return this.#fragment.idle();
  }

  finish(): Promise<readonly Buffer[]> {
    return this.#fragment.finish();
  }

  stop(failed: boolean): Promise<void> {
    this.#execution.cancel();
    return this.#fragment.stop(failed);
  }

  forget(): void {
    this.#execution.forget();
  }
}

/** Rows of a merge, or of what runs in its place when it turns out, before a row went out, that it
 *  cannot be done. */
class EitherRows implements WideRows {
  #rows: WideRows;
  readonly #other: () => Promise<WideRows>;
  #decided = false;

  constructor(merged: MergedRows, other: () => Promise<WideRows>) {
    this.#rows = merged;
    this.#other = other;
  }

  get columns(): Promise<readonly ColumnDescription[]> {
    return this.#rows.columns;
  }

  /** False: its types cannot be merged, and the other way is gone. */
  async decide(described: string | null): Promise<boolean> {
    const merged = this.#rows as MergedRows;
    try {
      await merged.columns;
    } catch (error) {
      await this.#turnTo(error);
      return false;
    }
    if (described !== null) await merged.keepTo(described);
    return true;
  }

  async next(): Promise<RowChunk | null> {
    if (this.#decided) return this.#rows.next();
    try {
      const chunk = await this.#rows.next();
      this.#decided = true;
      return chunk;
    } catch (error) {
      if (this.#decided) throw error;
      await this.#turnTo(error);
      return this.#rows.next();
    }
  }

  idle(): Promise<void> {
    return this.#rows.idle();
  }

  finish(): Promise<readonly Buffer[]> {
    return this.#rows.finish();
  }

  stop(failed: boolean): Promise<void> {
    return this.#rows.stop(failed);
  }

  forget(): void {
    this.#rows.forget();
  }

  /** The transaction has not failed: what the shards still have to say is read. */
  async #turnTo(error: unknown): Promise<void> {
    const possible = isNoAnswerHere(error);
    await this.#rows.stop(!possible);
    if (!possible) throw error;
    this.#decided = true;
    this.#rows = await this.#other();
  }
}
