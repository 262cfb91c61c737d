// A strict reader of the OpenMetrics text format 1.0, for tests: it rejects what the specification
// does.

import assert from 'node:assert/strict';

export interface Family {
  readonly type: string;
  readonly unit: string | null;
  readonly help: string | null;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  info: ['_info'],
};

interface OpenFamily {
  type: string;
  unit: string | null;
  help: string | null;
  samples: Sample[];
}

export function parseOpenMetrics(text: string): Map<string, Family> {
  const families = new Map<string, OpenFamily>();
  assert.ok(text.endsWith('\n# EOF\n'), 'ends with EOF and a line feed');
  let open = null as { name: string; family: OpenFamily } | null;
  for (const line of text.slice(0, -'# EOF\n'.length - 1).split('\n')) {
    const metadata = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][\w:]*) (.*)$/.exec(line);
    if (metadata !== null) {
      const [, kind, name, rest] = metadata as unknown as [string, string, string, string];
      if (open?.name !== name) {
        assert.ok(!families.has(name), `${name} comes in one piece`);
        open = { name, family: { type: 'unknown', unit: null, help: null, samples: [] } };
        families.set(name, open.family);
      }
      assert.equal(open.family.samples.length, 0, `metadata of ${name} comes first`);
      if (kind === 'TYPE') open.family.type = rest;
      else if (kind === 'UNIT') open.family.unit = rest;
      else open.family.help = rest;
      continue;
    }
    const sample = readSample(line);
    assert.ok(open !== null, line);
    const { name, family } = open;
    const allowed = suffixes[family.type];
    assert.ok(allowed !== undefined, `type ${family.type} of ${name}`);
    assert.ok(
      allowed.some(suffix => sample.name === name + suffix),
      `${sample.name} in ${name}`,
    );
    family.samples.push(sample);
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function readSample(line: string): Sample {
  const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  assert.ok(match !== null, `a sample: ${line}`);
  const [, name, inBraces = '', number] = match as unknown as [string, string, string, string];
  const labels: Record<string, string> = {};
  let rest = inBraces;
  while (rest !== '') {
    const label = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest);
    assert.ok(label !== null, `labels: ${line}`);
    assert.ok(!(label[1]! in labels), `a label twice: ${line}`);
    labels[label[1]!] = label[2]!.replace(/\\(.)/g, (_, one) => (one === 'n' ? '\n' : one));
    rest = rest.slice(label[0].length);
  }
  const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number);
  assert.ok(!Number.isNaN(value), line);
  return { name, labels, value };
}

function checkFamily(name: string, { type, unit, samples }: Family): void {
  if (unit !== null) assert.ok(name.endsWith(`_${unit}`), `${name} ends with ${unit}`);
  const keys = samples.map(one => JSON.stringify([one.name, Object.entries(one.labels).sort()]));
  assert.equal(new Set(keys).size, keys.length, `samples of ${name} are different`);
  if (type === 'counter') for (const one of samples) assert.ok(one.value >= 0, one.name);
  if (type === 'histogram') checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const series = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const [key, members] of series) {
    const buckets = members.filter(one => one.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels: { le } }) => (le === '+Inf' ? Infinity : Number(le)));
    assert.deepEqual(
      bounds,
      [...bounds].sort((a, b) => a - b),
      `bounds of ${name} ${key}`,
    );
    assert.equal(bounds.at(-1), Infinity, `the last bucket of ${name} ${key}`);
    const counts = buckets.map(one => one.value);
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => a - b),
      `counts of ${name} ${key} add up`,
    );
    const count = members.find(one => one.name === `${name}_count`)?.value;
    assert.equal(count, counts.at(-1), `count of ${name} ${key}`);
    assert.ok(members.some(one => one.name === `${name}_sum`));
  }
}
