// The scanner of what servers send: whole messages and runs of rows, wherever the bytes are cut.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendScanner } from '../../src/protocol/backend-scanner.ts';
import { message } from '../support/client-bytes.ts';

const limit = 1_000_000;
const answers = [
  message('T', Buffer.from('columns')),
  message('D', Buffer.from('first row')),
  message('D', Buffer.alloc(0)),
  message('D', Buffer.from('third')),
  message('N', Buffer.from('a notice')),
  message('D', Buffer.from('fourth')),
  message('C', Buffer.from('SELECT 4\0')),
  message('H', Buffer.from([0, 0, 0])),
  message('d', Buffer.from('1\tone\n')),
  message('c'),
  message('Z', Buffer.from('I')),
];
const stream = Buffer.concat(answers);

/** What a sink is shown: messages one by one, rows joined between them. */
function scan(
  chunks: readonly Buffer[],
  quiet = false,
  showsTypes = false,
): { seen: string[]; atBoundary: boolean } {
  const scanner = new BackendScanner(limit);
  const seen: string[] = [];
  let rows = '';
  const closeRows = () => {
    if (rows !== '') seen.push(rows);
    rows = '';
  };
  for (const chunk of chunks) {
    // The chunk stands in a larger, reused buffer.
    const buffer = Buffer.concat([chunk, Buffer.from('left over from before')]);
    scanner.feed(buffer, chunk.length, {
      quiet,
      showsTypes,
      onMessage(type, bytes, start, end) {
        closeRows();
        assert.equal(bytes[start], type);
        seen.push(bytes.toString('latin1', start, end));
      },
      onRows(bytes, start, end) {
        rows += bytes.toString('latin1', start, end);
      },
    });
    buffer.fill(0x78);
  }
  closeRows();
  return { seen, atBoundary: scanner.atBoundary };
}

const whole = scan([stream]);

test('messages come one by one, rows between two messages as one run', () => {
  const text = (from: number, to: number) =>
    Buffer.concat(answers.slice(from, to)).toString('latin1');
  const expected = [text(0, 1), text(1, 4), text(4, 5), text(5, 6), text(6, 7), text(7, 8)];
  assert.deepEqual(whole.seen, [...expected, text(8, 9), text(9, 10), text(10, 11)]);
  assert.ok(whole.atBoundary);
});

test('a quiet sink is shown what concerns the connection, all else comes as bytes', () => {
  const { seen, atBoundary } = scan([stream], true);
  const text = (from: number, to: number) =>
    Buffer.concat(answers.slice(from, to)).toString('latin1');
  const shown = [text(0, 4), text(4, 5), text(5, 7), text(7, 8), text(8, 9), text(9, 10)];
  assert.deepEqual(seen, [...shown, text(10, 11)]);
  assert.ok(atBoundary);
});

test('a quiet sink that wants to see types is shown descriptions, however they are cut', () => {
  const text = (from: number, to: number) =>
    Buffer.concat(answers.slice(from, to)).toString('latin1');
  const shown = [text(0, 1), text(1, 4), text(4, 5), text(5, 7), text(7, 8), text(8, 9)];
  for (let cut = 0; cut <= stream.length; cut++) {
    const { seen } = scan([stream.subarray(0, cut), stream.subarray(cut)], true, true);
    assert.deepEqual(seen.slice(0, 1), shown.slice(0, 1), `cut at ${cut}`);
    assert.equal(seen.join(''), stream.toString('latin1'), `cut at ${cut}`);
  }
  assert.deepEqual(scan([stream], true, true).seen.slice(0, 6), shown);
});

test('to a quiet sink no byte is lost wherever the stream is cut', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const { seen } = scan([stream.subarray(0, cut), stream.subarray(cut)], true);
    assert.equal(seen.join(''), stream.toString('latin1'), `cut at ${cut}`);
  }
});

test('a cut at any two bytes changes nothing', () => {
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const chunks = [
        stream.subarray(0, first),
        stream.subarray(first, second),
        stream.subarray(second),
      ];
      assert.deepEqual(scan(chunks), whole, `cut at ${first} and ${second}`);
    }
  }
});

test('one byte at a time changes nothing', () => {
  assert.deepEqual(scan([...stream].map(byte => Buffer.from([byte]))), whole);
});

test('between the bytes of a message there is no boundary', () => {
  let end = 0;
  const ends = new Set([0, ...answers.map(answer => (end += answer.length))]);
  for (let cut = 0; cut <= stream.length; cut++) {
    assert.equal(scan([stream.subarray(0, cut)]).atBoundary, ends.has(cut), `cut at ${cut}`);
  }
});

for (const type of ['C', 'D']) {
  test(`lengths of a ${type} message that cannot be are refused, however they are cut`, () => {
    for (const [length, sqlstate] of [
      [3, '08P01'],
      [0, '08P01'],
      [-1, '08P01'],
      [-2_147_483_648, '08P01'],
      [limit, '54000'],
      [2_147_483_647, '54000'],
    ] as const) {
      const bytes = message(type, Buffer.from('x'), length);
      for (let cut = 0; cut <= 5; cut++) {
        assert.throws(() => scan([bytes.subarray(0, cut), bytes.subarray(cut)]), { sqlstate });
      }
    }
  });
}
