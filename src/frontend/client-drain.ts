// Those who wait until a client has taken what was written to it.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { Transport } from '../transport/transport.ts';

export class ClientDrain {
  readonly #client: Transport;
  /** Called when the client is gone. */
  readonly leaving = new Set<() => void>();
  #waiters: { resolve(): void; reject(error: unknown): void }[] = [];

  constructor(client: Transport) {
    this.#client = client;
  }

  /** Rejects when the client goes away. */
  wait(): Promise<void> {
    if (this.#client.backlogBytes === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  drained(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.resolve();
  }

  clientGone(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(new PgError(errors.queryCanceled));
    for (const leave of this.leaving) leave();
    this.leaving.clear();
  }
}
