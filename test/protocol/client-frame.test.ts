// Messages of clients: their sizes, the parts PgPack reads of them, and what they may not be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clientMessageSize,
  parameterFormat,
  parameterOffset,
  readBind,
  readExecute,
  readParse,
  readTarget,
  resultFormat,
} from '../../src/protocol/client-frame.ts';
import {
  bind,
  close,
  describe,
  execute,
  flush,
  message,
  parse,
  query,
  sync,
  terminate,
} from '../support/client-bytes.ts';

const limit = 10_000;

/** The message within a larger buffer, as it stands in an inbox. */
function within(bytes: Buffer): { buffer: Buffer; start: number; end: number } {
  const buffer = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind\0\0\0\0')]);
  return { buffer, start: 6, end: 6 + bytes.length };
}

test('the size of a message is known from its fifth byte on', () => {
  for (const bytes of [query('SELECT 1'), sync, flush, terminate, execute('p', 1), parse('', '')]) {
    for (let known = 0; known <= bytes.length; known++) {
      const size = clientMessageSize(bytes, 0, known, limit);
      assert.equal(size, known < 5 ? 0 : bytes.length);
    }
  }
});

test('only the types of the protocol are messages', () => {
  const types = Buffer.from('BCDEFHPQSXcdfp');
  for (let type = 0; type < 256; type++) {
    const header = Buffer.from([type, 0, 0, 0, 4]);
    const size = () => clientMessageSize(header, 0, 5, limit);
    if (types.includes(type)) assert.equal(size(), 5);
    else assert.throws(size, { sqlstate: '08P01', severity: 'FATAL' });
  }
});

test('lengths below four and over the limit are refused', () => {
  for (const length of [3, 0, -1, -2_147_483_648]) {
    const bytes = message('Q', Buffer.alloc(0), length);
    assert.throws(() => clientMessageSize(bytes, 0, 5, limit), { sqlstate: '08P01' });
  }
  for (const length of [limit, 2_147_483_647]) {
    const bytes = message('Q', Buffer.alloc(0), length);
    assert.throws(() => clientMessageSize(bytes, 0, 5, limit), { sqlstate: '54000' });
  }
  assert.equal(clientMessageSize(message('Q', Buffer.alloc(0), limit - 1), 0, 5, limit), limit);
});

test('Parse is read as it was written', () => {
  for (const [name, sql, types] of [
    ['', '', []],
    ['näme', 'SELECT $1, $2 -- ü', [23, 4_000_000_000]],
  ] as const) {
    const { buffer, start, end } = within(parse(name, sql, types));
    assert.deepEqual(readParse(buffer, start, end), { name, sql, parameterTypes: types });
  }
});

test('Describe, Close and Execute are read as they were written', () => {
  for (const bytes of [describe('S', 'ä'), close('S', 'ä')]) {
    const { buffer, start, end } = within(bytes);
    assert.deepEqual(readTarget(buffer, start, end), { target: 'S', name: 'ä' });
  }
  const { buffer, start, end } = within(execute('p', 77));
  assert.deepEqual(readExecute(buffer, start, end), { portal: 'p', rowsMax: 77 });
});

test('the values and formats of a Bind are found', () => {
  const values = ['first', null, '', 'fourth'];
  const { buffer, start, end } = within(
    bind({
      portal: 'p',
      statement: 's',
      parameterFormats: [0, 1, 0, 1],
      values,
      resultFormats: [1, 0],
    }),
  );
  const found = readBind(buffer, start, end);
  assert.equal(found.portal, 'p');
  assert.equal(found.statement, 's');
  assert.equal(found.parameters, 4);
  assert.deepEqual(
    [0, 1, 2, 3].map(i => parameterFormat(found, i)),
    [0, 1, 0, 1],
  );
  assert.deepEqual(
    [0, 1, 2].map(i => resultFormat(found, i)),
    [1, 0, 0],
  );
  for (const [i, value] of values.entries()) {
    const at = parameterOffset(found, i);
    const length = buffer.readInt32BE(at);
    assert.equal(length, value === null ? -1 : value.length);
    if (value !== null) assert.equal(buffer.toString('utf8', at + 4, at + 4 + length), value);
  }
  assert.equal(parameterOffset(found, 4), -1);
});

test('no format code is text for all, one is for all', () => {
  for (const [formats, expected] of [
    [[], 0],
    [[1], 1],
  ] as const) {
    const binding = bind({ parameterFormats: formats, values: ['a', 'b'], resultFormats: formats });
    const found = readBind(binding, 0, binding.length);
    assert.deepEqual([parameterFormat(found, 0), parameterFormat(found, 1)], [expected, expected]);
    assert.deepEqual([resultFormat(found, 0), resultFormat(found, 9)], [expected, expected]);
  }
});

test('a message cut short at any byte or with a byte too many is refused', () => {
  const readers: readonly (readonly [Buffer, (bytes: Buffer) => unknown])[] = [
    [parse('s', 'SELECT $1', [23]), bytes => readParse(bytes, 0, bytes.length)],
    [
      bind({
        portal: 'p',
        statement: 's',
        parameterFormats: [1],
        values: ['a', null],
        resultFormats: [1],
      }),
      bytes => readBind(bytes, 0, bytes.length),
    ],
    [describe('P', 'name'), bytes => readTarget(bytes, 0, bytes.length)],
    [execute('p', 5), bytes => readExecute(bytes, 0, bytes.length)],
  ];
  for (const [bytes, read] of readers) {
    read(bytes);
    for (let length = 5; length < bytes.length; length++) {
      assert.throws(() => read(bytes.subarray(0, length)), { sqlstate: '08P01' }, `${length}`);
    }
    assert.throws(() => read(Buffer.concat([bytes, Buffer.from('x')])), { sqlstate: '08P01' });
  }
});

test('a parameter length below -1 and a target other than S and P are refused', () => {
  const binding = bind({ values: ['abcd'] });
  binding.writeInt32BE(-2, binding.indexOf('abcd') - 4);
  assert.throws(() => readBind(binding, 0, binding.length), { sqlstate: '08P01' });
  const target = message('D', Buffer.from('Xname\0'));
  assert.throws(() => readTarget(target, 0, target.length), { sqlstate: '08P01' });
});

test('of many parameters each is found, in whatever order they are asked for', () => {
  const values = Array.from({ length: 200 }, (_, i) => (i % 7 === 0 ? null : 'x'.repeat(i)));
  const { buffer, start, end } = within(bind({ values }));
  const found = readBind(buffer, start, end);
  for (const i of [...values.keys(), 199, 70, 150, 3, 64, 65, 63]) {
    const length = buffer.readInt32BE(parameterOffset(found, i));
    assert.equal(length, values[i]?.length ?? -1);
  }
  const other = { ...found, buffer: within(bind({ values: values.toReversed() })).buffer };
  assert.equal(buffer.readInt32BE(parameterOffset(found, 180)), 180);
  assert.equal(other.buffer.readInt32BE(parameterOffset(other, 190)), 9);
});
