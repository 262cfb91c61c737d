// One statement started on several shards at once, each on its own connection.

import type { ServerConnection } from '../backend/server-connection.ts';
import { ServerStream, type ShardRequest } from './shard-stream.ts';

export class FanOut {
  readonly streams: readonly ServerStream[];

  /** `requestFor`: what each server gets. */
  constructor(
    servers: readonly ServerConnection[],
    requestFor: (server: ServerConnection) => ShardRequest,
  ) {
    this.streams = servers.map(server => new ServerStream(server, requestFor(server)));
  }

  /** Waits until every server is done. Throws the first error among them. */
  async finished(): Promise<void> {
    await Promise.all(this.streams.map(stream => stream.finished));
    for (const stream of this.streams) if (stream.error !== null) throw stream.error;
  }

  cancel(): void {
    for (const stream of this.streams) stream.cancel();
  }

  /** The notices of all shards, those that say the same once. */
  notices(): Buffer[] {
    const seen = new Map<string, Buffer>();
    for (const stream of this.streams) {
      for (const notice of stream.notices) seen.set(notice.toString('latin1'), notice);
    }
    return [...seen.values()];
  }
}

/** Row count at the end of a command tag, e.g. 5 of `INSERT 0 5`; null when it has none. */
function taggedRows(tag: string): bigint | null {
  const digits = / (\d+)$/.exec(tag);
  return digits === null ? null : BigInt(digits[1]!);
}

/** The tag of several shards' tags: row counts added. */
export function summedTag(tags: readonly string[]): string {
  const counts = tags.map(taggedRows);
  const first = tags[0] ?? '';
  if (counts.some(count => count === null)) return first;
  const total = counts.reduce<bigint>((sum, count) => sum + count!, 0n);
  return first.replace(/\d+$/, total.toString());
}
