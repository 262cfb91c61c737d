// The memory one merge may hold for groups and sorts, counted as it grows, and that of all merges of
// the process together.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';

/** What all merges hold. */
export class SharedMemory {
  /** Bytes now. */
  held = 0;
  /** The most that was held at once, in bytes. */
  peak = 0;

  hold(bytes: number): void {
    this.held += bytes;
    if (this.held > this.peak) this.peak = this.held;
  }
}

export interface MemoryLimits {
  /** Of one merge, in bytes. */
  readonly bytesMax: number;
  readonly shared: SharedMemory;
  /** Of all merges together. */
  readonly sharedBytesMax: number;
}

export class MemoryBudget {
  readonly #limits: MemoryLimits;
  #bytes = 0;
  #peak = 0;
  #released = false;

  constructor(limits: MemoryLimits) {
    this.#limits = limits;
  }

  /** The most that was held at once, in bytes. */
  get peak(): number {
    return this.#peak;
  }

  /** Counts `bytes` more, or less, that have a limit of their own: what streams hold. */
  hold(bytes: number): void {
    if (this.#released) return;
    this.#bytes += bytes;
    if (this.#bytes > this.#peak) this.#peak = this.#bytes;
    this.#limits.shared.hold(bytes);
  }

  /** Counts `bytes` more; error `memoryLimit` when that is over a limit. */
  reserve(bytes: number): void {
    this.hold(bytes);
    const { bytesMax, shared, sharedBytesMax } = this.#limits;
    if (this.#bytes > bytesMax) {
      const what = 'the memory for merging the rows of shards (merge_memory_limit)';
      throw new PgError(errors.memoryLimit, { what, limit: `${bytesMax} bytes` });
    }
    if (shared.held > sharedBytesMax) {
      const what = 'the memory of all statements that merge rows of shards (merge_memory_total)';
      throw new PgError(errors.memoryLimit, { what, limit: `${sharedBytesMax} bytes` });
    }
  }

  /** The merge is over. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#limits.shared.hold(-this.#bytes);
  }
}
