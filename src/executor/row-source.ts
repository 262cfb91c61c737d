// What every operator of a merge is to the one above it: rows on demand. Pulling is the
// backpressure: an operator that is not asked asks nobody.

import type { RowChunk } from './shard-client.ts';

export interface RowSource {
  /** The next rows (at least one), or null at the end. One call is outstanding at most. */
  next(): Promise<RowChunk | null>;
}
