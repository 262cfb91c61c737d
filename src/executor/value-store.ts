// One value for each group, its bytes as they came, packed into blocks: an array of its own would take
// a hundred bytes more than a short value.

import { copyBytes } from './data-row.ts';
import { doubledInts } from './doubled-array.ts';
import type { MemoryBudget } from './memory-budget.ts';

const blockBytes = 65_536;
const firstBlockBytes = 1024;

export class ValueStore {
  /** Bytes for each group beside its value: four numbers in an array that doubles. */
  readonly groupBytes = 24;
  /** The value that `locate` has found. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  readonly #budget: MemoryBudget;
  readonly #blocks: Uint8Array[] = [];
  #used = 0;
  /** For each group: its value's size plus one, 0 without a value; the block it is in; where it begins
   *  there, and how much room it has. */
  #places = new Int32Array(4 * 16);
  #groups = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  get groups(): number {
    return this.#groups;
  }

  addGroup(): void {
    if (4 * ++this.#groups > this.#places.length) this.#places = doubledInts(this.#places);
  }

  /** Points at the group's value; false: it has none. */
  locate(group: number): boolean {
    const at = 4 * group;
    const places = this.#places;
    const size = places[at]! - 1;
    if (size < 0) return false;
    this.bytes = this.#blocks[places[at + 1]!]!;
    this.start = places[at + 2]!;
    this.end = this.start + size;
    return true;
  }

  /** bytes[start … end] is the group's value from now on. */
  set(group: number, bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    const at = 4 * group;
    const places = this.#places;
    const room = places[at + 3]!;
    // A value that has no room any more gets twice as much, so that what is left behind is less
    // than what is held.
    if (size > room || room === 0) this.#place(at, Math.max(size, 2 * room, 1));
    copyBytes(bytes, start, end, this.#blocks[places[at + 1]!]!, places[at + 2]!);
    places[at] = size + 1;
  }

  #place(at: number, room: number): void {
    this.#budget.reserve(room);
    const last = this.#blocks.at(-1);
    if (last === undefined || this.#used + room > last.length) {
      // What is left of a block is lost: of values of half a block as much as they take.
      if (last !== undefined) this.#budget.reserve(last.length - this.#used);
      // The first block is small: most results have few groups.
      const usual = last === undefined ? firstBlockBytes : Math.min(blockBytes, 4 * last.length);
      this.#blocks.push(new Uint8Array(Math.max(room, usual)));
      this.#used = 0;
    }
    this.#places[at + 1] = this.#blocks.length - 1;
    this.#places[at + 2] = this.#used;
    this.#places[at + 3] = room;
    this.#used += room;
  }
}
