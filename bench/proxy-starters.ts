// The proxies that are compared, as far as they are asked for and installed, to be started afresh
// for each measurement.

import type { BenchOptions, ProxyName } from './bench-options.ts';
import type { BenchServers } from './bench-servers.ts';
import { findProgram } from './find-program.ts';
import { type ProxyProcess, startPgBouncer, startPgPack } from './proxies.ts';

interface StartInput {
  /** Server connections in all. */
  readonly servers: number;
  readonly clientsMax: number;
  readonly bigRows: readonly number[];
}

interface ProxyStarter {
  readonly name: ProxyName;
  start(input: StartInput): Promise<ProxyProcess>;
}

export function proxyStarters(
  { single, shards }: BenchServers,
  { targets, profile }: BenchOptions,
  say: (line: string) => void,
): ProxyStarter[] {
  const wanted = new Set<string>(targets);
  const starters: ProxyStarter[] = [];
  const pgBouncer = wanted.has('pgbouncer') ? findProgram('pgbouncer') : null;
  if (pgBouncer !== null) {
    starters.push({
      name: 'pgbouncer',
      start: ({ servers, clientsMax }) =>
        startPgBouncer(pgBouncer, { serverPort: single.port, poolSize: servers, clientsMax }),
    });
  } else if (wanted.has('pgbouncer')) {
    say('PgBouncer is not installed: nothing to compare with');
  }
  const pgPack = (
    name: ProxyName,
    servers: readonly { readonly port: number }[],
  ): ProxyStarter => ({
    name,
    start: input =>
      startPgPack({
        ...{ name, profile, bigRows: input.bigRows, clientsMax: input.clientsMax },
        shards: servers.map(({ port }) => port),
        poolSize: input.servers,
        poolSizes: sharesOf(input.servers, servers.length),
      }),
  });
  if (wanted.has('single')) starters.push(pgPack('single', [single]));
  if (wanted.has('sharded')) starters.push(pgPack('sharded', shards));
  return starters;
}

/** 20 over 3 is 7, 7 and 6. */
function sharesOf(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, part) => Math.ceil((total - part) / parts));
}
