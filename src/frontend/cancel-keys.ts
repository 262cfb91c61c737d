// The keys by which a client's CancelRequest finds its session (BackendKeyData). The remainder of
// a process id says which worker has the session.

import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

export interface Cancelable {
  cancel(): void;
}

export interface CancelKey {
  readonly processId: number;
  readonly secret: Buffer;
}

export class CancelKeys {
  /** Secrets byte by byte in strings: a Buffer of four bytes takes 300. */
  readonly #sessions = new Map<number, { secret: string; session: Cancelable }>();
  readonly #worker: number;
  readonly #workers: number;

  /** Of one of so many workers, which count from 0. */
  constructor(worker = 0, workers = 1) {
    this.#worker = worker;
    this.#workers = workers;
  }

  /** A key nobody has. Protocol 3.2 allows long secrets, 3.0 has 4 bytes. */
  add(session: Cancelable, minor: number): CancelKey {
    const multiples = Math.floor((2 ** 31 - 1) / this.#workers);
    let processId: number;
    do processId = randomInt(1, multiples) * this.#workers + this.#worker;
    while (this.#sessions.has(processId));
    const secret = randomBytes(minor >= 2 ? 32 : 4);
    this.#sessions.set(processId, { secret: secret.toString('latin1'), session });
    return { processId, secret };
  }

  delete({ processId }: { readonly processId: number }): void {
    this.#sessions.delete(processId);
  }

  /** Whether it is for this worker to `cancel`. */
  owns(processId: number): boolean {
    return processId % this.#workers === this.#worker;
  }

  /** A key that is not right is ignored, as PostgreSQL does. */
  cancel(processId: number, secret: Buffer): void {
    const found = this.#sessions.get(processId);
    if (found === undefined || found.secret.length !== secret.length) return;
    if (timingSafeEqual(Buffer.from(found.secret, 'latin1'), secret)) found.session.cancel();
  }
}
