// One statement started on several shards at once, each on its own connection.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { ShardStream } from '../executor/shard-client.ts';
import { ServerStream, type ShardRequest } from './shard-stream.ts';

/** Rows of one statement from several shards, however they are read. */
export interface FragmentRows {
  readonly streams: readonly ShardStream[];
  /** Resolves when no server works on it until more rows are asked for. */
  idle(): Promise<void>;
  /** All rows that are wanted were read: resolves with the notices of all shards when the servers
   *  are free. */
  finish(): Promise<readonly Buffer[]>;
  /** No more rows are wanted; resolves when the servers are free. `failed`: whatever transaction it
   *  is in has failed. */
  stop(failed: boolean): Promise<void>;
}

export class FanOut implements FragmentRows {
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

  /** Rows come as fast as they are read. */
  async idle(): Promise<void> {}

  async finish(): Promise<readonly Buffer[]> {
    await Promise.all(this.streams.map(stream => stream.finished));
    return this.notices();
  }

  async stop(failed: boolean): Promise<void> {
    await Promise.all(
      this.streams.map(stream => {
        if (failed) return stream.abort();
        stream.cancel();
        return stream.finished;
      }),
    );
    await cancelsOf(this.streams.map(({ server }) => server));
  }

  cancel(): void {
    for (const stream of this.streams) stream.cancel();
  }

  /** The notices of all shards, those that say the same once. */
  notices(): Buffer[] {
    return distinctNotices(this.streams.flatMap(stream => stream.notices));
  }
}

/** Resolves when no cancel request is on its way: what comes next on these connections must not be
 *  struck by one. */
export async function cancelsOf(servers: readonly ServerConnection[]): Promise<void> {
  await Promise.all(servers.map(server => new Promise<void>(done => server.afterCancels(done))));
}

export function distinctNotices(notices: readonly Buffer[]): Buffer[] {
  return [...new Map(notices.map(notice => [notice.toString('latin1'), notice])).values()];
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
