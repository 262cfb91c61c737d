// Mappings are read into one typed form; problems they can have are in broken/mapping.toml.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildMapping } from '../../src/config/build-mapping.ts';
import type { DataType } from '../../src/config/data-type.ts';
import { Report } from '../../src/config/report.ts';
import { SectionReader } from '../../src/config/section-reader.ts';
import { sections } from '../../src/config/sections.ts';
import type { TomlValue } from '../../src/config/value-type.ts';
import { mappedKeyTypes } from '../../src/sharding/data-types.ts';

/** `dataTypes`: one for each column of the key; null: the column's own. */
function build(
  tables: readonly Record<string, TomlValue>[],
  ...dataTypes: readonly (DataType | null)[]
) {
  const report = new Report();
  const reader = new SectionReader(report, {});
  const entries = tables.map((table, index) => {
    const at = (key = '') => ({ file: 'f', line: index + 1, key });
    return reader.entry(sections.mapping, table, [], at, true);
  });
  const types = dataTypes.map(type => (type === null ? null : mappedKeyTypes(type)));
  const mapping = buildMapping(entries, { types, shardCount: 4, report });
  const said = (problems: typeof report.errors) =>
    problems.map(problem => `${problem.line} ${problem.message}`);
  return { mapping, errors: said(report.errors), warnings: said(report.warnings) };
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
      { start: [10n], end: [20n], shard: 1 },
      { start: [20n], end: null, shard: 2 },
      { start: null, end: [-100n], shard: 1 },
    ],
    defaultShard: 3,
  });
});

test('a uuid is the same key in upper and lower case', () => {
  const { errors } = build(
    [
      { values: ['abcdef00-0000-0000-0000-000000000001'], shard: 0 },
      { values: ['ABCDEF00-0000-0000-0000-000000000001'], shard: 1 },
    ],
    'uuid',
  );
  assert.deepEqual(errors, [
    '2 key "ABCDEF00-0000-0000-0000-000000000001" is already mapped to shard 0',
  ]);
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
  const byCodePoint = [{ start: '\u{ffff}', end: '\u{10000}', shard: 0 }];
  assert.deepEqual(build(byCodePoint, 'varchar').errors, []);
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
  assert.deepEqual(build([], 'bigint'), { mapping: null, errors: [], warnings: [] });
});

test("values of any type overlap by that type's order and equality", () => {
  const errorsOf = (tables: readonly Record<string, TomlValue>[], dataType: DataType) =>
    build(tables, dataType).errors;
  const timestamps = [
    { start: '2026-01-01 00:00:00+02', end: '2027-01-01 00:00:00+00', shard: 0 },
    { start: '2026-12-31 23:00:00-02', shard: 1 },
  ];
  assert.deepEqual(errorsOf(timestamps, 'timestamptz'), []);
  const numbers = [
    { start: '9.5', end: 100, shard: 0 },
    { start: '99.99', shard: 1 },
  ];
  assert.deepEqual(errorsOf(numbers, 'numeric'), [
    '2 range "99.99" to … overlaps "9.5" to 100 (line 1)',
  ]);
  const twice = [
    { values: ['1.0', '2'], shard: 0 },
    { values: ['1.00'], shard: 1 },
  ];
  assert.deepEqual(errorsOf(twice, 'numeric'), ['2 key "1.00" is already mapped to shard 0']);
  assert.deepEqual(errorsOf([{ values: ['2026-02-30'], shard: 0 }], 'date'), [
    '1 "2026-02-30" is not of type date',
  ]);
  assert.deepEqual(errorsOf([{ values: [true], shard: 0 }], 'boolean'), []);
});

test('bounds of several columns are compared one by one, MINVALUE and MAXVALUE at the ends', () => {
  const tables = [
    { start: ['MINVALUE', 'MINVALUE'], end: [2025, 'MINVALUE'], shard: 0 },
    { start: [2025, 'MINVALUE'], end: [2025, 'm'], shard: 1 },
    { start: [2025, 'm'], end: [2025, 'MAXVALUE'], shard: 2 },
    { start: [2026, 'MINVALUE'], end: ['MAXVALUE', 'MAXVALUE'], shard: 3 },
  ];
  const { mapping, errors, warnings } = build(tables, 'integer', 'text');
  assert.deepEqual(errors, []);
  assert.deepEqual(mapping?.ranges[1], {
    start: [2025n, { unbounded: 'below' }],
    end: [2025n, 'm'],
    shard: 1,
  });
  assert.deepEqual(warnings, ['1 keys from (2025, MAXVALUE) to (2026, MINVALUE) have no shard']);
  const overlapping = [...tables, { start: [2025, 'l'], end: [2025, 'n'], shard: 3 }];
  assert.deepEqual(build(overlapping, 'integer', 'text').errors, [
    '5 range (2025, "l") to (2025, "n") overlaps (2025, MINVALUE) to (2025, "m") (line 2)',
    '5 range (2025, "l") to (2025, "n") overlaps (2025, "m") to (2025, MAXVALUE) (line 3)',
  ]);
});

test('gaps between ranges are a warning, unless a default takes them', () => {
  const tables = [
    { start: 20, end: 30, shard: 0 },
    { start: 0, end: 10, shard: 1 },
  ];
  const gaps = '1 keys below 0, from 10 to 20, from 30 on have no shard';
  assert.deepEqual(build(tables, 'bigint').warnings, [gaps]);
  assert.deepEqual(build([...tables, { shard: 2 }], 'bigint').warnings, []);
});

test('without a data type plain integers are put in order, others told apart by their text', () => {
  const ranges = (...bounds: readonly TomlValue[]) => [
    { start: bounds[0]!, end: bounds[1]!, shard: 0 },
    { start: bounds[2]!, shard: 1 },
  ];
  assert.equal(build(ranges(9, 11, 10), null).errors.length, 1);
  assert.deepEqual(build(ranges('9', '11', '10'), null).errors, []);
  const lists = [
    { values: ['a', '1.0'], shard: 0 },
    { values: ['1.00', 'a'], shard: 1 },
  ];
  assert.deepEqual(build(lists, null).errors, ['2 key "a" is already mapped to shard 0']);
});

test('NULL is in a list where it says so, once', () => {
  const { mapping, errors } = build([{ values: [1], null: true, shard: 0 }], 'bigint');
  assert.deepEqual(errors, []);
  assert.deepEqual(mapping?.lists, [{ values: [1n, null], shard: 0 }]);
  const twice = [
    { null: true, shard: 0 },
    { values: [2], null: true, shard: 1 },
  ];
  assert.deepEqual(build(twice, 'bigint').errors, ['2 key NULL is already mapped to shard 0']);
});
