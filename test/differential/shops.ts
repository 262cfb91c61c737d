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
  const started = await Promise.all(
    [1, 2, 3, 4].map(async shards => {
      const database = await createTestDatabase(name, shards);
      const pgpack = await startShop(database);
      const client = await WireClient.connect(pgpack.address);
      await loadShop(client);
      return { shards, client, database, pgpack };
    }),
  );
  const oracle = await WireClient.connect(started[0]!.database.oracle);
  await loadShop(oracle);
  return {
    oracle,
    endpoints: started,
    async close() {
      oracle.close();
      for (const { client, pgpack, database } of started) {
        client.close();
        await pgpack.close();
        await database.drop();
      }
    },
  };
}
