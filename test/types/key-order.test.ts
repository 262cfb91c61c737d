// Every type through text, binary and Arrow, compared as a server ranked the same values.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeVector } from 'apache-arrow';
import { PgError } from '../../src/common/pg-error.ts';
import { KeyColumn } from '../../src/types/key-column.ts';
import { comparableType, keyDecoder } from '../../src/types/key-decoder.ts';
import { compareRows, compareValues } from '../../src/types/key-order.ts';
import { typeOid } from '../../src/types/type-oid.ts';
import { orderingVectors } from './vectors/read-vectors.ts';

type TypeName = keyof typeof typeOid;

/** The wire bytes of each value, and all of them decoded into one column. */
function decodeAll(type: TypeName, format: 0 | 1, values: readonly (Buffer | null)[]): KeyColumn {
  const { kind, decode } = keyDecoder(typeOid[type], format);
  const column = new KeyColumn(kind, values.length);
  for (const value of values) {
    if (value === null) {
      column.appendNull();
      continue;
    }
    // The value is not at the start of its memory, as in a message.
    const bytes = Buffer.concat([Buffer.from('..'), value, Buffer.from('9')]);
    decode(bytes, 2, bytes.length - 1, column);
  }
  return column;
}

for (const type of new Set(orderingVectors.map(vector => vector.type as TypeName))) {
  const vectors = orderingVectors.filter(vector => vector.type === type);
  const text = decodeAll(
    type,
    0,
    vectors.map(vector => Buffer.from(vector.text)),
  );
  const binary = decodeAll(
    type,
    1,
    vectors.map(vector => Buffer.from(vector.hex, 'hex')),
  );

  test(`${type} values compare as the server ranks them, from text and from binary`, () => {
    for (const [left, right] of [
      [text, text],
      [binary, binary],
      [text, binary],
    ] as const) {
      vectors.forEach((a, i) => {
        vectors.forEach((b, j) => {
          const order = Math.sign(compareValues(left, i, right, j));
          const message = `${a.text.slice(0, 60)} against ${b.text.slice(0, 60)}`;
          assert.equal(order, Math.sign(a.rank - b.rank), message);
        });
      });
    }
  });

  test(`${type} values come out of Arrow in the order they were appended`, () => {
    const column = decodeAll(type, 1, [
      null,
      ...vectors.map(vector => Buffer.from(vector.hex, 'hex')),
      null,
    ]);
    const vector = makeVector(column.toArrow());
    assert.equal(vector.length, vectors.length + 2);
    assert.equal(vector.nullCount, 2);
    assert.equal(vector.get(0), null);
    assert.equal(vector.get(vectors.length + 1), null);
    vectors.forEach((_, i) => {
      assert.deepEqual(plain(vector.get(i + 1)), held(binary, i));
    });
  });
}

function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

function held(column: KeyColumn, row: number): unknown {
  switch (column.kind) {
    case 'int32':
      return column.int32[row];
    case 'int64': {
      const low = BigInt(column.int32[2 * row]! >>> 0);
      return (BigInt(column.int32[2 * row + 1]!) << 32n) | low;
    }
    case 'float64':
      return column.float64[row];
    case 'bytes': {
      const bytes = column.data.subarray(column.offsets[row], column.offsets[row + 1]);
      return Buffer.from(bytes).toString('hex');
    }
  }
}

test('NULLs go where the sort key says, and descending turns values but not NULLs', () => {
  const column = decodeAll('int4', 0, [null, Buffer.from('1'), Buffer.from('2'), null]);
  const sorted = (descending: boolean, nullsFirst: boolean): number[] =>
    [0, 1, 2, 3].sort((a, b) =>
      compareRows([column], a, [column], b, [{ descending, nullsFirst }]),
    );
  assert.deepEqual(sorted(false, false), [1, 2, 0, 3]);
  assert.deepEqual(sorted(false, true), [0, 3, 1, 2]);
  assert.deepEqual(sorted(true, false), [2, 1, 0, 3]);
  assert.deepEqual(sorted(true, true), [0, 3, 2, 1]);
});

test('a later sort key decides between equal or NULL earlier ones', () => {
  const first = decodeAll('int4', 0, [null, null, Buffer.from('7'), Buffer.from('7')]);
  const second = decodeAll(
    'text',
    0,
    ['b', 'a', 'd', 'c'].map(text => Buffer.from(text)),
  );
  const directions = [
    { descending: false, nullsFirst: false },
    { descending: false, nullsFirst: false },
  ];
  const rows = [0, 1, 2, 3].sort((a, b) =>
    compareRows([first, second], a, [first, second], b, directions),
  );
  assert.deepEqual(rows, [3, 2, 1, 0]);
});

test('a type whose order is not known is refused by name', () => {
  assert.equal(comparableType(typeOid.jsonb), false);
  assert.equal(comparableType(typeOid.money), false);
  assert.equal(comparableType(99_999), false);
  assert.equal(comparableType(typeOid.numeric), true);
  assert.throws(
    () => keyDecoder(typeOid.jsonb, 0),
    error => error instanceof PgError && error.sqlstate === '0A000' && /jsonb/.test(error.message),
  );
});

const foreignForms: readonly (readonly [TypeName, string])[] = [
  ['date', '02/29/2024'],
  ['date', '29.02.2024'],
  ['date', '02-29-2024'],
  ['timestamp', 'Thu Feb 29 12:34:56 2024'],
  ['timestamp', '29.02.2024 12:34:56'],
  ['timestamptz', '02/29/2024 03:34:56 NST'],
  ['timestamptz', '2024-02-29 03:34:56'],
  ['interval', '1-2'],
  ['interval', '3 4:05:06'],
  ['interval', 'P1Y2M3DT4H5M6S'],
  ['interval', '@ 1 year 2 mons'],
  ['interval', '0'],
  ['interval', ''],
  ['bytea', 'abc'],
  ['bytea', '\\\\x61'],
];

for (const [type, text] of foreignForms) {
  test(`${type} written as ${JSON.stringify(text)} is refused, not misread`, () => {
    assert.throws(
      () => decodeAll(type, 0, [Buffer.from(text)]),
      error => error instanceof PgError && error.sqlstate === '0A000',
    );
  });
}

const malformed: readonly (readonly [TypeName, 0 | 1, string])[] = [
  ['int4', 0, '12x'],
  ['int4', 0, ''],
  ['int4', 0, '-'],
  ['int8', 0, '1234567890123456789a'],
  ['int8', 0, '123456789012345678901234567890'],
  ['float8', 0, 'one'],
  ['float8', 0, ''],
  ['numeric', 0, ''],
  ['numeric', 0, '1x'],
  ['numeric', 1, '\0\u0002\0\0\0\0\0\0'],
  ['uuid', 0, 'zz345678-9abc-def0-1234-56789abcdef0'],
  ['uuid', 1, 'short'],
  ['bool', 1, 'xx'],
  ['int8', 1, '1234'],
  ['date', 1, '1'],
  ['interval', 1, '1'],
];

for (const [type, format, text] of malformed) {
  const form = format === 0 ? 'text' : 'binary';
  test(`bytes that are no ${type} in ${form} form are an error: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => decodeAll(type, format, [Buffer.from(text, 'latin1')]),
      error => error instanceof PgError && error.id === 'internal',
    );
  });
}
