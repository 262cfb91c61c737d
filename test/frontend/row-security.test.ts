// Row-level security whose policies read sharded tables: a policy runs on one shard and sees that
// shard's rows only, whoever the client is by then and whoever owns the view it reads through.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { extended, query } from '../support/client-bytes.ts';
import { connect } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';

const bob = `row_security_bob_${process.pid}`;
let wire: Wire;

before(async () => {
  wire = await startWire(
    'row_security',
    3,
    `CREATE ROLE ${bob};
     CREATE TABLE docs (id bigint PRIMARY KEY, owner bigint);
     CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
     CREATE TABLE notes (id bigint PRIMARY KEY, author text);
     CREATE TABLE kinds (id bigint PRIMARY KEY);
     ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
     CREATE POLICY p ON docs USING (owner IN (SELECT user_id FROM orders));
     ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
     CREATE POLICY p ON notes USING (author = current_user);
     ALTER TABLE kinds ENABLE ROW LEVEL SECURITY;
     CREATE POLICY p ON kinds USING (id IN (SELECT user_id FROM orders));
     CREATE VIEW readable AS SELECT * FROM kinds;
     ALTER VIEW readable OWNER TO ${bob};
     GRANT ALL ON docs, orders, notes, kinds, readable TO ${bob}`,
    { sharded: ['docs.id', 'orders.id', 'notes.id'], omnisharded: ['kinds'] },
  );
  const client = await RawClient.login(wire.pgpack.address);
  for (let id = 1; id <= 40; id++) {
    await client.ask(query(`INSERT INTO docs VALUES (${id}, ${id})`));
    await client.ask(query(`INSERT INTO orders VALUES (${1000 + id}, ${id})`));
    await client.ask(query(`INSERT INTO notes VALUES (${id}, '${id % 2 === 0 ? bob : 'other'}')`));
  }
  client.destroy();
});

after(async () => {
  const { oracle, shards } = wire.database;
  for (const address of [...shards, oracle]) {
    const client = await connect(address);
    await client.query(`DROP OWNED BY ${bob}; DROP ROLE ${bob}`);
    await client.end();
  }
  await wire.close();
});

const refused = / C=0A000 .*row-level security policy of "docs"/;
const count = 'SELECT count(*) FROM docs';

for (const become of [`SET ROLE ${bob}`, `SET SESSION AUTHORIZATION ${bob}`]) {
  const name = become.replace(bob, 'bob');
  test(`after ${name} a policy that reads a sharded table is refused`, async () => {
    const client = await RawClient.login(wire.pgpack.address);
    await client.ask(query(become));
    assert.match((await client.ask(query(count)))[0]!, refused);
    assert.match((await client.ask(extended(count)))[0]!, refused);
    client.destroy();
  });
}

test('a role of the transaction only is seen too', async () => {
  const client = await RawClient.login(wire.pgpack.address);
  await client.ask(query('BEGIN'));
  await client.ask(query(`SET LOCAL ROLE ${bob}`));
  assert.match((await client.ask(query(count)))[0]!, refused);
  client.destroy();
});

test("a view reads by its owner's policies, whoever asks", async () => {
  const client = await RawClient.login(wire.pgpack.address);
  const [answer] = await client.ask(query('SELECT count(*) FROM readable'));
  assert.match(
    answer!,
    / C=0A000 .*the row-level security policy of "kinds", which reads a sharded table/,
  );
  client.destroy();
});

test('a policy that reads only its own row holds on every shard', async () => {
  const client = await RawClient.login(wire.pgpack.address);
  await client.ask(query(`SET ROLE ${bob}`));
  const [, row] = await client.ask(query('SELECT count(*) FROM notes'));
  assert.equal(row, `D ${Buffer.from('\0\0\0\x0220').toString('hex')}`);
  client.destroy();
});
