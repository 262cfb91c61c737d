// What workers count together: clients, also of a worker that dies, and changes of schemas.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchemaWatch } from '../../src/frontend/schema-watch.ts';
import { ClientSeats } from '../../src/workers/client-seats.ts';
import { SharedState } from '../../src/workers/shared-state.ts';
import { loadText, oneDatabase, oneUser } from '../config/write-config.ts';

test('clients are counted over all workers, without those of one that is gone', () => {
  const one = new SharedState(2);
  const two = new SharedState(2, one.memory);
  assert.deepEqual([one.clientCame(0), two.clientCame(1), two.clientCame(1)], [0, 1, 2]);
  one.clientLeft(0);
  assert.equal(one.clientCame(0), 2);
  one.forgetClients(1);
  assert.equal(two.clientCame(1), 1);
});

test('a change of tables is seen by every other worker, once', () => {
  const states = [new SharedState(3)];
  for (let i = 1; i < 3; i++) states.push(new SharedState(3, states[0]!.memory));
  const seen = [0, 0, 0];
  const watches = states.map(
    (state, i) => new SchemaWatch(state.schemaVersion('shop'), () => (seen[i]! += 1)),
  );
  const look = () => {
    for (const watch of watches) watch.look();
    for (const watch of watches) watch.look();
    return seen.splice(0, 3, 0, 0, 0);
  };
  assert.deepEqual(look(), [0, 0, 0]);
  watches[0]!.tell();
  assert.deepEqual(look(), [0, 1, 1]);
  watches[0]!.tell();
  watches[1]!.tell();
  assert.deepEqual(look(), [1, 1, 1]);
  watches[2]!.tell();
  watches[2]!.tell();
  assert.deepEqual(look(), [1, 1, 0]);
});

test('seats per user and database are given back, and all of those of a worker at once', () => {
  const { config } = loadText(`[general]\nmax_db_client_connections = 2\n${oneDatabase}`, oneUser);
  const user = { name: 'alice', maxUserClientConnections: null };
  const seats = new ClientSeats(2);
  const enter = (worker: number) => seats.enter(config, worker, user, 'shop');
  enter(0);
  enter(1);
  assert.throws(() => enter(0), { id: 'tooManyDatabaseClients' });
  seats.leave(1, user, 'shop');
  enter(0);
  seats.clear(0);
  enter(1);
  enter(1);
  assert.throws(() => enter(1), { id: 'tooManyDatabaseClients' });
});
