// What the executor needs of the world: rows of a fragment from each shard, as they arrive.
// `frontend` implements it over server connections; tests implement it over arrays.

import type { ColumnDescription } from '../protocol/row-description.ts';

export type { ColumnDescription };

/**
 * DataRow messages of one shard that arrived together. `bytes` holds whole DataRow messages
 * (`D`, int32 length, int16 column count, columns) back to back; `offsets` holds `rows + 1`
 * entries, message i being bytes[offsets[i]] up to bytes[offsets[i + 1]]. The chunk belongs to
 * the receiver.
 */
export interface RowChunk {
  readonly bytes: Buffer;
  readonly offsets: Int32Array;
  readonly rows: number;
}

export interface ShardStream {
  readonly shard: number;
  /** Columns of the fragment; rejects when the shard answered with an error. */
  readonly columns: Promise<readonly ColumnDescription[]>;
  /** The next rows, or null at the end (the shard finished without error). Rejects with the
   *  shard's error. At most one call is outstanding. Not calling it makes the shard wait. */
  next(): Promise<RowChunk | null>;
  /** What `next` would give if it is there already, taken; undefined: it has to be waited for, or is
   *  an error. Not to be called while a call of `next` is outstanding. */
  ready?(): RowChunk | null | undefined;
  /** No more rows are wanted: the shard is told to stop and its remaining rows are dropped. */
  cancel(): void;
}

export interface ShardClient {
  /** Starts the fragment on all its shards at once, one stream per shard. */
  open(sql: string, shards: readonly number[]): readonly ShardStream[];
  /** The columns of all streams at once, in the order of `open`'s answer: what to wait for each would
   *  give, for less. */
  columns?(): Promise<readonly (readonly ColumnDescription[])[]> | undefined;
}
