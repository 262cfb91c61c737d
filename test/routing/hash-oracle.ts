// Where PostgreSQL itself would put a key: satisfies_hash_partition (partbounds.c) on a partitioned
// table without partitions, one for each list of key types.

import type pg from 'pg';
import { connect, type DatabaseAddress } from '../support/cluster.ts';

export class HashOracle {
  readonly #client: pg.Client;
  readonly #shards: number;
  readonly #parents = new Map<string, Promise<string>>();

  private constructor(client: pg.Client, shards: number) {
    this.#client = client;
    this.#shards = shards;
  }

  static async open(address: DatabaseAddress, shards: number): Promise<HashOracle> {
    return new HashOracle(await connect(address), shards);
  }

  close(): Promise<void> {
    return this.#client.end();
  }

  /** `types`: of the key's columns, separated by commas; `values` in text form, null for NULL. */
  async shardOf(types: string, ...values: readonly (string | null)[]): Promise<number> {
    const parent = await this.#parent(types);
    const keys = types.split(', ').map((type, index) => `$${index + 1}::text::${type}`);
    const found = await this.#client.query<{ shard: number }>(
      `SELECT shard::int FROM generate_series(0, ${this.#shards - 1}) shard
       WHERE satisfies_hash_partition('${parent}'::regclass, ${this.#shards}, shard::int,
         ${keys.join(', ')})`,
      [...values],
    );
    return found.rows[0]!.shard;
  }

  #parent(types: string): Promise<string> {
    let parent = this.#parents.get(types);
    if (parent === undefined) {
      parent = this.#create(`placed_${this.#parents.size}`, types.split(', '));
      this.#parents.set(types, parent);
    }
    return parent;
  }

  async #create(name: string, types: readonly string[]): Promise<string> {
    const columns = types.map((type, index) => `k${index} ${type}`);
    const keys = types.map((_, index) => `k${index}`);
    await this.#client.query(
      `CREATE TEMPORARY TABLE ${name} (${columns.join(', ')}) PARTITION BY HASH (${keys.join(', ')})`,
    );
    return name;
  }
}
