// bool_and, bool_or, bit_and, bit_or, bit_xor and any_value over partial groups, in text and binary.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AggregateSpec, MergeNode } from '../../src/plan/merge-plan.ts';
import type { typeOid } from '../../src/types/type-oid.ts';
import { column, fragment, merge, texts, type WireValue } from './array-shard-client.ts';

type Kind = AggregateSpec['kind'];

async function merged(
  kind: Kind,
  type: keyof typeof typeOid,
  values: readonly WireValue[],
  format: 0 | 1 = 0,
): Promise<Buffer | null> {
  const node: MergeNode = {
    kind: 'aggregate',
    groupColumns: [],
    aggregates: [{ kind, column: 0 } as AggregateSpec],
    input: fragment(),
  };
  const shards = values.map(value => ({ columns: [column('x', type, format)], rows: [[value]] }));
  const { rows } = await merge(node, shards);
  assert.equal(rows.length, 1);
  return rows[0]![0]!;
}

const cases: readonly [Kind, keyof typeof typeOid, (string | null)[], string | null][] = [
  ['bool-and', 'bool', ['t', null, 't'], 't'],
  ['bool-and', 'bool', ['t', 'f', null], 'f'],
  ['bool-and', 'bool', [null, null], null],
  ['bool-or', 'bool', ['f', null], 'f'],
  ['bool-or', 'bool', ['f', 't'], 't'],
  ['bool-or', 'bool', [null], null],
  ['bit-and', 'int4', ['12', '10', null], '8'],
  ['bit-and', 'int8', ['-1', '4611686018427387905'], '4611686018427387905'],
  ['bit-and', 'int4', [null], null],
  ['bit-or', 'int8', ['1', '-9223372036854775808'], '-9223372036854775807'],
  ['bit-or', 'int2', ['-32768', '1'], '-32767'],
  ['bit-xor', 'int4', ['-1', '1', '1'], '-1'],
  ['bit-xor', 'int8', ['4294967296', '1', null], '4294967297'],
  ['any-value', 'point', [null, '(1,2)', '(3,4)'], '(1,2)'],
  ['any-value', 'text', [null, null], null],
];

for (const [kind, type, values, expected] of cases) {
  test(`${kind} of ${type} partials ${values.join(', ')} is ${expected}`, async () => {
    const value = await merged(kind, type, values);
    assert.equal(value?.toString() ?? null, expected);
  });
}

const binary: readonly [Kind, keyof typeof typeOid, string[], string][] = [
  ['bool-and', 'bool', ['01', '00'], '00'],
  ['bool-or', 'bool', ['00', '01'], '01'],
  ['bit-and', 'int2', ['fffe', '0103'], '0102'],
  ['bit-or', 'int4', ['80000000', '00000001'], '80000001'],
  ['bit-xor', 'int8', ['8000000000000001', '0000000100000001'], '8000000100000000'],
];

for (const [kind, type, values, expected] of binary) {
  test(`${kind} of binary ${type} partials ${values.join(', ')} is ${expected}`, async () => {
    const wire = values.map(value => Buffer.from(value, 'hex'));
    assert.equal((await merged(kind, type, wire, 1))?.toString('hex'), expected);
  });
}

test('each group has a value of its own', async () => {
  const columns = [column('g', 'text'), column('a', 'bool'), column('v', 'text')];
  const node: MergeNode = {
    kind: 'aggregate',
    groupColumns: [0],
    aggregates: [
      { kind: 'bool-or', column: 1 },
      { kind: 'any-value', column: 2 },
    ],
    input: fragment(),
  };
  const { rows } = await merge(node, [
    {
      columns,
      rows: [
        ['x', 'f', null],
        ['y', 'f', 'p'],
      ],
    },
    {
      columns,
      rows: [
        ['y', 't', 'q'],
        ['z', null, null],
        ['x', null, 'r'],
      ],
    },
  ]);
  assert.deepEqual(texts(rows), [
    ['x', 'f', 'r'],
    ['y', 't', 'p'],
    ['z', null, null],
  ]);
});
