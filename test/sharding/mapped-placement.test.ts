// Placement by list and range: which shards a predicate needs, against the shards of every key of a
// small domain; and what a key without a place is answered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MappedBound } from '../../src/config/mapped-key.ts';
import type { Mapping } from '../../src/config/topology.ts';
import { type KeyBytes, type KeyPart, noShard } from '../../src/sharding/placement.ts';
import { type Random, seededRandom } from './seeded-random.ts';
import { keyColumn, mustPlace, shardedTable } from './sharded-table.ts';

const seed = Number(process.env.SEED ?? 20_261_121);
const shardCount = 5;
const int4 = 23;
const int8 = 20;
const text = 25;

function value(written: number | string | null, type = 0): KeyBytes | null {
  if (written === null) return null;
  const bytes = Buffer.from(String(written));
  return { kind: 'text', bytes, start: 0, end: bytes.length, type };
}

function point(written: number | string, type = 0): KeyBytes {
  return value(written, type)!;
}

function range(lower: string | null, upper: string | null): KeyPart {
  const end = (written: string | null) =>
    written === null
      ? null
      : { value: point(written.replace(/[=]/, '')), inclusive: written.includes('=') };
  return { kind: 'range', lower: end(lower), upper: end(upper) };
}

function placed(mapping: Partial<Mapping>, oids: readonly number[] = [int8]) {
  const whole = { lists: [], ranges: [], defaultShard: null, ...mapping };
  const columns = oids.map((_, i) => `k${i}`);
  const keys = oids.map(oid => keyColumn(oid));
  return mustPlace(shardedTable({ columns, mapping: whole }), keys, shardCount);
}

const tens = placed({
  ranges: [
    { start: null, end: [0n], shard: 4 },
    { start: [0n], end: [10n], shard: 0 },
    { start: [10n], end: [20n], shard: 1 },
    { start: [30n], end: null, shard: 2 },
  ],
});

test('a range has its start and not its end', () => {
  const shards = [-1, 0, 9, 10, 19, 20, 29, 30, 1e15].map(key => tens.shardOfText(`${key}`, true));
  assert.deepEqual(shards, [4, 0, 0, 1, 1, noShard, noShard, 2, 2]);
});

test('a key without a place has no shard, neither has NULL without a list or default', () => {
  assert.equal(tens.shardOfRow([value(25)]), noShard);
  assert.equal(tens.shardOfRow([null]), noShard);
  assert.deepEqual(tens.shardsOf([[point(25)]]), []);
  assert.deepEqual(tens.shardsOf([[{ kind: 'is-null' }]]), []);
  const listed = placed({
    lists: [{ values: [1n, null], shard: 3 }],
    ranges: [{ start: [0n], end: [9n], shard: 1 }],
    defaultShard: 2,
  });
  assert.deepEqual(
    [null, 1, 2, 9].map(key => listed.shardOfRow([value(key)])),
    [3, 3, 1, 2],
  );
});

test('a range predicate goes to the shards whose ranges it meets', () => {
  const shardsOf = (lower: string | null, upper: string | null) =>
    tens.shardsOf([[range(lower, upper)]]);
  assert.deepEqual(shardsOf('=5', '15'), [0, 1]);
  assert.deepEqual(shardsOf('=5', '10'), [0]);
  assert.deepEqual(shardsOf('=5', '=10'), [0, 1]);
  assert.deepEqual(shardsOf('=20', '30'), []);
  assert.deepEqual(shardsOf('=20', '=30'), [2]);
  assert.deepEqual(shardsOf(null, '0'), [4]);
  assert.deepEqual(shardsOf('15', null), [1, 2]);
  assert.deepEqual(shardsOf('7', '5'), []);
  assert.deepEqual(shardsOf('=7', '7'), []);
  assert.deepEqual(tens.shardsOf([[point(3), range('=15', '16'), point(35)]]), [0, 1, 2]);
  assert.deepEqual(tens.shardsOf([[]]), []);
  assert.equal(tens.shardsOf([null]), null);
});

test('the default is asked only for keys that the ranges leave out', () => {
  const all = placed({
    ranges: [
      { start: [0n], end: [10n], shard: 0 },
      { start: [10n], end: [20n], shard: 1 },
    ],
    defaultShard: 3,
  });
  assert.deepEqual(all.shardsOf([[range('=5', '15')]]), [0, 1]);
  assert.deepEqual(all.shardsOf([[range('=5', '20')]]), [0, 1]);
  assert.deepEqual(all.shardsOf([[range('=5', '=20')]]), [0, 1, 3]);
  assert.deepEqual(all.shardsOf([[range('=-1', '3')]]), [0, 3]);
  assert.deepEqual(all.shardsOf([[{ kind: 'is-null' }, point(1)]]), [0, 3]);
});

test('text is compared by range under collation C only, by list under any', () => {
  const { lists, ranges } = {
    lists: [{ values: ['a', 'b'], shard: 1 }],
    ranges: [{ start: ['a'], end: ['b'], shard: 1 }],
  };
  const column = { ...keyColumn(text), bytewise: false };
  const tableOf = (mapping: Partial<Mapping>) =>
    shardedTable({
      columns: ['k'],
      mapping: { lists: [], ranges: [], defaultShard: 0, ...mapping },
    });
  assert.throws(() => mustPlace(tableOf({ ranges }), [column], 2), /not in collation C/);
  const listed = mustPlace(tableOf({ lists }), [column], 2);
  assert.deepEqual(listed.shardsOf([[point('b')]]), [1]);
  // Which values are between others is not known.
  assert.equal(listed.shardsOf([[range('=a', '=b')]]), null);
  const nondeterministic = { ...column, nondeterministic: true };
  assert.throws(() => mustPlace(tableOf({ lists }), [nondeterministic], 2), /nondeterministic/);
});

test('values of a wider type of the family are compared, of another type they say nothing', () => {
  const narrow = placed({ ranges: [{ start: [0n], end: [10n], shard: 1 }] }, [int4]);
  assert.deepEqual(narrow.shardsOf([[point('3000000000', int8)]]), []);
  assert.deepEqual(narrow.shardsOf([[point('5', int8)]]), [1]);
  assert.equal(narrow.shardsOf([[point('5.0', 1700)]]), null);
  assert.throws(() => narrow.shardOfRow([point('5.0', 1700)]), { sqlstate: '0A000' });
});

test('equal mappings of types of one family place alike, and only these', () => {
  const ranges = [{ start: [0n], end: [10n], shard: 1 }];
  assert.equal(placed({ ranges }, [int4]).print, placed({ ranges }, [int8]).print);
  assert.notEqual(placed({ ranges }).print, placed({ ranges, defaultShard: 1 }).print);
  // 0.1 is another number in each.
  const tenth = [{ start: ['0.1'], end: null, shard: 1 }];
  assert.notEqual(placed({ ranges: tenth }, [700]).print, placed({ ranges: tenth }, [701]).print);
});

test(`the shards of a predicate hold every row that it can be true for (seed ${seed})`, () => {
  const random = seededRandom(seed);
  for (let round = 0; round < 400; round++) {
    const width = 1 + random.below(3);
    const placement = placed(randomMapping(random, width), Array(width).fill(int8));
    const rows = keysOf(width);
    const shards = rows.map(row => placement.shardOfRow(row.map(key => value(key))));
    for (let predicate = 0; predicate < 20; predicate++) {
      const conditions = Array.from({ length: width }, () => randomCondition(random));
      const found = placement.shardsOf(conditions.map(condition => condition?.parts ?? null));
      if (found === null) continue;
      for (const [i, row] of rows.entries()) {
        const holds = conditions.every((condition, at) => condition?.holds(row[at]!) ?? true);
        if (!holds || shards[i] === noShard || found.includes(shards[i]!)) continue;
        assert.fail(`(${row}) on ${shards[i]}, not on ${found}: ${describe(conditions)}`);
      }
    }
  }
});

const largest = 7;

function keysOf(width: number): (number | null)[][] {
  const one = [null, ...Array.from({ length: largest + 1 }, (_, key) => key)];
  let keys: (number | null)[][] = [[]];
  for (let i = 0; i < width; i++) keys = keys.flatMap(key => one.map(next => [...key, next]));
  return keys;
}

function randomMapping(random: Random, width: number): Partial<Mapping> {
  const bound = (): MappedBound => {
    let end: MappedBound[number] | null = null;
    return Array.from({ length: width }, () => {
      if (random.below(5) === 0) end ??= { unbounded: random.below(2) === 0 ? 'below' : 'above' };
      return end ?? BigInt(random.below(largest + 1));
    });
  };
  const rank = (part: MappedBound[number]): number => {
    if (typeof part !== 'object') return Number(part);
    return part.unbounded === 'below' ? -1 : largest + 1;
  };
  const order = (a: MappedBound, b: MappedBound): number =>
    a.map((part, i) => rank(part) - rank(b[i]!)).find(difference => difference !== 0) ?? 0;
  const bounds = Array.from({ length: 2 + random.below(5) }, bound).sort(order);
  const ends = bounds.filter((one, i) => i === 0 || order(bounds[i - 1]!, one) !== 0);
  const ranges = ends.slice(1).map((end, i) => ({ start: ends[i]!, end, shard: random.below(4) }));
  const listed = [null, 0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].filter(() => random.below(3) === 0);
  const lists = width === 1 && listed.length > 0 ? [{ values: listed, shard: 4 }] : [];
  return {
    lists,
    ranges: ranges.filter(() => random.below(4) > 0),
    defaultShard: random.below(2) === 0 ? 3 : null,
  };
}

interface Condition {
  readonly parts: readonly KeyPart[];
  holds(key: number | null): boolean;
}

function randomCondition(random: Random): Condition | null {
  if (random.below(4) === 0) return null;
  const alternatives = Array.from({ length: random.below(4) }, (): Condition => {
    const [from, to] = [random.below(largest + 1), random.below(largest + 1)];
    switch (random.below(4)) {
      case 0:
        return { parts: [{ kind: 'is-null' }], holds: key => key === null };
      case 1: {
        const [low, high] = [random.below(2) === 0, random.below(2) === 0];
        return {
          parts: [range(`${low ? '=' : ''}${from}`, `${high ? '=' : ''}${to}`)],
          holds: key =>
            key !== null && (low ? key >= from : key > from) && (high ? key <= to : key < to),
        };
      }
      case 2:
        return random.below(2) === 0
          ? { parts: [range(null, `${to}`)], holds: key => key !== null && key < to }
          : { parts: [range(`=${from}`, null)], holds: key => key !== null && key >= from };
      default:
        return { parts: [point(from)], holds: key => key === from };
    }
  });
  return {
    parts: alternatives.flatMap(({ parts }) => parts),
    holds: key => alternatives.some(one => one.holds(key)),
  };
}

function describe(conditions: readonly (Condition | null)[]): string {
  return JSON.stringify(
    conditions.map(condition => condition?.parts ?? null),
    (_, member: unknown) =>
      (member as { type?: string } | null)?.type === 'Buffer'
        ? Buffer.from((member as { data: number[] }).data).toString()
        : member,
  );
}
