// Starts PgPack as a child process over the soak's shards and asks it how it is.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AppCounts } from '../../src/app.ts';
import type { DatabaseAddress } from '../support/cluster.ts';

/** After a full garbage collection; bytes. */
export interface EndpointState {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly counts: AppCounts;
}

export interface EndpointProcess {
  readonly address: DatabaseAddress;
  /** How it ended, if it did by itself. */
  readonly ended: () => string | null;
  state(): Promise<EndpointState>;
  stop(): Promise<void>;
}

export const poolSize = 10;
export const preparedStatementsMax = 40;
/** A crowd that all waits at once gets its turn later. */
const checkoutMsPerClient = 200;
const checkoutMsMin = 5_000;

export async function startEndpoint(
  shards: readonly DatabaseAddress[],
  clients: number,
): Promise<EndpointProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'pgpack-soak-'));
  const [config, users] = [join(directory, 'pgdog.toml'), join(directory, 'users.toml')];
  writeFileSync(config, configText(shards, clients));
  const { user, password, database } = shards[0]!;
  writeFileSync(
    users,
    `[[users]]\nname = "${user}"\ndatabase = "${database}"\npassword = "${password}"\n`,
  );
  const script = fileURLToPath(new URL('./endpoint.ts', import.meta.url));
  const child = fork(script, [config, users], { execArgv: ['--expose-gc'] });
  let ended: string | null = null;
  child.once('exit', (code, signal) => {
    ended = `PgPack ended with ${code ?? signal}`;
  });
  const { port } = await reply<{ port: number }>(child);
  rmSync(directory, { recursive: true });
  return {
    address: { ...shards[0]!, host: '127.0.0.1', port },
    ended: () => ended,
    state() {
      child.send('state');
      return reply<EndpointState>(child);
    },
    async stop() {
      if (ended !== null) return;
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

async function reply<Message>(child: ChildProcess): Promise<Message> {
  const aborter = new AbortController();
  const gone = once(child, 'exit', { signal: aborter.signal }).then(() => {
    throw new Error('PgPack ended');
  });
  try {
    const [message] = await Promise.race([once(child, 'message'), gone]);
    return message as Message;
  } finally {
    gone.catch(() => {});
    aborter.abort();
  }
}

function configText(shards: readonly DatabaseAddress[], clients: number): string {
  const { database } = shards[0]!;
  const databases = shards.map(
    ({ host, port }, shard) =>
      `[[databases]]\nname = "${database}"\nshard = ${shard}\nhost = "${host}"\nport = ${port}\n`,
  );
  const tables = Object.entries({ ledger: 'slot', counters: 'slot', fixed: 'id' }).map(
    ([name, column]) =>
      `[[sharded_tables]]\ndatabase = "${database}"\nname = "${name}"\ncolumn = "${column}"\n` +
      'data_type = "bigint"\n',
  );
  return `[general]
host = "127.0.0.1"
port = 0
auth_type = "trust"
default_pool_size = ${poolSize}
checkout_timeout = ${Math.max(checkoutMsMin, clients * checkoutMsPerClient)}
prepared_statements_limit = ${preparedStatementsMax}
query_cache_limit = 200
${databases.join('')}${tables.join('')}`;
}
