// idle_session_timeout is the client's limit: it ends the client, not the connection that lies in
// the pool meanwhile or serves others.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { query } from '../support/client-bytes.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;

before(async () => {
  wire = await startWire('idle_session', 1, '', { general: 'default_pool_size = 1' });
});

after(() => wire.close());

const backend = query('SELECT pg_backend_pid()');

const ways: Readonly<Record<string, string>> = {
  SET: 'SET idle_session_timeout = 40',
  'set_config()': "SELECT set_config('idle_session_timeout', '40ms', false)",
};

for (const [name, sql] of Object.entries(ways)) {
  test(`${name}: the client gets 57P05, the server connection lives on`, async () => {
    const other = await RawClient.login(wire.pgpack.address);
    const before = await other.ask(backend);
    const client = await RawClient.login(wire.pgpack.address);
    await client.ask(query(sql));
    const last = (await client.ended()).map(shown);
    assert.match(last.join(), /S=FATAL.*C=57P05/);
    assert.deepEqual(await other.ask(backend), before);
    other.destroy();
  });
}

test('the client sees its value in each of its transactions', async () => {
  const client = await RawClient.login(wire.pgpack.address, {
    parameters: { idle_session_timeout: '1h' },
  });
  const see = query('SHOW idle_session_timeout');
  const first = await client.ask(see);
  const other = await RawClient.login(wire.pgpack.address);
  assert.notDeepEqual(await other.ask(see), first);
  assert.deepEqual(await client.ask(see), first);
  for (const one of [client, other]) one.destroy();
});
