// Tables of the parts with crowds, big results and literals: medians over the rounds, with the
// least and the greatest in brackets; ratios are of the same round.

import type { TargetName } from './bench-options.ts';
import type { BigResultFigures } from './big-result.ts';
import type { ActiveFigures, IdleFigures } from './crowd.ts';
import type { LiteralFigures } from './literal-lifting.ts';
import type { Cell } from './pgbench-rounds.ts';
import { targetTitles } from './report.ts';
import { figureText, spreadOf, spreadText, tableText } from './statistics.ts';

interface Measured {
  readonly round: number;
  readonly target: TargetName;
}

/** The figures of each target, in the order of the targets. */
function byTarget<Figures extends Measured>(figures: readonly Figures[]): [string, Figures[]][] {
  const order = Object.keys(targetTitles) as TargetName[];
  return order.flatMap((target): [string, Figures[]][] => {
    const group = figures.filter(one => one.target === target);
    return group.length === 0 ? [] : [[targetTitles[target], group]];
  });
}

/** Of one figure to the same of `base` in the same round. */
function ratio<Figures extends Measured>(
  all: readonly Figures[],
  group: readonly Figures[],
  base: TargetName,
  figure: (one: Figures) => number,
): string {
  const ratios = group.flatMap(one => {
    const other = all.find(({ round, target }) => round === one.round && target === base);
    return other === undefined ? [] : [figure(one) / figure(other)];
  });
  return spreadText(spreadOf(ratios), 2);
}

/** What a proxy adds to the latency that one client sees without it. */
export function addedLatencyTable(cells: readonly Cell[]): string {
  const alone = cells.filter(({ clients }) => clients === 1);
  const rows = [...Map.groupBy(alone, ({ mode }) => mode)].flatMap(([mode, ofMode]) =>
    byTarget(ofMode)
      .filter(([, [first]]) => first!.target !== 'direct')
      .map(([title, group]) => {
        const added = (figure: (cell: Cell) => number): string => {
          const differences = group.flatMap(cell => {
            const direct = ofMode.find(
              ({ round, target }) => round === cell.round && target === 'direct',
            );
            return direct === undefined ? [] : [(figure(cell) - figure(direct)) * 1e3];
          });
          return spreadText(spreadOf(differences), 0);
        };
        return [mode, title, added(({ p50Ms }) => p50Ms), added(({ p99Ms }) => p99Ms)];
      }),
  );
  return tableText(['mode, 1 client', 'target', 'added p50 µs', 'added p99 µs'], rows);
}

export function idleTable(figures: readonly IdleFigures[]): string {
  const head = ['target', 'clients', 'RSS MB: before', 'with them', 'KB per client', '/ PgBouncer'];
  const rows = byTarget(figures).map(([title, group]) => [
    ...[title, String(group[0]!.clients)],
    figureText(group, ({ startMb }) => startMb, 0),
    figureText(group, ({ fullMb }) => fullMb, 0),
    figureText(group, ({ kbPerClient }) => kbPerClient, 1),
    ratio(figures, group, 'pgbouncer', ({ kbPerClient }) => kbPerClient),
  ]);
  return tableText(head, rows);
}

export function activeTable(figures: readonly ActiveFigures[]): string {
  const head = [
    ...['target', 'clients', 'errors', 'queries/s', 'queries per client: max/median'],
    ...['min/median', 'median wait ms', 'wait: max/median', 'proxy CPU µs/query', '/ PgBouncer'],
  ];
  const rows = byTarget(figures).map(([title, group]) => [
    ...[title, String(group[0]!.clients)],
    String(group.reduce((sum, { errors }) => sum + errors, 0)),
    figureText(group, ({ queriesPerSecond }) => queriesPerSecond, 0),
    figureText(group, ({ countMaxToMedian }) => countMaxToMedian, 2),
    figureText(group, ({ countMinToMedian }) => countMinToMedian, 2),
    figureText(group, ({ medianWaitMs }) => medianWaitMs, 0),
    figureText(group, ({ waitMaxToMedian }) => waitMaxToMedian, 2),
    figureText(group, ({ cpuMicrosPerQuery }) => cpuMicrosPerQuery, 1),
    ratio(figures, group, 'pgbouncer', ({ cpuMicrosPerQuery }) => cpuMicrosPerQuery),
  ]);
  return tableText(head, rows);
}

export function bigResultTable(figures: readonly BigResultFigures[]): string {
  const head = ['target', 'MB', 'MB/s', 'MB/s / PostgreSQL', 'MB/s / PgBouncer'];
  const rows = byTarget(figures).map(([title, group]) => [
    ...[title, group[0]!.megabytes.toFixed(0)],
    figureText(group, ({ mbPerSecond }) => mbPerSecond, 0),
    ratio(figures, group, 'direct', ({ mbPerSecond }) => mbPerSecond),
    ratio(figures, group, 'pgbouncer', ({ mbPerSecond }) => mbPerSecond),
    figureText(group, ({ cpuMsPerGb }) => cpuMsPerGb, 0),
    figureText(group, ({ startMb }) => startMb, 0),
    figureText(group, ({ peakMb }) => peakMb, 0),
  ]);
  return tableText([...head, 'proxy CPU ms/GB', 'RSS MB: start', 'peak'], rows);
}

export function literalTable(figures: readonly LiteralFigures[]): string {
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  return tableText(
    ['statements', 'number', 'found by shape', 'by text alone', 'ns per lookup'],
    figures.map(({ workload, statements, hitsByShape, hitsByText, lookupNanos }) => [
      ...[workload, String(statements), percent(hitsByShape), percent(hitsByText)],
      spreadText(lookupNanos, 0),
    ]),
  );
}
