// Runs pgbench and measures one cell: throughput and latency from its log of transactions, the
// proxy's CPU time from samples taken while it ran. Both are of the same stretch of time, which
// begins when all clients are connected and warm.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueryMode } from './bench-options.ts';
import { cpuMicros } from './process-usage.ts';
import type { Endpoint } from './raw-client.ts';
import { quantile } from './statistics.ts';

export interface CellFigures {
  readonly queries: number;
  readonly tps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the proxy; null: there is none. */
  readonly cpuMicrosPerQuery: number | null;
}

export interface CellInput {
  readonly endpoint: Endpoint;
  readonly mode: QueryMode;
  readonly clients: number;
  readonly seconds: number;
  readonly proxyPid: number | null;
}

const warmUpMs = 500;
const samplePeriodMs = 50;

/** One run of `pgbench -S`. Rejects with what pgbench wrote when it failed. */
export async function measureCell(pgbench: string, input: CellInput): Promise<CellFigures> {
  const { endpoint, mode, clients, seconds, proxyPid } = input;
  const directory = mkdtempSync(join(tmpdir(), 'pgpack-bench-log-'));
  const samples: { atMicros: number; cpu: number }[] = [];
  const sample = (): void => {
    if (proxyPid === null) return;
    samples.push({ atMicros: Date.now() * 1e3, cpu: cpuMicros(proxyPid) });
  };
  const timer = setInterval(sample, samplePeriodMs);
  try {
    await runPgbench(pgbench, endpoint, [
      ...['-S', '-n', '-M', mode, '-c', String(clients), '-j', String(Math.min(clients, 2))],
      ...['-T', String(seconds + 1), '--log', `--log-prefix=${join(directory, 'log')}`],
    ]);
    sample();
    return figuresOf(readLog(directory), samples, seconds);
  } finally {
    clearInterval(timer);
    rmSync(directory, { recursive: true });
  }
}

interface TransactionLog {
  /** End of each transaction in µs since 1970, ascending. */
  readonly endedMicros: readonly number[];
  readonly tookMicros: readonly number[];
}

/** Lines of pgbench's documentation, "Per-Transaction Logging". */
function readLog(directory: string): TransactionLog {
  const rows: [number, number][] = [];
  for (const file of readdirSync(directory)) {
    for (const line of readFileSync(join(directory, file), 'latin1').split('\n')) {
      const [, , took, , epoch, micros] = line.split(' ');
      if (micros !== undefined) rows.push([Number(epoch) * 1e6 + Number(micros), Number(took)]);
    }
  }
  rows.sort(([a], [b]) => a - b);
  return { endedMicros: rows.map(([ended]) => ended), tookMicros: rows.map(([, took]) => took) };
}

function figuresOf(
  { endedMicros, tookMicros }: TransactionLog,
  samples: readonly { atMicros: number; cpu: number }[],
  seconds: number,
): CellFigures {
  const begin = endedMicros[0]! + warmUpMs * 1e3;
  const end = begin + seconds * 1e6;
  const inside = samples.filter(({ atMicros }) => atMicros >= begin && atMicros <= end);
  const [first, last] = [inside[0], inside.at(-1)];
  const from = first?.atMicros ?? begin;
  const to = last?.atMicros ?? end;
  const low = endedMicros.findIndex(ended => ended >= from);
  const high = endedMicros.findLastIndex(ended => ended < to);
  const queries = high - low + 1;
  const latencies = Float64Array.from(tookMicros.slice(low, high + 1)).sort();
  return {
    queries,
    tps: queries / ((to - from) / 1e6),
    p50Ms: quantile(latencies, 0.5) / 1e3,
    p99Ms: quantile(latencies, 0.99) / 1e3,
    cpuMicrosPerQuery: first === undefined ? null : (last!.cpu - first.cpu) / queries,
  };
}

export function runPgbench(
  pgbench: string,
  { host, port, user, database }: Endpoint,
  args: readonly string[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(pgbench, [...args, '-h', host, '-p', String(port), '-U', user, database], {
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-4_096);
      });
    }
    child.once('error', reject);
    child.once('close', code => {
      if (code === 0 && !/aborted/.test(output)) resolve();
      else reject(new Error(`pgbench ${args.join(' ')} ended with ${code}:\n${output}`));
    });
  });
}
