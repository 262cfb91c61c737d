// Fresh databases for one test file: one on each of some shards and one on the oracle, made empty
// and dropped at the end, so that test files may run side by side on the same servers.

import pg from 'pg';
import { type ServerAddress, testServers } from './test-servers.ts';

export interface DatabaseAddress extends ServerAddress {
  readonly database: string;
}

export interface TestDatabase {
  /** The same on every server. */
  readonly name: string;
  readonly shards: readonly DatabaseAddress[];
  readonly oracle: DatabaseAddress;
  /** Runs statements on every shard and on the oracle, past PgPack. */
  runEverywhere(sql: string): Promise<void>;
  /** Cuts what is still connected and drops the databases. */
  drop(): Promise<void>;
}

let created = 0;

/** Databases on the first `shards` of the test servers (1 to 4) and on the oracle; `options` are of
 *  CREATE DATABASE. */
export async function createTestDatabase(
  name: string,
  shards: number,
  options = '',
): Promise<TestDatabase> {
  const servers = await testServers();
  const database = `${name}_${process.pid}_${++created}`;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(database)) {
    throw new Error(`"${name}" is no plain identifier of PostgreSQL`);
  }
  if (shards < 1 || shards > servers.shards.length) throw new Error(`${shards} shards asked for`);
  const hosts = [...servers.shards.slice(0, shards), servers.oracle];
  await onEach(hosts, 'postgres', `CREATE DATABASE ${database} ${options}`);
  const addresses = hosts.map(host => ({ ...host, database }));
  return {
    name: database,
    shards: addresses.slice(0, -1),
    oracle: addresses.at(-1)!,
    runEverywhere: sql => onEach(hosts, database, sql),
    drop: () => onEach(hosts, 'postgres', `DROP DATABASE ${database} WITH (FORCE)`),
  };
}

/** The same as if the first `shards` shards were all. */
export function firstShards(database: TestDatabase, shards = 1): TestDatabase {
  return { ...database, shards: database.shards.slice(0, shards) };
}

/** An open connection; the caller ends it. */
export function connect(address: DatabaseAddress): Promise<pg.Client> {
  return connectWith(address, {});
}

/** Likewise with `options` in the startup message, e.g. `-c work_mem=1MB`. */
export async function connectWith(
  { host, port, user, password, database }: DatabaseAddress,
  startup: { readonly options?: string },
): Promise<pg.Client> {
  const client = new pg.Client({ host, port, user, password, database, ...startup });
  // A connection that is cut while idle shows at its next query, not as an uncaught error.
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function onEach(
  hosts: readonly ServerAddress[],
  database: string,
  sql: string,
): Promise<void> {
  const results = await Promise.allSettled(hosts.map(host => runOnce({ ...host, database }, sql)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function runOnce(address: DatabaseAddress, sql: string): Promise<void> {
  const client = await connect(address);
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
