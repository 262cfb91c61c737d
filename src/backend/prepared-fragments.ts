// Fragments of merged statements that are prepared on one server connection, under names that are
// used again: a bounded number, of which the one that was not used for the longest time goes. None
// is kept for long, so that its plan follows its tables as they grow.

import { coarseClock } from '../common/coarse-clock.ts';

const prefix = 'pgpack_merge_';
const slotsMax = 32;

/** Before this PostgreSQL's autovacuum hardly notices a change either (`autovacuum_naptime`). */
const fragmentLifeMs = 60_000;

interface Slot {
  readonly number: number;
  readonly sinceMs: number;
}

export function fragmentName(slot: number): string {
  return `${prefix}${slot}`;
}

export class PreparedFragments {
  readonly #max: number;
  /** By text and settings, least recently used first. */
  readonly #slots = new Map<string, Slot>();
  readonly #free: number[];

  constructor(max: number) {
    this.#max = Math.min(max, slotsMax);
    this.#free = Array.from({ length: this.#max }, (_, i) => this.#max - 1 - i);
  }

  get size(): number {
    return this.#slots.size;
  }

  /** The slot of what is prepared as `key`; -1: it is not, or too long ago. */
  find(key: string): number {
    const slot = this.#slots.get(key);
    if (slot === undefined || coarseClock.nowMs - slot.sinceMs > fragmentLifeMs) return -1;
    if (this.#slots.size * 2 > this.#max) {
      this.#slots.delete(key);
      this.#slots.set(key, slot);
    }
    return slot.number;
  }

  /** A slot for `key`, which is not prepared any more; what may stand there has to be closed. It is
   *  free until `keep`. */
  take(key: string): number {
    this.forget(key);
    if (this.#free.length === 0) this.forget(this.#slots.keys().next().value!);
    return this.#free.at(-1)!;
  }

  /** `key` is prepared in the slot that `take` gave. */
  keep(key: string, number: number): void {
    const at = this.#free.indexOf(number);
    if (at < 0) return;
    this.#free.splice(at, 1);
    this.#slots.set(key, { number, sinceMs: coarseClock.nowMs });
  }

  forget(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#free.push(slot.number);
  }

  clear(): void {
    for (const key of [...this.#slots.keys()]) this.forget(key);
  }
}
