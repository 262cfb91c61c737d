// Statements over all shards: against one PostgreSQL with all rows, and against what the shards take
// for their part without PgPack. Each run of PgPack is a process of its own, so that no statement
// meets memory that another one left; it has run the statement on a few rows before.

import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions } from './bench-options.ts';
import { type BenchServers, endpointOf } from './bench-servers.ts';
import { type Explained, explained } from './explained.ts';
import { type MergeStatement, mergeStatements } from './merge-statements.ts';
import { createMergeTables, mergeTables } from './merge-table.ts';
import { cpuMicros, residentBytes } from './process-usage.ts';
import { type ProxyProcess, startPgPack } from './proxies.ts';
import { type Endpoint, RawClient } from './raw-client.ts';
import { quantile } from './statistics.ts';

interface Run {
  readonly ms: number;
  readonly firstRowMs: number;
  readonly rows: number;
  readonly rowBytes: number;
}

/** Resident memory of the proxy. */
export interface MemorySample {
  /** Since the statement was sent. */
  readonly second: number;
  readonly mb: number;
}

export interface MergeFigures {
  readonly round: number;
  readonly statement: string;
  readonly group: MergeStatement['group'];
  readonly way: string;
  readonly rows: number;
  readonly firstRowMs: number;
  readonly ms: number;
  /** One PostgreSQL with all rows. */
  readonly single: Run;
  /** The same fragment without PgPack: the slowest shard when each runs alone, and all three at
   *  once; null: no fragment runs by itself. */
  readonly shardAloneMs: number | null;
  readonly shardsTogetherMs: number | null;
  /** Rows that the shards give to the merge. */
  readonly shardRows: number | null;
  /** Of one run, user and system. */
  readonly cpuMs: number;
  readonly startMb: number;
  readonly peakMb: number;
  readonly memory: readonly MemorySample[];
  /** Moved to the shard that finishes; measured in the first round. */
  readonly collectedBytes: number | null;
}

const megabyte = 1_048_576;
const samplePeriodMs = 20;
const afterMs = 300;

export async function measureMerge(
  servers: BenchServers,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<MergeFigures[]> {
  await createMergeTables(servers, options, say);
  const statements = mergeStatements(options.rows);
  const wanted = statements.filter(({ name }) => name.includes(options.matching));
  const figures: MergeFigures[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const statement of wanted) {
      const found = await measure(servers, statement, round, options);
      figures.push(found);
      const { way, ms, single, shardsTogetherMs } = found;
      const shards = shardsTogetherMs === null ? '' : `, shards ${shardsTogetherMs.toFixed(0)}`;
      const times = `${ms.toFixed(0)} ms, one PostgreSQL ${single.ms.toFixed(0)}${shards}`;
      say(`round ${round}: ${statement.name} (${way}): ${times}`);
    }
  }
  return figures;
}

async function measure(
  servers: BenchServers,
  statement: MergeStatement,
  round: number,
  options: BenchOptions,
): Promise<MergeFigures> {
  const sql = statement.sql(statement.table);
  const proxy = await startMergeProxy(servers, options, `merge-${nameOf(statement)}`);
  try {
    const analyze = statement.group === 'collect' && round === 1;
    const { way, fragment, bytes } = await explained(proxy.endpoint, sql, analyze);
    const found: { single?: Run; shards?: ShardsAlone; merged?: MergedRun } = {};
    const steps = [
      async () => {
        found.single = await timesOn(endpointOf(servers.single), sql, statement.times);
      },
      async () => {
        found.shards = await shardsAlone(servers, fragment, statement.times);
      },
      async () => {
        found.merged = await mergedRun(proxy, statement);
      },
    ];
    const from = round % steps.length;
    for (const step of [...steps.slice(from), ...steps.slice(0, from)]) await step();
    const { run, ...usage } = found.merged!;
    const single = found.single!;
    if (run.rows !== single.rows || run.rowBytes !== single.rowBytes) {
      throw new Error(`${sql}: ${describe(run)}, PostgreSQL ${describe(single)}`);
    }
    const { rows, ms, firstRowMs } = run;
    return {
      ...{ round, statement: statement.name, group: statement.group, way, rows, ms, firstRowMs },
      ...{ single, ...found.shards!, ...usage, collectedBytes: bytes },
    };
  } finally {
    await proxy.stop();
  }
}

function describe({ rows, rowBytes }: Run): string {
  return `${rows} rows of ${rowBytes} bytes`;
}

function nameOf({ name }: MergeStatement): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

export function startMergeProxy(
  { shards }: BenchServers,
  { poolSize, profile }: BenchOptions,
  name: string,
): Promise<ProxyProcess> {
  const tables = Object.values(mergeTables);
  const ports = shards.map(({ port }) => port);
  return startPgPack({ name, shards: ports, poolSize, bigRows: [], tables, profile });
}

interface MergedRun {
  readonly run: Run;
  readonly cpuMs: number;
  readonly startMb: number;
  readonly peakMb: number;
  readonly memory: readonly MemorySample[];
}

async function mergedRun(
  { endpoint, pid }: ProxyProcess,
  { sql, table, times }: MergeStatement,
): Promise<MergedRun> {
  const client = await RawClient.connect(endpoint);
  for (let i = 0; i < 5; i++) await client.query(sql(mergeTables.few));
  await client.query(`EXPLAIN ${sql(table)}`);
  const begin = performance.now();
  const memory: MemorySample[] = [];
  const look = (): void => {
    const second = (performance.now() - begin) / 1e3;
    memory.push({ second, mb: residentBytes(pid) / megabyte });
  };
  look();
  const cpuBefore = cpuMicros(pid);
  const timer = setInterval(look, samplePeriodMs);
  try {
    const run = await timesBy(client, sql(table), times);
    look();
    const cpuMs = (cpuMicros(pid) - cpuBefore) / 1e3 / times;
    await sleep(afterMs);
    const peakMb = Math.max(...memory.map(({ mb }) => mb));
    return { run, cpuMs, memory, startMb: memory[0]!.mb, peakMb };
  } finally {
    clearInterval(timer);
    client.close();
  }
}

async function timesOn(endpoint: Endpoint, sql: string, times: number): Promise<Run> {
  const client = await RawClient.connect(endpoint);
  try {
    return await timesBy(client, sql, times);
  } finally {
    client.close();
  }
}

/** The median of the runs. */
async function timesBy(client: RawClient, sql: string, times: number): Promise<Run> {
  const runs: Run[] = [];
  for (let i = 0; i < times; i++) {
    const { tag, rowBytes, totalMs, firstRowMs } = await client.query(sql);
    const rows = Number(/\d+$/.exec(tag)?.[0] ?? 0);
    runs.push({ ms: totalMs, firstRowMs: firstRowMs ?? totalMs, rows, rowBytes });
  }
  const median = (values: number[]): number =>
    quantile(
      values.sort((a, b) => a - b),
      0.5,
    );
  return {
    ...runs[0]!,
    ms: median(runs.map(({ ms }) => ms)),
    firstRowMs: median(runs.map(({ firstRowMs }) => firstRowMs)),
  };
}

interface ShardsAlone {
  readonly shardAloneMs: number | null;
  readonly shardsTogetherMs: number | null;
  readonly shardRows: number | null;
}

async function shardsAlone(
  { shards }: BenchServers,
  fragment: Explained['fragment'],
  times: number,
): Promise<ShardsAlone> {
  if (fragment === null) return { shardAloneMs: null, shardsTogetherMs: null, shardRows: null };
  const clients = await Promise.all(shards.map(shard => RawClient.connect(endpointOf(shard))));
  const alone: Run[] = [];
  for (const client of clients) alone.push(await timesBy(client, fragment, times));
  const together: number[] = [];
  for (let i = 0; i < times; i++) {
    const begin = performance.now();
    await Promise.all(clients.map(client => client.query(fragment)));
    together.push(performance.now() - begin);
  }
  for (const client of clients) client.close();
  return {
    shardAloneMs: Math.max(...alone.map(({ ms }) => ms)),
    shardsTogetherMs: quantile(
      together.sort((a, b) => a - b),
      0.5,
    ),
    shardRows: alone.reduce((sum, { rows }) => sum + rows, 0),
  };
}
