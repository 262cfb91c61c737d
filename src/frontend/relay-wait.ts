// A request that waits for a connection to its shard, and goes out when there is one: on a connection
// of the client's own, or, if it is a short read, behind the reads of other clients that waited too.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { ServerPipeline } from '../backend/server-pipeline.ts';
import type { BranchWait } from '../transaction/branch-wait.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { RequestFor, SessionContext } from './session-context.ts';
import type { SharedRead } from './statement-timing.ts';

export class RelayWait implements BranchWait {
  readonly owner: ClientTransaction;
  readonly onRefused: (error: unknown) => void;
  readonly #session: SessionContext;
  readonly #shard: number;
  readonly #requestFor: RequestFor;
  readonly #shared: SharedRead | null;

  /** `shared` null: it has to have a connection of its own. */
  constructor(
    session: SessionContext,
    shard: number,
    requestFor: RequestFor,
    shared: SharedRead | null,
    onRefused: (error: unknown) => void,
  ) {
    this.owner = session.transaction;
    this.onRefused = onRefused;
    this.#session = session;
    this.#shard = shard;
    this.#requestFor = requestFor;
    this.#shared = shared;
  }

  onServer(server: ServerConnection): void {
    this.owner.take(this.#shard, server, this);
  }

  onReady(server: ServerConnection): void {
    const session = this.#session;
    if (session.closed) return;
    try {
      const request = this.#requestFor(server);
      if (!(request instanceof Promise)) session.startRelay(server, request);
      else {
        request
          .then(later => session.closed || session.startRelay(server, later))
          .catch(this.onRefused);
      }
    } catch (error) {
      this.onRefused(error);
    }
  }

  sharedCostMs(server: ServerConnection): number {
    const shared = this.#shared;
    const lacks = shared === null || server.settingsId !== this.owner.settings.id;
    if (lacks || shared.lacks(server)) return Number.POSITIVE_INFINITY;
    return this.#session.sharedCostMs(this.#shard, shared.timing!);
  }

  onPipeline(pipeline: ServerPipeline): void {
    try {
      const request = this.#requestFor(pipeline.server);
      if (request instanceof Promise) throw new Error('a request that shares has nothing to await');
      this.#session.startShared(pipeline, request);
    } catch (error) {
      this.onRefused(error);
    }
  }
}
