// A ShardClient over arrays of rows, for tests: each shard's rows come in chunks of a given size,
// after a turn of the event loop, and what the executor did to each stream can be asked.

import { executeMerge, type MergeExecution } from '../../src/executor/execute-merge.ts';
import { SharedMemory } from '../../src/executor/memory-budget.ts';
import type {
  ColumnDescription,
  RowChunk,
  ShardClient,
  ShardStream,
} from '../../src/executor/shard-client.ts';
import type { Fragment, MergeNode } from '../../src/plan/merge-plan.ts';
import { typeOid } from '../../src/types/type-oid.ts';

/** A column value on the wire: text, bytes, or null. */
export type WireValue = string | Uint8Array | null;

export interface ArrayShard {
  readonly shard?: number;
  readonly columns: readonly ColumnDescription[];
  readonly rows: readonly (readonly WireValue[])[];
  /** Raised instead of the columns, or after all rows. */
  readonly errorAtStart?: Error;
  readonly errorAtEnd?: Error;
  /** Never answers `next` once the rows are used up. */
  readonly hangsAtEnd?: boolean;
}

class ArrayStream implements ShardStream {
  readonly shard: number;
  readonly columns: Promise<readonly ColumnDescription[]>;
  cancelled = 0;
  chunksRead = 0;
  outstanding = 0;
  readonly #source: ArrayShard;
  readonly #chunkRows: number;
  #at = 0;

  constructor(source: ArrayShard, shard: number, chunkRows: number) {
    this.shard = shard;
    this.#source = source;
    this.#chunkRows = chunkRows;
    this.columns = source.errorAtStart
      ? Promise.reject(source.errorAtStart)
      : Promise.resolve(source.columns);
  }

  async next(): Promise<RowChunk | null> {
    if (this.outstanding > 0) throw new Error('next was called twice at once');
    this.outstanding++;
    await new Promise(resolve => setImmediate(resolve));
    const { rows, errorAtEnd, hangsAtEnd } = this.#source;
    const part = rows.slice(this.#at, this.#at + this.#chunkRows);
    this.#at += part.length;
    if (part.length === 0 && hangsAtEnd) await new Promise(() => {});
    this.outstanding--;
    if (part.length > 0) {
      this.chunksRead++;
      return chunkOf(part);
    }
    if (errorAtEnd) throw errorAtEnd;
    return null;
  }

  cancel(): void {
    this.cancelled++;
  }
}

class ArrayShardClient implements ShardClient {
  readonly streams: ArrayStream[] = [];
  readonly opened: { readonly sql: string; readonly shards: readonly number[] }[] = [];
  readonly #shards: readonly ArrayShard[];
  readonly #chunkRows: number;

  constructor(shards: readonly ArrayShard[], chunkRows = 500) {
    this.#shards = shards;
    this.#chunkRows = chunkRows;
  }

  open(sql: string, shards: readonly number[]): ShardStream[] {
    this.opened.push({ sql, shards });
    for (const [i, source] of this.#shards.entries()) {
      this.streams.push(new ArrayStream(source, source.shard ?? i, this.#chunkRows));
    }
    return [...this.streams];
  }
}

/** A column description; text format unless said otherwise. */
export function column(
  name: string,
  type: keyof typeof typeOid,
  format: 0 | 1 = 0,
): ColumnDescription {
  return {
    name,
    tableOid: 0,
    columnNumber: 0,
    typeOid: typeOid[type],
    typeSize: -1,
    typeModifier: -1,
    format,
  };
}

/** Rows as a chunk of DataRow messages. */
export function chunkOf(rows: readonly (readonly WireValue[])[]): RowChunk {
  const messages = rows.map(dataRow);
  const offsets = new Int32Array(rows.length + 1);
  messages.forEach((message, i) => {
    offsets[i + 1] = offsets[i]! + message.length;
  });
  return { bytes: Buffer.concat(messages), offsets, rows: rows.length };
}

function dataRow(values: readonly WireValue[]): Buffer {
  const parts: Buffer[] = [];
  for (const value of values) {
    const size = Buffer.alloc(4);
    const bytes = value === null ? Buffer.alloc(0) : Buffer.from(value as string);
    size.writeInt32BE(value === null ? -1 : bytes.length);
    parts.push(size, bytes);
  }
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(7);
  header.write('D');
  header.writeInt32BE(body.length + 6, 1);
  header.writeInt16BE(values.length, 5);
  return Buffer.concat([header, body]);
}

/** The rows of a chunk, values as bytes; checks the framing while it reads. */
export function rowsOf(chunk: RowChunk): (Buffer | null)[][] {
  const rows: (Buffer | null)[][] = [];
  if (chunk.offsets[0] !== 0 || chunk.offsets[chunk.rows] !== chunk.bytes.length) {
    throw new Error('offsets do not span the bytes');
  }
  for (let row = 0; row < chunk.rows; row++) {
    const message = chunk.bytes.subarray(chunk.offsets[row]!, chunk.offsets[row + 1]!);
    if (message[0] !== 0x44 || message.readInt32BE(1) !== message.length - 1) {
      throw new Error(`row ${row} is not a DataRow message`);
    }
    const values: (Buffer | null)[] = [];
    let at = 7;
    for (let i = 0; i < message.readInt16BE(5); i++) {
      const size = message.readInt32BE(at);
      at += 4;
      values.push(size === -1 ? null : message.subarray(at, at + size));
      at += Math.max(size, 0);
    }
    if (at !== message.length) throw new Error(`row ${row} has bytes left over`);
    rows.push(values);
  }
  return rows;
}

export interface Merged {
  readonly columns: readonly ColumnDescription[];
  readonly rows: (Buffer | null)[][];
  readonly chunks: number;
}

export interface MergeSetup {
  readonly chunkRows?: number;
  readonly parameters?: readonly (bigint | null)[];
  readonly memoryBytesMax?: number;
  readonly shared?: SharedMemory;
  readonly sharedBytesMax?: number;
}

/** Runs a plan over the shards to its end. */
export async function merge(
  root: MergeNode,
  shards: readonly ArrayShard[],
  setup: MergeSetup = {},
): Promise<Merged> {
  const { execution } = start(root, shards, setup);
  const columns = await execution.columns;
  const rows: (Buffer | null)[][] = [];
  let chunks = 0;
  for (;;) {
    const chunk = await execution.next();
    if (chunk === null) return { columns, rows, chunks };
    chunks++;
    rows.push(...rowsOf(chunk));
  }
}

/** Starts a plan; the client shows what became of each stream. */
export function start(
  root: MergeNode,
  shards: readonly ArrayShard[],
  setup: MergeSetup = {},
): { execution: MergeExecution; client: ArrayShardClient } {
  const client = new ArrayShardClient(shards, setup.chunkRows);
  const execution = executeMerge({
    plan: { kind: 'merge', root, otherwise: null },
    client,
    shards: shards.map((_, i) => i),
    rowCount: index => setup.parameters?.[index] ?? null,
    memory: {
      bytesMax: setup.memoryBytesMax ?? 1_000_000,
      shared: setup.shared ?? new SharedMemory(),
      sharedBytesMax: setup.sharedBytesMax ?? 1_000_000_000,
    },
  });
  return { execution, client };
}

/** Rows as text, NULL as null. */
export function texts(rows: readonly (readonly (Buffer | null)[])[]): (string | null)[][] {
  return rows.map(row => row.map(value => value?.toString() ?? null));
}

/** The fragment of a test's plan. */
export function fragment(hiddenColumns = 0): Fragment {
  return { kind: 'gather', sql: 'SELECT', hiddenColumns };
}

/** Chunk sizes every operator is tried at: one row, two, and all in one. */
export const chunkSizes: readonly number[] = [1, 2, 500];
