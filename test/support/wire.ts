// A PgPack in front of fresh databases, set up and taken down in one piece: what most tests on the
// wire begin with.

import { createTestDatabase, type TestDatabase } from './cluster.ts';
import { type PgPack, type PgPackOptions, startPgPack } from './pgpack.ts';
import { allReturned } from './settled.ts';

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

/** Runs `work` against a PgPack of its own and asserts that nothing is left of it. */
export async function usePgPack(
  options: PgPackOptions,
  work: (pgpack: PgPack) => Promise<void>,
): Promise<void> {
  const pgpack = await startPgPack(options);
  try {
    await work(pgpack);
    await allReturned(pgpack);
  } finally {
    await pgpack.close();
  }
}

/** `usePgPack` where what all tests of a file need is given already. */
export type UsePgPack = (
  options: Partial<PgPackOptions>,
  work: (pgpack: PgPack) => Promise<void>,
) => Promise<void>;
