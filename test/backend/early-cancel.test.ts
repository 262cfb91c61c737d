// A cancel request that arrives before the statement it is for: PostgreSQL forgets it, so it is
// sent again. The network holds statements back until a cancel request has passed.

import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { extended, query } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

const cancelRequestBytes = 16;

let database: TestDatabase;
let network: net.Server;
/** Statements that have not arrived yet. */
const held: (() => void)[] = [];

before(async () => {
  database = await createTestDatabase('early_cancel', 1);
  const [server] = database.shards;
  network = net.createServer(client => {
    const up = net.connect(server!.port, server!.host);
    let behindCancel = false;
    for (const socket of [client, up]) socket.on('error', () => {});
    up.pipe(client);
    client.on('data', bytes => {
      behindCancel ||= bytes.length === cancelRequestBytes;
      if (bytes.includes('pg_sleep')) held.push(() => up.write(bytes));
      else up.write(bytes);
    });
    client.on('end', () => up.end());
    client.on('close', () => up.destroy());
    up.on('close', () => {
      client.destroy();
      if (behindCancel) for (const arrive of held.splice(0)) arrive();
    });
  });
  await new Promise<void>(resolve => network.listen(0, '127.0.0.1', resolve));
});

after(async () => {
  network.close();
  await database.drop();
});

const ways = { 'simple protocol': query, 'extended protocol': extended };
for (const recovery of ['recover', 'drop'] as const) {
  for (const [protocol, message] of Object.entries(ways)) {
    test(`a statement behind its cancel request ends: ${protocol}, ${recovery}`, async () => {
      const { port } = network.address() as AddressInfo;
      const pgpack = await startPgPack({
        database: { ...database, shards: [{ ...database.shards[0]!, port }] },
        general: `default_pool_size = 1\nconnection_recovery = "${recovery}"`,
      });
      const watcher = await connect(database.shards[0]!);
      try {
        await abandon(pgpack, message('SELECT pg_sleep(100)'));
        await allReturned(pgpack);
        await eventually('nothing runs', async () => {
          const { rows } = await watcher.query(
            `SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
             AND pid <> pg_backend_pid() AND state = 'active'`,
          );
          return rows.length === 0;
        });
        assert.equal(held.length, 0);
      } finally {
        await watcher.end();
        await pgpack.close();
      }
    });
  }
}

async function abandon(pgpack: PgPack, message: Buffer): Promise<void> {
  const client = await RawClient.login(pgpack.address);
  client.send(message);
  await eventually('the statement is on its way', () => held.length > 0);
  client.destroy();
  await eventually('it has arrived', () => held.length === 0);
}
