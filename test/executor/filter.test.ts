// Conditions on merged groups, in SQL's logic of three values.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import type { MergeNode } from '../../src/plan/merge-plan.ts';
import type { ComparisonOperator, RowCondition } from '../../src/plan/row-condition.ts';
import {
  type ArrayShard,
  chunkSizes,
  column,
  fragment,
  merge,
  texts,
  type WireValue,
} from './array-shard-client.ts';

/** Groups by the first of three columns, count in the second, a constant in the hidden third. */
function having(condition: RowCondition): MergeNode {
  const aggregates = [{ kind: 'count', column: 1 } as const];
  const input: MergeNode = { kind: 'aggregate', groupColumns: [0], aggregates, input: fragment(1) };
  return { kind: 'filter', condition, input };
}

const compare = (left: number, operator: ComparisonOperator, right: number): RowCondition => {
  return { kind: 'compare', operator, left, right };
};

function shardOf(rows: readonly (readonly WireValue[])[]): ArrayShard {
  return { columns: [column('g', 'int4'), column('n', 'int8'), column('c', 'int8')], rows };
}

for (const chunkRows of chunkSizes) {
  test(`whole groups are asked, not those of a shard, at ${chunkRows} rows a chunk`, async () => {
    const first = [1, 2, 3, 4, 5].map(g => [String(g), String(g), '6']);
    const second = [5, 4, 3, 2].map(g => [String(g), '2', '6']);
    const shards = [shardOf(first), shardOf(second)];
    const { rows } = await merge(having(compare(1, '>=', 2)), shards, { chunkRows });
    assert.deepEqual(texts(rows).sort(), [
      ['4', '6'],
      ['5', '7'],
    ]);
  });
}

const isNull = (at: number): RowCondition => ({ kind: 'is-null', column: at });
const not = (part: RowCondition): RowCondition => ({ kind: 'not', part });
const both = (kind: 'and' | 'or', ...parts: RowCondition[]): RowCondition => ({ kind, parts });
const unknown = compare(0, '=', 2);
const yes = compare(1, '=', 1);
const no = not(yes);

for (const [what, condition, passes] of [
  ['unknown', unknown, false],
  ['NOT unknown', not(unknown), false],
  ['unknown OR true', both('or', unknown, yes), true],
  ['unknown OR false', both('or', unknown, no), false],
  ['NOT (unknown OR false)', not(both('or', unknown, no)), false],
  ['unknown AND true', both('and', unknown, yes), false],
  ['NOT (unknown AND false)', not(both('and', unknown, no)), true],
  ['NOT (true AND unknown)', not(both('and', yes, unknown)), false],
  ['IS NULL', isNull(0), true],
  ['NOT IS NULL', not(isNull(0)), false],
] as const) {
  test(`${what} ${passes ? 'lets a group pass' : 'keeps a group back'}`, async () => {
    const columns = ['g', 'n', 'c'].map(name => column(name, 'int8'));
    const shards = [{ columns, rows: [[null, '1', '1']] }];
    const { rows } = await merge(having(condition), shards);
    assert.equal(rows.length, passes ? 1 : 0);
  });
}

/** Left, right, and how they compare. */
const numerics = [
  ['-Infinity', '-1e9', -1],
  ['-9007199254740993', '-9007199254740992', -1],
  ['1.0', '1.00', 0],
  ['0.00', '0', 0],
  ['10', '9.99', 1],
  ['NaN', 'Infinity', 1],
  ['NaN', 'NaN', 0],
] as const;
const operators = [
  ['=', [0]],
  ['<>', [-1, 1]],
  ['<', [-1]],
  ['<=', [-1, 0]],
  ['>', [1]],
  ['>=', [0, 1]],
] as const;

for (const [operator, orders] of operators) {
  test(`numbers of any scale are compared exactly by ${operator}`, async () => {
    const columns = [column('g', 'numeric'), column('n', 'int8'), column('c', 'numeric')];
    for (const [left, right, order] of numerics) {
      const rows = [[left, '1', right.replace('1e9', '1000000000')]];
      const merged = await merge(having(compare(0, operator, 2)), [{ columns, rows }]);
      const passes = (orders as readonly number[]).includes(order);
      assert.equal(merged.rows.length, passes ? 1 : 0, `${left} ${operator} ${right}`);
    }
  });
}

test('a column in binary form is compared with one in text form', async () => {
  const columns = [column('g', 'int8', 1), column('n', 'int8'), column('c', 'int8')];
  const value = Buffer.from('ffffffff00000000', 'hex');
  const rows = [[value, '1', '-4294967296']];
  const merged = await merge(having(compare(0, '=', 2)), [{ columns, rows }]);
  assert.deepEqual(merged.rows.length, 1);
});

test('columns of different types are refused, so that PostgreSQL compares them', async () => {
  const columns = [column('g', 'int4'), column('n', 'int8'), column('c', 'float8')];
  await assert.rejects(
    merge(having(compare(1, '>', 2)), [{ columns, rows: [['1', '1', '0.5']] }]),
    error => error instanceof PgError && error.id === 'unsupportedAcrossShards',
  );
});
