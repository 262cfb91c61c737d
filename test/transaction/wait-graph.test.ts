// Circles of waits over several servers, and only those that no server finds by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LockWait } from '../../src/backend/lock-waits.ts';
import { findDeadlocks, type WideTransaction } from '../../src/transaction/wait-graph.ts';

/** The client's backends are `1a`, `1b` … of servers a, b … */
function transaction(client: number, beganAtMs: number, servers: string): WideTransaction {
  const backends = [...servers].map(server => `${client}${server}`);
  return { client, progress: 'p', beganAtMs, backends };
}

/** `1a>2a 2b>1b`. */
function waits(text: string): LockWait[] {
  return text.split(' ').map(pair => {
    const [waiter, blocker] = pair.split('>') as [string, string];
    return { waiter, blocker };
  });
}

const one = transaction(1, 100, 'ab');
const two = transaction(2, 200, 'ab');
const three = transaction(3, 300, 'abc');

function victims(transactions: readonly WideTransaction[], text: string): number[] {
  return findDeadlocks(transactions, waits(text)).map(({ victim }) => victim.client);
}

test('of two that wait for each other on two servers, the younger is the victim', () => {
  const [deadlock, ...others] = findDeadlocks([two, one], waits('1a>2a 2b>1b'));
  assert.equal(others.length, 0);
  assert.equal(deadlock!.victim, two);
  assert.deepEqual([...deadlock!.waits].sort(), [
    'client 1 (1a) waits for client 2 (2a)',
    'client 2 (2b) waits for client 1 (1b)',
  ]);
});

test('a chain is no circle, whatever waits for it', () => {
  assert.deepEqual(victims([one, two, three], '1a>2a 2b>3b 9a>1a 8c>3c'), []);
});

test('a circle may go through backends that are nobody known', () => {
  assert.deepEqual(victims([one, two], '1a>9a 9a>2a 2b>8b 8b>1b'), [2]);
  const [deadlock] = findDeadlocks([one, two], waits('1a>9a 9a>2a 2b>1b'));
  assert.ok(deadlock!.waits.includes('client 1 (1a) waits for 9a'));
});

test('a circle that one server sees by itself is left to it', () => {
  assert.deepEqual(victims([one, two], '1a>2a 2a>1a'), []);
  assert.deepEqual(victims([], '7a>8a 8a>7a'), []);
  // Another one that no server sees is found beside it.
  assert.deepEqual(victims([one, two, three], '7a>8a 8a>7a 2b>3b 3c>9c 9c>3c 3a>2a'), [3]);
});

test('a transaction may wait for itself', () => {
  assert.deepEqual(victims([one], '1a>1b'), [1]);
});

test('each circle has a victim, and none is ended for one that is broken', () => {
  const four = transaction(4, 400, 'de');
  const five = transaction(5, 500, 'de');
  assert.deepEqual(victims([one, two, four, five], '1a>2a 2b>1b 4d>5d 5e>4e').sort(), [2, 5]);
  // Both go through the youngest.
  assert.deepEqual(victims([one, two, three], '1a>3a 3b>1b 2b>3b 3c>2c'), [3]);
});

test('long chains end', () => {
  const many = Array.from({ length: 5_000 }, (_, i) => `${i}a>${i + 1}a`).join(' ');
  assert.deepEqual(victims([one], many), []);
});
