// What the demo runs on: one embedded PostgreSQL per shard of a configuration, on the ports that it
// names or on free ones, and the configuration with the ports that came out.

import type { Config } from '../config/config.ts';
import type { Database, Server } from '../config/topology.ts';
import { type EmbeddedServer, startServer } from '../embedded/embedded-server.ts';
import { freePort } from '../embedded/free-port.ts';
import { connectEndpoint } from './endpoint-client.ts';

export interface DemoCluster {
  readonly config: Config;
  readonly database: Database;
  /** Of the endpoint. */
  readonly user: string;
  readonly password: string;
  readonly servers: readonly EmbeddedServer[];
}

/** Starts the shards of the configuration's first database; its first user is their superuser. */
export async function startDemoCluster(config: Config): Promise<DemoCluster> {
  const [database] = config.databases.values();
  const [user] = config.users;
  const password = user?.passwords[0];
  if (database === undefined || user === undefined || password === undefined) {
    throw new Error('the demo needs a configuration with a database and a user with a password');
  }
  const servers = await Promise.all(
    database.shards.map(async ({ number, servers: [primary] }) => {
      const server = await startServer({
        name: `demo-shard-${number}`,
        user: user.name,
        password,
        durable: false,
        settings: { max_connections: 200 },
        ...(primary !== undefined && { port: primary.port }),
      });
      await createDatabase(server, primary?.databaseName ?? database.name);
      return server;
    }),
  );
  const moved = movedTo(database, servers);
  const port = await freePort(config.general.port);
  return {
    config: {
      ...config,
      general: { ...config.general, host: '127.0.0.1', port },
      databases: new Map([[moved.name, moved]]),
    },
    database: moved,
    user: user.name,
    password,
    servers,
  };
}

function movedTo(database: Database, servers: readonly EmbeddedServer[]): Database {
  const shards = database.shards.map((shard, index) => {
    const { host, port } = servers[index]!;
    const [primary] = shard.servers;
    return { ...shard, servers: primary === undefined ? [] : [at(primary, host, port)] };
  });
  return { ...database, shards };
}

function at(server: Server, host: string, port: number): Server {
  return { ...server, host, port };
}

async function createDatabase(server: EmbeddedServer, name: string): Promise<void> {
  const { user, password, host, port } = server;
  const client = await connectEndpoint(urlOf({ user, password, host, port, database: 'postgres' }));
  await client.query(`CREATE DATABASE "${name.replaceAll('"', '""')}"`);
  await client.end();
}

export interface ConnectionParts {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** `postgres://user:password@host:port/database`. */
export function urlOf({ user, password, host, port, database }: ConnectionParts): string {
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return `postgres://${credentials}@${host}:${port}/${encodeURIComponent(database)}`;
}
