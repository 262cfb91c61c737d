// gather: the rows of all shards in the order they arrive: a fast shard does not wait for a slow one.
// A shard has one read outstanding at most, and one chunk of each is held at most.

import { viewOf } from './data-row.ts';
import type { FragmentRun } from './fragment-run.ts';
import type { RowSource } from './row-source.ts';
import { RowWriter } from './row-writer.ts';
import type { ColumnDescription, RowChunk } from './shard-client.ts';

interface Here {
  readonly index: number;
  readonly chunk: RowChunk | null;
}

type Arrival = Here | { readonly error: unknown };

const smallBytes = 4_096;

export class Gather implements RowSource {
  readonly #run: FragmentRun;
  readonly #columns: number;
  readonly #dropped: number;
  /** Oldest first. */
  readonly #arrivals: Arrival[] = [];
  /** Shards whose rows have not ended and whose next nobody waits for. */
  readonly #unread: number[] = [];
  #open: number;
  #wake: (() => void) | null = null;

  constructor(run: FragmentRun, columns: readonly ColumnDescription[], dropped: number) {
    this.#run = run;
    this.#columns = columns.length;
    this.#dropped = dropped;
    this.#open = run.shardCount;
    for (let index = 0; index < run.shardCount; index++) this.#unread.push(index);
  }

  async next(): Promise<RowChunk | null> {
    while (this.#open > 0) {
      const arrival = this.#arrivals.shift() ?? this.#here();
      if (arrival === null) {
        for (const index of this.#unread) this.#read(index);
        this.#unread.length = 0;
        await new Promise<void>(wake => {
          this.#wake = wake;
        });
      } else if ('error' in arrival) {
        throw arrival.error;
      } else if (arrival.chunk === null) {
        this.#open--;
      } else {
        this.#unread.push(arrival.index);
        return this.#output(this.#withOthers(arrival.chunk));
      }
    }
    return null;
  }

  /** A small chunk with what else is there: of few rows the steps cost more than the rows. */
  #withOthers(first: RowChunk): RowChunk {
    let { rows } = first;
    let size = first.bytes.length;
    if (size > smallBytes) return first;
    const chunks = [first];
    for (let other = this.#here(); other !== null; other = this.#here()) {
      if (other.chunk === null) {
        this.#open--;
        continue;
      }
      this.#unread.push(other.index);
      chunks.push(other.chunk);
      rows += other.chunk.rows;
      size += other.chunk.bytes.length;
      if (size > smallBytes) break;
    }
    return chunks.length === 1 ? first : joined(chunks, rows, size);
  }

  /** What is there of some shard whose next nobody waits for. */
  #here(): Here | null {
    const unread = this.#unread;
    for (let at = 0; at < unread.length; at++) {
      const chunk = this.#run.ready(unread[at]!);
      if (chunk === undefined) continue;
      const [index] = unread.splice(at, 1);
      return { index: index!, chunk };
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
    const view = viewOf(bytes);
    for (let row = 0; row < rows; row++) writer.copyRow(view, offsets[row]!, offsets[row + 1]!);
    return writer.take();
  }
}

function joined(chunks: readonly RowChunk[], rows: number, size: number): RowChunk {
  const bytes = Buffer.allocUnsafe(size);
  const offsets = new Int32Array(rows + 1);
  let row = 0;
  let at = 0;
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.rows; i++) offsets[++row] = at + chunk.offsets[i + 1]!;
    chunk.bytes.copy(bytes, at);
    at += chunk.bytes.length;
  }
  return { bytes, offsets, rows };
}
