// The shop on one PostgreSQL and behind PgPack on 1, 2, 3 and 4 shards, one connection to each: for
// tests that only read.

import { createTestDatabase } from '../support/cluster.ts';
import { loadShop, startShop } from './shop.ts';
import { WireClient } from './wire-client.ts';

export interface ShopEndpoint {
  readonly shards: number;
  readonly client: WireClient;
}

export interface Shops {
  readonly oracle: WireClient;
  readonly endpoints: readonly ShopEndpoint[];
  close(): Promise<void>;
}

export async function startShops(name: string): Promise<Shops> {
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.reverse()) await one.close();
  };
  try {
    const endpoints: ShopEndpoint[] = [];
    let oracle: WireClient | null = null;
    for (const shards of [1, 2, 3, 4]) {
      const database = await createTestDatabase(name, shards);
      opened.push({ close: () => database.drop() });
      const pgpack = await startShop(database);
      opened.push(pgpack);
      const client = await WireClient.connect(pgpack.address);
      endpoints.push({ shards, client });
      oracle ??= await WireClient.connect(database.oracle);
    }
    await Promise.all([oracle!, ...endpoints.map(({ client }) => client)].map(loadShop));
    return { oracle: oracle!, endpoints, close };
  } catch (error) {
    // A server that goes on listening would keep the test's process from ending.
    await close();
    throw error;
  }
}
