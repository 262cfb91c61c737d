// The text format of OpenMetrics 1.0 ("Text format"): families one after the other, each with
// TYPE, UNIT and HELP, and EOF at the end.

import { bucketBoundsMs } from './latency-histogram.ts';
import type { Metric } from './metric.ts';
import { metricGroups } from './registry.ts';
import type { HistogramSnapshot, Snapshot } from './snapshot.ts';

export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** `namespace` stands before every name, with `_` behind it; null: nothing does. */
export function openMetricsText(snapshot: Snapshot, namespace: string | null): string {
  const prefix = namespace === null ? '' : `${namespace}_`;
  const lines: string[] = [
    `# TYPE ${prefix}pgpack info`,
    `# HELP ${prefix}pgpack What runs here.`,
    `${prefix}pgpack_info{version="${escaped(snapshot.version)}"} 1`,
  ];
  for (const group of metricGroups) {
    const sources = group.sources(snapshot).map(source => ({
      source,
      labels: group.labelValues(source).map((value, i) => label(group.labels[i]!, value)),
    }));
    for (const metric of group.metrics) {
      describe(lines, prefix + metric.name, metric);
      for (const { source, labels } of sources) addSamples(lines, prefix, metric, source, labels);
    }
  }
  lines.push('# EOF', '');
  return lines.join('\n');
}

function describe(lines: string[], name: string, metric: Metric<unknown>): void {
  lines.push(`# TYPE ${name} ${metric.type}`);
  if (metric.unit !== '') lines.push(`# UNIT ${name} ${metric.unit}`);
  lines.push(`# HELP ${name} ${escaped(metric.help)}`);
}

function addSamples<S>(
  lines: string[],
  prefix: string,
  metric: Metric<S>,
  source: S,
  labels: readonly string[],
): void {
  const name = prefix + metric.name;
  if (metric.type === 'histogram') {
    addHistogram(lines, name, metric.read(source), labels);
    return;
  }
  const sample = metric.type === 'counter' ? `${name}_total` : name;
  lines.push(`${sample}${inBraces(labels)} ${metric.read(source)}`);
}

function addHistogram(
  lines: string[],
  name: string,
  { counts, sumMs }: HistogramSnapshot,
  labels: readonly string[],
): void {
  let below = 0;
  counts.forEach((count, bucket) => {
    below += count;
    const bound = bucketBoundsMs[bucket];
    const le = bound === undefined ? '+Inf' : String(bound / 1_000);
    lines.push(`${name}_bucket${inBraces([...labels, label('le', le)])} ${below}`);
  });
  lines.push(`${name}_count${inBraces(labels)} ${below}`);
  lines.push(`${name}_sum${inBraces(labels)} ${sumMs / 1_000}`);
}

function inBraces(labels: readonly string[]): string {
  return labels.length === 0 ? '' : `{${labels.join(',')}}`;
}

function label(name: string, value: string): string {
  return `${name}="${escaped(value)}"`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
