// What lies where, read from the shards themselves: the rows of all shards against the oracle's,
// and each row against PostgreSQL's own satisfies_hash_partition (partbounds.c) with as many
// partitions as there are shards.

import type pg from 'pg';
import { connect, type TestDatabase } from '../support/cluster.ts';

/** Sharding keys by table, and the hash-partitioned parent that has the key's type. */
const keys: Readonly<Record<string, readonly [column: string, parent: string]>> = {
  users: ['id', 'placed_bigint'],
  orders: ['user_id', 'placed_bigint'],
  payments: ['user_id', 'placed_bigint'],
  kinds: ['id', 'placed_bigint'],
  empty: ['id', 'placed_bigint'],
  small: ['k', 'placed_int'],
  tiny: ['k', 'placed_smallint'],
  codes: ['code', 'placed_varchar'],
  docs: ['id', 'placed_uuid'],
};

/** Own connections to the servers of a test database, past PgPack. */
export class Inspection {
  readonly #oracle: pg.Client;
  readonly #shards: readonly pg.Client[];

  private constructor(oracle: pg.Client, shards: readonly pg.Client[]) {
    this.#oracle = oracle;
    this.#shards = shards;
  }

  static async open(database: TestDatabase): Promise<Inspection> {
    // satisfies_hash_partition wants a partitioned table; it needs no partitions.
    const types = ['bigint', 'int', 'smallint', 'varchar', 'uuid'];
    const parents = types.map(
      type => `CREATE TABLE placed_${type} (k ${type}) PARTITION BY HASH (k)`,
    );
    await database.runEverywhere(parents.join(';'));
    const shards = await Promise.all(database.shards.map(connect));
    return new Inspection(await connect(database.oracle), shards);
  }

  async close(): Promise<void> {
    await Promise.all([this.#oracle, ...this.#shards].map(client => client.end()));
  }

  /** Rows that PostgreSQL would have put on another shard. */
  async misplaced(): Promise<string[]> {
    const counts = Object.entries(keys).map(([table, [column, parent]]) => {
      const satisfied = `satisfies_hash_partition('${parent}'::regclass, $1, $2, ${column})`;
      return `SELECT '${table}', ${column}::text FROM ${table} WHERE NOT ${satisfied}`;
    });
    const text = counts.join(' UNION ALL ');
    const found = await Promise.all(
      this.#shards.map((client, shard) => rowsOf(client, text, [this.#shards.length, shard])),
    );
    return found.flatMap((rows, shard) =>
      rows.map(row => `shard ${shard} has ${JSON.stringify(row)}, which is another's`),
    );
  }

  /** Tables whose rows, taken from all shards together, are not the oracle's. */
  async differences(tables: readonly string[], omnisharded: readonly string[]): Promise<string[]> {
    const selects = tables.map(table => `SELECT '${table}', ${table}::text FROM ${table}`);
    const [expected = [], ...parts] = await Promise.all(
      [this.#oracle, ...this.#shards].map(client => rowsOf(client, selects.join(' UNION ALL '))),
    );
    return tables.flatMap(table => {
      const wanted = linesOf(table, expected);
      const got = parts.map(part => linesOf(table, part));
      const whole = omnisharded.includes(table) ? got : [got.flat()];
      return whole.flatMap(lines => difference(lines, wanted).map(one => `table ${table}: ${one}`));
    });
  }
}

type Line = readonly [table: string, row: string];

function linesOf(table: string, rows: readonly Line[]): string[] {
  return rows.filter(([name]) => name === table).map(([, line]) => line);
}

function difference(got: readonly string[], expected: readonly string[]): string[] {
  const wanted = new Set(expected);
  const had = new Set(got);
  const surplus = got.find(line => !wanted.has(line));
  const missing = expected.find(line => !had.has(line));
  if (got.length === expected.length && surplus === undefined && missing === undefined) return [];
  return [
    `${got.length} rows instead of ${expected.length}, surplus ${surplus}, missing ${missing}`,
  ];
}

async function rowsOf(
  client: pg.Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<Line[]> {
  const { rows } = await client.query({ text, values: [...values], rowMode: 'array' });
  return rows as unknown[] as Line[];
}
