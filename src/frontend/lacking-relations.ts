// Relations that the catalog lacked when it had been read for their sake: it is believed for a
// second, lest clients that ask for what does not exist keep it being read.

import { BoundedCache } from '../common/bounded-cache.ts';

const trustMs = 1_000;
const rememberedMax = 1_000;

export class LackingRelations {
  readonly #triedAtMs = new BoundedCache<string, number>(rememberedMax);

  /** A server has the relation: false when the catalog was just read again for it, in vain. */
  doubts(relation: string): boolean {
    const triedAtMs = this.#triedAtMs.get(relation);
    return triedAtMs === undefined || Date.now() - triedAtMs >= trustMs;
  }

  /** The catalog was read again, in vain. */
  note(relation: string): void {
    this.#triedAtMs.set(relation, Date.now());
  }
}
