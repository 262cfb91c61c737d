// The registry of metrics and its text: names, units, labels and values as OpenMetrics has them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { metricsPage } from '../../docs/metrics-page.ts';
import { openMetricsText } from '../../src/metrics/open-metrics.ts';
import { metricGroups } from '../../src/metrics/registry.ts';
import { databaseSnapshot, poolSnapshot, wholeSnapshot } from '../admin/snapshots.ts';
import { parseOpenMetrics } from './parse-open-metrics.ts';

const awkward = 'a "quoted\\name"\nof two lines';

const snapshot = wholeSnapshot({
  databases: [databaseSnapshot({ user: awkward }), databaseSnapshot({ user: 'other' })],
  pools: [poolSnapshot()],
});

test('the text is what OpenMetrics allows, with and without a namespace', () => {
  const plain = parseOpenMetrics(openMetricsText(snapshot, null));
  const named = parseOpenMetrics(openMetricsText(snapshot, 'pack'));
  assert.deepEqual(
    [...named.keys()],
    [...plain.keys()].map(name => `pack_${name}`),
  );
});

test('every metric of the registry is in the text once for each of its sources', () => {
  const families = parseOpenMetrics(openMetricsText(snapshot, null));
  for (const { metrics, sources, labels } of metricGroups) {
    for (const { name, type, help } of metrics) {
      const family = families.get(name);
      assert.ok(family !== undefined, name);
      assert.equal(family.type, type);
      assert.ok(help.endsWith('.'), `${name}: ${help}`);
      const series = new Set(
        family.samples.map(({ labels: { le: _, ...own } }) => JSON.stringify(own)),
      );
      assert.equal(series.size, sources(snapshot).length, name);
      for (const one of family.samples) {
        const { le: _, ...own } = one.labels;
        assert.deepEqual(Object.keys(own), [...labels], name);
      }
    }
  }
});

test('values come through in base units, and labels unharmed', () => {
  const families = parseOpenMetrics(openMetricsText(snapshot, null));
  const value = (family: string, sample: string, labels: Readonly<Record<string, string>> = {}) =>
    families
      .get(family)
      ?.samples.find(
        one =>
          one.name === sample &&
          Object.entries(labels).every(([name, expected]) => one.labels[name] === expected),
      )?.value;
  assert.equal(value('query_count', 'query_count_total', { user: awkward }), 100);
  assert.equal(value('maxwait_seconds', 'maxwait_seconds', { shard: '2' }), 1.25);
  assert.equal(value('connect_time_seconds', 'connect_time_seconds_total'), 0.03);
  assert.equal(value('pool_paused', 'pool_paused', { role: 'primary', port: '5432' }), 1);
  const buckets = (le: string) =>
    value('query_duration_seconds', 'query_duration_seconds_bucket', { user: awkward, le });
  assert.equal(buckets('0.000032'), 1);
  assert.equal(buckets('0.001024'), 2);
  assert.equal(buckets('67.108864'), 2);
  assert.equal(buckets('+Inf'), 3);
  assert.equal(value('pgpack', 'pgpack_info', { version: '1.2.3' }), 1);
});

test('docs/metrics.md is what `npm run docs` makes of the registry', () => {
  assert.equal(readFileSync('docs/metrics.md', 'utf8'), metricsPage());
});
