// Runs a read for EXPLAIN ANALYZE: nothing of its answer goes to the client, it is counted.

import type { ServerConnection } from '../backend/server-connection.ts';
import { executeMerge } from '../executor/execute-merge.ts';
import type { RowChunk, ShardStream } from '../executor/shard-client.ts';
import type { CollectPlan } from '../plan/collect-plan.ts';
import type { Figures } from '../plan/explanation.ts';
import { fragmentOf, type MergePlan } from '../plan/merge-plan.ts';
import { CollectedRows } from './collect.ts';
import { cancelsOf, FanOut } from './fan-out.ts';
import { mergeLimits } from './merge-memory.ts';
import { rowCountParameter } from './row-count-parameter.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { ServerStream, ShardRequest } from './shard-stream.ts';

export interface Measured {
  readonly merged: Figures | null;
  /** In the order of the servers. */
  readonly shards: readonly Figures[];
}

/** As the client's rows would be made. Rejects with what the statement raises. */
export async function measureMerge(
  session: SessionContext,
  run: StatementRun,
  plan: MergePlan,
  servers: readonly ServerConnection[],
): Promise<Measured> {
  const { bind, parameterTypes } = run;
  const { hiddenColumns } = fragmentOf(plan.root);
  let counted: CountedStream[] = [];
  let fanOut: FanOut | null = null;
  const begin = performance.now();
  const execution = executeMerge({
    plan,
    client: {
      open(sql) {
        const request = { sql, original: run.cached.sql, parameterTypes, bind, hiddenColumns };
        fanOut = new FanOut(servers, () => request);
        counted = fanOut.streams.map(stream => new CountedStream(stream, begin));
        return counted;
      },
    },
    shards: servers.map(server => server.address.shard),
    rowCount: index => rowCountParameter(run, index),
    memory: mergeLimits(session.database.config),
  });
  const count = new RowCount();
  try {
    for (let chunk = await execution.next(); chunk !== null; chunk = await execution.next()) {
      count.add(chunk);
    }
  } finally {
    execution.cancel();
    await Promise.all(counted.map(({ finished }) => finished));
    await cancelsOf(servers);
  }
  const ms = performance.now() - begin;
  const { memoryPeak } = execution;
  const memory = memoryPeak === 0 ? {} : { memory: memoryPeak };
  const merged = { ...count.figures, ...memory, ms };
  return { merged, shards: counted.map(stream => stream.figures) };
}

/** Collected and finished as the client's rows would be. */
export async function measureCollect(
  session: SessionContext,
  run: StatementRun,
  plan: CollectPlan,
  servers: readonly ServerConnection[],
): Promise<Measured> {
  const rows = new CollectedRows(session, run, plan, servers, false);
  await rows.start();
  const finalMs = performance.now();
  const count = new RowCount();
  try {
    for (let chunk = await rows.next(); chunk !== null; chunk = await rows.next()) count.add(chunk);
    await rows.finish();
  } catch (error) {
    if (!session.closed) await rows.stop(true);
    throw error;
  }
  const merged = { ...count.figures, ms: performance.now() - finalMs };
  const shards = servers.map(({ address }) => rows.collected.get(address.shard)!);
  return { merged, shards };
}

/** The same statement on each server, rows as they come. */
export async function measurePlain(
  servers: readonly ServerConnection[],
  request: ShardRequest,
): Promise<Measured> {
  const begin = performance.now();
  const fanOut = new FanOut(servers, () => request);
  const counted = fanOut.streams.map(stream => new CountedStream(stream, begin));
  try {
    await Promise.all(counted.map(stream => stream.drain()));
  } finally {
    await fanOut.finished();
  }
  return { merged: null, shards: counted.map(stream => stream.figures) };
}

class RowCount {
  rows = 0;
  bytes = 0;

  add({ rows, offsets }: RowChunk): void {
    this.rows += rows;
    this.bytes += offsets[rows]! - offsets[0]!;
  }

  get figures(): { readonly rows: number; readonly bytes: number } {
    return { rows: this.rows, bytes: this.bytes };
  }
}

/** A stream of one shard, and what came of it. */
class CountedStream implements ShardStream {
  readonly #stream: ServerStream;
  readonly #count = new RowCount();
  #ms = 0;
  readonly finished: Promise<void>;

  constructor(stream: ServerStream, begin: number) {
    this.#stream = stream;
    this.finished = stream.finished.then(() => {
      this.#ms = performance.now() - begin;
    });
  }

  get shard(): number {
    return this.#stream.shard;
  }

  get columns(): ShardStream['columns'] {
    return this.#stream.columns;
  }

  get figures(): Figures {
    return { ...this.#count.figures, ms: this.#ms };
  }

  async next(): Promise<RowChunk | null> {
    const chunk = await this.#stream.next();
    if (chunk !== null) this.#count.add(chunk);
    return chunk;
  }

  async drain(): Promise<void> {
    while ((await this.next()) !== null) {
      // Counted by next().
    }
    await this.finished;
  }

  cancel(): void {
    this.#stream.cancel();
  }
}
