// `pgbench -S` against every target, the targets taking turns within each round, so that what else
// the machine does meets all of them.

import type { BenchOptions, QueryMode, TargetName } from './bench-options.ts';
import {
  type BenchServers,
  createPgbenchTables,
  endpointOf,
  finishPgbenchTables,
} from './bench-servers.ts';
import { findProgram } from './find-program.ts';
import { type CellFigures, measureCell } from './pgbench.ts';
import {
  type ProxyProcess,
  pgBouncerVersion,
  startBareRelay,
  startPgBouncer,
  startPgPack,
} from './proxies.ts';
import { type Endpoint, RawClient } from './raw-client.ts';

export interface Cell extends CellFigures {
  readonly round: number;
  readonly target: TargetName;
  readonly mode: QueryMode;
  readonly clients: number;
}

interface Target {
  readonly name: TargetName;
  readonly endpoint: Endpoint;
  readonly proxy: ProxyProcess | null;
  readonly modes: readonly QueryMode[];
}

const scale = 10;
/** V8 compiles what is hot for some seconds. */
const warmUp = { clients: 8, seconds: 8 };

export async function measurePgbench(
  pgbench: string,
  servers: BenchServers,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<Cell[]> {
  say(`pgbench tables, scale ${scale}`);
  await createPgbenchTables(pgbench, servers, scale);
  const targets = await startTargets(servers, options, say);
  const cells: Cell[] = [];
  try {
    await finishPgbenchTables(pgbench, servers);
    for (const target of targets) {
      for (const mode of modesOf(target, options)) {
        await measure(pgbench, target, { mode, ...warmUp });
      }
    }
    for (let round = 1; round <= options.rounds; round++) {
      for (const mode of options.modes) {
        for (const clients of options.clients) {
          for (const target of turned(targets, round)) {
            if (!target.modes.includes(mode)) continue;
            const input = { mode, clients, seconds: options.seconds };
            const figures = await measure(pgbench, target, input);
            cells.push({ round, target: target.name, mode, clients, ...figures });
          }
          say(`round ${round}: ${mode}, ${clients} clients`);
        }
      }
    }
  } finally {
    for (const { proxy } of targets) await proxy?.stop();
  }
  return inOrder(cells, options);
}

function measure(
  pgbench: string,
  { endpoint, proxy }: Target,
  input: { mode: QueryMode; clients: number; seconds: number },
): Promise<CellFigures> {
  return measureCell(pgbench, { endpoint, proxyPid: proxy?.pid ?? null, ...input });
}

/** Each round another target goes first. */
function turned(targets: readonly Target[], round: number): Target[] {
  const from = round % targets.length;
  return [...targets.slice(from), ...targets.slice(0, from)];
}

function modesOf(target: Target, { modes }: BenchOptions): readonly QueryMode[] {
  return modes.filter(mode => target.modes.includes(mode));
}

async function startTargets(
  servers: BenchServers,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<Target[]> {
  const { modes, poolSize, profile } = options;
  const { single, shards } = servers;
  const wanted = new Set(options.targets);
  const targets: Target[] = [];
  const add = (name: TargetName, proxy: ProxyProcess, supported = modes): void => {
    targets.push({ name, endpoint: proxy.endpoint, proxy, modes: supported });
  };
  if (wanted.has('direct')) {
    targets.push({ name: 'direct', endpoint: endpointOf(single), proxy: null, modes });
  }
  const pgBouncer = wanted.has('pgbouncer') ? findProgram('pgbouncer') : null;
  if (pgBouncer !== null) {
    const { text, prepares } = pgBouncerVersion(pgBouncer);
    say(`${text}${prepares ? '' : ': no prepared statements in transaction mode'}`);
    const supported = prepares ? modes : modes.filter(mode => mode !== 'prepared');
    const input = { serverPort: single.port, poolSize, clientsMax: 1_000 };
    add('pgbouncer', await startPgBouncer(pgBouncer, input), supported);
  } else if (wanted.has('pgbouncer')) {
    say('PgBouncer is not installed: no ratios');
  }
  if (wanted.has('relay')) add('relay', await startBareRelay(single.port));
  const pgPack = (name: string, ports: number[]): Promise<ProxyProcess> =>
    startPgPack({ name, shards: ports, poolSize, bigRows: [], profile });
  if (wanted.has('single')) add('single', await pgPack('single', [single.port]));
  const sharded = await pgPack(
    'sharded',
    shards.map(({ port }) => port),
  );
  if (wanted.has('sharded')) add('sharded', sharded);
  await loadShards(single, sharded, say);
  if (!wanted.has('sharded')) await sharded.stop();
  return targets;
}

/** Rows of the single server into the shards, through PgPack. */
async function loadShards(
  single: { readonly port: number },
  { endpoint }: ProxyProcess,
  say: (line: string) => void,
): Promise<void> {
  for (const table of ['pgbench_branches', 'pgbench_tellers', 'pgbench_accounts']) {
    say(await copyTable(single, endpoint, table));
  }
}

/** Copies a table from a server through PgPack; answers how fast that was. */
export async function copyTable(
  from: { readonly port: number },
  to: Endpoint,
  table: string,
): Promise<string> {
  const [source, target] = [await RawClient.connect(endpointOf(from)), await RawClient.connect(to)];
  const [out, into] = [`COPY ${table} TO STDOUT`, `COPY ${table} FROM STDIN`];
  const { tag, totalMs, rowBytes } = await target.copyFrom(source, out, into);
  source.close();
  target.close();
  const rate = rowBytes / 1e3 / totalMs;
  return `${table} through PgPack: ${tag}, ${totalMs.toFixed(0)} ms, ${rate.toFixed(1)} MB/s`;
}

function inOrder(cells: readonly Cell[], { modes, clients, targets }: BenchOptions): Cell[] {
  return modes.flatMap(mode =>
    clients.flatMap(count =>
      targets.flatMap(target =>
        cells.filter(
          cell => cell.mode === mode && cell.clients === count && cell.target === target,
        ),
      ),
    ),
  );
}
