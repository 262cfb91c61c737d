// Rows of several shards in portions where their order does not matter: one shard after the other, and
// of each no more than are asked for. So a row that nobody asks for yet raises no error and is not
// locked, as with the portal of one PostgreSQL (nodeAppend.c).

import type { ServerConnection } from '../backend/server-connection.ts';
import type { ColumnDescription, RowChunk, ShardStream } from '../executor/shard-client.ts';
import { agreedColumns } from '../executor/shard-columns.ts';
import type { FragmentRows } from './fan-out.ts';
import { distinctNotices } from './fan-out.ts';
import { PortalStream } from './portal-stream.ts';
import type { ShardRequest } from './shard-stream.ts';

/** All portals as one stream. */
export class PortalChain implements FragmentRows, ShardStream {
  readonly streams: readonly ShardStream[] = [this];
  readonly columns: Promise<readonly ColumnDescription[]>;
  readonly #portals: readonly PortalStream[];
  /** The one that is read. */
  #at = 0;

  /** `servers`: in a transaction. Their portals are opened at once, so that they see the same rows as
   *  if all were read. */
  constructor(
    servers: readonly ServerConnection[],
    requestFor: (server: ServerConnection) => ShardRequest,
  ) {
    this.#portals = servers.map(server => new PortalStream(server, requestFor(server)));
    this.columns = Promise.all(this.#portals.map(({ columns }) => columns)).then(agreedColumns);
    this.columns.catch(() => {});
  }

  get shard(): number {
    return this.#portals[this.#at]?.shard ?? -1;
  }

  want(rows: number): void {
    for (const portal of this.#portals) portal.wanted = rows;
  }

  async next(): Promise<RowChunk | null> {
    for (; this.#at < this.#portals.length; this.#at++) {
      const chunk = await this.#portals[this.#at]!.next();
      if (chunk !== null) return chunk;
    }
    return null;
  }

  cancel(): void {
    for (const portal of this.#portals) portal.cancel();
  }

  async idle(): Promise<void> {
    await Promise.all(this.#portals.map(portal => portal.idle()));
  }

  async finish(): Promise<readonly Buffer[]> {
    await this.stop();
    return distinctNotices(this.#portals.flatMap(({ notices }) => notices));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#portals.map(portal => portal.close()));
  }
}
