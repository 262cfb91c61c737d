// The proxies that are compared, each a process of its own with a configuration in a temporary
// directory. They end with this process, whatever ends it (`keeper.ts`).

import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/embedded/free-port.ts';
import { keptDirectory, removeDirectory } from '../src/embedded/keeper.ts';
import { type Program, startProgram } from '../src/embedded/program.ts';
import { unprivilegedUser } from '../src/embedded/system-user.ts';
import { bigTable, database, endpointOf, user } from './bench-servers.ts';
import { type Endpoint, RawClient } from './raw-client.ts';

export interface ProxyProcess {
  readonly endpoint: Endpoint;
  readonly pid: number;
  stop(): Promise<void>;
}

interface PgPackInput {
  readonly name: string;
  /** Ports of the shards, in their order. */
  readonly shards: readonly number[];
  readonly poolSize: number;
  /** By shard, in place of `poolSize`. */
  readonly poolSizes?: readonly number[];
  readonly clientsMax?: number;
  readonly bigRows: readonly number[];
  /** More tables that are sharded by a bigint `id`. */
  readonly tables?: readonly string[];
  /** Where to write a CPU profile at the end, or null. */
  readonly profile: string | null;
}

/** PgPack in front of one server, or of shards with pgbench_accounts sharded by aid. */
export async function startPgPack(input: PgPackInput): Promise<ProxyProcess> {
  const directory = keptDirectory(`bench-${input.name}`, null);
  const port = await freePort();
  writeFileSync(join(directory, 'pgdog.toml'), pgPackConfig(input, port));
  const users = { name: user, database, password: 'bench' };
  writeFileSync(join(directory, 'users.toml'), `[[users]]\n${toml(users)}`);
  const launcher = fileURLToPath(new URL('../bin/pgpack.js', import.meta.url));
  const profiling: string[] = [];
  if (input.profile !== null) {
    mkdirSync(input.profile, { recursive: true });
    profiling.push('--cpu-prof', `--cpu-prof-dir=${input.profile}`);
    profiling.push(`--cpu-prof-name=${input.name}.cpuprofile`, '--cpu-prof-interval=200');
  }
  const program = startProgram(
    process.execPath,
    [
      ...profiling,
      ...[launcher, '-c', join(directory, 'pgdog.toml'), '-u', join(directory, 'users.toml')],
      'run',
    ],
    directory,
    null,
  );
  return proxyOf(program, directory, port);
}

function pgPackConfig(input: PgPackInput, port: number): string {
  const { shards, poolSize, poolSizes, bigRows, tables: more = [] } = input;
  const general = {
    host: '127.0.0.1',
    port,
    // CPU per query is that of one event loop.
    workers: 1,
    default_pool_size: poolSize,
    ...(input.clientsMax !== undefined && { max_client_conn: input.clientsMax }),
    auth_type: 'trust',
    log_level: 'warn',
  };
  const databases = shards.map((shardPort, shard) => {
    const server = { name: database, shard, host: '127.0.0.1', port: shardPort };
    const poolSizeHere = poolSizes?.[shard];
    const limits = poolSizeHere === undefined ? {} : { pool_size: poolSizeHere };
    return `[[databases]]\n${toml({ ...server, ...limits })}`;
  });
  const byId = [...bigRows.map(bigTable), ...more];
  const keys = [['pgbench_accounts', 'aid'], ...byId.map(table => [table, 'id'])];
  const sharded = keys.map(([name, column]) => {
    const table = { database, name: name!, column: column!, data_type: 'bigint' };
    return `[[sharded_tables]]\n${toml(table)}`;
  });
  const everywhere = ['pgbench_branches', 'pgbench_tellers', 'pgbench_history'];
  const omnisharded = `[[omnisharded_tables]]\n${toml({ database, tables: everywhere })}`;
  const tables = shards.length === 1 ? [] : [...sharded, omnisharded];
  return [`[general]\n${toml(general)}`, ...databases, ...tables].join('\n');
}

/** Lines of a TOML table; JSON's strings, numbers and arrays are TOML's. */
function toml(values: Readonly<Record<string, string | number | readonly string[]>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
    .join('');
}

export interface PgBouncerVersion {
  readonly text: string;
  /** Prepared statements in transaction mode came with 1.21. */
  readonly prepares: boolean;
}

export function pgBouncerVersion(path: string): PgBouncerVersion {
  const text = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0] ?? '';
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(text) ?? [];
  return { text, prepares: Number(major) > 1 || Number(minor) >= 21 };
}

/** PgBouncer in transaction mode; it refuses to run as root, as PostgreSQL does. */
export async function startPgBouncer(
  path: string,
  input: { serverPort: number; poolSize: number; clientsMax: number },
): Promise<ProxyProcess> {
  const { serverPort, poolSize, clientsMax } = input;
  const owner = unprivilegedUser();
  const directory = keptDirectory('bench-pgbouncer', owner);
  const port = await freePort();
  const { prepares } = pgBouncerVersion(path);
  const lines = [
    '[databases]',
    `${database} = host=127.0.0.1 port=${serverPort} dbname=${database}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = trust',
    `auth_file = ${join(directory, 'users.txt')}`,
    'pool_mode = transaction',
    `default_pool_size = ${poolSize}`,
    `max_client_conn = ${clientsMax}`,
    'log_connections = 0',
    'log_disconnections = 0',
    'log_stats = 0',
    ...(prepares ? ['max_prepared_statements = 200'] : []),
  ];
  for (const [file, text] of [
    ['pgbouncer.ini', `${lines.join('\n')}\n`],
    ['users.txt', `"${user}" ""\n`],
  ] as const) {
    writeFileSync(join(directory, file), text);
    if (owner !== null) chownSync(join(directory, file), owner.uid, owner.gid);
  }
  const program = startProgram(path, [join(directory, 'pgbouncer.ini')], directory, owner);
  return proxyOf(program, directory, port);
}

/** See `bare-relay.ts`. */
export async function startBareRelay(serverPort: number): Promise<ProxyProcess> {
  const directory = keptDirectory('bench-relay', null);
  const port = await freePort();
  const script = fileURLToPath(new URL('bare-relay.ts', import.meta.url));
  const args = [script, String(port), String(serverPort)];
  return proxyOf(startProgram(process.execPath, args, directory, null), directory, port);
}

const startAttempts = 400;

async function proxyOf(program: Program, directory: string, port: number): Promise<ProxyProcess> {
  const endpoint = endpointOf({ port });
  let ended: number | string | null = null;
  program.ended.then(
    how => {
      ended = how;
    },
    () => {
      ended = 'not started';
    },
  );
  for (let attempt = 1; ; attempt++) {
    try {
      const client = await RawClient.connect(endpoint);
      await client.query('SELECT 1');
      client.close();
      break;
    } catch (cause) {
      if (ended === null && attempt < startAttempts) {
        await sleep(100);
        continue;
      }
      program.process.kill('SIGKILL');
      throw new Error(`the proxy did not start:\n${program.log.join('\n')}`, { cause });
    }
  }
  return {
    endpoint,
    pid: program.process.pid!,
    async stop() {
      program.process.kill('SIGTERM');
      await program.ended;
      removeDirectory(directory);
    },
  };
}
