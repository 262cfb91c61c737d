// One metric as data: its name, what it means, and how its number is read. Rules of names and
// units are those of the OpenMetrics specification 1.0, "Overall Structure".

import type { HistogramSnapshot } from './snapshot.ts';

export type MetricUnit = '' | 'seconds' | 'bytes';

interface Declared {
  /** Ends with the unit, where there is one; the suffix `_total` of counters is not part of it. */
  readonly name: string;
  readonly unit: MetricUnit;
  readonly help: string;
}

export interface NumberMetric<S> extends Declared {
  readonly type: 'counter' | 'gauge';
  read(source: S): number;
}

export interface HistogramMetric<S> extends Declared {
  readonly type: 'histogram';
  readonly unit: 'seconds';
  read(source: S): HistogramSnapshot;
}

/** `S`: what it is a number of. */
export type Metric<S> = NumberMetric<S> | HistogramMetric<S>;

/** Metrics with the same labels: one number for each of the sources. */
export interface MetricGroup<S, Whole> {
  readonly title: string;
  readonly labels: readonly string[];
  readonly metrics: readonly Metric<S>[];
  sources(whole: Whole): readonly S[];
  /** In the order of `labels`. */
  labelValues(source: S): readonly string[];
}

export function counter<S>(
  name: string,
  help: string,
  read: (source: S) => number,
): NumberMetric<S> {
  return { name, type: 'counter', unit: unitOf(name), help, read };
}

export function gauge<S>(name: string, help: string, read: (source: S) => number): NumberMetric<S> {
  return { name, type: 'gauge', unit: unitOf(name), help, read };
}

/** Its name ends with `_seconds`. */
export function histogram<S>(
  name: string,
  help: string,
  read: (source: S) => HistogramSnapshot,
): HistogramMetric<S> {
  return { name, type: 'histogram', unit: 'seconds', help, read };
}

function unitOf(name: string): MetricUnit {
  if (name.endsWith('_seconds')) return 'seconds';
  return name.endsWith('_bytes') ? 'bytes' : '';
}
