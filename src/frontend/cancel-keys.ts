// The keys by which a client's CancelRequest finds its session (BackendKeyData).

import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

export interface Cancelable {
  cancel(): void;
}

export interface CancelKey {
  readonly processId: number;
  readonly secret: Buffer;
}

export class CancelKeys {
  readonly #sessions = new Map<number, { secret: Buffer; session: Cancelable }>();

  /** A key nobody has. Protocol 3.2 allows long secrets, 3.0 has 4 bytes. */
  add(session: Cancelable, minor: number): CancelKey {
    let processId: number;
    do processId = randomInt(1, 2 ** 31 - 1);
    while (this.#sessions.has(processId));
    const secret = randomBytes(minor >= 2 ? 32 : 4);
    this.#sessions.set(processId, { secret, session });
    return { processId, secret };
  }

  delete({ processId }: CancelKey): void {
    this.#sessions.delete(processId);
  }

  /** A key that is not right is ignored, as PostgreSQL does. */
  cancel(processId: number, secret: Buffer): void {
    const found = this.#sessions.get(processId);
    if (found === undefined || found.secret.length !== secret.length) return;
    if (timingSafeEqual(found.secret, secret)) found.session.cancel();
  }
}
