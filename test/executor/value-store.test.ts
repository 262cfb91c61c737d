// Values of groups that grow, shrink and come back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBudget, SharedMemory } from '../../src/executor/memory-budget.ts';
import { ValueStore } from '../../src/executor/value-store.ts';

function storeOf(): { store: ValueStore; budget: MemoryBudget } {
  const bytesMax = 2 ** 30;
  const budget = new MemoryBudget({
    bytesMax,
    shared: new SharedMemory(),
    sharedBytesMax: bytesMax,
  });
  return { store: new ValueStore(budget), budget };
}

function textOf(store: ValueStore, group: number): string | null {
  if (!store.locate(group)) return null;
  return Buffer.from(store.bytes.subarray(store.start, store.end)).toString('latin1');
}

function set(store: ValueStore, group: number, text: string): void {
  const bytes = Buffer.from(`<${text}>`, 'latin1');
  store.set(group, bytes, 1, bytes.length - 1);
}

test('each group has the value that was set last, of any size', () => {
  const { store } = storeOf();
  const groups = 500;
  const last = new Map<number, string>();
  for (let group = 0; group < groups; group++) store.addGroup();
  let random = 7;
  for (let i = 0; i < 5000; i++) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    const group = (random >>> 4) % groups;
    const size = random % 97 === 0 ? 70_000 : (random >>> 9) % 40;
    const text = String.fromCharCode(33 + (i % 90)).repeat(size);
    set(store, group, text);
    last.set(group, text);
  }
  for (let group = 0; group < groups; group++) {
    assert.equal(textOf(store, group), last.get(group) ?? null);
  }
});

test('an empty value is a value', () => {
  const { store } = storeOf();
  store.addGroup();
  assert.equal(textOf(store, 0), null);
  set(store, 0, '');
  assert.equal(textOf(store, 0), '');
});

test('a value that shrinks and grows again takes no more memory', () => {
  const { store, budget } = storeOf();
  store.addGroup();
  set(store, 0, 'x'.repeat(60));
  const { peak } = budget;
  for (let i = 0; i < 100; i++) set(store, 0, 'y'.repeat(i % 61));
  assert.equal(budget.peak, peak);
});

test('values of which a block holds one take a block each, and are counted so', () => {
  const { store, budget } = storeOf();
  for (let group = 0; group < 20; group++) {
    store.addGroup();
    set(store, group, 'x'.repeat(33_000));
  }
  assert.ok(budget.peak > 19 * 65_536, String(budget.peak));
});
