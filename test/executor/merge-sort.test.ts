// The streaming k-way merge: every type, random streams, ties, backpressure, refusals.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import type { MergeNode, SortKey } from '../../src/plan/merge-plan.ts';
import type { typeOid } from '../../src/types/type-oid.ts';
import { orderingVectors } from '../types/vectors/read-vectors.ts';
import { seededRandom } from '../types/vectors/seeded-random.ts';
import { chunkSizes, column, fragment, merge, start, texts } from './array-shard-client.ts';

const ascending: SortKey = { column: 0, descending: false, nullsFirst: false };

function mergeSort(keys: readonly SortKey[], hidden = 0): MergeNode {
  return { kind: 'merge-sort', keys, input: fragment(hidden) };
}

type TypeName = keyof typeof typeOid;

for (const chunkRows of chunkSizes) {
  for (const format of [0, 1] as const) {
    const form = format === 0 ? 'text' : 'binary';
    test(`every type merges in order in ${form} form, ${chunkRows} rows a chunk`, async () => {
      for (const type of new Set(orderingVectors.map(vector => vector.type as TypeName))) {
        const vectors = orderingVectors
          .filter(vector => vector.type === type)
          .toSorted((a, b) => a.rank - b.rank);
        const shards = [0, 1, 2].map(shard => ({
          columns: [column('k', type, format), column('rank', 'int4')],
          rows: [
            ...vectors
              .filter((_, i) => i % 3 === shard)
              .map(({ text, hex, rank }) => [
                format === 0 ? text : Buffer.from(hex, 'hex'),
                String(rank),
              ]),
            [null, '1000'],
          ],
        }));
        const merged = await merge(mergeSort([ascending]), shards, { chunkRows });
        const ranks = merged.rows.map(row => Number(row[1]));
        assert.deepEqual(ranks, [...vectors.map(({ rank }) => rank), 1000, 1000, 1000], type);
      }
    });
  }

  test(`random streams merge as one sort would, ${chunkRows} rows a chunk`, async t => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    t.diagnostic(`SEED=${seed}`);
    const random = seededRandom(seed);
    for (let round = 0; round < 30; round++) {
      await compareWithOneSort(random, chunkRows, `SEED=${seed} round ${round}`);
    }
  });
}

/** Rows (a, b, shard): small ranges, so that ties and NULLs are common. */
async function compareWithOneSort(
  random: () => number,
  chunkRows: number,
  message: string,
): Promise<void> {
  const keys = [0, 1].map(index => ({
    column: index,
    descending: random() < 0.5,
    nullsFirst: random() < 0.5,
  }));
  const value = (): number | null => (random() < 0.2 ? null : Math.floor(random() * 6) - 3);
  const before = (a: (number | null)[], b: (number | null)[]): number => {
    for (const { column: index, descending, nullsFirst } of keys) {
      const [x, y] = [a[index]!, b[index]!];
      if (x === y) continue;
      if (x === null || y === null) return (x === null) === nullsFirst ? -1 : 1;
      return descending ? y - x : x - y;
    }
    return 0;
  };
  const shards = Array.from({ length: 1 + Math.floor(random() * 7) }, (_, shard) =>
    Array.from({ length: Math.floor(random() * 20) }, () => [value(), value(), shard]).sort(before),
  );
  const merged = await merge(
    mergeSort(keys),
    shards.map(rows => ({
      columns: [column('a', 'int4'), column('b', 'int8'), column('shard', 'int4')],
      rows: rows.map(row => row.map(cell => (cell === null ? null : String(cell)))),
    })),
    { chunkRows },
  );
  // Stable over the shards in order: equal rows come from the lower shard first.
  const expected = shards.flat().sort(before);
  assert.deepEqual(
    texts(merged.rows),
    expected.map(row => row.map(cell => (cell === null ? null : String(cell)))),
    message,
  );
}

test('a hidden sort column orders the rows and is not sent', async () => {
  const columns = [column('name', 'text'), column('sort', 'int4')];
  const key: SortKey = { column: 1, descending: true, nullsFirst: false };
  const merged = await merge(mergeSort([key], 1), [
    {
      columns,
      rows: [
        ['c', '9'],
        ['', '2'],
        [null, '1'],
      ],
    },
    {
      columns,
      rows: [
        ['b', '8'],
        ['a', '3'],
        ['x', null],
      ],
    },
  ]);
  assert.deepEqual(texts(merged.rows), [['c'], ['b'], ['a'], [''], [null], ['x']]);
  assert.deepEqual(
    merged.columns.map(({ name }) => name),
    ['name'],
  );
});

test('streams are tied by shard number, whatever order they were opened in', async () => {
  const columns = [column('k', 'int4'), column('from', 'text')];
  const merged = await merge(mergeSort([ascending]), [
    { shard: 7, columns, rows: [['1', 'seven']] },
    { shard: 2, columns, rows: [['1', 'two']] },
  ]);
  assert.deepEqual(texts(merged.rows), [
    ['1', 'two'],
    ['1', 'seven'],
  ]);
});

test('the same column may be a sort key twice', async () => {
  const columns = [column('k', 'int4')];
  const merged = await merge(mergeSort([ascending, { ...ascending, descending: true }]), [
    { columns, rows: [['1'], ['3']] },
    { columns, rows: [['2']] },
  ]);
  assert.deepEqual(texts(merged.rows), [['1'], ['2'], ['3']]);
});

test('no more than one chunk per shard is read ahead of the client', async () => {
  const rows = Array.from({ length: 100 }, (_, i) => [String(i)]);
  const shards = [0, 1, 2].map(() => ({ columns: [column('k', 'int4')], rows }));
  const { execution, client } = start(mergeSort([ascending]), shards, { chunkRows: 10 });
  await execution.next();
  await new Promise(resolve => setTimeout(resolve, 20));
  const read = client.streams.reduce((sum, stream) => sum + stream.chunksRead, 0);
  assert.ok(read <= 4, `${read} chunks were read`);
});

test('a large row travels through small chunks unharmed', async () => {
  const large = 'x'.repeat(300_000);
  const columns = [column('k', 'int4'), column('t', 'text'), column('h', 'int4')];
  const merged = await merge(
    mergeSort([ascending], 1),
    [
      {
        columns,
        rows: [
          ['1', large, '0'],
          ['3', 'small', '0'],
        ],
      },
      { columns, rows: [['2', 'small', '0']] },
    ],
    { chunkRows: 1 },
  );
  assert.deepEqual(texts(merged.rows), [
    ['1', large],
    ['2', 'small'],
    ['3', 'small'],
  ]);
});

test('chunks sent to the client hold at most a thousand rows', async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => [String(i)]);
  const shards = [0, 1].map(() => ({ columns: [column('k', 'int4')], rows }));
  const merged = await merge(mergeSort([ascending]), shards, { chunkRows: 5000 });
  assert.equal(merged.rows.length, 10_000);
  assert.ok(merged.chunks >= 10);
});

test('a sort key of a type without a known order is refused before any row is read', async () => {
  const shards = [{ columns: [column('k', 'jsonb')], rows: [['{}']] }];
  const { execution, client } = start(mergeSort([ascending]), shards);
  await assert.rejects(
    execution.columns,
    error => error instanceof PgError && error.sqlstate === '0A000' && /jsonb/.test(error.message),
  );
  assert.equal(client.streams[0]!.chunksRead, 0);
  assert.equal(client.streams[0]!.cancelled, 1);
});

for (const chunkRows of chunkSizes) {
  test(`a shard that sorted in another order is refused, ${chunkRows} rows a chunk`, async () => {
    const columns = [column('k', 'text')];
    // As en_US sorts: no byte order has "a" before "B".
    const shards = [
      { columns, rows: [['a'], ['B'], ['c']] },
      { columns, rows: [['b']] },
    ];
    await assert.rejects(
      merge(mergeSort([ascending]), shards, { chunkRows }),
      error => error instanceof PgError && error.sqlstate === '0A000',
    );
  });
}
