// gather: the rows of all shards in the order they arrive. Every shard has one read outstanding,
// so a fast shard does not wait for a slow one, and one chunk per shard is held at most.

import type { FragmentRun } from './fragment-run.ts';
import type { RowSource } from './row-source.ts';
import { RowWriter } from './row-writer.ts';
import type { ColumnDescription, RowChunk } from './shard-client.ts';

type Arrival =
  | { readonly index: number; readonly chunk: RowChunk | null }
  | { readonly error: unknown };

export class Gather implements RowSource {
  readonly #run: FragmentRun;
  readonly #columns: number;
  readonly #dropped: number;
  /** Oldest first. */
  readonly #arrivals: Arrival[] = [];
  #open: number;
  #started = false;
  #wake: (() => void) | null = null;

  constructor(run: FragmentRun, columns: readonly ColumnDescription[], dropped: number) {
    this.#run = run;
    this.#columns = columns.length;
    this.#dropped = dropped;
    this.#open = run.shardCount;
  }

  async next(): Promise<RowChunk | null> {
    if (!this.#started) {
      this.#started = true;
      for (let index = 0; index < this.#run.shardCount; index++) this.#read(index);
    }
    while (this.#open > 0) {
      const arrival = this.#arrivals.shift();
      if (arrival === undefined) {
        await new Promise<void>(wake => {
          this.#wake = wake;
        });
      } else if ('error' in arrival) {
        throw arrival.error;
      } else if (arrival.chunk === null) {
        this.#open--;
      } else {
        this.#read(arrival.index);
        return this.#output(arrival.chunk);
      }
    }
    return null;
  }

  #read(index: number): void {
    this.#run.read(index).then(
      chunk => this.#arrive({ index, chunk }),
      error => this.#arrive({ error }),
    );
  }

  #arrive(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    this.#wake?.();
    this.#wake = null;
  }

  #output(chunk: RowChunk): RowChunk {
    if (this.#dropped === 0) return chunk;
    const writer = new RowWriter(this.#columns, this.#dropped);
    const { bytes, offsets, rows } = chunk;
    for (let row = 0; row < rows; row++) writer.copyRow(bytes, offsets[row]!, offsets[row + 1]!);
    return writer.take();
  }
}
