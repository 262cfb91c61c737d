// What the clients of this event loop wait for on several shards, for `DeadlockWatch`.

import { askLockWaits, backendName, type LockWait } from '../backend/lock-waits.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { type OneOfWorkers, ownId, publicId } from '../metrics/public-id.ts';
import type { WideTransaction } from '../transaction/wait-graph.ts';
import { besideClients } from './beside-clients.ts';
import type { ClientSession } from './client-session.ts';
import type { WaitSource } from './deadlock-watch.ts';
import { errorAnswer } from './error-answer.ts';

/** A server that takes longer to say who waits is left out. */
const answerMs = 5_000;

export class SessionWaits implements WaitSource {
  readonly #sessions: () => Iterable<ClientSession>;
  readonly #worker: OneOfWorkers;

  constructor(sessions: () => Iterable<ClientSession>, worker: OneOfWorkers) {
    this.#sessions = sessions;
    this.#worker = worker;
  }

  async wideTransactions(ms: number): Promise<WideTransaction[]> {
    return this.#wide(ms).map(session => ({
      client: publicId(session.stats.id, this.#worker),
      progress: progressOf(session),
      beganAtMs: session.transaction.beganAtMs,
      backends: session.servers.map(({ address, processId }) => backendName(address, processId)),
    }));
  }

  async lockWaits(ms: number): Promise<LockWait[]> {
    const asked = new Map<string, Promise<LockWait[]>>();
    for (const { database, servers } of this.#wide(ms)) {
      for (const { address } of servers.filter(server => server.working)) {
        const name = `${address.host}:${address.port}`;
        if (asked.has(name)) continue;
        const signal = AbortSignal.timeout(answerMs);
        const waits = besideClients(database, address.shard, askLockWaits, signal);
        // What cannot be asked is seen when it can be.
        asked.set(
          name,
          waits.catch(() => []),
        );
      }
    }
    return (await Promise.all(asked.values())).flat();
  }

  async endDeadlock(client: number, progress: string, detail: string): Promise<void> {
    const id = ownId(client, this.#worker);
    for (const session of this.#sessions()) {
      if (session.stats.id !== id || progressOf(session) !== progress) continue;
      const answer = errorAnswer(new PgError(errors.deadlockDetected, {}, { detail }));
      for (const server of session.servers) if (server.working) server.cancelsAs(answer);
      session.cancel(errors.deadlockDetected);
    }
  }

  #wide(ms: number): ClientSession[] {
    const untilMs = Date.now() - ms;
    return [...this.#sessions()].filter(({ sinceMs, transaction }) => {
      if (sinceMs > untilMs || !transaction.holdsServers) return false;
      const { servers } = transaction;
      return servers.length > 1 && servers.some(server => server.working);
    });
  }
}

/** A server that is done with anything has said so once more. */
function progressOf({ sinceMs, transaction }: ClientSession): string {
  const readies = transaction.servers.map(({ processId, stats }) => [processId, stats.readies]);
  return JSON.stringify([transaction.ended, sinceMs, readies]);
}
