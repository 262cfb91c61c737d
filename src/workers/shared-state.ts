// Numbers in memory that all workers share, for what cannot wait for a message: how many clients
// there are, and which databases had their tables changed.

import type { SchemaVersion } from '../frontend/peers.ts';

/** Databases whose names fall on the same cell are taken for changed together. */
const schemaCells = 256;

/** Given to each worker as it is. */
export type SharedMemory = SharedArrayBuffer;

/** Cells: clients of all workers, those of each worker, versions of schemas. */
export class SharedState {
  readonly memory: SharedMemory;
  readonly #cells: Int32Array;
  readonly #workers: number;

  constructor(workers: number, memory?: SharedMemory) {
    this.#workers = workers;
    this.memory =
      memory ?? new SharedArrayBuffer((1 + workers + schemaCells) * Int32Array.BYTES_PER_ELEMENT);
    this.#cells = new Int32Array(this.memory);
  }

  /** Answers how many clients there were before. */
  clientCame(worker: number): number {
    Atomics.add(this.#cells, 1 + worker, 1);
    return Atomics.add(this.#cells, 0, 1);
  }

  clientLeft(worker: number): void {
    Atomics.sub(this.#cells, 1 + worker, 1);
    Atomics.sub(this.#cells, 0, 1);
  }

  /** The worker is gone, and its clients with it. */
  forgetClients(worker: number): void {
    Atomics.sub(this.#cells, 0, Atomics.exchange(this.#cells, 1 + worker, 0));
  }

  schemaVersion(database: string): SchemaVersion {
    const cells = this.#cells;
    const cell = 1 + this.#workers + (hash(database) % schemaCells);
    return {
      current: () => Atomics.load(cells, cell),
      raise: () => (Atomics.add(cells, cell, 1) + 1) | 0,
    };
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}
