// Shards collected from the parts of a predicate, given back ascending.

export class ShardSet {
  readonly #shardCount: number;
  readonly #shards: number[] = [];

  constructor(shardCount: number) {
    this.#shardCount = shardCount;
  }

  /** A shard that was added before counts once. */
  add(shard: number): void {
    if (!this.#shards.includes(shard)) this.#shards.push(shard);
  }

  get isFull(): boolean {
    return this.#shards.length === this.#shardCount;
  }

  ascending(): readonly number[] {
    return this.#shards.sort((left, right) => left - right);
  }
}
