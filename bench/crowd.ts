// Many clients at once: what an idle one costs in memory, and whether active ones wait alike for
// few server connections. A fresh proxy per measurement; targets take turns within a round.

import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions, ProxyName } from './bench-options.ts';
import { type BenchServers, bigTable, createBigTable, finishBigTable } from './bench-servers.ts';
import { ManyClients } from './many-clients.ts';
import { copyTable } from './pgbench-rounds.ts';
import { clientsAllowed } from './process-limits.ts';
import { cpuMicros, residentBytes } from './process-usage.ts';
import { type ProxyProcess, startPgPack } from './proxies.ts';
import { proxyStarters } from './proxy-starters.ts';
import { quantile } from './statistics.ts';

export interface IdleFigures {
  readonly round: number;
  readonly target: ProxyName;
  readonly clients: number;
  /** Resident memory in MB before the clients and with them. */
  readonly startMb: number;
  readonly fullMb: number;
  readonly kbPerClient: number;
}

export interface ActiveFigures {
  readonly round: number;
  readonly target: ProxyName;
  readonly clients: number;
  readonly errors: number;
  readonly firstError: string | null;
  readonly queriesPerSecond: number;
  readonly cpuMicrosPerQuery: number;
  /** Of the numbers of queries that clients got answered. */
  readonly countMaxToMedian: number;
  readonly countMinToMedian: number;
  readonly medianWaitMs: number;
  /** Of all waits of all clients. */
  readonly waitMaxToMedian: number;
}

const megabyte = 1_048_576;
/** Clients that come and go before the memory is first looked at: code is loaded and compiled. */
const rehearsal = 200;
const settleMs = 2_000;
const activeKeys = 10_000;
const activeServers = 20;

export async function measureIdle(
  servers: BenchServers,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<IdleFigures[]> {
  const { clients, why } = clientsAllowed(options.idleClients);
  if (why !== null) say(why);
  const sql = 'SELECT 1';
  const figures: IdleFigures[] = [];
  await inTurns(servers, options, clients, say, async (round, target, proxy) => {
    const many = new ManyClients();
    try {
      const before = new ManyClients();
      await before.connect(proxy.endpoint, rehearsal, sql);
      await before.stop();
      await sleep(settleMs);
      const startMb = residentBytes(proxy.pid) / megabyte;
      await many.connect(proxy.endpoint, clients, sql);
      await sleep(settleMs);
      const fullMb = residentBytes(proxy.pid) / megabyte;
      const kbPerClient = ((fullMb - startMb) * 1_024) / clients;
      figures.push({ round, target, clients, startMb, fullMb, kbPerClient });
      say(`round ${round}: ${clients} idle clients, ${target}: ${kbPerClient.toFixed(1)} KB each`);
    } finally {
      await many.stop();
    }
  });
  return figures;
}

/** Point queries of many clients over `activeServers` server connections in all. */
export async function measureActive(
  servers: BenchServers,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<ActiveFigures[]> {
  const { clients, why } = clientsAllowed(options.activeClients);
  if (why !== null) say(why);
  const sql = `SELECT owner FROM ${bigTable(activeKeys)} WHERE id = $1`;
  await loadKeys(servers, say);
  const figures: ActiveFigures[] = [];
  await inTurns(servers, options, clients, say, async (round, target, proxy) => {
    const many = new ManyClients();
    try {
      await many.connect(proxy.endpoint, clients, sql.replace('$1', '1'));
      const ms = options.activeSeconds * 1_000;
      const cpuBefore = cpuMicros(proxy.pid);
      const answer = await many.run({ ms, sql, keys: activeKeys });
      const cpu = cpuMicros(proxy.pid) - cpuBefore;
      const counts = Float64Array.from(answer.clients, ({ queries }) => queries).sort();
      const waits = Float64Array.from(answer.clients.flatMap(({ waitsMs }) => waitsMs)).sort();
      const [median, medianWaitMs] = [quantile(counts, 0.5), quantile(waits, 0.5)];
      const queries = counts.reduce((sum, count) => sum + count, 0);
      figures.push({
        ...{ round, target, clients, medianWaitMs },
        errors: answer.errorCount,
        firstError: answer.errors[0] ?? null,
        queriesPerSecond: queries / (ms / 1e3),
        cpuMicrosPerQuery: cpu / waits.length,
        countMaxToMedian: counts.at(-1)! / median,
        countMinToMedian: counts[0]! / median,
        waitMaxToMedian: waits.at(-1)! / medianWaitMs,
      });
      for (const error of answer.errors) say(`${target}: ${error}`);
      say(`round ${round}: ${clients} active clients, ${target}`);
    } finally {
      await many.stop();
    }
  });
  return figures;
}

async function loadKeys(servers: BenchServers, say: (line: string) => void): Promise<void> {
  await createBigTable(servers, activeKeys);
  const proxy = await startPgPack({
    ...{ name: 'load-keys', shards: servers.shards.map(({ port }) => port) },
    ...{ poolSize: 2, bigRows: [activeKeys], profile: null },
  });
  say(await copyTable(servers.single, proxy.endpoint, bigTable(activeKeys)));
  await proxy.stop();
  await finishBigTable(servers, activeKeys);
}

/** Each proxy in each round, another one first each time, started for it and stopped after it. */
async function inTurns(
  servers: BenchServers,
  options: BenchOptions,
  clients: number,
  say: (line: string) => void,
  measure: (round: number, target: ProxyName, proxy: ProxyProcess) => Promise<void>,
): Promise<void> {
  const starters = proxyStarters(servers, options, say);
  for (let round = 1; round <= options.rounds; round++) {
    const from = round % starters.length;
    for (const { name, start } of [...starters.slice(from), ...starters.slice(0, from)]) {
      const proxy = await start({
        servers: activeServers,
        clientsMax: clients + rehearsal + 100,
        bigRows: [activeKeys],
      });
      try {
        await measure(round, name, proxy);
      } finally {
        await proxy.stop();
      }
    }
  }
}
