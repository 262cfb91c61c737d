// Many messages of one client in one read: others get their turn between them, and a client that
// does not read its answers is not given more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientIntake, type UnitHandler } from '../../src/frontend/client-intake.ts';
import type { Unit } from '../../src/frontend/inbox.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { query, sync } from '../support/client-bytes.ts';

const turn = () => new Promise(resolve => setImmediate(resolve));

/** A session that answers every unit at once, and a client whose backlog the test says. */
function session() {
  const client = { backlogBytes: 0, pause: () => {}, resume: () => {} };
  const handled: Unit[] = [];
  let drained: (() => void) | null = null;
  const handler: UnitHandler = {
    busy: false,
    closed: false,
    servers: [],
    handle: unit => void handled.push(unit),
    clientDrained: () =>
      new Promise(resolve => {
        drained = resolve;
      }),
    terminate: error => assert.fail(String(error)),
  };
  const intake = new ClientIntake(client as unknown as Transport, 1_000, handler);
  return { client, handled, intake, drain: () => drained!() };
}

for (const [what, message] of [
  ['Sync', sync],
  ['empty queries', query('')],
] as const) {
  test(`thousands of ${what} in one read are answered in turns`, async () => {
    const { handled, intake } = session();
    const bytes = Buffer.concat(Array.from({ length: 3_000 }, () => message));
    intake.onBytes(bytes, bytes.length);
    let turns = 0;
    for (let before = 0; handled.length < 3_000; turns++) {
      assert.ok(handled.length - before <= 100, `${handled.length - before} in one turn`);
      before = handled.length;
      await turn();
      assert.ok(handled.length > before);
    }
    assert.ok(turns >= 29);
  });
}

test('what comes while others have their turn is handled behind what waits', async () => {
  const { handled, intake } = session();
  const many = Buffer.concat(Array.from({ length: 150 }, () => sync));
  intake.onBytes(many, many.length);
  const last = query('SELECT 1');
  intake.onBytes(last, last.length);
  assert.equal(handled.length, 100);
  while (handled.length < 151) await turn();
  assert.deepEqual(handled.at(-1)?.bytes, last);
});

test('a client that does not read is handled no further until it has read', async () => {
  const { client, handled, intake, drain } = session();
  client.backlogBytes = 1_000_000;
  const many = Buffer.concat(Array.from({ length: 150 }, () => sync));
  intake.onBytes(many, many.length);
  for (let i = 0; i < 10; i++) await turn();
  assert.equal(handled.length, 100);
  client.backlogBytes = 0;
  drain();
  await turn();
  assert.equal(handled.length, 150);
});
