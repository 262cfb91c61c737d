// Which statements may share a connection: what is learnt from their runs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatementTiming } from '../../src/frontend/statement-timing.ts';

test('the best of late counts, and is forgotten slowly', () => {
  const timing = new StatementTiming();
  timing.took(5, true);
  timing.took(1, true);
  timing.took(9, true);
  assert.ok(timing.bestMs >= 1 && timing.bestMs < 1.1);
  for (let run = 0; run < 5_000; run++) timing.took(9, true);
  assert.ok(timing.bestMs > 8.9);
});

test('what is slow depends on what runs take at present, but is never less than 25 ms', () => {
  const timing = new StatementTiming();
  for (let run = 0; run < 200; run++) timing.took(0.2, true);
  assert.equal(timing.slowMs, 25);
  for (let run = 0; run < 200; run++) timing.took(20, true);
  assert.ok(timing.slowMs > 150 && timing.slowMs < 250);
  // What was answered right behind another says nothing about the machine.
  for (let run = 0; run < 200; run++) timing.took(0.01, false);
  assert.ok(timing.slowMs > 150);
});

test('one run that waits for a lock moves the median by little', () => {
  const timing = new StatementTiming();
  for (let run = 0; run < 200; run++) timing.took(1, true);
  timing.took(60_000, true);
  assert.equal(timing.slowMs, 25);
});

test('who held up others is alone for a while', () => {
  const timing = new StatementTiming();
  assert.equal(timing.alone, false);
  timing.heldUpOthers();
  assert.equal(timing.alone, true);
});
