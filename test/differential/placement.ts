// What lies where, read from the shards themselves: the rows of all shards against the oracle's,
// and each row against PostgreSQL's own satisfies_hash_partition (partbounds.c) with as many
// partitions as there are shards.

import { connect, type DatabaseAddress, type TestDatabase } from '../support/cluster.ts';

/** Sharding keys by table, and the hash-partitioned parent that has the key's type. */
const keys: Readonly<Record<string, readonly [column: string, parent: string]>> = {
  users: ['id', 'placed_bigint'],
  orders: ['user_id', 'placed_bigint'],
  payments: ['user_id', 'placed_bigint'],
  kinds: ['id', 'placed_bigint'],
  small: ['k', 'placed_int'],
  tiny: ['k', 'placed_smallint'],
  codes: ['code', 'placed_varchar'],
  docs: ['id', 'placed_uuid'],
};

/** Partitioned tables without partitions on every shard: satisfies_hash_partition wants one. */
export async function createPlacementParents(database: TestDatabase): Promise<void> {
  const types = ['bigint', 'int', 'smallint', 'varchar', 'uuid'];
  const statements = types.map(
    type => `CREATE TABLE placed_${type} (k ${type}) PARTITION BY HASH (k)`,
  );
  await database.runEverywhere(statements.join(';'));
}

/** Rows that PostgreSQL would have put on another shard. */
export async function misplaced({ shards }: TestDatabase): Promise<string[]> {
  const counts = Object.entries(keys).map(([table, [column, parent]]) => {
    const satisfies = `satisfies_hash_partition('${parent}'::regclass, $1, $2, ${column})`;
    return `SELECT '${table}' AS name, ${column}::text AS key FROM ${table} WHERE NOT ${satisfies}`;
  });
  const found = await Promise.all(
    shards.map((address, shard) =>
      queryRows(address, counts.join(' UNION ALL '), [shards.length, shard]),
    ),
  );
  return found.flatMap((rows, shard) =>
    rows.map(row => `shard ${shard} has ${JSON.stringify(row)}, which is another's`),
  );
}

/** Tables whose rows, taken from all shards together, are not the oracle's. */
export async function tableDifferences(
  { shards, oracle }: TestDatabase,
  tables: readonly string[],
  omnisharded: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const table of tables) {
    const sql = `SELECT ${table}::text AS line FROM ${table} ORDER BY line`;
    const [expected = [], ...parts] = await Promise.all(
      [oracle, ...shards].map(async address => (await queryRows(address, sql, [])).map(String)),
    );
    const whole = omnisharded.includes(table) ? parts : [parts.flat().sort()];
    for (const rows of whole) {
      const problem = firstDifference(rows, [...expected].sort());
      if (problem !== null) found.push(`table ${table}: ${problem}`);
    }
  }
  return found;
}

function firstDifference(got: readonly string[], expected: readonly string[]): string | null {
  const wanted = new Set(expected);
  const had = new Set(got);
  const surplus = got.find(line => !wanted.has(line));
  const missing = expected.find(line => !had.has(line));
  if (surplus !== undefined || missing !== undefined) {
    return `${got.length} rows instead of ${expected.length}, surplus ${surplus}, missing ${missing}`;
  }
  return got.length === expected.length ? null : `${got.length} rows, not ${expected.length}`;
}

async function queryRows(
  address: DatabaseAddress,
  text: string,
  values: readonly unknown[],
): Promise<unknown[][]> {
  const client = await connect(address);
  try {
    return (await client.query({ text, values: [...values], rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}
