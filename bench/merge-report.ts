// Tables of the merge part, and plots of the proxy's memory while a statement runs. Medians over the
// rounds, with the least and the greatest in brackets; ratios are of the same round.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { linePlotPng } from './line-plot.ts';
import type { MergeFigures } from './measure-merge.ts';
import type { RateFigures } from './merge-rate.ts';
import { type LatencyFigures, relayedStatement } from './one-row-latency.ts';
import { figureText, spreadText, tableText } from './statistics.ts';

type Group = MergeFigures['group'];

function byStatement(figures: readonly MergeFigures[], group: Group): [string, MergeFigures[]][] {
  const wanted = figures.filter(one => one.group === group);
  return [...Map.groupBy(wanted, ({ statement }) => statement)];
}

function over(part: number, whole: number | null): number | null {
  return whole === null ? null : part / whole;
}

/** Figures of 10⁶ rows for each second of the proxy's CPU say nothing of a few rows. */
const rowsThatCount = 10_000;

export function mergeOrderTable(figures: readonly MergeFigures[]): string {
  const head = ['SELECT * …', 'rows', 'rows/s', 'first row ms', 'all ms', 'one PostgreSQL ms'];
  const rows = byStatement(figures, 'order').map(([statement, group]) => [
    ...[statement, String(group[0]!.rows)],
    figureText(group, ({ rows: count, ms }) => count / (ms / 1e3), 0),
    figureText(group, ({ firstRowMs }) => firstRowMs, 1),
    figureText(group, ({ ms }) => ms, 1),
    figureText(group, ({ single }) => single.ms, 1),
    figureText(group, ({ ms, single }) => ms / single.ms, 2),
    figureText(group, ({ ms, shardsTogetherMs }) => over(ms, shardsTogetherMs), 2),
    figureText(group, ({ cpuMs }) => cpuMs, 0),
    ...memoryCells(group),
  ]);
  const ratios = ['/ one PostgreSQL', '/ shards at once', 'proxy CPU ms'];
  return tableText([...head, ...ratios, 'RSS MB: start', 'peak'], rows);
}

function memoryCells(group: readonly MergeFigures[]): string[] {
  return [
    figureText(group, ({ startMb }) => startMb, 0),
    figureText(group, ({ peakMb }) => peakMb, 0),
  ];
}

export function mergeAggregateTable(figures: readonly MergeFigures[]): string {
  const head = ['statement', 'way', 'rows', 'rows of shards', 'ms', '/ slowest shard alone'];
  const rows = byStatement(figures, 'aggregate').map(([statement, group]) => {
    const [{ way, rows: count, shardRows }] = group as [MergeFigures];
    return [
      ...[statement, way, String(count), shardRows === null ? '–' : String(shardRows)],
      figureText(group, ({ ms }) => ms, 1),
      figureText(group, ({ ms, shardAloneMs }) => over(ms, shardAloneMs), 2),
      figureText(group, ({ ms, shardsTogetherMs }) => over(ms, shardsTogetherMs), 2),
      figureText(group, ({ ms, single }) => ms / single.ms, 2),
      figureText(group, ({ cpuMs }) => cpuMs, 0),
      figureText(group, millionRowsPerCpuSecond, 2),
      ...memoryCells(group),
    ];
  });
  const more = ['/ shards at once', '/ one PostgreSQL', 'proxy CPU ms', '10⁶ rows/CPU s'];
  return tableText([...head, ...more, 'RSS MB: start', 'peak'], rows);
}

function millionRowsPerCpuSecond({ shardRows, cpuMs }: MergeFigures): number | null {
  return shardRows === null || shardRows < rowsThatCount ? null : shardRows / 1e3 / cpuMs;
}

export function mergeCollectTable(figures: readonly MergeFigures[]): string {
  const head = ['statement', 'way', 'rows', 'ms', 'one PostgreSQL ms', '/ one PostgreSQL'];
  const rows = byStatement(figures, 'collect').map(([statement, group]) => [
    ...[statement, group[0]!.way, String(group[0]!.rows)],
    figureText(group, ({ ms }) => ms, 0),
    figureText(group, ({ single }) => single.ms, 0),
    figureText(group, ({ ms, single }) => ms / single.ms, 2),
    (group.reduce((most, one) => Math.max(most, one.collectedBytes ?? 0), 0) / 1e6).toFixed(1),
    figureText(group, ({ cpuMs }) => cpuMs, 0),
    ...memoryCells(group),
  ]);
  return tableText([...head, 'MB moved', 'proxy CPU ms', 'RSS MB: start', 'peak'], rows);
}

export function mergeLatencyTable(figures: readonly LatencyFigures[]): string {
  const head = ['statement', 'clients', 'target', 'statements/s', 'p50 ms', 'p99 ms'];
  const groups = Map.groupBy(figures, one => `${one.statement} ${one.target} ${one.clients}`);
  const rows = [...groups.values()].map(group => {
    const { statement, clients, target } = group[0]!;
    const toRelay = (figure: (one: LatencyFigures) => number | null): string =>
      figureText(group, one => over(figure(one) ?? Number.NaN, relayOf(figures, one, figure)), 2);
    const isProxy = target === 'pgpack';
    return [
      ...[statement, String(clients), isProxy ? 'PgPack' : 'servers alone'],
      figureText(group, ({ perSecond }) => perSecond, 0),
      figureText(group, ({ p50Ms }) => p50Ms, 2),
      figureText(group, ({ p99Ms }) => p99Ms, 2),
      figureText(group, ({ cpuMicros }) => cpuMicros, 0),
      isProxy ? toRelay(({ p50Ms }) => p50Ms) : '–',
      isProxy ? toRelay(({ cpuMicros }) => cpuMicros) : '–',
    ];
  });
  return tableText([...head, 'proxy CPU µs', 'p50 / relay', 'CPU / relay'], rows);
}

/** The same figure of the relayed statement in the same round. */
function relayOf(
  figures: readonly LatencyFigures[],
  { round, clients, target }: LatencyFigures,
  figure: (one: LatencyFigures) => number | null,
): number | null {
  const relay = figures.find(
    one =>
      one.statement === relayedStatement &&
      one.round === round &&
      one.clients === clients &&
      one.target === target,
  );
  return relay === undefined ? null : figure(relay);
}

export function mergeRateTable(figures: readonly RateFigures[]): string {
  return tableText(
    ['merge', 'rows', '10⁶ rows/CPU s'],
    figures.map(({ merge, rows, rate }) => [merge, String(rows), spreadText(rate, 2)]),
  );
}

const plots: readonly { readonly file: string; readonly title: string; readonly group: Group }[] = [
  { file: 'memory-order.png', title: 'rows in order', group: 'order' },
  { file: 'memory-groups.png', title: 'groups', group: 'aggregate' },
  { file: 'memory-collect.png', title: 'what one shard finishes', group: 'collect' },
];
/** Shorter ones would be dots. */
const plottedMs = 50;
const linesMax = 4;

/** `rowsAll`: of the table for each shard. Plots of the last round, of the longest statements of each group. */
export function writePlots(
  figures: readonly MergeFigures[],
  rowsAll: number,
  directory: string,
): void {
  for (const { file, title, group } of plots) {
    const last = byStatement(figures, group).map(([, rounds]) => rounds.at(-1)!);
    const longest = [...last].sort((a, b) => b.ms - a.ms).slice(0, linesMax);
    const shown = last.filter(one => longest.includes(one) && one.ms >= plottedMs);
    if (shown.length === 0) continue;
    const path = join(directory, file);
    const rows = group === 'collect' ? Math.ceil(rowsAll / 10) : rowsAll;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      linePlotPng({
        title: `Resident memory of PgPack over 3 * ${rows.toLocaleString('en')} rows: ${title}`,
        ...{ xTitle: 'seconds', yTitle: 'MB' },
        lines: shown.map(({ statement, memory }) => ({
          name: statement,
          points: memory.map(({ second, mb }) => ({ x: second, y: mb })),
        })),
      }),
    );
  }
}
