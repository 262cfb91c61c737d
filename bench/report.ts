// What the benchmark prints: medians over the rounds, with the least and the greatest in brackets.

import type { TargetName } from './bench-options.ts';
import type { BigSelectFigures } from './big-select.ts';
import type { Cell } from './pgbench-rounds.ts';
import { type Spread, spreadOf, spreadText, tableText } from './statistics.ts';
import type { MicroFigures } from './timed.ts';

export const targetTitles: Readonly<Record<TargetName, string>> = {
  direct: 'PostgreSQL',
  pgbouncer: 'PgBouncer',
  relay: 'bare Node.js relay',
  single: 'PgPack, 1 shard',
  sharded: 'PgPack, 3 shards',
};

/** Ratios are of cells in the same round, then the median of the rounds. */
export function pgbenchTable(cells: readonly Cell[]): string {
  const head = ['mode', 'clients', 'target', 'queries/s', 'p50 ms', 'p99 ms', 'proxy CPU µs/query'];
  const groups = Map.groupBy(cells, ({ mode, clients, target }) => `${mode} ${clients} ${target}`);
  const rows = [...groups.values()].map(group => {
    const { mode, clients, target } = group[0]!;
    const cpu = group.flatMap(({ cpuMicrosPerQuery }) => cpuMicrosPerQuery ?? []);
    const ratio = (figure: (cell: Cell) => number | null): string => {
      const ratios = group.flatMap(cell => ratioOf(cells, cell, figure));
      return spreadText(spreadOf(ratios), 2);
    };
    return [
      ...[mode, String(clients), targetTitles[target]],
      spreadText(spreadOf(group.map(({ tps }) => tps)), 0),
      spreadText(spreadOf(group.map(({ p50Ms }) => p50Ms)), 2),
      spreadText(spreadOf(group.map(({ p99Ms }) => p99Ms)), 2),
      spreadText(spreadOf(cpu), 1),
      ratio(cell => cell.cpuMicrosPerQuery),
      ratio(cell => cell.tps),
    ];
  });
  return tableText([...head, 'CPU / PgBouncer', 'queries/s / PgBouncer'], rows);
}

function ratioOf(
  cells: readonly Cell[],
  cell: Cell,
  figure: (cell: Cell) => number | null,
): number[] {
  const { round, mode, clients } = cell;
  const base = cells.find(
    one =>
      one.target === 'pgbouncer' &&
      one.round === round &&
      one.mode === mode &&
      one.clients === clients,
  );
  const [ours, theirs] = [figure(cell), base === undefined ? null : figure(base)];
  return ours === null || theirs === null ? [] : [ours / theirs];
}

export function bigSelectTable(figures: readonly BigSelectFigures[]): string {
  const head = ['rows', 'rows/s', 'first row ms', 'all ms', 'one PostgreSQL ms', 'time ratio'];
  const groups = Map.groupBy(figures, ({ rows }) => rows);
  const rows = [...groups].map(([count, group]) => {
    const show = (figure: (one: BigSelectFigures) => number, digits: number): string =>
      spreadText(spreadOf(group.map(figure)), digits);
    return [
      String(count),
      show(({ rowsPerSecond }) => rowsPerSecond, 0),
      show(({ firstRowMs }) => firstRowMs, 1),
      show(({ totalMs }) => totalMs, 0),
      show(({ singleMs }) => singleMs, 0),
      show(({ totalMs, singleMs }) => totalMs / singleMs, 2),
      show(({ startMb }) => startMb, 0),
      show(({ peakMb }) => peakMb, 0),
      show(({ endMb }) => endMb, 0),
    ];
  });
  return tableText([...head, 'RSS MB: start', 'peak', 'end'], rows);
}

export function microTable(figures: readonly MicroFigures[]): string {
  return tableText(
    ['step', 'time'],
    figures.map(({ step, nanos }) => [step, timeText(nanos)]),
  );
}

/** `559 (498–617) ns`, in microseconds where that reads better. */
function timeText(nanos: Spread): string {
  if (nanos.median < 10_000) return `${spreadText(nanos, 0)} ns`;
  const { median, min, max } = nanos;
  const micros = { median: median / 1000, min: min / 1000, max: max / 1000 };
  return `${spreadText(micros, 0)} µs`;
}
