// The books of lent connections: whatever is asked in whatever order, and whoever is slow or gone,
// workers together never have more than the pool's size.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoanDesk } from '../../src/workers/loan-desk.ts';

const name = { user: 'alice', database: 'shop', shard: 0 };
const workers = 3;
const share = 4;

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Workers with limits and connections in use, which hand over after a while. */
class FakeWorkers {
  readonly limits = Array<number>(workers).fill(share);
  readonly used = Array<number>(workers).fill(0);
  readonly #random: () => number;
  desk!: LoanDesk;

  constructor(random: () => number) {
    this.#random = random;
  }

  readonly count = workers;

  lend = (worker: number, _: unknown, count: number, generation: number) =>
    this.#handOver(
      worker,
      Math.min(count, this.limits[worker]! - this.used[worker]!, this.limits[worker]! - 1),
      generation,
    );

  giveBack = (worker: number, _: unknown, count: number, generation: number) =>
    this.#handOver(worker, Math.min(count, this.limits[worker]! - share), generation);

  take = (worker: number, _: unknown, count: number, generation: number) => {
    if (generation === this.desk.generation) this.limits[worker]! += count;
    this.check();
  };

  check(): void {
    const sum = this.limits.reduce((total, one) => total + one, 0);
    assert.ok(sum <= workers * share, `limits ${this.limits}`);
    assert.ok(this.limits.every(limit => limit >= 1));
  }

  async #handOver(worker: number, count: number, generation: number): Promise<number> {
    if (count <= 0 || generation !== this.desk.generation) return 0;
    this.limits[worker]! -= count;
    const turns = Math.floor(this.#random() * 4);
    for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve));
    return generation === this.desk.generation ? count : 0;
  }
}

test('limits of all workers never add up to more than the size, also over reloads', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const random = randomFrom(seed);
  const fake = new FakeWorkers(random);
  const desk = new LoanDesk(fake);
  fake.desk = desk;
  const pick = (below: number) => Math.floor(random() * below);
  for (let step = 0; step < 3_000; step++) {
    const worker = pick(workers);
    fake.used[worker] = pick(share + 1);
    if (pick(100) === 0) {
      desk.reset();
      fake.limits.fill(share);
    } else {
      const asked = desk.borrow(worker, name, 1 + pick(6), desk.generation);
      if (pick(3) === 0) await asked;
    }
    fake.check();
    for (const [at, limit] of fake.limits.entries()) {
      const booked = desk.borrowed(at).get(JSON.stringify(['alice', 'shop', 0])) ?? 0;
      assert.ok(limit <= share + booked, `seed ${seed}, step ${step}`);
    }
  }
});

test('a worker below its share gets it back from whoever borrowed, nothing more', async () => {
  const fake = new FakeWorkers(() => 0);
  const desk = new LoanDesk(fake);
  fake.desk = desk;
  await desk.borrow(0, name, 6, desk.generation);
  assert.deepEqual(fake.limits, [10, 1, 1]);
  fake.used.splice(0, 3, 10, 1, 1);
  await desk.borrow(1, name, 9, desk.generation);
  await new Promise(resolve => setImmediate(resolve));
  assert.deepEqual(fake.limits, [7, 4, 1]);
});
