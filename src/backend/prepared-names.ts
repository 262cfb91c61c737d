// Which of PgPack's prepared statements exist on one server connection, least recently used
// first; bounded, so that a server's memory is. A statement may be there in doubt: under the right
// name, but with other columns than those who use it were told. It has to be closed before it is
// prepared again.

import { PreparedFragments } from './prepared-fragments.ts';

export class PreparedNames {
  readonly #max: number;
  /** Of merged statements, whose names are others. */
  readonly fragments: PreparedFragments;
  /** False: in doubt. */
  readonly #names = new Map<string, boolean>();

  constructor(max: number) {
    this.#max = Math.max(1, max);
    this.fragments = new PreparedFragments(this.#max);
  }

  get size(): number {
    return this.#names.size + this.fragments.size;
  }

  /** True when prepared here and fit for use. Recency is renewed only when the limit is near:
   *  re-inserting into a Map on each hit is what makes naive LRUs slow. */
  use(name: string): boolean {
    if (this.#names.get(name) !== true) return false;
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

  /** Notes a statement as prepared but not fit for use. */
  addDoubtful(name: string): void {
    this.#names.set(name, false);
  }

  /** What is to be closed before `name` is prepared: itself, or the one that was not used for the
   *  longest time where there are too many; null: nothing. */
  inTheWayOf(name: string): string | null {
    if (this.#names.has(name)) return name;
    if (this.#names.size < this.#max) return null;
    return this.#names.keys().next().value ?? null;
  }

  /** Something ran that may have deallocated any of them. */
  doubtAll(): void {
    for (const name of this.#names.keys()) this.#names.set(name, false);
    this.fragments.clear();
  }

  delete(name: string): void {
    this.#names.delete(name);
  }

  clear(): void {
    this.#names.clear();
    this.fragments.clear();
  }
}
