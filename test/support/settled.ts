// Waiting for what happens on its own time, without timed sleeps: looks again until it is so.

import assert from 'node:assert/strict';
import type { PgPack } from './pgpack.ts';

const patienceMs = 20_000;

/** Resolves when `condition` holds; fails with `what` when it does not come to hold. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > deadline) assert.fail(`did not come about: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

/** All clients gone, all server connections back in their pools. */
export function allReturned({ app }: PgPack): Promise<void> {
  return eventually('every client gone, every server connection idle', () => {
    const { clients, serverConnections, idleServerConnections } = app.counts;
    return clients === 0 && serverConnections === idleServerConnections;
  });
}
