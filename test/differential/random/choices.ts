// What a generator of random statements chooses with, by a seed.

import { type Random, seededRandom } from '../../sharding/seeded-random.ts';

export class Choices {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return this.#random.below(limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  list<T>(least: number, most: number, one: () => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, one);
  }
}
