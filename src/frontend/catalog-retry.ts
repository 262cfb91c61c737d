// Reads a catalog again that was read while somebody had locked tables: not before a second has
// passed, and less and less often while the locks stay.

import type { Catalog } from '../catalog/catalog.ts';

const delayMs = 1_000;
const delayMsMax = 60_000;

export class CatalogRetry {
  readonly #forget: () => void;
  #timer: NodeJS.Timeout | null = null;
  #delayMs = delayMs;

  /** `forget`: the catalog is read again before the next statement. */
  constructor(forget: () => void) {
    this.#forget = forget;
  }

  sees({ partial }: Catalog): void {
    if (!partial) this.#delayMs = delayMs;
    if (!partial || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#forget();
    }, this.#delayMs).unref();
    this.#delayMs = Math.min(2 * this.#delayMs, delayMsMax);
  }
}
