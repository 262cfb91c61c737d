// `npm run bench`: PgPack against PgBouncer and against no proxy, its memory while it merges, and
// the steps of its hot path alone. Prints tables in Markdown and writes all figures to bench/out.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { removeEverything } from '../src/embedded/keeper.ts';
import { type BenchOptions, readOptions, usage } from './bench-options.ts';
import {
  type BenchServers,
  bigTable,
  createBigTable,
  finishBigTable,
  startBenchServers,
} from './bench-servers.ts';
import { type BigSelectFigures, measureBigSelect } from './big-select.ts';
import { findProgram } from './find-program.ts';
import { type MicroFigures, microBenchmarks } from './micro.ts';
import { type Cell, copyTable, measurePgbench } from './pgbench-rounds.ts';
import { hasProcessUsage } from './process-usage.ts';
import { startPgPack } from './proxies.ts';
import { bigSelectTable, microTable, pgbenchTable } from './report.ts';

interface Figures {
  cells: readonly Cell[];
  bigSelects: readonly BigSelectFigures[];
  micro: readonly MicroFigures[];
}

async function main(options: BenchOptions): Promise<void> {
  const figures: Figures = { cells: [], bigSelects: [], micro: [] };
  say(`Node.js ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`);
  const pgbench = findProgram('pgbench');
  const wanted = new Set(options.only);
  if (wanted.has('pgbench') && pgbench === null) {
    say('pgbench is not installed: that part is skipped');
    wanted.delete('pgbench');
  }
  if (wanted.has('micro')) {
    figures.micro = await microBenchmarks();
    print(microTable(figures.micro));
  }
  if (wanted.has('pgbench') || wanted.has('memory')) {
    if (!hasProcessUsage()) throw new Error('CPU and memory are read from /proc: only on Linux');
    const servers = await startBenchServers();
    if (wanted.has('pgbench')) {
      figures.cells = await measurePgbench(pgbench!, servers, options, say);
      print(pgbenchTable(figures.cells));
    }
    if (wanted.has('memory')) {
      figures.bigSelects = await measureBigSelects(servers, options);
      print(bigSelectTable(figures.bigSelects));
    }
  }
  say(`figures are in ${write(figures, options)}`);
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

function print(table: string): void {
  process.stdout.write(`\n${table}\n\n`);
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
