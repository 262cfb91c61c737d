// Group numbers of one integer, date or timestamp key: the key itself lies in the slot, so that finding
// a group reads one line of the cache, where `GroupTable` reads three.

import type { KeyColumn } from '../types/key-column.ts';
import type { MemoryBudget } from './memory-budget.ts';

const firstSlots = 64;
const slotWords = 4;
/** On average three slots. */
const groupBytes = 3 * 4 * slotWords;

export class IntegerGroups {
  readonly #budget: MemoryBudget;
  /** Group number plus one, 0 being free; the key's low and high half. A power of two of slots. */
  #slots = new Int32Array(slotWords * firstSlots);
  #groups = 0;
  /** -1: no NULL came yet. */
  #nullGroup = -1;
  /** Different in every table, so that no set of keys collides in all of them. */
  readonly #seed = (Math.random() * 0x100000000) | 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** As `GroupTable.find`, of one key of kind `int32` or `int64`. */
  find([key]: readonly KeyColumn[], row: number): number {
    const { kind, int32 } = key!;
    if (key!.isNull(row)) {
      if (this.#nullGroup === -1) this.#nullGroup = this.#groups++;
      return this.#nullGroup;
    }
    const low = kind === 'int64' ? int32[2 * row]! : int32[row]!;
    const high = kind === 'int64' ? int32[2 * row + 1]! : 0;
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = this.#slotOf(low, high, mask); ; at = (at + slotWords) & mask) {
      const entry = slots[at]!;
      if (entry === 0) return this.#insert(at, low, high);
      if (slots[at + 1] === low && slots[at + 2] === high) return entry - 1;
    }
  }

  /** MurmurHash3's mixing of two words and its end (Appleby), which leaves no pattern of the keys. */
  #slotOf(low: number, high: number, mask: number): number {
    let hash = Math.imul(this.#seed ^ Math.imul(low, 0xcc9e2d51), 0x1b873593);
    hash = Math.imul(hash ^ (hash >>> 15) ^ high, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return Math.imul(hash ^ (hash >>> 16), slotWords) & mask;
  }

  #insert(at: number, low: number, high: number): number {
    this.#budget.reserve(groupBytes);
    const group = this.#groups++;
    this.#put(this.#slots, at, group + 1, low, high);
    if (this.#groups * 2 * slotWords > this.#slots.length) this.#rehash();
    return group;
  }

  #put(slots: Int32Array, at: number, entry: number, low: number, high: number): void {
    slots[at] = entry;
    slots[at + 1] = low;
    slots[at + 2] = high;
  }

  #rehash(): void {
    const before = this.#slots;
    const slots = new Int32Array(before.length * 2);
    const mask = slots.length - 1;
    for (let from = 0; from < before.length; from += slotWords) {
      if (before[from] === 0) continue;
      const low = before[from + 1]!;
      const high = before[from + 2]!;
      let at = this.#slotOf(low, high, mask);
      while (slots[at] !== 0) at = (at + slotWords) & mask;
      this.#put(slots, at, before[from]!, low, high);
    }
    this.#slots = slots;
  }
}
