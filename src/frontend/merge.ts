// A SELECT over several shards: the executor merges, this feeds it and sends what it gives.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { executeMerge, type MergeExecution } from '../executor/execute-merge.ts';
import type { RowChunk, ShardClient } from '../executor/shard-client.ts';
import { fragmentOf, type MergePlan } from '../plan/merge-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { parameterFormat, parameterOffset } from '../protocol/client-frame.ts';
import { rowDescription } from '../protocol/row-description.ts';
import { FanOut } from './fan-out.ts';
import { columnTypes } from './portable-types.ts';
import type { SessionContext, StatementRun } from './session-context.ts';

/** Runs it whole, for the simple protocol or an Execute without a row limit. */
export async function runMerge(
  session: SessionContext,
  run: StatementRun,
  plan: MergePlan,
  shards: readonly number[],
): Promise<void> {
  const merge = await MergeRun.start(session, run, plan, shards);
  if (run.bind === null) await merge.describe();
  await merge.emit(0);
}

/** A merge that is being read, possibly in several portions (a portal with a row limit). */
export class MergeRun {
  readonly #session: SessionContext;
  readonly #execution: MergeExecution;
  readonly #fanOut: { current: FanOut | null };
  #rest: RowChunk | null = null;
  #restAt = 0;
  #done = false;

  private constructor(
    session: SessionContext,
    execution: MergeExecution,
    fanOut: { current: FanOut | null },
  ) {
    this.#session = session;
    this.#execution = execution;
    this.#fanOut = fanOut;
  }

  static async start(
    session: SessionContext,
    run: StatementRun,
    plan: MergePlan,
    shards: readonly number[],
  ): Promise<MergeRun> {
    const servers = await session.transaction.openAll(shards);
    const fanOut: { current: FanOut | null } = { current: null };
    const { bind, parameterTypes } = run;
    const { hiddenColumns } = fragmentOf(plan.root);
    const client: ShardClient = {
      open(sql) {
        const original = run.cached.sql;
        const request = { sql, original, parameterTypes, bind, hiddenColumns };
        fanOut.current = new FanOut(servers, () => request);
        return [...fanOut.current.streams];
      },
    };
    const execution = executeMerge({
      plan,
      client,
      shards,
      rowCount: index => rowCountParameter(run, index),
      memoryBytesMax: session.database.config.general.mergeMemoryLimit,
    });
    const merge = new MergeRun(session, execution, fanOut);
    if (run.described !== null) await merge.#keepsTo(run.described);
    return merge;
  }

  /** The client decodes rows by the columns it was told (plancache.c, RevalidateCachedQuery). */
  async #keepsTo(described: string): Promise<void> {
    try {
      const columns = columnTypes(await this.#execution.columns);
      if (columns !== described) throw new PgError(errors.cachedPlanChanged);
    } catch (error) {
      await this.#settle();
      throw error;
    }
  }

  async describe(): Promise<void> {
    try {
      this.#session.client.write(rowDescription(await this.#execution.columns));
    } catch (error) {
      await this.#settle();
      throw error;
    }
  }

  /** Sends up to `rowsMax` rows (0: all); true when that was the end, whose CommandComplete is
   *  sent too. */
  async emit(rowsMax: number): Promise<boolean> {
    const { client } = this.#session;
    let sent = 0;
    try {
      while (rowsMax === 0 || sent < rowsMax) {
        const chunk = this.#rest ?? (await this.#execution.next());
        if (chunk === null) return await this.#complete(sent);
        const to = rowsMax === 0 ? chunk.rows : Math.min(chunk.rows, this.#restAt + rowsMax - sent);
        const bytes = chunk.bytes.subarray(chunk.offsets[this.#restAt], chunk.offsets[to]);
        sent += to - this.#restAt;
        this.#rest = to < chunk.rows ? chunk : null;
        this.#restAt = to < chunk.rows ? to : 0;
        if (!client.write(bytes)) await this.#session.clientDrained();
      }
    } catch (error) {
      await this.#settle();
      throw error;
    }
    return false;
  }

  /** No more of it is wanted; resolves when its servers are free. */
  async close(): Promise<void> {
    if (!this.#done) await this.#settle();
  }

  async #complete(sent: number): Promise<boolean> {
    this.#done = true;
    const fanOut = this.#fanOut.current!;
    await Promise.all(fanOut.streams.map(stream => stream.finished));
    const { client } = this.#session;
    for (const notice of fanOut.notices()) client.write(notice);
    // The tag of a later portion counts that portion (pquery.c, PortalRun).
    client.write(commandComplete(`SELECT ${sent}`));
    return true;
  }

  async #settle(): Promise<void> {
    this.#done = true;
    this.#execution.cancel();
    const fanOut = this.#fanOut.current;
    fanOut?.cancel();
    await Promise.all(fanOut?.streams.map(stream => stream.finished) ?? []);
  }
}

/** Value of a LIMIT or OFFSET parameter: an int8, or NULL. */
export function rowCountParameter(run: StatementRun, index: number): bigint | null {
  const { bind } = run;
  const at = bind === null ? -1 : parameterOffset(bind, index);
  if (bind === null || at < 0) {
    throw new PgError(errors.internal, { what: `parameter $${index + 1} is missing` });
  }
  const length = bind.buffer.readInt32BE(at);
  if (length < 0) return null;
  const start = at + 4;
  if (parameterFormat(bind, index) === 0) {
    const text = bind.buffer.toString('latin1', start, start + length).trim();
    if (/^[+-]?\d+$/.test(text)) return BigInt(text);
    throw new PgError(errors.keyIsInvalid, { type: 'bigint', value: text });
  }
  if (length === 8) return bind.buffer.readBigInt64BE(start);
  if (length === 4) return BigInt(bind.buffer.readInt32BE(start));
  if (length === 2) return BigInt(bind.buffer.readInt16BE(start));
  throw new PgError(errors.unsupportedAcrossShards, { construct: 'LIMIT of this parameter type' });
}
