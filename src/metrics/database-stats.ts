// What the clients of one user of one database did: those that have left, summed up, and how long
// requests and transactions took. It outlives its service, so that a reload loses no count.

import { turnNowMs } from '../common/turn-clock.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { SessionStats } from './session-stats.ts';
import type { ClientTotals } from './snapshot.ts';

interface GoneClient {
  readonly stats: SessionStats;
  readonly transaction: { readonly waitMs: number };
  readonly client: { readonly bytesRead: number; readonly bytesWritten: number };
}

type Sums = { -readonly [name in keyof ClientTotals]: number };

export class DatabaseStats {
  readonly queryDuration = new LatencyHistogram();
  readonly transactionDuration = new LatencyHistogram();
  logins = 0;
  /** Statements parsed and planned, being in no cache. */
  planned = 0;
  /** Of clients that have left. */
  readonly #left: Sums = {
    queries: 0,
    transactions: 0,
    errors: 0,
    parses: 0,
    binds: 0,
    queryMs: 0,
    transactionMs: 0,
    waitMs: 0,
    bytesReceived: 0,
    bytesSent: 0,
  };

  get left(): ClientTotals {
    return this.#left;
  }

  /** A request was answered up to ReadyForQuery; `open`: its transaction goes on. */
  requestDone(client: SessionStats, open: boolean): void {
    const now = turnNowMs();
    const queryMs = now - client.startedAtMs;
    client.queries += 1;
    client.queryMs += queryMs;
    this.queryDuration.record(queryMs);
    if (open) {
      if (client.transactionAtMs === 0) client.transactionAtMs = client.startedAtMs;
      return;
    }
    const since = client.transactionAtMs === 0 ? client.startedAtMs : client.transactionAtMs;
    client.transactionAtMs = 0;
    client.transactions += 1;
    client.transactionMs += now - since;
    this.transactionDuration.record(now - since);
  }

  /** A client is gone; its numbers stay. */
  clientLeft({ stats: client, transaction, client: stream }: GoneClient): void {
    const left = this.#left;
    left.queries += client.queries;
    left.transactions += client.transactions;
    left.errors += client.errors;
    left.parses += client.parses;
    left.binds += client.binds;
    left.queryMs += client.queryMs;
    left.transactionMs += client.transactionMs;
    left.waitMs += transaction.waitMs;
    left.bytesReceived += stream.bytesRead;
    left.bytesSent += stream.bytesWritten;
  }
}
