// Notices that another worker's client has changed tables of a database, before the next statement
// is planned: what is compared is a number in memory that all workers share.

import type { SchemaVersion } from './peers.ts';

export class SchemaWatch {
  readonly #version: SchemaVersion;
  readonly #onChanged: () => void;
  #seen: number;

  constructor(version: SchemaVersion, onChanged: () => void) {
    this.#version = version;
    this.#onChanged = onChanged;
    this.#seen = version.current();
  }

  readonly look = (): void => {
    const current = this.#version.current();
    if (current === this.#seen) return;
    this.#seen = current;
    this.#onChanged();
  };

  /** This worker's client has changed tables; here that is known already. */
  tell(): void {
    const before = this.#seen;
    const current = this.#version.raise();
    // Another change came in between if it is not the next number: then `look` sees it.
    if (current === ((before + 1) | 0)) this.#seen = current;
  }
}
