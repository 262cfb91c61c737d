// A cache of bounded size for the hot path: two generations instead of a recency list, because
// re-inserting into a Map on every hit costs more than the lookup.

export class BoundedCache<K, V> {
  readonly #generationMax: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** Keeps at least `max / 2` and at most `max` entries, those not used lately leaving first. */
  constructor(max: number) {
    this.#generationMax = Math.max(1, Math.ceil(max / 2));
  }

  get(key: K): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const kept = this.#old.get(key);
    if (kept !== undefined) {
      this.#old.delete(key);
      this.set(key, kept);
    }
    return kept;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /** At most twice what it was made for. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
