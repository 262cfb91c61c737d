// What one merge and all merges together may hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBudget, SharedMemory } from '../../src/executor/memory-budget.ts';

test('merges have a limit each and one together, and give back what they held', () => {
  const shared = new SharedMemory();
  const limits = { bytesMax: 600, shared, sharedBytesMax: 1000 };
  const [first, second] = [new MemoryBudget(limits), new MemoryBudget(limits)];
  first.reserve(600);
  assert.throws(() => first.reserve(1), /merge_memory_limit/);
  second.reserve(300);
  assert.throws(() => second.reserve(200), /merge_memory_total/);
  assert.equal(shared.held, 1101);
  first.release();
  first.release();
  first.hold(50);
  second.release();
  assert.deepEqual([shared.held, shared.peak], [0, 1101]);
  const third = new MemoryBudget(limits);
  third.reserve(600);
  assert.equal(third.peak, 600);
});
