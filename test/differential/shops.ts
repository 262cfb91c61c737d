// The shop, and other worlds where a test asks for them, on one PostgreSQL and behind PgPack on 1,
// 2, 3 and 4 shards, one connection to each: for tests that only read.

import { createTestDatabase } from '../support/cluster.ts';
import { loadShop, startShop } from './shop.ts';
import { WireClient } from './wire-client.ts';
import { loadWorld, type World } from './worlds/world.ts';

export interface ShopEndpoint {
  readonly shards: number;
  readonly client: WireClient;
}

export interface Shops {
  readonly oracle: WireClient;
  readonly endpoints: readonly ShopEndpoint[];
  close(): Promise<void>;
}

export async function startShops(
  name: string,
  worlds: readonly World[] = [],
  shardCounts: readonly number[] = [1, 2, 3, 4],
): Promise<Shops> {
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.reverse()) await one.close();
  };
  try {
    const endpoints: ShopEndpoint[] = [];
    let oracle: WireClient | null = null;
    for (const shards of shardCounts) {
      const database = await createTestDatabase(name, shards);
      opened.push({ close: () => database.drop() });
      for (const { schema } of worlds) await database.runEverywhere(schema);
      const pgpack = await startShop(database, worlds);
      opened.push(pgpack);
      const client = await WireClient.connect(pgpack.address);
      endpoints.push({ shards, client });
      oracle ??= await WireClient.connect(database.oracle);
    }
    const clients = [oracle!, ...endpoints.map(({ client }) => client)];
    await Promise.all(clients.map(loadShop));
    for (const world of worlds) await loadWorld(world, clients);
    return { oracle: oracle!, endpoints, close };
  } catch (error) {
    // A server that goes on listening would keep the test's process from ending.
    await close();
    throw error;
  }
}
