// Counts of LIMIT and OFFSET as clients send them, of every type that PostgreSQL coerces to bigint.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import { rowCountParameter } from '../../src/frontend/row-count-parameter.ts';
import type { StatementRun } from '../../src/frontend/session-context.ts';
import { encodeNumeric, parseNumeric } from '../../src/types/numeric-value.ts';
import { typeOid } from '../../src/types/type-oid.ts';

function count(type: number, value: Buffer | null, format: 0 | 1): bigint | null {
  const head = Buffer.alloc(10);
  head.writeInt16BE(1, 0);
  head.writeInt16BE(format, 2);
  head.writeInt16BE(1, 4);
  head.writeInt32BE(value?.length ?? -1, 6);
  const buffer = Buffer.concat([head, value ?? Buffer.alloc(0)]);
  const bind = { buffer, rest: 0, parameters: 1, parameterFormats: 1, values: 6 };
  return rowCountParameter({ bind, parameterTypes: [type] } as unknown as StatementRun, 0);
}

function binary(size: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(size);
  write(buffer);
  return buffer;
}

const texts: readonly (readonly [number, string, bigint])[] = [
  [0, '12', 12n],
  [typeOid.int4, ' +7 ', 7n],
  [typeOid.int8, '-9223372036854775808', -9223372036854775808n],
  [typeOid.numeric, '2.5', 3n],
  [typeOid.numeric, '-2.5', -3n],
  [typeOid.numeric, '2.4999', 2n],
  [typeOid.numeric, '10', 10n],
  [typeOid.float8, '2.5', 2n],
  [typeOid.float8, '3.5', 4n],
  [typeOid.float4, '1e3', 1000n],
];

for (const [type, text, expected] of texts) {
  test(`the text ${text} of type ${type} is ${expected} rows`, () => {
    assert.equal(count(type, Buffer.from(text), 0), expected);
  });
}

const binaries: readonly (readonly [number, Buffer, bigint])[] = [
  [0, binary(8, buffer => buffer.writeBigInt64BE(-3n)), -3n],
  [typeOid.int4, binary(4, buffer => buffer.writeInt32BE(70_000)), 70_000n],
  [typeOid.int2, binary(2, buffer => buffer.writeInt16BE(-2)), -2n],
  [typeOid.float8, binary(8, buffer => buffer.writeDoubleBE(-1.5)), -2n],
  [typeOid.float8, binary(8, buffer => buffer.writeDoubleBE(10)), 10n],
  [typeOid.float4, binary(4, buffer => buffer.writeFloatBE(0.5)), 0n],
  [typeOid.numeric, encodeNumeric(parseNumeric('19.50')), 20n],
];

for (const [type, value, expected] of binaries) {
  test(`the bytes ${value.toString('hex')} of type ${type} are ${expected} rows`, () => {
    assert.equal(count(type, value, 1), expected);
  });
}

test('NULL is no count, and what is no number is an error', () => {
  assert.equal(count(0, null, 0), null);
  for (const [type, text] of [
    [0, 'x'],
    [typeOid.numeric, 'NaN'],
    [typeOid.float8, 'Infinity'],
    [typeOid.text, '5'],
  ] as const) {
    assert.throws(
      () => count(type, Buffer.from(text), 0),
      error => error instanceof PgError,
    );
  }
});
