// Guards: statements that would need several shards where that is switched off, and statements
// that leave out the tenant.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { bind, execute, parse, sync } from '../support/client-bytes.ts';
import { configOf } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { type ManualWire, onlyValue, refuses, startManual } from './manual-support.ts';

const onSeveral = [
  'SELECT * FROM users',
  'SELECT count(*) FROM users WHERE id > 1',
  'SELECT *, row_number() OVER () FROM users',
  "INSERT INTO users VALUES (100, 'a'), (101, 'b'), (102, 'c'), (103, 'd'), (104, 'e')",
  "UPDATE users SET name = 'x'",
  'DELETE FROM users',
  'INSERT INTO kinds VALUES (1)',
  'CREATE TABLE more (id int)',
];

describe('cross_shard_disabled', () => {
  let wire: ManualWire;
  let client: pg.Client;

  before(async () => {
    wire = await startManual(
      'guard_cross',
      2,
      `CREATE TABLE users (id bigint PRIMARY KEY, name text);
       CREATE TABLE kinds (id int PRIMARY KEY)`,
      {
        sharded: ['users.id'],
        omnisharded: ['kinds'],
        general: 'cross_shard_disabled = true',
      },
    );
    client = await wire.client();
  });

  after(() => wire.close());

  it('lets statements of one shard through', async () => {
    for (let id = 0; id < 6; id++) {
      await client.query(`INSERT INTO users VALUES (${id}, 'user ${id}')`);
      const sql = 'SELECT name FROM users WHERE id = $1';
      assert.equal(await onlyValue(client, sql, [id]), `user ${id}`);
    }
    assert.equal(await onlyValue(client, '/* pgdog_shard: 1 */ SELECT 1'), '1');
    assert.equal(await onlyValue(client, 'SELECT count(*) FROM kinds'), '0');
  });

  for (const sql of onSeveral) {
    it(`refuses ${sql} in both protocols`, async () => {
      await refuses(client, sql, '58000', /^cross-shard queries are disabled$/);
      await refuses(client, sql, '58000', /^cross-shard queries are disabled$/, []);
    });
  }

  it('says which shards it would have been', async () => {
    await assert.rejects(client.query('SELECT * FROM users'), {
      detail: 'The statement would run on shards 0, 1.',
    });
  });

  it('holds for a portal that is read in portions', async () => {
    const raw = await RawClient.login(wire.pgpack.address);
    const sql = 'SELECT * FROM users';
    const lines = await raw.ask([parse('', sql), bind(), execute('', 1), sync]);
    raw.destroy();
    assert.match(lines.join('\n'), /C=58000/);
  });
});

it('a user has a cross_shard_disabled of its own', async () => {
  const user = (name: string, more: string) =>
    `[[users]]\nname = "${name}"\nall_databases = true\npassword = "test"\n${more}\n`;
  const users =
    user('test', 'cross_shard_disabled = false') + user('other', 'server_user = "postgres"');
  const wire = await startManual('guard_user', 2, 'CREATE TABLE users (id bigint)', {
    sharded: ['users.id'],
    general: 'cross_shard_disabled = true',
    users,
  });
  const { host, port, database } = wire.pgpack.address;
  const client = await wire.client();
  const other = new pg.Client({ host, port, database, user: 'other', password: 'test' });
  await other.connect();
  const sql = 'SELECT count(*) FROM users';
  assert.equal(await onlyValue(client, sql), '0');
  await refuses(other, sql, '58000', /^cross-shard queries are disabled$/);
  await client.end();
  await other.end();
  await wire.close();
});

const taken: readonly (readonly [sql: string, values?: readonly unknown[]])[] = [
  ['SELECT id FROM orders WHERE tenant_id = 1'],
  ['SELECT id FROM orders WHERE tenant_id = $1', [1]],
  ['SELECT id FROM orders WHERE id = 10 AND tenant_id IN (1, 2)'],
  ['SELECT id FROM orders o JOIN items i USING (tenant_id) WHERE o.tenant_id = 1'],
  [
    `SELECT id FROM orders o LEFT JOIN items i
      ON i.tenant_id = o.tenant_id AND i.order_id = o.id WHERE o.tenant_id = 1`,
  ],
  ['WITH mine AS (SELECT id FROM orders WHERE tenant_id = 1) SELECT * FROM mine'],
  ["UPDATE items SET name = 'a' WHERE tenant_id = 1 RETURNING name"],
  ['SELECT 1 FROM kinds RIGHT JOIN (VALUES (1)) v (x) ON true'],
];

const refused = [
  'SELECT * FROM orders',
  'SELECT * FROM orders WHERE id = 10',
  'SELECT * FROM orders WHERE tenant_id > 0',
  'SELECT * FROM orders WHERE tenant_id = 1 OR id = 10',
  'SELECT (tenant_id = 1) FROM orders',
  'SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.tenant_id = 1',
  'SELECT * FROM kinds WHERE id IN (SELECT order_id FROM items)',
  'WITH all_orders AS (SELECT * FROM orders) SELECT 1',
  "UPDATE items SET name = 'b'",
  'DELETE FROM orders WHERE id = 10',
  'INSERT INTO items (order_id) VALUES (1)',
  'INSERT INTO kinds SELECT id FROM orders',
  'EXPLAIN SELECT * FROM orders',
  'PREPARE p AS SELECT * FROM orders',
  'COPY (SELECT * FROM orders) TO STDOUT',
  'COPY orders TO STDOUT',
  'MERGE INTO orders o USING kinds k ON o.id = k.id WHEN MATCHED THEN DELETE',
];

for (const shards of [1, 2]) {
  describe(`[multi_tenant] on ${shards} shards`, () => {
    let wire: ManualWire;
    let client: pg.Client;

    before(async () => {
      wire = await startManual(
        `guard_tenant_${shards}`,
        shards,
        `CREATE TABLE orders (tenant_id bigint, id bigint, PRIMARY KEY (tenant_id, id));
         CREATE TABLE items (tenant_id bigint, order_id bigint, name text);
         CREATE TABLE kinds (id int)`,
        { sharded: shards > 1 ? ['orders.tenant_id', 'items.tenant_id'] : [] },
        () => '[multi_tenant]\ncolumn = "tenant_id"\n',
      );
      client = await wire.client();
      await client.query('INSERT INTO orders VALUES (1, 10)');
      await client.query("INSERT INTO items (tenant_id, order_id, name) VALUES (1, 10, 'a')");
    });

    after(() => wire.close());

    for (const [sql, values] of taken) {
      it(`takes ${sql.replace(/\s+/g, ' ')}`, async () => {
        assert.ok((await onlyValue(client, sql, values ?? null)) !== '');
      });
    }

    for (const sql of refused) {
      it(`refuses ${sql}`, async () => {
        await refuses(client, sql, '58000', /^table "(orders|items)" is not confined to a tenant$/);
      });
    }
  });
}

describe('dry_run on one shard', () => {
  let wire: ManualWire;
  let client: pg.Client;

  before(async () => {
    wire = await startManual(
      'guard_dry',
      1,
      `CREATE TABLE users (id bigint PRIMARY KEY, name text);
       CREATE TABLE kinds (id int PRIMARY KEY)`,
      { sharded: ['users.id'], omnisharded: ['kinds'], general: 'dry_run = true' },
      () => '[admin]\npassword = "admin"\n',
    );
    client = await wire.client();
  });

  after(() => wire.close());

  const decisions: readonly (readonly [sql: string, decision: string, reason: RegExp])[] = [
    ['SELECT name FROM users WHERE id = 5', 'direct', /^users.id = 5$/],
    ['SELECT count(*) FROM kinds', 'direct', /no sharded table/],
    ['SELECT count(*) FROM users', 'multi', /^users.id \(all\)$/],
    ['SELECT name FROM users WHERE id IN (1, 2)', 'multi', /^users.id in \(1, 2\)$/],
    ['DELETE FROM kinds', 'multi', /runs on all shards/],
    ['SELECT id FROM users ORDER BY id FETCH FIRST ROW WITH TIES FOR UPDATE', 'refused', /./],
  ];
  for (const [sql, decision, reason] of decisions) {
    it(`notes ${sql} as ${decision}, and runs it as always`, async () => {
      await client.query(sql);
      const { host, port } = wire.pgpack.address;
      const login = { host, port, user: 'admin', password: 'admin', database: 'admin' };
      const admin = new pg.Client(login);
      await admin.connect();
      const { rows } = await admin.query('SHOW QUERY_CACHE');
      await admin.end();
      const row = rows.find(one => one.query === sql);
      assert.equal(row?.[decision], '1');
      assert.match(row.reason, reason);
      assert.equal(row.database, wire.database.name);
    });
  }
});

it('a pattern without a group is found when the configuration is read', () => {
  const database = { name: 'x', shards: [], oracle: null } as never;
  const general = "shard_id_regex = 'shard_id: [0-9]+'";
  assert.throws(() => configOf({ database, general }), /group/);
});
