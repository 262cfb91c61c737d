// Aggregates over partial groups: against answers recorded from a server, then group by group.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import type { ColumnDescription } from '../../src/executor/shard-client.ts';
import type { AggregateSpec, MergeNode } from '../../src/plan/merge-plan.ts';
import type { typeOid } from '../../src/types/type-oid.ts';
import { readVectors } from '../types/vectors/read-vectors.ts';
import {
  type ArrayShard,
  chunkSizes,
  column,
  fragment,
  merge,
  texts,
  type WireValue,
} from './array-shard-client.ts';

interface Recorded {
  readonly oid: number;
  readonly text: string | null;
  readonly hex: string | null;
}

type Name = 'count' | 'sum' | 'sumForAvg' | 'avg' | 'min' | 'max';
type Partials = Readonly<Record<Name, Recorded>>;

interface AggregateVector {
  readonly type: string;
  readonly shards: readonly Partials[];
  readonly whole: Partials;
}

const vectors = readVectors<AggregateVector>('../../executor/vectors/aggregates.jsonl');

/** `SELECT count, sum, avg, min, max, and hidden: the sum for avg, its count`. */
const order: readonly Name[] = ['count', 'sum', 'avg', 'min', 'max', 'sumForAvg', 'count'];
const allAggregates: MergeNode = {
  kind: 'aggregate',
  groupColumns: [],
  aggregates: [
    { kind: 'count', column: 0 },
    { kind: 'sum', column: 1 },
    { kind: 'avg', column: 2, sumColumn: 5, countColumn: 6 },
    { kind: 'min', column: 3 },
    { kind: 'max', column: 4 },
  ],
  input: fragment(2),
};

function wire(value: Recorded, format: 0 | 1): WireValue {
  if (value.text === null || value.hex === null) return null;
  return format === 0 ? value.text : Buffer.from(value.hex, 'hex');
}

function recordedColumns(partials: Partials, format: 0 | 1): ColumnDescription[] {
  return order.map(name => ({ ...column(name, 'int8', format), typeOid: partials[name].oid }));
}

for (const format of [0, 1] as const) {
  for (const type of new Set(vectors.map(vector => vector.type))) {
    const form = format === 0 ? 'text' : 'binary';
    test(`${type} partials in ${form} form give what one server gives, byte for byte`, async () => {
      const ofType = vectors.filter(vector => vector.type === type);
      assert.ok(ofType.length >= 40);
      for (const { shards, whole } of ofType) {
        const merged = await merge(
          allAggregates,
          shards.map(partials => ({
            columns: recordedColumns(partials, format),
            rows: [order.map(name => wire(partials[name], format))],
          })),
        );
        const expected = order.slice(0, 5).map(name => {
          const value = wire(whole[name], format);
          return value === null ? null : Buffer.from(value as string);
        });
        assert.deepEqual(merged.rows, [expected], JSON.stringify(shards));
        assert.deepEqual(
          merged.columns.map(({ typeOid }) => typeOid),
          order.slice(0, 5).map(name => whole[name].oid),
        );
      }
    });
  }
}

const grouped: MergeNode = {
  kind: 'aggregate',
  groupColumns: [0],
  aggregates: [{ kind: 'count', column: 1 }],
  input: fragment(),
};

function groupShard(
  type: keyof typeof typeOid,
  rows: (readonly [WireValue, string])[],
): ArrayShard {
  return { columns: [column('g', type), column('count', 'int8')], rows };
}

for (const chunkRows of chunkSizes) {
  test(`groups of several shards are one row each, at ${chunkRows} rows a chunk`, async () => {
    const merged = await merge(
      grouped,
      [
        groupShard('text', [
          ['a', '1'],
          ['b', '2'],
          [null, '3'],
          ['', '4'],
        ]),
        groupShard('text', []),
        groupShard('text', [
          ['b', '10'],
          [null, '20'],
          ['c', '30'],
          ['', '40'],
        ]),
      ],
      { chunkRows },
    );
    const sums = new Map(texts(merged.rows) as [string | null, string][]);
    const expected = new Map([
      ['a', '1'],
      ['b', '12'],
      ['c', '30'],
      [null, '23'],
      ['', '44'],
    ]);
    assert.equal(merged.rows.length, 5);
    assert.deepEqual(sums, expected);
  });
}

const equalSpellings: readonly (readonly [keyof typeof typeOid, string, string, string])[] = [
  ['numeric', '1.0', '1.00', '1.01'],
  ['float8', '0', '-0', '1'],
  ['interval', '1 mon', '30 days', '31 days'],
  ['timestamptz', '2024-01-01 00:00:00+00', '2024-01-01 05:30:00+05:30', '2024-01-01 00:00:00-01'],
  ['float8', 'NaN', 'NaN', 'Infinity'],
];

for (const [type, one, same, other] of equalSpellings) {
  test(`${type} ${one} and ${same} are one group, ${other} is another`, async () => {
    const merged = await merge(grouped, [
      groupShard(type, [[one, '1']]),
      groupShard(type, [
        [same, '2'],
        [other, '5'],
      ]),
    ]);
    const rows = texts(merged.rows);
    assert.deepEqual(rows.map(row => row[1]).sort(), ['3', '5']);
    const [spelling] = rows.find(row => row[1] === '3')!;
    assert.ok(spelling === one || spelling === same);
  });
}

test('several group columns are kept apart, also where their bytes run together', async () => {
  const columns = [column('a', 'text'), column('b', 'text'), column('n', 'int8')];
  const node: MergeNode = {
    kind: 'aggregate',
    groupColumns: [0, 1],
    aggregates: [{ kind: 'sum', column: 2 }],
    input: fragment(),
  };
  const merged = await merge(node, [
    {
      columns,
      rows: [
        ['x', 'yz', '1'],
        [null, '', '2'],
        ['', null, '4'],
      ],
    },
    {
      columns,
      rows: [
        ['xy', 'z', '8'],
        ['', null, '16'],
        [null, '', '32'],
      ],
    },
  ]);
  assert.deepEqual(
    texts(merged.rows)
      .map(row => row[2])
      .sort(),
    ['1', '20', '34', '8'],
  );
});

test('thousands of groups keep their sums, over many output chunks', async () => {
  const rows = Array.from({ length: 5000 }, (_, i): [string, string] => [`key ${i}`, String(i)]);
  const merged = await merge(grouped, [
    groupShard('text', rows),
    groupShard('text', rows.toReversed()),
  ]);
  assert.equal(merged.rows.length, 5000);
  assert.ok(merged.chunks >= 5);
  for (const [key, sum] of texts(merged.rows)) {
    assert.equal(Number(sum), 2 * Number(key!.slice(4)));
  }
});

test('a numeric sum is exact where values stop to be short or to have one scale', async () => {
  const sums: readonly (readonly [WireValue[], string | null])[] = [
    [['1.50', '-2.25', '0.75'], '0.00'],
    [['0.1', '0.20', '3'], '3.30'],
    [['9007199254740.991', '0.001', '-0.002'], '9007199254740.990'],
    [['900719925474099', '900719925474099', '0.5'], '1801439850948198.5'],
    [['999999999999999', '9999999999999999', '1'], '10999999999999999'],
    [['-1.5', null, '-100000000000000000000.25'], '-100000000000000000001.75'],
    [['1.00', 'NaN', '2.00'], 'NaN'],
    [['Infinity', '1.0', '1.0'], 'Infinity'],
    [[null, '7', null], '7'],
    [[null, null, null], null],
  ];
  const columns = [column('key', 'int4'), column('sum', 'numeric')];
  const merged = await merge(
    { ...grouped, aggregates: [{ kind: 'sum', column: 1 }] },
    [0, 1, 2].map(shard => ({
      columns,
      rows: sums.map(([parts], key): WireValue[] => [String(key), parts[shard]!]),
    })),
  );
  assert.deepEqual(
    texts(merged.rows),
    sums.map(([, sum], key) => [String(key), sum]),
  );
});

test('groups are sorted by an aggregate, and hidden columns stay hidden', async () => {
  const columns = [
    column('g', 'text'),
    column('avg', 'numeric'),
    column('sum', 'int8'),
    column('count', 'int8'),
  ];
  const node: MergeNode = {
    kind: 'limit',
    count: { kind: 'constant', rows: 2n },
    offset: null,
    input: {
      kind: 'sort',
      keys: [{ column: 1, descending: true, nullsFirst: true }],
      input: {
        kind: 'aggregate',
        groupColumns: [0],
        aggregates: [{ kind: 'avg', column: 1, sumColumn: 2, countColumn: 3 }],
        input: fragment(2),
      },
    },
  };
  const merged = await merge(node, [
    {
      columns,
      rows: [
        ['a', '1', '1', '1'],
        ['b', '5', '10', '2'],
      ],
    },
    {
      columns,
      rows: [
        ['a', '9', '9', '1'],
        ['c', '4', '4', '1'],
        ['d', null, null, '0'],
      ],
    },
  ]);
  assert.deepEqual(
    merged.columns.map(({ name }) => name),
    ['g', 'avg'],
  );
  const answer = texts(merged.rows);
  assert.deepEqual(answer.slice(0, 1), [['d', null]]);
  // a: 10 / 2 and b: 10 / 2 are equal; either may be second.
  assert.equal(answer[1]![1], '5.0000000000000000');
});

test('avg is divided in its own format, whatever the format of its hidden parts', async () => {
  const columns = [column('avg', 'numeric', 1), column('sum', 'int8'), column('count', 'int8')];
  const node: MergeNode = {
    kind: 'aggregate',
    groupColumns: [],
    aggregates: [{ kind: 'avg', column: 0, sumColumn: 1, countColumn: 2 }],
    input: fragment(2),
  };
  const merged = await merge(node, [
    { columns, rows: [[null, '3', '1']] },
    { columns, rows: [[null, '4', '1']] },
  ]);
  // numeric_send(3.5000000000000000)
  assert.deepEqual(merged.rows, [[Buffer.from('000200000000001000031388', 'hex')]]);
});

test('no rows at all give no groups', async () => {
  const merged = await merge(grouped, [groupShard('text', []), groupShard('text', [])]);
  assert.deepEqual(merged.rows, []);
  assert.equal(merged.columns.length, 2);
});

test('distinct rows are groups without aggregates', async () => {
  const columns = [column('a', 'text'), column('b', 'numeric')];
  const node: MergeNode = {
    kind: 'aggregate',
    groupColumns: [0, 1],
    aggregates: [],
    input: fragment(),
  };
  const rows = [
    ['x', '1.0'],
    ['x', null],
  ];
  const merged = await merge(node, [
    { columns, rows },
    { columns, rows: [...rows.toReversed(), ['x', '1.00']] },
  ]);
  assert.deepEqual(texts(merged.rows), rows);
});

test('a count over the range of bigint is error 22003', async () => {
  const most = '9223372036854775807';
  const columns = [column('sum', 'int8')];
  const node: MergeNode = {
    kind: 'aggregate',
    groupColumns: [],
    aggregates: [{ kind: 'sum', column: 0 }],
    input: fragment(),
  };
  const one = await merge(node, [
    { columns, rows: [[most]] },
    { columns, rows: [['-9223372036854775808']] },
    { columns, rows: [['9223372036854775807']] },
  ]);
  assert.deepEqual(texts(one.rows), [['9223372036854775806']]);
  await assert.rejects(
    merge(node, [
      { columns, rows: [[most]] },
      { columns, rows: [['1']] },
    ]),
    error => error instanceof PgError && error.sqlstate === '22003',
  );
});

test('a float sum that becomes infinite is error 22003, one that was infinite is not', async () => {
  const columns = [column('sum', 'float8')];
  const node: MergeNode = {
    kind: 'aggregate',
    groupColumns: [],
    aggregates: [{ kind: 'sum', column: 0 }],
    input: fragment(),
  };
  const merged = await merge(node, [
    { columns, rows: [['Infinity']] },
    { columns, rows: [['1e308']] },
  ]);
  assert.deepEqual(texts(merged.rows), [['Infinity']]);
  await assert.rejects(
    merge(node, [
      { columns, rows: [['1e308']] },
      { columns, rows: [['1e308']] },
    ]),
    error => error instanceof PgError && error.sqlstate === '22003',
  );
});

const refused: readonly (readonly [string, readonly ColumnDescription[], AggregateSpec])[] = [
  ['sum of money', [column('x', 'money')], { kind: 'sum', column: 0 }],
  ['max of jsonb', [column('x', 'jsonb')], { kind: 'max', column: 0 }],
  ['min of point', [column('x', 'point')], { kind: 'min', column: 0 }],
  ['bit_and of bit strings', [column('x', 'bit')], { kind: 'bit-and', column: 0 }],
  ['a count that was cast', [column('x', 'int4')], { kind: 'count', column: 0 }],
  [
    'avg from a rounded float4 sum',
    [column('x', 'float8'), column('s', 'float4'), column('c', 'int8')],
    { kind: 'avg', column: 0, sumColumn: 1, countColumn: 2 },
  ],
];

for (const [what, columns, spec] of refused) {
  test(`${what} is refused before any row is read`, async () => {
    const node: MergeNode = {
      kind: 'aggregate',
      groupColumns: [],
      aggregates: [spec],
      input: fragment(),
    };
    await assert.rejects(
      merge(node, [{ columns, rows: [] }]),
      error => error instanceof PgError && error.sqlstate === '0A000',
    );
  });
}

test('grouping by a type whose equality is not known is refused by name', async () => {
  await assert.rejects(
    merge(grouped, [groupShard('jsonb', [])]),
    error => error instanceof PgError && /jsonb/.test(error.message),
  );
});

test('groups over the memory limit are error 53400', async () => {
  const rows = Array.from({ length: 2000 }, (_, i): [string, string] => [`key ${i}`, '1']);
  await assert.rejects(
    merge(grouped, [groupShard('text', rows)], { memoryBytesMax: 50_000 }),
    error => error instanceof PgError && error.sqlstate === '53400',
  );
});

test('digits of sums count towards the memory limit, whichever shard sends them', async () => {
  const shards = ['1.5', '1.25', '7'.repeat(30_000)].map(value => ({
    columns: [column('key', 'int4'), column('sum', 'numeric')],
    rows: [1, 2, 3, 4, 5].map(key => [String(key), value]),
  }));
  await assert.rejects(
    merge({ ...grouped, aggregates: [{ kind: 'sum', column: 1 }] } as MergeNode, shards, {
      memoryBytesMax: 100_000,
    }),
    error => error instanceof PgError && error.sqlstate === '53400',
  );
});

for (const [type, bits] of [
  ['float8', ['7ff8000000000000', 'fff8000000000000', '7ff8000000000001']],
  ['float4', ['7fc00000', 'ffc00000', '7fc00001']],
] as const) {
  test(`every NaN of ${type} is of one group, whatever its bits`, async () => {
    const shards = bits.map(hex => ({
      columns: [column('key', type, 1), column('count', 'int8')],
      rows: [[Buffer.from(hex, 'hex'), '2']],
    }));
    const { rows } = await merge(grouped, shards);
    assert.deepEqual(
      texts(rows).map(row => row[1]),
      ['6'],
    );
  });
}

for (const type of ['int2', 'int8'] as const) {
  test(`many groups of ${type} keys, NULL among them, are told apart and counted`, async () => {
    const [step, first] = type === 'int2' ? [13n, -32_000n] : [4_294_967_291n * 911n, -(2n ** 63n)];
    const keys = Array.from({ length: 4000 }, (_, i) => String(first + BigInt(i) * step));
    const columns = [column('key', type), column('count', 'int8')];
    const shards: ArrayShard[] = [1, 2, 3].map(shard => {
      const own = keys.filter((_, i) => i % shard === 0);
      return { columns, rows: [...own, null].map(key => [key, String(shard)]) };
    });
    const node: MergeNode = {
      kind: 'aggregate',
      groupColumns: [0],
      aggregates: [{ kind: 'count', column: 1 }],
      input: fragment(),
    };
    const merged = await merge(node, shards);
    const expected = keys.map((key, i): [string, string] => {
      return [key, String(1 + (i % 2 === 0 ? 2 : 0) + (i % 3 === 0 ? 3 : 0))];
    });
    const got = texts(merged.rows).map(row => row.join());
    assert.deepEqual(got.sort(), [...expected.map(row => row.join()), ',6'].sort());
  });
}
