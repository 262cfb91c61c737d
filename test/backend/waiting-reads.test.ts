// Reads that wait in line for a connection: they go on it together, in their order, with whoever needs
// one of its own in between.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { query } from '../support/client-bytes.ts';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import type { PgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';
import { usePgPack } from '../support/wire.ts';

const clientCount = 60;
const readOf = (id: number) => query(`SELECT value FROM counted WHERE id = ${id}`);
let database: TestDatabase;

before(async () => {
  database = await createTestDatabase('waiting_reads', 1);
  await database.runEverywhere(`
    CREATE TABLE counted (id bigint PRIMARY KEY, value bigint);
    INSERT INTO counted SELECT i, i FROM generate_series(0, 99) i`);
});

after(() => database.drop());

async function waiting(pgpack: PgPack, count: number): Promise<void> {
  await eventually(`${count} clients wait`, async () => {
    return pgpack.app.counts.waitingClients === count;
  });
}

test('reads and a write that wait for one connection have it in their order', async () => {
  const options = { database, general: 'default_pool_size = 1' };
  await usePgPack(options, async pgpack => {
    const clients = await Promise.all(
      Array.from({ length: clientCount }, () => RawClient.login(pgpack.address)),
    );
    const holder = await RawClient.login(pgpack.address);
    for (let run = 0; run < 5; run++) await holder.ask(readOf(1));
    await holder.ask(query('BEGIN'));
    await holder.ask(readOf(1));
    const half = clientCount / 2;
    const first = clients.slice(0, half).map(client => client.ask(readOf(0)));
    await waiting(pgpack, half);
    const write = clients[half]!.ask(query('UPDATE counted SET value = 1000 WHERE id = 0'));
    await waiting(pgpack, half + 1);
    const last = clients.slice(half + 1).map(client => client.ask(readOf(0)));
    await waiting(pgpack, clientCount);
    await holder.ask(query('COMMIT'));
    assert.equal((await write).at(-1), 'Z I');
    const rowsOf = async (answers: Promise<string[]>[]) =>
      (await Promise.all(answers)).map(answer => answer.find(line => line.startsWith('D ')));
    const before = await rowsOf(first);
    const behind = await rowsOf(last);
    assert.equal(new Set(before).size, 1);
    assert.equal(new Set(behind).size, 1);
    assert.notEqual(before[0], behind[0]);
    for (const client of [...clients, holder]) client.destroy();
  });
});
