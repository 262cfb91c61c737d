// The part of the configuration that one of several workers keeps to: what limits server
// connections is divided, so that the parts of all workers add up to what the files say. Limits of
// clients are not: workers count those together.

import { admitsUnlisted } from './auth-query.ts';
import type { Config } from './config.ts';
import { type Database, poolSettings, type Server, type User } from './topology.ts';
import { unlistedUser } from './unlisted-user.ts';

const sizes = [
  'poolSize',
  'poolSizePrimary',
  'poolSizeReplica',
  'minPoolSize',
  'minPoolSizePrimary',
  'minPoolSizeReplica',
  'reservePoolSize',
] as const;

/** `worker` counts from 0 to `workers` - 1. Pools have at least `workers` connections, see
 *  `smallestPool`. */
export function shareOf(config: Config, worker: number, workers: number): Config {
  if (workers === 1) return config;
  const share = (whole: number) => Math.floor(whole / workers) + Number(worker < whole % workers);
  const shared = <T extends Server | User>(all: T): T => {
    const parts = sizes.flatMap(name => {
      const size = all[name];
      return size === null ? [] : [[name, share(size)]];
    });
    return { ...all, ...Object.fromEntries(parts) };
  };
  const sharedDatabase = (database: Database): Database => ({
    ...database,
    shards: database.shards.map(shard => ({ ...shard, servers: shard.servers.map(shared) })),
  });
  const { general } = config;
  return {
    ...config,
    general: {
      ...general,
      defaultPoolSize: share(general.defaultPoolSize),
      minPoolSize: share(general.minPoolSize),
      reservePoolSize: share(general.reservePoolSize),
      fanOutConnections: Math.max(share(general.fanOutConnections), 1),
    },
    databases: new Map([...config.databases].map(([name, one]) => [name, sharedDatabase(one)])),
    users: config.users.map(shared),
  };
}

export interface SmallestPool {
  readonly size: number;
  /** null: those whom users.toml does not name. */
  readonly user: string | null;
  readonly database: string;
}

/** The pool with the fewest connections: more workers than that cannot share it. null: there is
 *  no pool. */
export function smallestPool(config: Config): SmallestPool | null {
  let smallest: SmallestPool | null = null;
  for (const database of config.databases.values()) {
    for (const server of database.shards.flatMap(shard => shard.servers)) {
      for (const user of usersOf(config, database, server)) {
        const { poolSize } = poolSettings(config, user, database, server);
        if (smallest !== null && poolSize >= smallest.size) continue;
        const name = user.name === '' ? null : user.name;
        smallest = { size: poolSize, user: name, database: database.name };
      }
    }
  }
  return smallest;
}

function usersOf({ users, general }: Config, { name }: Database, server: Server): User[] {
  const listed = users.filter(user => user.databases.includes(name));
  return admitsUnlisted(general, server) ? [...listed, unlistedUser('', name)] : listed;
}
