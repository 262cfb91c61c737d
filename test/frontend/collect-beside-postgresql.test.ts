// Statements that one shard finishes where PostgreSQL would do more than read: with the rights of a
// view's owner, and while a connection that has nothing to do may be ended.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { connect } from '../support/cluster.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;
let client: pg.Client;

before(async () => {
  wire = await startWire(
    'collect_beside',
    3,
    `CREATE TABLE items (id bigint PRIMARY KEY, n int);
     CREATE FUNCTION waits(bigint) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS
       'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN true; END';
     CREATE VIEW totals AS SELECT n, count(*) FROM items GROUP BY n`,
    { sharded: ['items.id'] },
  );
  client = await connect(wire.pgpack.address);
  await client.query('INSERT INTO items (id, n) VALUES (1, 1), (2, 1), (3, 2), (4, 2), (5, 3)');
});

after(async () => {
  await client.end();
  await wire.close();
});

test('a view over tables that its reader may not read is refused', async () => {
  const { name, runEverywhere } = wire.database;
  const role = `${name}_reader`;
  await runEverywhere(`CREATE ROLE ${role}`);
  await client.query(`SET ROLE ${role}`);
  await assert.rejects(client.query('SELECT * FROM totals'), { code: '42501', message: /totals/ });
  await runEverywhere(`GRANT SELECT ON totals TO ${role}`);
  const refusal = { code: '0A000', detail: 'permission denied for table items' };
  await assert.rejects(client.query('SELECT * FROM totals'), refusal);
  await runEverywhere(`GRANT SELECT ON items TO ${role}`);
  const { rows } = await client.query('SELECT * FROM totals ORDER BY n LIMIT 1');
  assert.deepEqual(rows, [{ n: 1, count: '2' }]);
  await client.query('RESET ROLE');
  await runEverywhere(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

const limit = 'idle_in_transaction_session_timeout';

for (const [what, sql] of [
  ['a collection', 'SELECT id, rank() OVER (ORDER BY id) FROM items WHERE waits(id)'],
  ['a write', 'UPDATE items SET n = n WHERE waits(id)'],
] as const) {
  test(`${what} outlasts ${limit} of the shards that wait for another`, async () => {
    await client.query(`SET ${limit} = 20`);
    const lockers = await Promise.all(wire.database.shards.map(connect));
    try {
      // Whichever shard finishes the statement, it waits for one of the others.
      for (const locker of lockers) {
        await locker.query('SELECT pg_advisory_lock(42)');
        const answer = client.query(sql);
        await new Promise(resolve => setTimeout(resolve, 100));
        await locker.query('SELECT pg_advisory_unlock(42)');
        assert.equal((await answer).rowCount, 5);
      }
      const shown = await client.query(`SHOW ${limit}`);
      assert.deepEqual(shown.rows, [{ [limit]: '20ms' }]);
    } finally {
      for (const locker of lockers) await locker.end();
      await client.query(`RESET ${limit}`);
    }
  });
}
