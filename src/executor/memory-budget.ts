// The memory one merge may hold for groups and sorts, counted as it grows.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';

export class MemoryBudget {
  readonly #bytesMax: number;
  #bytes = 0;
  #peak = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The most that was held at once, in bytes. */
  get peak(): number {
    return this.#peak;
  }

  /** Counts `bytes` more, or less, that have a limit of their own: what streams hold. */
  hold(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#peak) this.#peak = this.#bytes;
  }

  /** Counts `bytes` more; error `memoryLimit` when that is over the limit. */
  reserve(bytes: number): void {
    this.hold(bytes);
    if (this.#bytes > this.#bytesMax) {
      throw new PgError(errors.memoryLimit, {
        what: 'the memory for merging the rows of shards',
        limit: `${this.#bytesMax} bytes`,
      });
    }
  }
}
