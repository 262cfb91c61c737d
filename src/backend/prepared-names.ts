// Which of PgPack's prepared statements exist on one server connection, least recently used
// first; bounded, so that a server's memory is.

export class PreparedNames {
  readonly #max: number;
  readonly #names = new Map<string, true>();

  constructor(max: number) {
    this.#max = Math.max(1, max);
  }

  get size(): number {
    return this.#names.size;
  }

  /** True when prepared here. Recency is renewed only when the limit is near: re-inserting into
   *  a Map on each hit is what makes naive LRUs slow. */
  use(name: string): boolean {
    if (!this.#names.has(name)) return false;
    if (this.#names.size * 2 > this.#max) {
      this.#names.delete(name);
      this.#names.set(name, true);
    }
    return true;
  }

  /** Notes a statement as prepared. */
  add(name: string): void {
    this.#names.set(name, true);
  }

  /** The statement to close before another is prepared; null while there is room. */
  oldestAtLimit(): string | null {
    if (this.#names.size < this.#max) return null;
    return this.#names.keys().next().value ?? null;
  }

  delete(name: string): void {
    this.#names.delete(name);
  }

  clear(): void {
    this.#names.clear();
  }
}
