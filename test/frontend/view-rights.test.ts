// Views that stand for their queries: PostgreSQL reads a view's tables as its owner, so what somebody
// may see through it is not what the query alone would show.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Answer, WireClient } from '../differential/wire-client.ts';
import { connect } from '../support/cluster.ts';
import { startWire, type Wire } from '../support/wire.ts';

const eve = `view_rights_eve_${process.pid}`;
let wire: Wire;
let client: WireClient;
let oracle: WireClient;

before(async () => {
  wire = await startWire(
    'view_rights',
    3,
    `CREATE ROLE ${eve};
     CREATE TABLE people (id bigint PRIMARY KEY, city text, age int);
     CREATE TABLE guarded (id bigint PRIMARY KEY, city text);
     ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
     CREATE POLICY p ON guarded USING (id % 2 = 0);
     CREATE VIEW cities AS SELECT city, count(*) AS n, max(age) AS oldest FROM people GROUP BY city;
     CREATE VIEW indirect AS SELECT city, n FROM cities WHERE n > 0;
     CREATE VIEW unseen AS SELECT city, count(*) AS n FROM people GROUP BY city;
     CREATE VIEW by_owner AS SELECT city, count(*) AS n FROM guarded GROUP BY city;
     CREATE VIEW by_reader WITH (security_invoker) AS
       SELECT city, count(*) AS n FROM guarded GROUP BY city;
     GRANT SELECT ON people, guarded, indirect, by_owner, by_reader TO ${eve};
     GRANT SELECT (city, n) ON cities TO ${eve}`,
    { sharded: ['people.id', 'guarded.id'], omnisharded: [] },
  );
  client = await WireClient.connect(wire.pgpack.address);
  oracle = await WireClient.connect(wire.database.oracle);
  for (const one of [client, oracle]) {
    for (let id = 1; id <= 12; id++) {
      await one.query(`INSERT INTO people VALUES (${id}, 'city ${id % 3}', ${id * 2})`);
      await one.query(`INSERT INTO guarded VALUES (${id}, 'city ${id % 3}')`);
    }
    await one.query(`SET ROLE ${eve}`);
  }
});

after(async () => {
  for (const address of [...wire.database.shards, wire.database.oracle]) {
    const one = await connect(address);
    await one.query(`DROP OWNED BY ${eve}; DROP ROLE ${eve}`);
    await one.end();
  }
  await wire.close();
});

/** Rows or the error of one statement. */
async function outcome(of: WireClient, sql: string): Promise<unknown> {
  const { answers } = await of.query(sql);
  const [{ rows, error }] = answers as readonly [Answer];
  return error === null ? rows : `${error['C']} ${error['M']}`;
}

for (const sql of [
  'SELECT city, n FROM cities ORDER BY city',
  "SELECT c.n FROM cities c WHERE c.city = 'city 1'",
  'SELECT oldest FROM cities',
  'SELECT * FROM cities',
  'SELECT cities FROM cities',
  'SELECT * FROM indirect ORDER BY city',
  'SELECT count(*) FROM unseen',
  'SELECT p.id FROM people p JOIN unseen u ON u.city = p.city',
  'SELECT * FROM by_reader ORDER BY city',
]) {
  test(`reads as much of a view as on one PostgreSQL: ${sql}`, async () => {
    const got = await outcome(client, sql);
    assert.deepEqual(got, await outcome(oracle, sql));
  });
}

test("policies for the view's owner are not those for who reads it", async () => {
  const got = await outcome(client, 'SELECT * FROM by_owner');
  assert.match(String(got), /^0A000 /);
});
