// Calls between threads: order, values, errors of the catalogue, the end of the other side.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { errors } from '../../src/common/error-catalogue.ts';
import { PgError } from '../../src/common/pg-error.ts';
import { RemoteCalls } from '../../src/workers/remote-calls.ts';

type Other = {
  add(a: number, b: number): number;
  fail(how: 'pg' | 'plain'): Promise<void>;
  bytes(given: Uint8Array): Uint8Array;
  never(): Promise<void>;
};

const other: Other = {
  add: (a, b) => a + b,
  fail: async how => {
    if (how === 'plain') throw new Error('it went wrong');
    throw new PgError(errors.tooManyUserClients, { user: 'eve' }, { hint: 'Wait.' });
  },
  bytes: given => given.toReversed(),
  never: () => new Promise(() => {}),
};

async function withPair(work: (calls: RemoteCalls<Other>) => Promise<void>): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  new RemoteCalls(port2, other);
  try {
    await work(new RemoteCalls<Other>(port1, {}));
  } finally {
    port1.close();
  }
}

test('values come back to whoever asked', async () => {
  await withPair(async calls => {
    const sums = await Promise.all([1, 2, 3].map(n => calls.call('add', n, n)));
    assert.deepEqual(sums, [2, 4, 6]);
    assert.deepEqual(await calls.call('bytes', Buffer.from([1, 2])), new Uint8Array([2, 1]));
  });
});

test('an error of the catalogue arrives as one, any other with its message', async () => {
  await withPair(async calls => {
    await assert.rejects(calls.call('fail', 'pg'), (error: unknown) => {
      assert.ok(error instanceof PgError);
      assert.deepEqual(
        [error.id, error.sqlstate, error.message, error.hint],
        ['tooManyUserClients', '53300', 'too many connections for role "eve"', 'Wait.'],
      );
      return true;
    });
    await assert.rejects(calls.call('fail', 'plain'), /^Error: it went wrong$/);
  });
});

test('whoever waits for a side that is gone is told, and so is whoever asks later', async () => {
  await withPair(async calls => {
    const waiting = calls.call('never');
    calls.end(new Error('gone'));
    await assert.rejects(waiting, /gone/);
    await assert.rejects(calls.call('add', 1, 2), /gone/);
  });
});
