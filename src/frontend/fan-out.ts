// One statement started on several shards at once, each on its own connection.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { ColumnDescription, ShardStream } from '../executor/shard-client.ts';
import { requestMessages, ServerStream, type ShardRequest } from './shard-stream.ts';

/** Rows of one statement from several shards, however they are read. */
export interface FragmentRows {
  readonly streams: readonly ShardStream[];
  /** No more rows are asked for by what is read next, where that can be told. */
  want?(rows: number): void;
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
    let last: ShardRequest | null = null;
    let messages: Buffer | undefined;
    this.streams = servers.map(server => {
      const request = requestFor(server);
      if (request !== last) messages = ownMessages(request) ? undefined : requestMessages(request);
      last = request;
      return new ServerStream(server, request, messages);
    });
  }

  /** Waits until every server is done. Throws the first error among them. */
  async finished(): Promise<void> {
    await Promise.all(this.streams.map(stream => stream.finished));
    for (const stream of this.streams) if (stream.error !== null) throw stream.error;
  }

  /** Waits likewise while `read` takes the rows; what that throws stops the servers. */
  async readBy(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      this.cancel();
      await this.finished();
      throw error;
    }
    await this.finished();
  }

  /** Rows come as fast as they are read. */
  async idle(): Promise<void> {}

  /** Of each stream, in their order. Rejects with the first error. */
  columns(): Promise<(readonly ColumnDescription[])[]> {
    return new Promise((resolve, reject) => {
      let missing = this.streams.length;
      const onDescribed = ({ described, error }: ServerStream): void => {
        if (described === null) reject(error);
        else if (--missing === 0) resolve(this.streams.map(stream => stream.described!));
      };
      for (const stream of this.streams) {
        if (stream.described !== null || stream.ended) onDescribed(stream);
        else stream.onDescribed = onDescribed;
      }
    });
  }

  async finish(): Promise<readonly Buffer[]> {
    for (const stream of this.streams) if (!stream.ended) await stream.finished;
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
    if (this.streams.every(stream => stream.notices.length === 0)) return [];
    return distinctNotices(this.streams.flatMap(stream => stream.notices));
  }
}

/** Each server gets messages of its own. */
function ownMessages({ behind, prepared }: ShardRequest): boolean {
  return behind !== undefined || prepared === true;
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
