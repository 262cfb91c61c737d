// The table that tests use which are about connections, clients and transactions, not about tables.

import { createTestDatabase, type TestDatabase } from './cluster.ts';

export const itemsTable = 'CREATE TABLE items (id bigint PRIMARY KEY, name text)';

/** What makes PgPack shard it. */
export const shardedItems = { sharded: ['items.id'] };

/** Databases with it, empty. */
export async function createItems(name: string, shards = 2): Promise<TestDatabase> {
  const database = await createTestDatabase(name, shards);
  await database.runEverywhere(itemsTable);
  return database;
}
