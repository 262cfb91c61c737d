// Numbers in memory that all workers share, for what cannot wait for a message: how many clients
// there are, and which databases had their tables changed.

import type { SchemaVersion } from '../frontend/peers.ts';

/** Databases whose names fall on the same cell are taken for changed together. */
const schemaCells = 256;

/** Given to each worker as it is. */
export type SharedMemory = SharedArrayBuffer;

/** Cells: clients of each worker, versions of schemas. A worker that dies can leave none half
 *  written, as each is written at once. */
export class SharedState {
  readonly memory: SharedMemory;
  readonly #cells: Int32Array;
  readonly #workers: number;

  constructor(workers: number, memory?: SharedMemory) {
    this.#workers = workers;
    this.memory =
      memory ?? new SharedArrayBuffer((workers + schemaCells) * Int32Array.BYTES_PER_ELEMENT);
    this.#cells = new Int32Array(this.memory);
  }

  /** Answers how many other clients there are. Of two that come at the same moment each may count
   *  the other. */
  clientCame(worker: number): number {
    Atomics.add(this.#cells, worker, 1);
    let clients = 0;
    for (let i = 0; i < this.#workers; i++) clients += Atomics.load(this.#cells, i);
    return clients - 1;
  }

  clientLeft(worker: number): void {
    Atomics.sub(this.#cells, worker, 1);
  }

  /** The worker is gone, and its clients with it. */
  forgetClients(worker: number): void {
    Atomics.store(this.#cells, worker, 0);
  }

  schemaVersion(database: string): SchemaVersion {
    const cells = this.#cells;
    const cell = this.#workers + (hash(database) % schemaCells);
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
