// Splitting of COPY text and csv data by line. Expectations are what PostgreSQL's own COPY reads
// (copy-oracle.test.ts compares them with a server).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../../src/common/pg-error.ts';
import { cuts, open, type Split, type SplitOptions, split } from './copy-splitting.ts';

interface Case extends SplitOptions {
  readonly name: string;
  readonly format: 'text' | 'csv';
  readonly data: string;
  readonly rows: string[];
  readonly keys: (string | null)[];
  readonly preamble?: string;
}

const cases: Case[] = [
  {
    name: 'plain rows',
    format: 'text',
    data: '1\ta\n2\tb\n',
    rows: ['1\ta\n', '2\tb\n'],
    keys: ['1', '2'],
  },
  {
    name: 'a last row without newline',
    format: 'text',
    data: '1\ta\n2\tb',
    rows: ['1\ta\n', '2\tb'],
    keys: ['1', '2'],
  },
  { name: 'a single row without newline', format: 'text', data: '12', rows: ['12'], keys: ['12'] },
  { name: 'no data', format: 'text', data: '', rows: [], keys: [] },
  {
    name: 'empty lines are rows',
    format: 'text',
    data: '\n\n1\n',
    rows: ['\n', '\n', '1\n'],
    keys: ['', '', '1'],
  },
  {
    name: 'CRLF',
    format: 'text',
    data: '1\ta\r\n2\tb\r\n',
    rows: ['1\ta\r\n', '2\tb\r\n'],
    keys: ['1', '2'],
  },
  {
    name: 'CR',
    format: 'text',
    data: '1\ta\r2\tb\r',
    rows: ['1\ta\r', '2\tb\r'],
    keys: ['1', '2'],
  },
  {
    name: 'CRLF then a last row without',
    format: 'text',
    data: '1\r\n2',
    rows: ['1\r\n', '2'],
    keys: ['1', '2'],
  },
  {
    name: 'empty CRLF lines',
    format: 'text',
    data: '\r\n\r\n',
    rows: ['\r\n', '\r\n'],
    keys: ['', ''],
  },
  {
    name: 'a key behind others',
    format: 'text',
    keyPosition: 2,
    data: 'a\t\\N\t7\tx\n',
    rows: ['a\t\\N\t7\tx\n'],
    keys: ['7'],
  },
  {
    name: 'the last column',
    format: 'text',
    keyPosition: 1,
    data: 'a\t7\r\nb\t8',
    rows: ['a\t7\r\n', 'b\t8'],
    keys: ['7', '8'],
  },
  { name: 'NULL', format: 'text', data: '\\N\t1\n', rows: ['\\N\t1\n'], keys: [null] },
  {
    name: 'another NULL text',
    format: 'text',
    nullText: 'nil',
    data: 'nil\n\\N\nn\\il\n',
    rows: ['nil\n', '\\N\n', 'n\\il\n'],
    keys: [null, 'N', 'nil'],
  },
  {
    name: 'escaped newline, CR and delimiter',
    format: 'text',
    data: 'a\\\nb\\\tc\\\rd\t1\n2\n',
    rows: ['a\\\nb\\\tc\\\rd\t1\n', '2\n'],
    keys: ['a\nb\tc\rd', '2'],
  },
  {
    name: 'escaped backslash before newline',
    format: 'text',
    data: 'a\\\\\nb\\\\\\\nc\n',
    rows: ['a\\\\\n', 'b\\\\\\\nc\n'],
    keys: ['a\\', 'b\\\nc'],
  },
  {
    name: 'every escape',
    format: 'text',
    data: '\\b\\f\\n\\r\\t\\v\\\\\\q\n',
    rows: ['\\b\\f\\n\\r\\t\\v\\\\\\q\n'],
    keys: ['\b\f\n\r\t\v\\q'],
  },
  {
    name: 'octal and hex',
    format: 'text',
    data: '\\101\\60\\7x\\1018\\x41\\x4g\\xg\\777\n',
    rows: ['\\101\\60\\7x\\1018\\x41\\x4g\\xg\\777\n'],
    keys: ['A0\x07xA8A\x04gxg\xff'],
  },
  {
    name: 'a lone backslash at the very end',
    format: 'text',
    data: '5\\',
    rows: ['5\\'],
    keys: ['5'],
  },
  {
    name: 'an escaped newline at the very end',
    format: 'text',
    data: '5\\\n',
    rows: ['5\\\n'],
    keys: ['5\n'],
  },
  { name: 'end marker', format: 'text', data: '1\n\\.\n2\n\\x\rfoo', rows: ['1\n'], keys: ['1'] },
  { name: 'end marker first', format: 'text', data: '\\.\n2\n', rows: [], keys: [] },
  {
    name: 'end marker in CRLF data',
    format: 'text',
    data: '1\r\n\\.\r\n2\n',
    rows: ['1\r\n'],
    keys: ['1'],
  },
  {
    name: 'an escaped backslash and a dot',
    format: 'text',
    data: '\\\\.\n2\n',
    rows: ['\\\\.\n', '2\n'],
    keys: ['\\.', '2'],
  },
  {
    name: 'header',
    format: 'text',
    header: true,
    data: 'id\tb\n1\t2\n',
    rows: ['1\t2\n'],
    keys: ['1'],
    preamble: 'id\tb\n',
  },
  {
    name: 'header only, without newline',
    format: 'text',
    header: true,
    data: 'id',
    rows: [],
    keys: [],
    preamble: 'id',
  },
  {
    name: 'another delimiter',
    format: 'text',
    delimiter: '|',
    keyPosition: 1,
    data: 'a\tb|c\\|d|e\n',
    rows: ['a\tb|c\\|d|e\n'],
    keys: ['c|d'],
  },
  {
    name: 'bytes that are not UTF-8',
    format: 'text',
    keyPosition: 1,
    data: '\xe9\xff\t\xe4\n',
    rows: ['\xe9\xff\t\xe4\n'],
    keys: ['\xe4'],
  },

  {
    name: 'plain rows',
    format: 'csv',
    data: '1,a\n2,b\n',
    rows: ['1,a\n', '2,b\n'],
    keys: ['1', '2'],
  },
  {
    name: 'a last row without newline',
    format: 'csv',
    data: '1,a\n2,b',
    rows: ['1,a\n', '2,b'],
    keys: ['1', '2'],
  },
  {
    name: 'empty is NULL, quoted empty is not',
    format: 'csv',
    data: ',1\n"",1\n\n',
    rows: [',1\n', '"",1\n', '\n'],
    keys: [null, '', null],
  },
  {
    name: 'another NULL text',
    format: 'csv',
    nullText: 'NULL',
    data: 'NULL\n"NULL"\nN"ULL"\n""\n\n',
    rows: ['NULL\n', '"NULL"\n', 'N"ULL"\n', '""\n', '\n'],
    keys: [null, 'NULL', 'NULL', '', ''],
  },
  {
    name: 'newlines in quotes',
    format: 'csv',
    data: '"a\nb\r\nc",1\n2,2\n',
    rows: ['"a\nb\r\nc",1\n', '2,2\n'],
    keys: ['a\nb\r\nc', '2'],
  },
  {
    name: 'doubled quotes and delimiters in quotes',
    format: 'csv',
    keyPosition: 1,
    data: '"x,""y""","a,""b"""\n',
    rows: ['"x,""y""","a,""b"""\n'],
    keys: ['a,"b"'],
  },
  {
    name: 'quotes within a field',
    format: 'csv',
    data: 'a"b,c"d"\n"e,1\n',
    rows: ['a"b,c"d"\n"e,1\n'],
    keys: ['ab,cd\ne'],
  },
  {
    name: 'backslash is a character',
    format: 'csv',
    data: 'a\\\n"b\\"\n\\.\n\\N\n',
    rows: ['a\\\n', '"b\\"\n', '\\.\n', '\\N\n'],
    keys: ['a\\', 'b\\', '\\.', '\\N'],
  },
  {
    name: 'end marker before PostgreSQL 18',
    format: 'csv',
    csvEndMarker: true,
    data: '1\n\\.x\n"\\."\n\\.\n2\n',
    rows: ['1\n', '\\.x\n', '"\\."\n'],
    keys: ['1', '\\.x', '\\.'],
  },
  {
    name: 'end marker in CRLF data before PostgreSQL 18',
    format: 'csv',
    csvEndMarker: true,
    data: '1\r\n\\.\r\n2',
    rows: ['1\r\n'],
    keys: ['1'],
  },
  {
    name: 'end marker without newline is data',
    format: 'csv',
    csvEndMarker: true,
    data: '1\n\\.',
    rows: ['1\n', '\\.'],
    keys: ['1', '\\.'],
  },
  {
    name: 'another escape',
    format: 'csv',
    escape: '\\',
    data: '"a\\"b\\\\"\n"c\\d\\\\\\"\n"\n',
    rows: ['"a\\"b\\\\"\n', '"c\\d\\\\\\"\n"\n'],
    keys: ['a"b\\', 'c\\d\\"\n'],
  },
  {
    name: 'an escape outside of quotes is a character',
    format: 'csv',
    escape: '\\',
    data: 'a\\b\n\\"c"\n',
    rows: ['a\\b\n', '\\"c"\n'],
    keys: ['a\\b', '\\c'],
  },
  {
    name: 'another quote and delimiter',
    format: 'csv',
    quote: "'",
    delimiter: ';',
    keyPosition: 1,
    data: "a,b;'c;''d'\n",
    rows: ["a,b;'c;''d'\n"],
    keys: ["c;'d"],
  },
  {
    name: 'CRLF',
    format: 'csv',
    keyPosition: 1,
    data: 'a,1\r\n"\r",2\r\n',
    rows: ['a,1\r\n', '"\r",2\r\n'],
    keys: ['1', '2'],
  },
  {
    name: 'CR',
    format: 'csv',
    keyPosition: 1,
    data: 'a,1\r"\n",2\r',
    rows: ['a,1\r', '"\n",2\r'],
    keys: ['1', '2'],
  },
  {
    name: 'header with a newline in quotes',
    format: 'csv',
    header: true,
    data: '"i\nd",b\n1,2\n',
    rows: ['1,2\n'],
    keys: ['1'],
    preamble: '"i\nd",b\n',
  },
];

function expectation({ rows, keys, preamble }: Case): Split {
  return { rows, keys, preamble: preamble ?? null, trailer: null };
}

for (const one of cases) {
  test(`${one.format}: ${one.name}, cut anywhere`, () => {
    for (const pieces of cuts(Buffer.from(one.data, 'latin1'))) {
      assert.deepEqual(split(open(one.format, one), pieces), expectation(one));
    }
  });
}

interface Failure extends SplitOptions {
  readonly format: 'text' | 'csv';
  readonly data: string;
  readonly message: string;
}

const marker = 'end-of-copy marker is not alone on its line';
const mismatch = 'end-of-copy marker does not match previous newline style';
const failures: Failure[] = [
  { format: 'text', keyPosition: 1, data: '1\n', message: 'missing data for column "id"' },
  {
    format: 'text',
    keyPosition: 2,
    data: 'a\tb\r\n',
    message: 'missing data for column "id"',
  },
  { format: 'csv', keyPosition: 1, data: '"a,b"\n', message: 'missing data for column "id"' },
  { format: 'csv', keyPosition: 1, data: '\n', message: 'missing data for column "id"' },
  { format: 'csv', data: '1\n"2\n', message: 'unterminated CSV quoted field' },
  { format: 'text', data: '1\n2\r\n', message: 'literal carriage return found in data' },
  { format: 'text', data: '1\na\rb\n', message: 'literal carriage return found in data' },
  { format: 'text', data: '1\r\n2\n', message: 'literal newline found in data' },
  { format: 'text', data: '1\r2\n', message: 'literal newline found in data' },
  { format: 'text', data: '1\r\n2\r3\r\n', message: 'literal carriage return found in data' },
  { format: 'text', data: '1\r\n2\r', message: 'literal carriage return found in data' },
  { format: 'csv', data: '1\n2\r\n', message: 'unquoted carriage return found in data' },
  { format: 'csv', data: '1\r\n2\n', message: 'unquoted newline found in data' },
  { format: 'csv', data: '1\r2\n', message: 'unquoted newline found in data' },
  { format: 'text', data: '1\n\\.', message: marker },
  { format: 'text', data: '1\n\\.x\n', message: marker },
  { format: 'text', data: '1\n2\\.\n', message: marker },
  { format: 'text', data: '1\r\n\\.\n', message: mismatch },
  { format: 'text', data: '1\n\\.\r\n', message: mismatch },
  { format: 'text', data: '1\r\n\\.\r\r', message: mismatch },
  { format: 'csv', csvEndMarker: true, data: '1\n\\.\r\n', message: mismatch },
];

for (const { message, ...one } of failures) {
  test(`${one.format}: ${JSON.stringify(one.data)} is refused, cut anywhere: ${message}`, () => {
    for (const pieces of cuts(Buffer.from(one.data, 'latin1'))) {
      assert.throws(
        () => split(open(one.format, one), pieces),
        (error: unknown) => {
          assert.ok(error instanceof PgError);
          assert.deepEqual([error.sqlstate, error.message], ['22P04', message]);
          return true;
        },
      );
    }
  });
}

for (const format of ['text', 'csv'] as const) {
  test(`${format}: a row over the cap is refused whole, in pieces and unfinished`, () => {
    const fits = `${'x'.repeat(99)}\n`;
    assert.equal(split(open(format, { rowBytesMax: 100 }), [Buffer.from(fits)]).rows.length, 1);
    for (const data of [`1\n${'x'.repeat(100)}\n`, `1\n${'x'.repeat(101)}`]) {
      for (const pieces of cuts(Buffer.from(data))) {
        assert.throws(
          () => split(open(format, { rowBytesMax: 100 }), pieces),
          (error: unknown) => error instanceof PgError && error.sqlstate === '53400',
        );
      }
    }
  });

  test(`${format}: a row of megabytes in small pieces comes out whole`, () => {
    const field = 'abcdefghijklmnopqrstuvwxyz012345'.repeat(100);
    const splitter = open(format, { keyPosition: 0, rowBytesMax: 1e8 });
    let rows = splitter.push(Buffer.from(`7${format === 'csv' ? ',' : '\t'}`));
    for (let i = 0; i < 1000; i++) rows = rows.concat(splitter.push(Buffer.from(field)));
    rows = rows.concat(splitter.push(Buffer.from('\n8\n')));
    assert.deepEqual(
      rows.map(row => row.length),
      [2 + 1000 * field.length + 1, 2],
    );
    assert.deepEqual(
      rows.map(row => splitter.keyOf(row, 0)?.toString()),
      ['7', '8'],
    );
  });
}

test('rows handed out stay as they are while later chunks are read', () => {
  const splitter = open('text');
  const first = splitter.push(Buffer.from('1\ta\n2\tb'));
  const second = splitter.push(Buffer.from('b\n3\tc\n4'));
  const third = splitter.push(Buffer.from('\td\n5\te\n'));
  const all = [...first, ...second, ...third].map(String);
  assert.deepEqual(all, ['1\ta\n', '2\tbb\n', '3\tc\n', '4\td\n', '5\te\n']);
});
