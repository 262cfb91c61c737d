// Schemas that lie on one shard each: qualified names, search paths, DDL, what may not meet.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import { copyData, copyDone, query } from '../support/client-bytes.ts';
import { connect } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned } from '../support/settled.ts';
import { type ManualWire, onlyValue, refuses, startManual } from './manual-support.ts';

let wire: ManualWire;
let client: pg.Client;

const entries = (name: string) => `
[[sharded_schemas]]
database = "${name}"
name = "tenant_a"
shard = 1

[[sharded_schemas]]
database = "${name}"
name = "tenant_b"
shard = 2

[[sharded_schemas]]
database = "${name}"
name = "shared"
all = true
`;

before(async () => {
  wire = await startManual(
    'manual_schemas',
    3,
    `CREATE TABLE users (id bigint PRIMARY KEY, name text);
     CREATE TABLE kinds (id int PRIMARY KEY, name text)`,
    { sharded: ['users.id'], omnisharded: ['kinds'] },
    entries,
  );
  client = await wire.client();
  for (const tenant of ['tenant_a', 'tenant_b']) {
    await client.query(`CREATE SCHEMA ${tenant}`);
    await client.query(`CREATE TABLE ${tenant}.notes (id int PRIMARY KEY, text text)`);
    await client.query(`INSERT INTO ${tenant}.notes VALUES (1, '${tenant}')`);
  }
  await client.query('CREATE SCHEMA shared');
  await client.query('CREATE TABLE shared.words (word text)');
  await client.query("INSERT INTO shared.words VALUES ('w')");
  const rows = Array.from({ length: 30 }, (_, i) => `(${i}, 'user ${i}')`).join();
  await client.query(`INSERT INTO users VALUES ${rows}`);
  await client.query("INSERT INTO kinds VALUES (1, 'kind')");
});

after(() => wire.close());

/** On which shards something is true, asked past PgPack. */
async function shardsWith(condition: string): Promise<number[]> {
  const shards: number[] = [];
  for (const [shard, address] of wire.database.shards.entries()) {
    const server = await connect(address);
    if ((await onlyValue(server, `SELECT ${condition}`)) === 'true') shards.push(shard);
    await server.end();
  }
  return shards;
}

describe('schemas on one shard', () => {
  it('were created there, and nowhere else', async () => {
    assert.deepEqual(await shardsWith("to_regnamespace('tenant_a') IS NOT NULL"), [1]);
    assert.deepEqual(await shardsWith("to_regclass('tenant_b.notes') IS NOT NULL"), [2]);
    assert.deepEqual(await shardsWith("to_regclass('shared.words') IS NOT NULL"), [0, 1, 2]);
  });

  it('are found by qualified names, in both protocols', async () => {
    for (const tenant of ['tenant_a', 'tenant_b', 'tenant_a']) {
      const sql = `SELECT text FROM ${tenant}.notes`;
      assert.equal(await onlyValue(client, sql), tenant);
      assert.equal(await onlyValue(client, sql, []), tenant);
      assert.equal(await onlyValue(client, `${sql} WHERE id = $1`, [1]), tenant);
      const named = { name: tenant, text: `SELECT text FROM ${tenant}.notes WHERE id = $1` };
      assert.deepEqual((await client.query({ ...named, values: [1] })).rows, [{ text: tenant }]);
    }
  });

  it('are found by the search path, which a qualified name comes before', async () => {
    for (const tenant of ['tenant_a', 'tenant_b']) {
      await client.query(`SET search_path TO ${tenant}, public`);
      assert.equal(await onlyValue(client, 'SELECT text FROM notes'), tenant);
      assert.equal(await onlyValue(client, 'SELECT text FROM notes', []), tenant);
      assert.equal(await onlyValue(client, 'SELECT text FROM tenant_b.notes'), 'tenant_b');
      assert.equal(await onlyValue(client, 'SELECT count(*) FROM users'), '30');
      assert.equal(await onlyValue(client, 'SELECT name FROM kinds'), 'kind');
    }
    await client.query('RESET search_path');
    await refuses(client, 'SELECT text FROM notes', '42P01', /relation "notes" does not exist/);
  });
});

describe('schemas found by the session', () => {
  it('are found by SET LOCAL search_path, until the transaction ends', async () => {
    await client.query('BEGIN');
    await client.query('SET LOCAL search_path TO tenant_b');
    assert.equal(await onlyValue(client, 'SELECT text FROM notes'), 'tenant_b');
    await client.query("UPDATE notes SET text = 'changed'");
    await client.query('SET LOCAL search_path TO tenant_a');
    assert.equal(await onlyValue(client, 'SELECT text FROM notes'), 'tenant_a');
    await client.query('ROLLBACK');
    await refuses(client, 'SELECT text FROM notes', '42P01', /does not exist/);
    assert.equal(await onlyValue(client, 'SELECT text FROM tenant_b.notes'), 'tenant_b');
  });

  it('are found when they were made past PgPack', async () => {
    const server = await connect(wire.database.shards[2]!);
    await server.query('CREATE TABLE tenant_b.past (id int); INSERT INTO tenant_b.past VALUES (3)');
    await server.end();
    await client.query('SET search_path TO tenant_b');
    assert.equal(await onlyValue(client, 'SELECT id FROM past', []), '3');
    await client.query('RESET search_path');
    await client.query('DROP TABLE tenant_b.past');
  });

  it('are found by the search path of the startup packet', async () => {
    const tenant = await wire.client('-c search_path=tenant_b');
    assert.equal(await onlyValue(tenant, 'SELECT text FROM notes'), 'tenant_b');
    assert.equal(await onlyValue(tenant, 'SELECT text FROM notes', []), 'tenant_b');
    await tenant.end();
  });
});

describe('statements on schemas of one shard', () => {
  it('take statements as they are, whatever these do there', async () => {
    await client.query("INSERT INTO tenant_a.notes VALUES (2, 'b'), (3, 'c')");
    const sql = `SELECT string_agg(text, ',' ORDER BY id) || max(n)
      FROM (SELECT *, row_number() OVER () n FROM tenant_a.notes) q`;
    assert.equal(await onlyValue(client, sql), 'tenant_a,b,c3');
    const merge = `MERGE INTO tenant_a.notes t USING (VALUES (2)) v(id) ON t.id = v.id
      WHEN MATCHED THEN UPDATE SET text = 'merged'`;
    assert.equal((await client.query(merge)).rowCount, 1);
    const cte = `WITH notes AS (DELETE FROM tenant_a.notes WHERE id > 1 RETURNING text)
      SELECT count(*) FROM notes`;
    assert.equal(await onlyValue(client, cte), '2');
  });

  it('take COPY, PREPARE, EXPLAIN and cursors', async () => {
    const raw = await RawClient.login(wire.pgpack.address);
    await raw.ask([query('COPY tenant_b.notes FROM STDIN')], 'G');
    assert.deepEqual(await raw.ask([copyData('5\tfive\n'), copyDone]), ['C COPY 1', 'Z I']);
    assert.ok((await raw.ask([query('COPY tenant_b.notes TO STDOUT')])).includes('C COPY 2'));
    raw.destroy();
    await client.query('PREPARE five (int) AS DELETE FROM tenant_b.notes WHERE id = $1');
    assert.equal((await client.query('EXECUTE five (5)')).rowCount, 1);
    await client.query('DEALLOCATE five');
    const { rows } = await client.query('EXPLAIN SELECT * FROM tenant_b.notes');
    assert.match(rows.map(row => row['QUERY PLAN']).join('\n'), /sharded schema → shard 2/);
    await client.query('BEGIN');
    await client.query('DECLARE c CURSOR FOR SELECT text FROM tenant_a.notes');
    await client.query('ROLLBACK');
    assert.equal(await onlyValue(client, 'SELECT (NULL::tenant_a.notes) IS NULL'), 'true');
  });

  it('may join what every shard has', async () => {
    const sql = 'SELECT n.text || k.name FROM tenant_b.notes n JOIN kinds k USING (id)';
    assert.equal(await onlyValue(client, sql), 'tenant_bkind');
    const words = 'SELECT word || text FROM shared.words, tenant_a.notes';
    assert.equal(await onlyValue(client, words), 'wtenant_a');
  });

  it('may join rows of a sharded table that lie there, and no others', async () => {
    let joined = 0;
    for (let id = 0; id < 12; id++) {
      const sql = `SELECT count(*) FROM users u, tenant_a.notes n WHERE u.id = ${id}`;
      const result = await client.query(sql).catch((error: pg.DatabaseError) => error.code);
      if (result === '0A000') continue;
      assert.deepEqual((result as pg.QueryResult).rows, [{ count: '1' }]);
      joined += 1;
    }
    assert.ok(joined > 0 && joined < 12);
  });

  it('of different shards do not meet in one statement', async () => {
    const sql = 'SELECT * FROM tenant_a.notes JOIN tenant_b.notes USING (id)';
    const message = /schemas "tenant_a" and "tenant_b" of different shards/;
    await refuses(client, sql, '0A000', message);
    await refuses(client, sql, '0A000', message, []);
    await refuses(client, 'DROP TABLE tenant_a.notes, tenant_b.notes', '0A000', message);
  });

  it('are written in one transaction, each on its shard', async () => {
    await client.query('BEGIN');
    await client.query("INSERT INTO tenant_a.notes VALUES (9, 'x')");
    await client.query("INSERT INTO tenant_b.notes VALUES (9, 'x')");
    await client.query('ROLLBACK');
    assert.equal(await onlyValue(client, 'SELECT count(*) FROM tenant_a.notes'), '1');
    assert.equal(await onlyValue(client, 'SELECT count(*) FROM tenant_b.notes'), '1');
  });
});

describe('DDL of schemas on one shard', () => {
  const shared = [
    'INSERT INTO kinds SELECT id, text FROM tenant_a.notes',
    'CREATE VIEW all_notes AS SELECT * FROM tenant_a.notes',
    'CREATE TABLE copied AS SELECT * FROM tenant_a.notes',
    'DROP TABLE tenant_a.notes, kinds',
    'ALTER TABLE kinds SET SCHEMA tenant_a',
    'TRUNCATE tenant_a.notes, kinds',
  ];
  for (const sql of shared) {
    it(`refuse ${sql}, which would leave shards different`, async () => {
      await refuses(client, sql, '0A000', /./);
      assert.deepEqual(await shardsWith("to_regclass('kinds') IS NOT NULL"), [0, 1, 2]);
      assert.deepEqual(await shardsWith("to_regclass('all_notes') IS NOT NULL"), []);
    });
  }

  it('take DDL of every kind', async () => {
    const run = async (...statements: readonly string[]) => {
      for (const sql of statements) await client.query(sql);
    };
    await run(
      'CREATE INDEX notes_text ON tenant_b.notes (text)',
      'ALTER TABLE tenant_b.notes ADD COLUMN more int',
      "CREATE TYPE tenant_b.mood AS ENUM ('good')",
      'CREATE FUNCTION tenant_b.one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      'COMMENT ON TABLE tenant_b.notes IS $$them$$',
      'CREATE VIEW tenant_b.seen AS SELECT * FROM tenant_b.notes',
      'GRANT USAGE ON SCHEMA tenant_b TO PUBLIC',
      'VACUUM tenant_b.notes',
      'SET search_path TO tenant_b, public',
      'CREATE TABLE unqualified (id int)',
      'INSERT INTO unqualified VALUES (1)',
    );
    assert.deepEqual(await shardsWith("to_regclass('tenant_b.unqualified') IS NOT NULL"), [2]);
    assert.deepEqual(await shardsWith("to_regclass('public.unqualified') IS NOT NULL"), []);
    assert.equal(await onlyValue(client, 'SELECT one()'), '1');
    await run(
      'DROP TABLE unqualified',
      'RESET search_path',
      'DROP VIEW tenant_b.seen',
      'DROP FUNCTION tenant_b.one()',
      'DROP TYPE tenant_b.mood',
      'DROP INDEX tenant_b.notes_text',
      'ALTER TABLE tenant_b.notes DROP COLUMN more',
    );
    assert.deepEqual(await shardsWith("to_regtype('tenant_b.mood') IS NOT NULL"), []);
    await run('CREATE TABLE plain (id int)', 'DROP TABLE plain');
  });

  it('are seen within the transaction that makes them', async () => {
    await client.query('BEGIN');
    await client.query('CREATE TABLE tenant_a.fresh (id int)');
    await client.query('INSERT INTO tenant_a.fresh VALUES (4)');
    await client.query('SET LOCAL search_path TO tenant_a');
    assert.equal(await onlyValue(client, 'SELECT id FROM fresh'), '4');
    await client.query('ROLLBACK');
    await refuses(client, 'SELECT * FROM tenant_a.fresh', '42P01', /does not exist/);
  });
});

describe('a schema for all others', () => {
  let others: ManualWire;
  before(async () => {
    others = await startManual(
      'manual_others',
      2,
      'CREATE TABLE kinds (id int)',
      { omnisharded: [] },
      name => `
[[sharded_schemas]]
database = "${name}"
shard = 1

[[sharded_schemas]]
database = "${name}"
name = "first"
shard = 0
`,
    );
  });
  after(() => others.close());

  it('lies on the shard that no name was needed for', async () => {
    const own = await others.client();
    assert.equal(await onlyValue(own, 'SELECT shard FROM here'), '1');
    await own.query('CREATE SCHEMA any_name');
    await own.query('CREATE TABLE any_name.t AS SELECT shard FROM here');
    assert.equal(await onlyValue(own, 'SELECT shard FROM any_name.t'), '1');
    await own.query('CREATE SCHEMA first');
    await own.query('CREATE TABLE first.t (id int)');
    await own.query('INSERT INTO first.t VALUES (5)');
    assert.equal(await onlyValue(own, 'SELECT id FROM first.t'), '5');
    await refuses(own, 'SELECT * FROM first.t, here', '0A000', /of different shards/);
    await own.query('INSERT INTO kinds VALUES (1)');
    assert.equal(await onlyValue(own, 'SELECT count(*) FROM kinds'), '1');
    await own.end();
    await allReturned(others.pgpack);
  });
});
