// The PostgreSQL servers that tests run against: four shards and one oracle, an ordinary server
// that holds all the rows. `test/run.ts` starts them once for all test files and hands them down
// in an environment variable; a test file that is run alone starts its own.

import { type EmbeddedServer, startServer } from '../../src/embedded/embedded-server.ts';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** A superuser. */
  readonly user: string;
  readonly password: string;
}

export interface TestServers {
  readonly shards: readonly ServerAddress[];
  readonly oracle: ServerAddress;
}

export const serversVariable = 'PGPACK_TEST_SERVERS';
const shardCount = 4;

let servers: Promise<TestServers> | null = null;

/** The servers of this test run; what is started here ends with the process. */
export function testServers(): Promise<TestServers> {
  servers ??= find();
  return servers;
}

async function find(): Promise<TestServers> {
  const handedDown = process.env[serversVariable];
  if (handedDown !== undefined) return JSON.parse(handedDown) as TestServers;
  const started = await startTestServers();
  return { shards: started.slice(0, shardCount), oracle: started[shardCount]! };
}

/** What `testServers` reads from the environment, for servers of `startTestServers`. */
export function handDown(started: readonly EmbeddedServer[]): string {
  const addresses = started.map(({ host, port, user, password }) => ({
    host,
    port,
    user,
    password,
  }));
  const handed: TestServers = {
    shards: addresses.slice(0, shardCount),
    oracle: addresses[shardCount]!,
  };
  return JSON.stringify(handed);
}

/** The shards, then the oracle. */
export function startTestServers(): Promise<EmbeddedServer[]> {
  const names = [...Array.from({ length: shardCount }, (_, shard) => `shard-${shard}`), 'oracle'];
  return Promise.all(
    names.map(name =>
      startServer({
        name: `test-${name}`,
        password: 'test',
        durable: false,
        settings: {
          ...{ max_connections: 200, shared_buffers: '64MB', autovacuum: false },
          // Small databases that live for minutes: nothing is worth compiling or writing back, and
          // their pages are in the cache of the system (io_method is new in PostgreSQL 18).
          ...{ jit: false, checkpoint_timeout: '1h', max_wal_size: '4GB', io_method: 'sync' },
        },
      }),
    ),
  );
}
