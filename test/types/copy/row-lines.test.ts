// Rows of COPY TO written from DataRow messages, at the ends of their space: the rest
// scripts/copy-out.sql compares with PostgreSQL.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataRow } from '../../../src/protocol/backend-messages.ts';
import type { CopyFormat } from '../../../src/types/copy/copy-rows.ts';
import { RowLines } from '../../../src/types/copy/row-lines.ts';

const text: CopyFormat = {
  ...{ format: 'text', delimiter: '\t', nullText: '\\N', quote: '"', escape: '"', header: false },
};
const csv: CopyFormat = { ...text, format: 'csv', delimiter: ',', nullText: '' };

/** What the CopyData messages of these rows hold. */
function lines(
  format: CopyFormat,
  rows: readonly (readonly (string | null)[])[],
  forceQuote: readonly boolean[] = [],
): string[] {
  const messages = rows.map(row => dataRow(row));
  const offsets = new Int32Array(rows.length + 1);
  messages.forEach((message, i) => {
    offsets[i + 1] = offsets[i]! + message.length;
  });
  const written = new RowLines({ format, forceQuote });
  const out = written.write(Buffer.concat(messages), offsets, rows.length);
  const found: string[] = [];
  for (let at = 0; at < out.length; ) {
    assert.equal(out[at], 0x64);
    const end = at + 1 + out.readInt32BE(at + 1);
    found.push(out.toString('utf8', at + 5, end));
    at = end;
  }
  return found;
}

test('text: backslashes, control characters and the delimiter are escaped', () => {
  const rows = [
    ['a\tb', null, '\\N', ''],
    ['\n\r\b\f\v\x01', 'ä', '.', '\\.'],
  ];
  assert.deepEqual(lines(text, rows), [
    'a\\tb\t\\N\t\\\\N\t\n',
    '\\n\\r\\b\\f\\v\x01\tä\t.\t\\\\.\n',
  ]);
  assert.deepEqual(lines({ ...text, delimiter: '\x01' }, [['\x01', '\t']]), ['\\\x01\x01\\t\n']);
  assert.deepEqual(lines({ ...text, delimiter: '|' }, [['a|b', '\t']]), ['a\\|b|\\t\n']);
});

test('csv: quotes around what would be read as something else', () => {
  const rows = [
    ['', null],
    ['a,b', 'a"b'],
    ['\\.', ' '],
    ['\n', '\r'],
  ];
  assert.deepEqual(lines(csv, rows), ['"",\n', '"a,b","a""b"\n', '\\., \n', '"\n","\r"\n']);
  assert.deepEqual(lines(csv, [['\\.'], [''], [null]]), ['"\\."\n', '""\n', '\n']);
  assert.deepEqual(lines({ ...csv, nullText: 'nil' }, [['nil', null, '']]), ['"nil",nil,\n']);
  const odd = { ...csv, escape: '\\', quote: "'" };
  assert.deepEqual(lines(odd, [["a'\\", '\\']]), ["'a\\'\\\\',\\\n"]);
});

test('csv: FORCE_QUOTE leaves NULL alone', () => {
  assert.deepEqual(lines(csv, [['a', null, 'b']], [true, true, false]), ['"a",,b\n']);
});

test('a row of no columns is an empty line', () => {
  assert.deepEqual(lines(text, [[], []]), ['\n', '\n']);
});

test('lines grow beyond any size that was expected', () => {
  const nullText = 'n'.repeat(3_000);
  const row = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? null : '\\'.repeat(i * 100)));
  const expected = row.map(value => value?.replaceAll('\\', '\\\\') ?? nullText).join('\t');
  const some = Array.from({ length: 20 }, () => row);
  assert.deepEqual(
    lines({ ...text, nullText }, some),
    some.map(() => `${expected}\n`),
  );
});

test('binary: a row is the DataRow under another name', () => {
  const message = dataRow(['a', null]);
  const before = Buffer.from(message);
  const written = new RowLines({ format: { ...text, format: 'binary' }, forceQuote: [] });
  const out = written.write(message, Int32Array.of(0, message.length), 1);
  assert.equal(out[0], 0x64);
  assert.deepEqual(out.subarray(1), before.subarray(1));
});
