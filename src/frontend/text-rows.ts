// All rows of a stream of one shard, for queries of PgPack's own whose answers are small.

import { readRows, type TextRow } from '../backend/internal-query.ts';
import type { ShardStream } from '../executor/shard-client.ts';

export type { TextRow };

/** Text columns only. */
export async function textRows(stream: ShardStream): Promise<TextRow[]> {
  const pieces: Buffer[] = [];
  for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
    pieces.push(chunk.bytes);
  }
  return readRows(Buffer.concat(pieces));
}
