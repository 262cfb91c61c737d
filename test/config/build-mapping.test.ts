// Mappings are read into one typed form; problems they can have are in broken/mapping.toml.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildMapping, compareKeys } from '../../src/config/build-mapping.ts';
import { Report } from '../../src/config/report.ts';
import { SectionReader } from '../../src/config/section-reader.ts';
import { sections } from '../../src/config/sections.ts';
import type { TomlValue } from '../../src/config/value-type.ts';

type DataType = 'bigint' | 'uuid' | 'varchar';

function build(tables: readonly Record<string, TomlValue>[], dataType: DataType) {
  const report = new Report();
  const reader = new SectionReader(report, {});
  const entries = tables.map((table, index) => {
    const at = (key = '') => ({ file: 'f', line: index + 1, key });
    return reader.entry(sections.mapping, table, [], at, true);
  });
  const mapping = buildMapping(entries, { dataType, shardCount: 4, report });
  return { mapping, errors: report.errors.map(error => `${error.line} ${error.message}`) };
}

test('lists, ranges and the default of one table are one mapping', () => {
  const { mapping, errors } = build(
    [
      { values: [1, -9_007_199_254_740_993n], shard: 0 },
      { start: 10, end: 20, shard: 1 },
      { start: 20, shard: 2 },
      { end: -100, shard: 1 },
      { shard: 3 },
    ],
    'bigint',
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(mapping, {
    lists: [{ values: [1n, -9_007_199_254_740_993n], shard: 0 }],
    ranges: [
      { start: 10n, end: 20n, shard: 1 },
      { start: 20n, end: null, shard: 2 },
      { start: null, end: -100n, shard: 1 },
    ],
    defaultShard: 3,
  });
});

test('a uuid is the same key in upper and lower case', () => {
  const { mapping, errors } = build(
    [
      { values: ['ABCDEF00-0000-0000-0000-000000000001'], shard: 0 },
      { values: ['abcdef00-0000-0000-0000-000000000001'], shard: 1 },
    ],
    'uuid',
  );
  assert.deepEqual(errors, [
    '2 key "abcdef00-0000-0000-0000-000000000001" is already mapped to shard 0',
  ]);
  assert.deepEqual(mapping?.lists[0]?.values, ['abcdef00-0000-0000-0000-000000000001']);
});

test('ranges of text overlap by the order of their bytes', () => {
  const upTo = (end: string) => [
    { start: 'a', end, shard: 0 },
    { start: 'é', shard: 1 },
  ];
  assert.deepEqual(build(upTo('é'), 'varchar').errors, []);
  assert.deepEqual(build(upTo('z'), 'varchar').errors, []);
  assert.deepEqual(build(upTo('ê'), 'varchar').errors, [
    '2 range "é" to … overlaps "a" to "ê" (line 1)',
  ]);
  // By UTF-16 units this would be the other way round.
  assert.ok(compareKeys('\u{ffff}', '\u{10000}') < 0);
});

test('two ranges overlap exactly if a key is in both', () => {
  const inside = (key: number, [start, end]: readonly (number | null)[]) =>
    (start == null || key >= start) && (end == null || key < end);
  const bounds = [null, 0, 1, 2, 3];
  const ranges = bounds
    .flatMap(start => bounds.map(end => [start, end] as const))
    .filter(([start, end]) => start !== end && (start === null || end === null || start < end));
  const keys = [-1, 0, 1, 2, 3, 4];
  for (const a of ranges) {
    for (const b of ranges) {
      const tables = [a, b].map(([start, end]) => ({
        ...(start !== null && { start }),
        ...(end !== null && { end }),
        shard: 0,
      }));
      const both = keys.some(key => inside(key, a) && inside(key, b));
      assert.equal(build(tables, 'bigint').errors.length, Number(both), `${a} and ${b}`);
    }
  }
});

test('keys of another type, or out of its range, are errors', () => {
  const errorsOf = (value: TomlValue, dataType: DataType) =>
    build([{ values: [value], shard: 0 }], dataType).errors;
  assert.deepEqual(errorsOf('1', 'bigint'), ['1 "1" is not of type bigint']);
  assert.deepEqual(errorsOf(2n ** 63n, 'bigint'), ['1 9223372036854775808 is not of type bigint']);
  assert.deepEqual(errorsOf(-(2n ** 63n), 'bigint'), []);
  assert.deepEqual(errorsOf(1, 'varchar'), ['1 1 is not of type varchar']);
  assert.deepEqual(errorsOf('', 'varchar'), []);
  assert.deepEqual(errorsOf('abc', 'uuid'), ['1 "abc" is not of type uuid']);
});

test('no mapping at all is null: the table is sharded by hash', () => {
  assert.deepEqual(build([], 'bigint'), { mapping: null, errors: [] });
});
