// Group keys to group numbers: open addressing over one arena of encoded keys. Two rows are one
// group when their encoded keys are the same bytes, which by the rules of `KeyColumn` is when SQL
// holds them equal (1.0 and 1.00, 0 and -0, '1 mon' and '30 days'; NULL groups with NULL).

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { KeyColumn } from '../types/key-column.ts';
import { copyBytes } from './data-row.ts';
import type { MemoryBudget } from './memory-budget.ts';

const firstSlots = 64;
/** Places in the arena are 32-bit integers. */
const arenaBytesMax = 2 ** 31 - 1;

export class GroupTable {
  readonly #budget: MemoryBudget;
  /** Two words each, so that a look reads one line of the cache: group number plus one, 0 being
   *  free, and the hash. A power of two long. */
  #slots = new Int32Array(2 * firstSlots);
  /** Where each group's key ends in the arena; group i begins where i - 1 ends. */
  #ends = new Int32Array(firstSlots);
  #arena = new Uint8Array(1024);
  #groups = 0;
  #scratch = new Uint8Array(256);
  #length = 0;
  /** Different in every table, so that no set of keys collides in all of them. */
  readonly #seed = (Math.random() * 0x100000000) | 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  get groups(): number {
    return this.#groups;
  }

  /** The number of the row's group; equal to the former `groups` when it is a new one. */
  find(keys: readonly KeyColumn[], row: number): number {
    this.#length = 0;
    for (const key of keys) this.#encode(key, row);
    const hash = this.#hash();
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = (hash << 1) & mask;
    for (;;) {
      const entry = slots[slot]!;
      if (entry === 0) return this.#insert(slot, hash);
      if (slots[slot + 1] === hash && this.#equals(entry - 1)) return entry - 1;
      slot = (slot + 2) & mask;
    }
  }

  /** A byte for NULL or not, then the value; bytes are led by their length. */
  #encode(key: KeyColumn, row: number): void {
    if (key.isNull(row)) {
      this.#byte(0);
      return;
    }
    this.#byte(1);
    switch (key.kind) {
      case 'int32':
        this.#word(key.int32[row]!);
        break;
      case 'int64':
        this.#word(key.int32[2 * row]!);
        this.#word(key.int32[2 * row + 1]!);
        break;
      case 'float64':
        floatView.setFloat64(0, key.float64[row]!);
        this.#word(floatView.getInt32(0));
        this.#word(floatView.getInt32(4));
        break;
      case 'bytes': {
        const start = key.offsets[row]!;
        const end = key.offsets[row + 1]!;
        this.#word(end - start);
        this.#ensureScratch(end - start);
        for (let i = start; i < end; i++) this.#scratch[this.#length++] = key.data[i]!;
      }
    }
  }

  #byte(value: number): void {
    this.#ensureScratch(1);
    this.#scratch[this.#length++] = value;
  }

  #word(value: number): void {
    this.#ensureScratch(4);
    const scratch = this.#scratch;
    scratch[this.#length++] = value;
    scratch[this.#length++] = value >>> 8;
    scratch[this.#length++] = value >>> 16;
    scratch[this.#length++] = value >>> 24;
  }

  #ensureScratch(size: number): void {
    if (this.#length + size <= this.#scratch.length) return;
    const grown = new Uint8Array((this.#length + size) * 2);
    grown.set(this.#scratch.subarray(0, this.#length));
    this.#scratch = grown;
  }

  /** FNV-1a (Fowler, Noll, Vo) over the encoded key, with its bits mixed at the end. */
  #hash(): number {
    const scratch = this.#scratch;
    let hash = 0x811c9dc5 ^ this.#seed;
    for (let i = 0; i < this.#length; i++) hash = Math.imul(hash ^ scratch[i]!, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  #equals(group: number): boolean {
    const start = group === 0 ? 0 : this.#ends[group - 1]!;
    if (this.#ends[group]! - start !== this.#length) return false;
    const arena = this.#arena;
    const scratch = this.#scratch;
    for (let i = 0; i < this.#length; i++) {
      if (arena[start + i] !== scratch[i]) return false;
    }
    return true;
  }

  #insert(slot: number, hash: number): number {
    const group = this.#groups++;
    // The key, its end, and on average three slots.
    this.#budget.reserve(this.#length + 28);
    const start = group === 0 ? 0 : this.#ends[group - 1]!;
    const end = start + this.#length;
    if (end > arenaBytesMax) {
      const what = 'the keys of groups';
      throw new PgError(errors.memoryLimit, { what, limit: `${arenaBytesMax} bytes` });
    }
    if (end > this.#arena.length) this.#arena = enlarged(this.#arena, end);
    copyBytes(this.#scratch, 0, this.#length, this.#arena, start);
    if (group === this.#ends.length) {
      this.#ends = enlarged(this.#ends, group + 1);
    }
    this.#ends[group] = end;
    this.#slots[slot] = group + 1;
    this.#slots[slot + 1] = hash;
    if (this.#groups * 4 > this.#slots.length) this.#rehash();
    return group;
  }

  #rehash(): void {
    const before = this.#slots;
    const slots = new Int32Array(before.length * 2);
    const mask = slots.length - 2;
    for (let at = 0; at < before.length; at += 2) {
      if (before[at] === 0) continue;
      const hash = before[at + 1]!;
      let slot = (hash << 1) & mask;
      while (slots[slot] !== 0) slot = (slot + 2) & mask;
      slots[slot] = before[at]!;
      slots[slot + 1] = hash;
    }
    this.#slots = slots;
  }
}

const floatView = new DataView(new ArrayBuffer(8));

/** A copy of at least `length` elements, at least twice as long. */
function enlarged<Numbers extends Uint8Array | Int32Array>(
  array: Numbers,
  length: number,
): Numbers {
  const size = Math.max(length, array.length * 2);
  const grown = array instanceof Int32Array ? new Int32Array(size) : new Uint8Array(size);
  grown.set(array);
  return grown as Numbers;
}
