// A PgPack in front of fresh databases, set up and taken down in one piece: what most tests on the
// wire begin with.

import { createTestDatabase, type TestDatabase } from './cluster.ts';
import { type PgPack, type PgPackOptions, startPgPack } from './pgpack.ts';

export interface Wire {
  readonly database: TestDatabase;
  readonly pgpack: PgPack;
  /** Stops PgPack and drops the databases. */
  close(): Promise<void>;
}

/** Databases on `shards` shards and the oracle, all with `schema`, and a PgPack in front. */
export async function startWire(
  name: string,
  shards: number,
  schema: string,
  options: Omit<PgPackOptions, 'database'> = {},
): Promise<Wire> {
  const database = await createTestDatabase(name, shards);
  if (schema !== '') await database.runEverywhere(schema);
  const pgpack = await startPgPack({ database, ...options });
  const close = async () => {
    await pgpack.close();
    await database.drop();
  };
  return { database, pgpack, close };
}
