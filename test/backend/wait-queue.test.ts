// The line of those who wait for a connection: left at its head nearly always, in its middle sometimes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Wait, WaitQueue } from '../../src/backend/wait-queue.ts';

const nobody = { onServer() {}, onRefused() {} };

function line(length: number): { queue: WaitQueue; waits: Wait[] } {
  const queue = new WaitQueue();
  const waits = Array.from({ length }, (_, i) => new Wait(nobody, queue, i));
  for (const wait of waits) queue.add(wait);
  return { queue, waits };
}

const order = (queue: WaitQueue) => [...queue.all()].map(({ sinceMs }) => sinceMs);

test('who leaves from anywhere leaves the others in their order', () => {
  const { queue, waits } = line(5);
  for (const [gone, left] of [
    [2, [0, 1, 3, 4]],
    [0, [1, 3, 4]],
    [4, [1, 3]],
    [1, [3]],
    [3, []],
  ] as const) {
    queue.remove(waits[gone]!);
    assert.deepEqual(order(queue), left);
    assert.equal(queue.size, left.length);
    assert.equal(queue.first?.sinceMs ?? -1, left[0] ?? -1);
  }
});

test('an empty line takes newcomers again', () => {
  const { queue, waits } = line(1);
  queue.remove(waits[0]!);
  queue.add(waits[0]!);
  queue.add(new Wait(nobody, queue, 7));
  assert.deepEqual(order(queue), [0, 7]);
});
