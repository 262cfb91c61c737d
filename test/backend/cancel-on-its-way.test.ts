// A client that is cut while a cancel request for it still travels: what its statement did to the
// session is undone before another client gets the connection.

import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { cancelRequest } from '../../src/protocol/frontend-messages.ts';
import { query } from '../support/client-bytes.ts';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';

const cancelRequestBytes = 16;

let database: TestDatabase;
let pgpack: PgPack;
let network: net.Server;
/** Cancel requests that have not arrived yet. */
const held: (() => void)[] = [];

before(async () => {
  database = await createTestDatabase('cancel_on_its_way', 1);
  const [server] = database.shards;
  network = net.createServer(client => {
    const up = net.connect(server!.port, server!.host);
    for (const socket of [client, up]) socket.on('error', () => {});
    up.pipe(client);
    client.on('data', bytes => {
      if (bytes.length === cancelRequestBytes) held.push(() => up.write(bytes));
      else up.write(bytes);
    });
    client.on('end', () => up.end());
  });
  await new Promise<void>(resolve => network.listen(0, '127.0.0.1', resolve));
  const { port } = network.address() as AddressInfo;
  pgpack = await startPgPack({
    database: { ...database, shards: [{ ...server!, port }] },
    general: 'default_pool_size = 1',
  });
});

after(async () => {
  await pgpack.close();
  network.close();
  await database.drop();
});

for (const set of ["SET work_mem = '7MB'", 'SET ROLE pg_monitor']) {
  test(`${set}: not seen by the next client`, async () => {
    const next = await RawClient.login(pgpack.address);
    const ask = async () =>
      (await next.ask(query("SELECT current_setting('work_mem'), current_user"))).join();
    const before = await ask();
    const gone = await RawClient.login(pgpack.address);
    gone.send(query(`${set}; SELECT pg_sleep(0.2)`));
    await eventually('it runs', () => pgpack.app.counts.idleServerConnections === 0);
    const canceller = await RawClient.dial(pgpack.address);
    canceller.send(cancelRequest(gone.processId, gone.secret));
    await eventually('the request is on its way', () => held.length > 0);
    gone.destroy();
    canceller.destroy();
    const answer = ask();
    await new Promise(resolve => setTimeout(resolve, 400));
    for (const arrive of held.splice(0)) arrive();
    assert.equal(await answer, before);
    next.destroy();
  });
}
