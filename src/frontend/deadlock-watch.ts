// Looks for deadlocks between shards now and then, as long as some transaction waits on several, and
// ends one transaction of each.

import type { LockWait } from '../backend/lock-waits.ts';
import type { Logger } from '../common/logger.ts';
import { timerMs } from '../common/timer.ts';
import { findDeadlocks, type WideTransaction } from '../transaction/wait-graph.ts';

/** The transactions of one event loop, or of all. */
export interface WaitSource {
  /** Those whose statement has run for `ms` and longer. */
  wideTransactions(ms: number): Promise<readonly WideTransaction[]>;
  /** On the servers that work for those. */
  lockWaits(ms: number): Promise<readonly LockWait[]>;
  /** Its statement fails with `deadlockDetected`, unless it has got on meanwhile. */
  endDeadlock(client: number, progress: string, detail: string): Promise<void>;
}

export class DeadlockWatch {
  readonly #source: WaitSource;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | null = null;
  #looking = false;

  constructor(source: WaitSource, log: Logger) {
    this.#source = source;
    this.#log = log;
  }

  /** `ms`: how long a statement runs before it may be part of a deadlock, and how often to look. */
  start(ms: number): void {
    this.stop();
    this.#timer = setInterval(() => void this.#lookOnce(ms), timerMs(ms));
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #lookOnce(ms: number): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#look(ms);
    } catch (error) {
      this.#log.warn({ err: error }, 'cannot look for deadlocks between shards');
    } finally {
      this.#looking = false;
    }
  }

  /** Servers are asked one after the other, so that a circle may be made of waits of different times:
   *  it is one if nobody in it has got on until all of them were asked again. */
  async #look(ms: number): Promise<void> {
    const source = this.#source;
    const before = await source.wideTransactions(ms);
    if (before.length === 0) return;
    const waits = await source.lockWaits(ms);
    if (findDeadlocks(before, waits).length === 0) return;
    const known = new Set(waits.map(wait => JSON.stringify(wait)));
    const again = await source.lockWaits(ms);
    const lasting = again.filter(wait => known.has(JSON.stringify(wait)));
    const stuck = new Set((await source.wideTransactions(ms)).map(stateOf));
    const same = before.filter(one => stuck.has(stateOf(one)));
    for (const { victim, waits } of findDeadlocks(same, lasting)) {
      this.#log.warn({ client: victim.client, waits }, 'deadlock between shards');
      await source.endDeadlock(victim.client, victim.progress, `${waits.join('.\n')}.`);
    }
  }
}

function stateOf({ client, progress }: WideTransaction): string {
  return `${client} ${progress}`;
}
