// Splitting of COPY binary data.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../../src/common/pg-error.ts';
import { cuts, open, split } from './copy-splitting.ts';

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function header(flags = 0, extension = ''): Buffer {
  const data = Buffer.from(extension);
  return Buffer.concat([signature, int32(flags | 0), int32(data.length), data]);
}

function row(...fields: (string | null)[]): Buffer {
  const parts: Buffer[] = [Buffer.from([fields.length >> 8, fields.length & 0xff])];
  for (const field of fields) {
    if (field === null) parts.push(int32(-1));
    else parts.push(int32(Buffer.byteLength(field, 'latin1')), Buffer.from(field, 'latin1'));
  }
  return Buffer.concat(parts);
}

const trailer = Buffer.from([0xff, 0xff]);
const rows = [
  row('\0\0\0\0\0\0\0\x01', 'a'),
  row(null, '\n'),
  row('', 'x'.repeat(40)),
  row('12345678', null),
];

function refusal(data: Buffer, message: string, sqlstate = '22P04', keyPosition = 0): void {
  for (const pieces of cuts(data)) {
    assert.throws(
      () => split(open('binary', { keyPosition, rowBytesMax: 200 }), pieces),
      (error: unknown) => {
        assert.ok(error instanceof PgError);
        assert.deepEqual([error.sqlstate, error.message], [sqlstate, message]);
        return true;
      },
    );
  }
}

for (const [name, head] of [
  ['a plain header', header()],
  ['a header extension and uncritical flags', header(0x0000_00ff, 'extension')],
] as const) {
  for (const [ending, tail] of [
    ['a trailer', trailer],
    ['no trailer', Buffer.alloc(0)],
  ] as const) {
    test(`rows behind ${name} with ${ending}, cut anywhere`, () => {
      const data = Buffer.concat([head, ...rows, tail]);
      for (const pieces of cuts(data)) {
        assert.deepEqual(split(open('binary'), pieces), {
          rows: rows.map(bytes => bytes.toString('latin1')),
          keys: ['\0\0\0\0\0\0\0\x01', null, '', '12345678'],
          preamble: head.toString('latin1'),
          trailer: tail.length === 0 ? null : '\xff\xff',
        });
      }
    });
  }
}

test('the key may be in any column', () => {
  const data = Buffer.concat([header(), row(null, 'ab', '', 'k'), trailer]);
  const keys = [null, 'ab', '', 'k'].map(
    (_, keyPosition) => split(open('binary', { keyPosition }), [data]).keys[0],
  );
  assert.deepEqual(keys, [null, 'ab', '', 'k']);
});

test('no rows at all', () => {
  const result = split(open('binary'), [Buffer.concat([header(), trailer])]);
  assert.deepEqual(result.rows, []);
  assert.equal(result.trailer, '\xff\xff');
});

test('a single stray byte at the end is the end, as PostgreSQL has it', () => {
  const result = split(open('binary'), [Buffer.concat([header(), rows[0]!, Buffer.from([0])])]);
  assert.equal(result.rows.length, 1);
});

test('a wrong header is refused, cut anywhere', () => {
  refusal(Buffer.alloc(0), 'COPY file signature not recognized');
  refusal(Buffer.from('1\ta\n2\tb\n'), 'COPY file signature not recognized');
  refusal(header().subarray(0, 15), 'COPY file signature not recognized');
  refusal(header(0x0001_0000), 'invalid COPY file header (WITH OIDS)');
  refusal(header(0x8000_0000), 'unrecognized critical flags in COPY file header');
  const negative = Buffer.concat([signature, int32(0), int32(-5)]);
  refusal(negative, 'invalid COPY file header (missing length)');
});

test('wrong rows are refused, cut anywhere', () => {
  const missing = Buffer.concat([header(), row('a')]);
  refusal(missing, 'missing data for column "id"', '22P04', 1);
  const size = Buffer.concat([header(), Buffer.from([0, 1]), int32(-2)]);
  refusal(size, 'invalid field size');
  refusal(Buffer.concat([header(), Buffer.from([0xff, 0xfe])]), 'row field count is -2');
  const truncated = row('abc', 'def');
  for (let length = 2; length < truncated.length; length++) {
    const data = Buffer.concat([header(), truncated.subarray(0, length)]);
    refusal(data, 'unexpected EOF in COPY data');
  }
  const after = Buffer.concat([header(), row('a'), trailer, row('b')]);
  refusal(after, 'received copy data after EOF marker');
});

test('a row over the cap is refused by its declared length', () => {
  const message = 'a row of COPY data exceeds its limit of 200';
  const data = Buffer.concat([header(), Buffer.from([0, 1]), int32(0x7fff_ffff)]);
  refusal(data, message, '53400');
  refusal(Buffer.concat([header(), row('x'.repeat(195))]), message, '53400');
});
