// One fragment running on its shards: the streams, their agreed columns, and the two ways out.
// The first error of any shard or operator is the error of all: every other shard is cancelled.

import type { ColumnDescription, RowChunk, ShardClient, ShardStream } from './shard-client.ts';
import { agreedColumns } from './shard-columns.ts';

interface PendingRead {
  readonly resolve: (chunk: null) => void;
  readonly reject: (error: unknown) => void;
}

export class FragmentRun {
  /** By ascending shard number. */
  readonly #streams: readonly ShardStream[];
  readonly #described: Promise<readonly (readonly ColumnDescription[])[]>;
  readonly #ended = new Set<number>();
  readonly #pending = new Set<PendingRead>();
  #state: 'running' | 'cancelled' | 'failed' = 'running';
  #error: unknown;

  constructor(client: ShardClient, sql: string, shards: readonly number[]) {
    const streams = client.open(sql, shards);
    const isAscending = streams.every((one, i) => i === 0 || streams[i - 1]!.shard < one.shard);
    this.#streams = isAscending ? streams : [...streams].sort((a, b) => a.shard - b.shard);
    const own = isAscending ? client.columns?.() : undefined;
    this.#described = own ?? Promise.all(this.#streams.map(stream => stream.columns));
    // A rejection is seen by whoever awaits `columns()`.
    this.#described.catch(() => {});
  }

  get shardCount(): number {
    return this.#streams.length;
  }

  /** The columns of the fragment, once all shards have sent theirs. */
  async columns(): Promise<readonly ColumnDescription[]> {
    try {
      return agreedColumns(await this.#described);
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** What `read` would give if it is there already; undefined: it has to be waited for. Not to be
   *  called while a read of the shard is outstanding. */
  ready(index: number): RowChunk | null | undefined {
    if (this.#state !== 'running') return undefined;
    const stream = this.#streams[index]!;
    for (;;) {
      const chunk = stream.ready?.();
      if (chunk === null) this.#ended.add(index);
      if (chunk === null || chunk === undefined || chunk.rows > 0) return chunk;
    }
  }

  /** Next rows (at least one) of the shard with this index, null at its end or after a cancel. */
  read(index: number): Promise<RowChunk | null> {
    if (this.#state === 'failed') return Promise.reject(this.#error);
    if (this.#state === 'cancelled') return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const pending: PendingRead = { resolve, reject };
      this.#pending.add(pending);
      this.#nextRows(index).then(
        chunk => {
          this.#pending.delete(pending);
          resolve(this.#state === 'running' ? chunk : null);
        },
        error => reject(this.#pending.delete(pending) ? this.fail(error) : error),
      );
    });
  }

  async #nextRows(index: number): Promise<RowChunk | null> {
    const stream = this.#streams[index]!;
    for (;;) {
      const chunk = await stream.next();
      if (chunk === null) this.#ended.add(index);
      if (chunk === null || chunk.rows > 0) return chunk;
    }
  }

  /** Stops all shards; reads end. */
  cancel(): void {
    if (this.#state !== 'running') return;
    this.#state = 'cancelled';
    this.#stop(pending => pending.resolve(null));
  }

  /** Stops all shards; every read rejects with the first error, which is returned. */
  fail(error: unknown): unknown {
    if (this.#state === 'failed') return this.#error;
    const wasRunning = this.#state === 'running';
    this.#state = 'failed';
    this.#error = error;
    if (wasRunning) this.#stop(pending => pending.reject(error));
    return error;
  }

  #stop(settle: (pending: PendingRead) => void): void {
    for (const pending of this.#pending) settle(pending);
    this.#pending.clear();
    this.#streams.forEach((stream, index) => {
      if (!this.#ended.has(index)) stream.cancel();
    });
  }
}
