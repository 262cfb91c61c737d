// What a statement over all shards that returns one row of each costs, beside one that is relayed:
// latency and CPU of the proxy. The floor is the same statement on the shards without a proxy.

import type { BenchOptions } from './bench-options.ts';
import { type BenchServers, endpointOf } from './bench-servers.ts';
import { startMergeProxy } from './measure-merge.ts';
import { mergeTables } from './merge-table.ts';
import { cpuMicros } from './process-usage.ts';
import { type Endpoint, RawClient } from './raw-client.ts';
import { quantile } from './statistics.ts';

export interface LatencyFigures {
  readonly round: number;
  readonly statement: string;
  /** `servers`: without a proxy, on as many shards as it needs at once. */
  readonly target: 'servers' | 'pgpack';
  readonly clients: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** null: there is no proxy. */
  readonly cpuMicros: number | null;
}

interface Cell {
  readonly statement: string;
  readonly target: LatencyFigures['target'];
  /** Each client has a connection to all of them. */
  readonly endpoints: readonly Endpoint[];
  readonly sql: string;
}

export const relayedStatement = 'relayed, by key';
const clientCounts = [1, 8];
const warmUpSeconds = 0.5;
const { one } = mergeTables;

export async function measureLatencies(
  servers: BenchServers,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<LatencyFigures[]> {
  const proxy = await startMergeProxy(servers, options, 'merge-latency');
  const shards = servers.shards.map(endpointOf);
  const key = await someKey(shards[0]!);
  const relay = `SELECT id, name FROM ${one} WHERE id = ${key}`;
  const wide = [
    ['one row of each shard', `SELECT id, name FROM ${one}`],
    ['the same in order', `SELECT id, name FROM ${one} ORDER BY id`],
    ['one sum of all shards', `SELECT count(*), sum(id) FROM ${one}`],
  ] as const;
  const cells: Cell[] = [
    cell(relayedStatement, 'servers', shards.slice(0, 1), relay),
    cell(relayedStatement, 'pgpack', [proxy.endpoint], relay),
    cell(wide[0][0], 'servers', shards, wide[0][1]),
    ...wide.map(([name, sql]) => cell(name, 'pgpack', [proxy.endpoint], sql)),
  ];
  const figures: LatencyFigures[] = [];
  try {
    for (let round = 1; round <= options.rounds; round++) {
      for (const clients of clientCounts) {
        const from = round % cells.length;
        for (const next of [...cells.slice(from), ...cells.slice(0, from)]) {
          const pid = next.target === 'pgpack' ? proxy.pid : null;
          figures.push(await measure(next, { round, clients, pid, seconds: options.seconds }));
        }
        say(`round ${round}: one row of each shard, ${clients} clients`);
      }
    }
  } finally {
    await proxy.stop();
  }
  const order = (one: LatencyFigures): number =>
    one.clients * 100 + cells.findIndex(({ statement, target }) => isOf(one, statement, target));
  return figures.sort((a, b) => order(a) - order(b));
}

function cell(
  statement: string,
  target: Cell['target'],
  endpoints: readonly Endpoint[],
  sql: string,
): Cell {
  return { statement, target, endpoints, sql };
}

function isOf(figures: LatencyFigures, statement: string, target: Cell['target']): boolean {
  return figures.statement === statement && figures.target === target;
}

async function someKey(shard: Endpoint): Promise<number> {
  const client = await RawClient.connect(shard);
  // This client does not read rows, but their number.
  const { tag } = await client.query(
    `SELECT FROM generate_series(1, (SELECT id FROM ${one})::integer)`,
  );
  client.close();
  return Number(/\d+$/.exec(tag)![0]);
}

async function measure(
  { statement, target, endpoints, sql }: Cell,
  input: { round: number; clients: number; pid: number | null; seconds: number },
): Promise<LatencyFigures> {
  const { round, clients, pid, seconds } = input;
  const connections = await Promise.all(
    Array.from({ length: clients }, () => Promise.all(endpoints.map(RawClient.connect))),
  );
  const ask = async (until: number, took: number[]): Promise<void> => {
    await Promise.all(
      connections.map(async client => {
        for (let begin = performance.now(); begin < until; ) {
          if (client.length === 1) await client[0]!.query(sql);
          else await Promise.all(client.map(connection => connection.query(sql)));
          const end = performance.now();
          took.push(end - begin);
          begin = end;
        }
      }),
    );
  };
  await ask(performance.now() + warmUpSeconds * 1e3, []);
  const took: number[] = [];
  const cpuBefore = pid === null ? 0 : cpuMicros(pid);
  const begin = performance.now();
  await ask(begin + seconds * 1e3, took);
  const ms = performance.now() - begin;
  const cpu = pid === null ? null : (cpuMicros(pid) - cpuBefore) / took.length;
  for (const connection of connections.flat()) connection.close();
  took.sort((a, b) => a - b);
  return {
    ...{ round, statement, target, clients, perSecond: took.length / (ms / 1e3) },
    ...{ p50Ms: quantile(took, 0.5), p99Ms: quantile(took, 0.99), cpuMicros: cpu },
  };
}
