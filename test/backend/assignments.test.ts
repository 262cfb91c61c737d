// How often connections were given to clients: looking at one is not having it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extended, query } from '../support/client-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire } from '../support/wire.ts';

test('clients in different settings count one assignment for each transaction', async () => {
  const wire = await startWire('assignments', 1, '', { general: 'default_pool_size = 1' });
  try {
    const clients = await Promise.all(
      ['5MB', '6MB'].map(async workMem => {
        const client = await RawClient.login(wire.pgpack.address);
        await client.ask(query(`SET work_mem = '${workMem}'`));
        return client;
      }),
    );
    const [found] = [...wire.pgpack.app.pools];
    const { stats } = found!.pool;
    const before = stats.assignments;
    for (let i = 0; i < 10; i++) {
      for (const client of clients) await client.ask(query(`SELECT ${i}`));
      for (const client of clients) await client.ask(extended(`SELECT ${i}`));
    }
    assert.equal(stats.assignments - before, 40);
    for (const client of clients) client.destroy();
  } finally {
    await wire.close();
  }
});
