// Placement by the hash of several columns, as `PARTITION BY HASH (a, b, …)`: the hashes of the
// columns joined in their order, those that are NULL passed over.

import type { HashType } from './hash-type.ts';
import type { HashKeyColumn } from './key-column.ts';
import { unreadableKey } from './key-form.ts';
import { PartitionHash } from './partition-hash.ts';
import type { KeyBytes, KeyPart, Placement } from './placement.ts';
import { oneColumnOnly } from './placement.ts';
import { ShardSet } from './shard-set.ts';

/** Keys of which the shards of a statement are found one by one. */
const combinationsMax = 10_000;

/** One value a column may have, with the type it is read by; null: NULL. */
type Candidate = { readonly value: KeyBytes; readonly type: HashType } | null;

export class RowHashPlacement implements Placement {
  readonly kind = 'hash';
  readonly shardCount: number;
  readonly columnCount: number;
  readonly print: string;
  readonly #columns: readonly HashKeyColumn[];
  readonly #hash = new PartitionHash();

  /** `shardCount` is 1 to 65,536. */
  constructor(columns: readonly HashKeyColumn[], shardCount: number) {
    this.#columns = columns;
    this.shardCount = shardCount;
    this.columnCount = columns.length;
    const families = columns.map(({ compared }) => compared.family);
    this.print = `hash (${families.join(', ')}) ${shardCount}`;
  }

  readsAs(): boolean {
    return false;
  }

  shardOfTextBytes(): number {
    throw oneColumnOnly(this.columnCount);
  }

  shardOfBinary(): number {
    throw oneColumnOnly(this.columnCount);
  }

  shardOfText(): number {
    throw oneColumnOnly(this.columnCount);
  }

  shardOfRow(values: readonly (KeyBytes | null)[]): number {
    this.#hash.begin();
    for (let i = 0; i < this.#columns.length; i++) {
      const value = values[i] ?? null;
      if (value === null) continue;
      const column = this.#columns[i]!;
      const type = column.storedAs(value.type);
      if (type === null) throw unreadableKey(column.stored.name, value.type);
      this.#add(type, value);
    }
    return this.#hash.shard(this.shardCount);
  }

  shardsOf(parts: readonly (readonly KeyPart[] | null)[]): readonly number[] | null {
    const candidates: Candidate[][] = [];
    let combinations = 1;
    let unknown = false;
    for (let i = 0; i < this.#columns.length; i++) {
      const items = parts[i] ?? null;
      // A contradiction holds whatever the other columns are.
      if (items !== null && items.length === 0) return [];
      const found = items === null ? null : candidatesOf(this.#columns[i]!, items);
      if (found === null) {
        unknown = true;
        continue;
      }
      combinations *= found.length;
      candidates.push(found);
    }
    return unknown || combinations > combinationsMax ? null : this.#shardsOfAll(candidates);
  }

  #shardsOfAll(candidates: readonly (readonly Candidate[])[]): readonly number[] {
    const shards = new ShardSet(this.shardCount);
    const chosen = candidates.map(() => 0);
    for (let column = 0; column >= 0 && !shards.isFull; ) {
      this.#hash.begin();
      for (const [i, choice] of chosen.entries()) {
        const candidate = candidates[i]![choice]!;
        if (candidate !== null) this.#add(candidate.type, candidate.value);
      }
      shards.add(this.#hash.shard(this.shardCount));
      // The next combination, the last column fastest.
      column = chosen.length - 1;
      while (column >= 0 && chosen[column] === candidates[column]!.length - 1) chosen[column--] = 0;
      if (column >= 0) chosen[column]!++;
    }
    return shards.ascending();
  }

  #add(type: HashType, { kind, bytes, start, end }: KeyBytes): void {
    if (kind === 'text') this.#hash.addTextBytes(type, bytes, start, end);
    else this.#hash.addBinary(type, bytes, start, end);
  }
}

/** null: a range, or a value whose equality says nothing of the column's hash. */
function candidatesOf(column: HashKeyColumn, items: readonly KeyPart[]): Candidate[] | null {
  const candidates: Candidate[] = [];
  for (const item of items) {
    if (item.kind === 'range') return null;
    if (item.kind === 'is-null') {
      candidates.push(null);
      continue;
    }
    const type = column.comparedAs(item.type);
    if (type === null) return null;
    candidates.push({ value: item, type });
  }
  return candidates;
}
