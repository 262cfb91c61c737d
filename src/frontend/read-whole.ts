// All rows of a statement of several shards, for what PgPack does with them itself.

import type { RowChunk } from '../executor/shard-client.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import type { SessionContext } from './session-context.ts';
import type { WideRows } from './wide-run.ts';

export interface RowTaker {
  columns(columns: readonly ColumnDescription[]): void;
  chunk(chunk: RowChunk): void;
}

/** Answers the notices. What is thrown, by `taker` too, stops the servers; they are free then. */
export async function readWhole(
  session: SessionContext,
  rows: WideRows,
  taker: RowTaker,
): Promise<readonly Buffer[]> {
  const forget = () => rows.forget();
  session.leaving.add(forget);
  try {
    taker.columns(await rows.columns);
    for (let chunk = await rows.next(); chunk !== null; chunk = await rows.next()) {
      taker.chunk(chunk);
    }
    return await rows.finish();
  } catch (error) {
    if (session.closed) rows.forget();
    else await rows.stop(true);
    throw error;
  } finally {
    session.leaving.delete(forget);
  }
}
