// Input rules of key types: PostgreSQL's forms, PostgreSQL's errors.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import { shardOfBinary, shardOfText, shardOfTextBytes } from './one-key.ts';
import { seededRandom } from './seeded-random.ts';

const shards = 64;

function ofInt8(value: bigint): number {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return shardOfBinary('bigint', bytes, 0, 8, shards);
}

function fails(run: () => unknown, sqlstate: string, message: string): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof PgError);
    assert.equal(error.sqlstate, sqlstate);
    assert.equal(error.message, message);
    return true;
  });
}

test('int8 is read in every form that PostgreSQL reads', () => {
  const forms: [string, bigint][] = [
    ['+5', 5n],
    ['  -5\t', -5n],
    ['\v\f\r\n7\n', 7n],
    ['007', 7n],
    ['-0', 0n],
    ['1_000_000', 1_000_000n],
    ['0x1F', 31n],
    ['0X_1f', 31n],
    ['-0x8000_0000_0000_0000', -(2n ** 63n)],
    ['0o17', 15n],
    ['0B101', 5n],
    ['00000000000000000000000000000000000000012', 12n],
    ['1000000000', 1_000_000_000n],
    ['-1000000000', -1_000_000_000n],
    ['999999999999999999', 999_999_999_999_999_999n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['-4294967296', -4_294_967_296n],
  ];
  for (const [text, value] of forms) {
    assert.equal(shardOfText('bigint', text, shards), ofInt8(value), text);
    const bytes = Buffer.from(`:${text}:`);
    assert.equal(
      shardOfTextBytes('bigint', bytes, 1, bytes.length - 1, shards),
      ofInt8(value),
      text,
    );
  }
});

test('what is no int8 is refused with 22P02 in the words of PostgreSQL', () => {
  const wrong = ['', ' ', '-', '+', 'abc', '1.5', '1e3', '--1', '+-1', '1 2', '_1', '1_', '1__0'];
  wrong.push('0x', '0x_', '0xG', '0b2', '0o8', '1_a', '5\0', '\u00a05', '１', 'NaN', '0x1_');
  for (const text of wrong) {
    const message = `invalid input syntax for type bigint: "${text}"`;
    fails(() => shardOfText('bigint', text, shards), '22P02', message);
    const bytes = Buffer.from(text);
    fails(() => shardOfTextBytes('bigint', bytes, 0, bytes.length, shards), '22P02', message);
  }
});

test('an int8 out of range is refused with 22003 however long it is', () => {
  const wrong = ['9223372036854775808', '-9223372036854775809', '0x8000000000000000'];
  wrong.push('9'.repeat(100), `-${'9'.repeat(100_000)}`, `0b1${'0'.repeat(63)}`);
  for (const text of wrong) {
    const message = `value "${text}" is out of range for type bigint`;
    fails(() => shardOfText('bigint', text, shards), '22003', message);
  }
});

test('plain digits of every length give the same shard as the binary form (seeded)', t => {
  const seed = 7;
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  for (let i = 0; i < 20_000; i++) {
    const wide = (BigInt(random.uint32()) << 32n) | BigInt(random.uint32());
    const value = BigInt.asIntN(64, wide) >> BigInt(random.below(64));
    const bytes = Buffer.from(String(value));
    assert.equal(
      shardOfTextBytes('bigint', bytes, 0, bytes.length, shards),
      ofInt8(value),
      `${value}`,
    );
    assert.equal(shardOfText('bigint', String(value), shards), ofInt8(value), `${value}`);
  }
});

test('int2, int4 and int8 of one value name one shard', () => {
  for (const value of [0, 1, -1, 32_767, -32_768]) {
    const int2 = Buffer.alloc(2);
    int2.writeInt16BE(value);
    const int4 = Buffer.alloc(4);
    int4.writeInt32BE(value);
    assert.equal(shardOfBinary('bigint', int2, 0, 2, shards), ofInt8(BigInt(value)));
    assert.equal(shardOfBinary('bigint', int4, 0, 4, shards), ofInt8(BigInt(value)));
  }
});

test('uuid is read in every form that PostgreSQL reads', () => {
  const bytes = Buffer.from('a0eebc999c0b4ef8bb6d6bb9bd380a11', 'hex');
  const expected = shardOfBinary('uuid', bytes, 0, 16, shards);
  const forms = [
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
    '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
    'a0eebc999c0b4ef8bb6d6bb9bd380a11',
    'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11',
    '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}',
  ];
  for (const text of forms) {
    assert.equal(shardOfText('uuid', text, shards), expected, text);
    const field = Buffer.from(`,${text},`);
    assert.equal(shardOfTextBytes('uuid', field, 1, field.length - 1, shards), expected, text);
  }
});

test('what is no uuid is refused with 22P02 in the words of PostgreSQL', () => {
  const wrong = [
    '',
    ' a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ',
    '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
    'a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11',
    'a0-eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-',
    'g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1',
    'š0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  ];
  for (const text of wrong) {
    fails(
      () => shardOfText('uuid', text, shards),
      '22P02',
      `invalid input syntax for type uuid: "${text}"`,
    );
  }
});

test('a binary key of the wrong width is refused with 22P03', () => {
  const bytes = Buffer.alloc(32);
  for (const width of [0, 1, 3, 5, 7, 9, 16]) {
    fails(
      () => shardOfBinary('bigint', bytes, 0, width, shards),
      '22P03',
      `incorrect binary data format: ${width} bytes for type bigint`,
    );
  }
  fails(
    () => shardOfBinary('uuid', bytes, 0, 15, shards),
    '22P03',
    'incorrect binary data format: 15 bytes for type uuid',
  );
});
