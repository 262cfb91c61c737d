// What the clients know of their own writes, to be compared with what the shards hold at the end.
// A write is a row (slot, seq) of `ledger`; the same transaction adds it to the slot's counter.

/** Unknown: the connection was lost between COMMIT and its answer. */
export type Outcome = 'unknown' | 'committed' | 'absent';

export interface Write {
  readonly slot: number;
  readonly seq: number;
}

/** Each client writes to slots of its own, so no two clients wait for each other's rows. */
export const slotsPerClient = 4;

export class Outcomes {
  /** By slot, then by seq. */
  readonly #slots = new Map<number, Outcome[]>();

  /** A write that was not seen before; unknown until it is settled. */
  begin(slot: number): Write {
    let seqs = this.#slots.get(slot);
    if (seqs === undefined) {
      seqs = [];
      this.#slots.set(slot, seqs);
    }
    return { slot, seq: seqs.push('unknown') - 1 };
  }

  settle(writes: readonly Write[], outcome: Outcome): void {
    for (const { slot, seq } of writes) this.#slots.get(slot)![seq] = outcome;
  }

  count(wanted: Outcome): number {
    let count = 0;
    for (const seqs of this.#slots.values()) {
      for (const outcome of seqs) if (outcome === wanted) count += 1;
    }
    return count;
  }

  /** A row that is surely there, or null. */
  committedIn(slot: number): Write | null {
    const seq = this.#slots.get(slot)?.lastIndexOf('committed') ?? -1;
    return seq < 0 ? null : { slot, seq };
  }

  /** What is wrong with the rows that the shards hold, `found` being seqs by slot. */
  differences(found: ReadonlyMap<number, readonly number[]>): string[] {
    const problems: string[] = [];
    for (const [slot, seqs] of found) {
      const known = this.#slots.get(slot) ?? [];
      if (new Set(seqs).size !== seqs.length) problems.push(`slot ${slot} has a row twice`);
      for (const seq of seqs) {
        if (known[seq] === undefined) problems.push(`slot ${slot}: row ${seq}, never written`);
        if (known[seq] === 'absent') problems.push(`slot ${slot}: row ${seq} was rolled back`);
      }
    }
    for (const [slot, known] of this.#slots) {
      const there = new Set(found.get(slot));
      known.forEach((outcome, seq) => {
        if (outcome !== 'committed' || there.has(seq)) return;
        problems.push(`slot ${slot}: row ${seq} was committed and is not there`);
      });
    }
    return problems;
  }
}
