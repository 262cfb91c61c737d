// What the server connections of one user to one shard did: those that are closed, summed up, and
// how clients got hold of them. It outlives its pool, so that a reload loses no count.

import { LatencyHistogram } from './latency-histogram.ts';
import type { ServerStats } from './server-stats.ts';
import type { ServerTotals } from './snapshot.ts';

type Sums = { -readonly [name in keyof ServerTotals]: number };

interface GoneServer {
  readonly stats: ServerStats;
  readonly transport: { readonly bytesRead: number; readonly bytesWritten: number };
}

let ids = 0;

export class PoolStats {
  /** Never given again in this process. */
  readonly id = ++ids;
  /** Of connections that are gone. */
  readonly #closed: Sums = {
    queries: 0,
    transactions: 0,
    errors: 0,
    parses: 0,
    bytesReceived: 0,
    bytesSent: 0,
  };
  /** Connections given to clients. */
  assignments = 0;
  /** Clients that had to wait for one, and how long altogether. */
  waits = 0;
  waitMs = 0;
  waitTimeouts = 0;
  connects = 0;
  connectMs = 0;
  connectErrors = 0;
  cleaned = 0;
  rollbacks = 0;
  readonly waitDuration = new LatencyHistogram();

  /** A client has waited so long and has its connection now. */
  waited(ms: number): void {
    this.assignments += 1;
    this.waits += 1;
    this.waitMs += ms;
    this.waitDuration.record(ms);
  }

  connected(ms: number): void {
    this.connects += 1;
    this.connectMs += ms;
  }

  get closed(): ServerTotals {
    return this.#closed;
  }

  /** A connection is gone; its numbers stay. */
  serverGone({ stats: server, transport }: GoneServer): void {
    const closed = this.#closed;
    closed.queries += server.queries;
    closed.transactions += server.transactions;
    closed.errors += server.errors;
    closed.parses += server.parses;
    closed.bytesReceived += transport.bytesRead;
    closed.bytesSent += transport.bytesWritten;
  }
}
