// `npm run bench`: PgPack against PgBouncer and against no proxy, with few clients, with crowds and
// with big results; its memory while it merges; the steps of its hot path alone. Prints tables in
// Markdown and writes all figures to bench/out.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { removeEverything } from '../src/embedded/keeper.ts';
import { loadParser } from '../src/sql/parser.ts';
import { type BenchOptions, readOptions, usage } from './bench-options.ts';
import {
  type BenchServers,
  bigTable,
  createBigTable,
  finishBigTable,
  startBenchServers,
} from './bench-servers.ts';
import { type BigResultFigures, measureBigResults } from './big-result.ts';
import { type BigSelectFigures, measureBigSelect } from './big-select.ts';
import { type ActiveFigures, type IdleFigures, measureActive, measureIdle } from './crowd.ts';
import { writeTables } from './documented-tables.ts';
import { findProgram } from './find-program.ts';
import { type LiteralFigures, measureLiterals } from './literal-lifting.ts';
import { type MergeFigures, measureMerge } from './measure-merge.ts';
import { measureRates, type RateFigures } from './merge-rate.ts';
import {
  mergeAggregateTable,
  mergeCollectTable,
  mergeLatencyTable,
  mergeOrderTable,
  mergeRateTable,
  writePlots,
} from './merge-report.ts';
import { microBenchmarks } from './micro.ts';
import { type LatencyFigures, measureLatencies } from './one-row-latency.ts';
import { type Cell, copyTable, measurePgbench } from './pgbench-rounds.ts';
import { hasProcessUsage } from './process-usage.ts';
import { startPgPack } from './proxies.ts';
import { bigSelectTable, microTable, pgbenchTable } from './report.ts';
import {
  activeTable,
  addedLatencyTable,
  bigResultTable,
  idleTable,
  literalTable,
} from './tables.ts';
import type { MicroFigures } from './timed.ts';

interface Figures {
  cells: readonly Cell[];
  idle: readonly IdleFigures[];
  active: readonly ActiveFigures[];
  bigResults: readonly BigResultFigures[];
  bigSelects: readonly BigSelectFigures[];
  merges: readonly MergeFigures[];
  latencies: readonly LatencyFigures[];
  rates: readonly RateFigures[];
  literals: readonly LiteralFigures[];
  micro: readonly MicroFigures[];
}

const none: Figures = {
  ...{ cells: [], idle: [], active: [], bigResults: [], bigSelects: [] },
  ...{ merges: [], latencies: [], rates: [], literals: [], micro: [] },
};

async function main(options: BenchOptions): Promise<void> {
  const figures = { ...none };
  say(`Node.js ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`);
  const wanted = new Set(options.only);
  const tables = new Map<string, string>();
  const print = (name: string, table: string): void => {
    tables.set(name, table);
    process.stdout.write(`\n${table}\n\n`);
  };
  if (wanted.delete('literals')) {
    await loadParser();
    figures.literals = measureLiterals();
    print('literals', literalTable(figures.literals));
  }
  if (wanted.delete('micro')) {
    figures.micro = await microBenchmarks();
    print('micro', microTable(figures.micro));
  }
  if (wanted.size > 0) await measureWithServers(figures, options, print);
  say(`figures are in ${write(figures, options)}`);
  if (options.writeDocs) writeTables(tables);
}

async function measureWithServers(
  figures: Figures,
  options: BenchOptions,
  print: (name: string, table: string) => void,
): Promise<void> {
  if (!hasProcessUsage()) throw new Error('CPU and memory are read from /proc: only on Linux');
  const wanted = new Set(options.only);
  const servers = await startBenchServers();
  const pgbench = findProgram('pgbench');
  if (wanted.has('pgbench') && pgbench === null) {
    say('pgbench is not installed: that part is skipped');
  } else if (wanted.has('pgbench')) {
    figures.cells = await measurePgbench(pgbench!, servers, options, say);
    for (const clients of options.clients) {
      const cells = figures.cells.filter(cell => cell.clients === clients);
      print(`pgbench ${clients}`, pgbenchTable(cells));
    }
    print('latency', addedLatencyTable(figures.cells));
  }
  if (wanted.has('idle')) {
    figures.idle = await measureIdle(servers, options, say);
    print('idle', idleTable(figures.idle));
  }
  if (wanted.has('active')) {
    figures.active = await measureActive(servers, options, say);
    print('active', activeTable(figures.active));
  }
  if (wanted.has('result')) {
    figures.bigResults = await measureBigResults(servers, options, say);
    print('result', bigResultTable(figures.bigResults));
  }
  if (wanted.has('memory')) {
    figures.bigSelects = await measureBigSelects(servers, options);
    print('memory', bigSelectTable(figures.bigSelects));
  }
  if (wanted.has('merge')) await measureMerges(figures, servers, options, print);
}

async function measureMerges(
  figures: Figures,
  servers: BenchServers,
  options: BenchOptions,
  print: (name: string, table: string) => void,
): Promise<void> {
  figures.merges = await measureMerge(servers, options, say);
  print('merge order', mergeOrderTable(figures.merges));
  print('merge groups', mergeAggregateTable(figures.merges));
  print('merge collect', mergeCollectTable(figures.merges));
  figures.latencies = await measureLatencies(servers, options, say);
  print('merge latency', mergeLatencyTable(figures.latencies));
  figures.rates = await measureRates(options.rows);
  print('merge rate', mergeRateTable(figures.rates));
  const docs = join(import.meta.dirname, '../docs');
  const plots = options.writeDocs ? docs : join(import.meta.dirname, 'out');
  writePlots(figures.merges, options.rows, plots);
}

async function measureBigSelects(
  servers: BenchServers,
  { rounds, poolSize, bigRows, profile }: BenchOptions,
): Promise<BigSelectFigures[]> {
  for (const rows of bigRows) await createBigTable(servers, rows);
  const ports = servers.shards.map(({ port }) => port);
  const loader = { name: 'load', shards: ports, poolSize, bigRows, profile: null };
  const proxy = await startPgPack(loader);
  for (const rows of bigRows) {
    say(await copyTable(servers.single, proxy.endpoint, bigTable(rows)));
    await finishBigTable(servers, rows);
  }
  await proxy.stop();
  const figures: BigSelectFigures[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const rows of bigRows) {
      figures.push(await measureBigSelect(servers, { rows, round, poolSize, profile }));
      say(`round ${round}: ${rows} rows in order`);
    }
  }
  return figures;
}

function write(figures: Figures, options: BenchOptions): string {
  const directory = join(import.meta.dirname, 'out');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`);
  const about = { node: process.versions.node, cpus: cpus().map(({ model }) => model), options };
  writeFileSync(path, `${JSON.stringify({ ...about, ...figures }, null, 1)}\n`);
  return path;
}

/** Progress: not part of the tables. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

let options: BenchOptions | null = null;
try {
  options = readOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(usage);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exit(2);
}
if (options !== null) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void removeEverything().then(() => process.exit(130)));
  }
  await main(options).finally(removeEverything);
}
