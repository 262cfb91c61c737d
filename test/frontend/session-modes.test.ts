// Pool modes: how long a client keeps its server connections, per database and per user, on one
// shard and on several.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { query } from '../support/client-bytes.ts';
import { connect, type TestDatabase } from '../support/cluster.ts';
import { createItems } from '../support/items.ts';
import type { PgPack, PgPackOptions } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned } from '../support/settled.ts';
import { usePgPack } from '../support/wire.ts';

let database: TestDatabase;

before(async () => {
  database = await createItems('modes', 3);
});

after(() => database.drop());

async function withPgPack(
  shards: number,
  options: Partial<PgPackOptions>,
  work: (pgpack: PgPack) => Promise<void>,
): Promise<void> {
  const own = { ...database, shards: database.shards.slice(0, shards) };
  await usePgPack({ database: own, sharded: ['items.id'], ...options }, work);
}

const small = 'default_pool_size = 1\nmin_pool_size = 0\ncheckout_timeout = 300';

for (const shards of [1, 3]) {
  test(`session mode keeps every connection until the client ends (${shards} shards)`, async () => {
    const general = `${small}\npooler_mode = "session"`;
    await withPgPack(shards, { general }, async pgpack => {
      const [first, second] = [await connect(pgpack.address), await connect(pgpack.address)];
      await first.query('SELECT count(*) FROM items');
      await assert.rejects(second.query('SELECT count(*) FROM items'), { code: '53300' });
      assert.equal(pgpack.app.counts.serverConnections, shards);
      assert.equal(pgpack.app.counts.idleServerConnections, 0);
      await first.query('BEGIN');
      await first.query("INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')");
      await first.query('ROLLBACK');
      assert.equal((await first.query('SELECT id FROM items ORDER BY id')).rowCount, 0);
      await first.query("INSERT INTO items VALUES (5, 'a'), (6, 'b'), (7, 'c'), (8, 'd')");
      assert.equal((await first.query('DELETE FROM items')).rowCount, 4);
      assert.equal(pgpack.app.counts.idleServerConnections, 0);
      await first.end();
      assert.equal((await second.query('SELECT count(*) AS n FROM items')).rows[0].n, '0');
      await second.end();
    });
  });

  test(`statement mode refuses transaction blocks (${shards} shards)`, async () => {
    const general = `${small}\npooler_mode = "statement"`;
    await withPgPack(shards, { general }, async pgpack => {
      const client = await connect(pgpack.address);
      const refused = { code: '0A000', message: /transaction blocks are not allowed/ };
      await assert.rejects(client.query('BEGIN'), refused);
      await assert.rejects(client.query('/* x */ START TRANSACTION READ ONLY'), refused);
      await assert.rejects(client.query('BEGIN; SELECT 1; COMMIT'), refused);
      await assert.rejects(client.query({ name: 'b', text: 'BEGIN' }), refused);
      await client.query("INSERT INTO items VALUES (1, 'a')");
      const other = await connect(pgpack.address);
      assert.equal((await other.query('DELETE FROM items WHERE id = 1')).rowCount, 1);
      await Promise.all([client.end(), other.end()]);
    });
  });
}

test('a user has another mode than the database', async () => {
  const users = (name: string) => `
[[users]]
name = "test"
database = "${name}"
password = "test"

[[users]]
name = "postgres"
database = "${name}"
password = "test"
pooler_mode = "session"
`;
  await withPgPack(1, { general: small, users: users(database.name) }, async pgpack => {
    const transaction = await connect(pgpack.address);
    await transaction.query('SELECT 1');
    assert.equal(pgpack.app.counts.idleServerConnections, 1);
    const session = await connect({ ...pgpack.address, user: 'postgres' });
    await session.query('SELECT 1');
    const { serverConnections, idleServerConnections } = pgpack.app.counts;
    assert.equal(serverConnections - idleServerConnections, 1);
    await Promise.all([transaction.end(), session.end()]);
  });
});

test('session mode leaves nothing to the next client', async () => {
  const general = `${small}\npooler_mode = "session"`;
  await withPgPack(1, { general }, async pgpack => {
    const first = await RawClient.login(pgpack.address);
    await first.ask(query("SET work_mem = '7MB'"));
    await first.ask(query('CREATE TEMP TABLE mine (v int)'));
    await first.ask(query('DO $$ BEGIN PERFORM pg_advisory_lock(1); END $$'));
    first.destroy();
    await allReturned(pgpack);
    const next = await connect(pgpack.address);
    const { rows } = await next.query(
      `SELECT current_setting('work_mem') AS m, to_regclass('pg_temp.mine') AS t,
         (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS l`,
    );
    assert.deepEqual(rows, [{ m: '4MB', t: null, l: 0 }]);
    await next.end();
  });
});
