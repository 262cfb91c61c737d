// node-postgres and postgres.js as applications use them: every way to log in, prepared
// statements, transactions, COPY, cursors, cancel, and going on after an error.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import pg from 'pg';
import postgres from 'postgres';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { allReturned } from '../support/settled.ts';
import { projectRoot } from '../support/source-tree.ts';

let database: TestDatabase;
let pgpack: PgPack;

const certificates = join(projectRoot, 'test/auth/certificates');
const tls = `tls_certificate = "${certificates}/server.pem"
tls_private_key = "${certificates}/server.key"`;

const start = (general: string) => startPgPack({ database, sharded: ['items.id'], general });

before(async () => {
  database = await createTestDatabase('drivers', 3);
  await database.runEverywhere(
    'CREATE TABLE items (id bigint PRIMARY KEY, name text, price numeric, at timestamptz)',
  );
  pgpack = await start(tls);
});

after(async () => {
  await pgpack.close();
  await database.drop();
});

async function pgClient(of: PgPack, more: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ ...of.address, ...more });
  client.on('error', () => {});
  await client.connect();
  return client;
}

const postgresJs = (of: PgPack, more: postgres.Options<Record<string, never>> = {}) =>
  postgres({ ...of.address, username: of.address.user, max: 2, onnotice: () => {}, ...more });

for (const authType of ['scram', 'md5', 'plain', 'trust']) {
  for (const encrypted of [true, false]) {
    test(`both drivers log in by ${authType} ${encrypted ? 'over TLS' : 'in clear'}`, async () => {
      const own = await start(`${tls}\nauth_type = "${authType}"`);
      try {
        const ssl = encrypted ? { rejectUnauthorized: false } : false;
        const client = await pgClient(own, { ssl });
        assert.equal((await client.query('SELECT 1 AS one')).rows[0].one, 1);
        await client.end();
        const sql = postgresJs(own, { ssl });
        assert.equal((await sql`SELECT 1 AS one`)[0]?.['one'], 1);
        await sql.end();
        const wrong = pgClient(own, { ssl, password: 'wrong' });
        if (authType === 'trust') await (await wrong).end();
        else await assert.rejects(wrong, { code: '28P01' });
      } finally {
        await own.close();
      }
    });
  }
}

test('where TLS is required a client in clear is refused', async () => {
  const own = await start(`${tls}\ntls_client_required = true`);
  await assert.rejects(pgClient(own), { code: '28000' });
  const client = await pgClient(own, { ssl: { rejectUnauthorized: false } });
  await client.end();
  await own.close();
});

test('node-postgres: values of many types come back as they went, text and prepared', async () => {
  const client = await pgClient(pgpack);
  const at = new Date('2024-02-29T12:34:56.789Z');
  for (let id = 1; id <= 20; id++) {
    const values = [id, `näme ${id}`, '12345678901234567890.000001', at];
    await client.query({ name: 'put', text: 'INSERT INTO items VALUES ($1, $2, $3, $4)', values });
  }
  const get = { name: 'get', text: 'SELECT * FROM items WHERE id = $1' };
  for (let id = 1; id <= 20; id++) {
    const { rows } = await client.query({ ...get, values: [id] });
    const row = { id: String(id), name: `näme ${id}`, price: '12345678901234567890.000001', at };
    assert.deepEqual(rows, [row]);
  }
  const { rows } = await client.query('SELECT id FROM items ORDER BY id DESC LIMIT $1', [3]);
  assert.deepEqual(rows, [{ id: '20' }, { id: '19' }, { id: '18' }]);
  await client.end();
});

test('node-postgres: an error ends neither connection nor session', async () => {
  const client = await pgClient(pgpack);
  await assert.rejects(client.query('SELECT nonsense'), { code: '42703' });
  await assert.rejects(client.query({ name: 'bad', text: 'SELECT * FROM nowhere' }), {
    code: '42P01',
  });
  await assert.rejects(client.query('SELECT $1::int', ['x']), { code: '22P02' });
  const named = { name: 'divide', text: 'SELECT 1 / $1::int AS q' };
  await assert.rejects(client.query({ ...named, values: [0] }), { code: '22012' });
  assert.equal((await client.query({ ...named, values: [1] })).rows[0].q, 1);
  await client.query('BEGIN');
  await client.query("UPDATE items SET name = 'changed' WHERE id = 1");
  await assert.rejects(client.query('SELECT 1/0'), { code: '22012' });
  await client.query('ROLLBACK');
  const { rows } = await client.query('SELECT name FROM items WHERE id = 1');
  assert.equal(rows[0].name, 'näme 1');
  await client.end();
});

test('postgres.js: transactions commit on all shards or on none', async () => {
  const sql = postgresJs(pgpack);
  await sql.begin(async block => {
    for (let id = 101; id <= 106; id++) await block`INSERT INTO items (id) VALUES (${id})`;
  });
  const failed = sql.begin(async block => {
    for (let id = 107; id <= 112; id++) await block`INSERT INTO items (id) VALUES (${id})`;
    await block`INSERT INTO items (id) VALUES (101)`;
  });
  await assert.rejects(failed, { code: '23505' });
  const rows = await sql`SELECT id FROM items WHERE id > 100 ORDER BY id`;
  assert.deepEqual(
    rows.map(row => row['id']),
    ['101', '102', '103', '104', '105', '106'],
  );
  assert.equal((await sql`DELETE FROM items WHERE id > 100`).count, 6);
  await sql.end();
});

test('postgres.js: a savepoint in a transaction over shards', async () => {
  const sql = postgresJs(pgpack);
  await sql.begin(async block => {
    await block`INSERT INTO items (id) VALUES (201)`;
    const inner = block.savepoint(async nested => {
      for (let id = 202; id < 206; id++) await nested`INSERT INTO items (id) VALUES (${id})`;
      await nested`SELECT 1/0`;
    });
    await assert.rejects(inner, { code: '22012' });
  });
  const rows = await sql`DELETE FROM items WHERE id > 200 RETURNING id`;
  assert.deepEqual(
    rows.map(row => row['id']),
    ['201'],
  );
  await sql.end();
});

test('postgres.js: COPY in is split over the shards, COPY out is read', async () => {
  const sql = postgresJs(pgpack);
  const lines = Array.from({ length: 5_000 }, (_, i) => `${1_000 + i}\tcopied ${i}\t\\N\t\\N\n`);
  const target = await sql`COPY items FROM STDIN`.writable();
  await pipeline(lines, target);
  assert.equal((await sql`SELECT count(*) AS n FROM items WHERE id >= 1000`)[0]?.['n'], '5000');
  const source = await sql`COPY (SELECT name FROM items WHERE id = 1234) TO STDOUT`.readable();
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk as Buffer);
  assert.equal(Buffer.concat(chunks).toString(), 'copied 234\n');
  assert.equal((await sql`DELETE FROM items WHERE id >= 1000`).count, 5_000);
  await sql.end();
});

test('postgres.js: a cursor brings the rows of all shards in order, in portions', async () => {
  const sql = postgresJs(pgpack);
  const ids: number[] = [];
  const portions: number[] = [];
  await sql`SELECT id FROM items WHERE id <= 20 ORDER BY id`.cursor(6, rows => {
    portions.push(rows.length);
    ids.push(...rows.map(row => Number(row['id'])));
  });
  assert.deepEqual(portions, [6, 6, 6, 2]);
  assert.deepEqual(
    ids,
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  await sql.end();
});

test('postgres.js: a cursor that is left early leaves the connection usable', async () => {
  const sql = postgresJs(pgpack, { max: 1 });
  for await (const rows of sql`SELECT id FROM items ORDER BY id`.cursor(2)) {
    assert.equal(rows.length, 2);
    break;
  }
  assert.equal((await sql`SELECT count(*) AS n FROM items WHERE id <= 20`)[0]?.['n'], '20');
  await sql.end();
});

test('postgres.js: cancel stops the query, the connection goes on', async () => {
  const sql = postgresJs(pgpack, { max: 1 });
  const slow = sql`SELECT pg_sleep(30)`;
  setTimeout(() => slow.cancel(), 100);
  await assert.rejects(slow, { code: '57014' });
  assert.equal((await sql`SELECT 1 AS one`)[0]?.['one'], 1);
  await sql.end();
});

test('postgres.js: simple queries with several statements, and dynamic ones', async () => {
  const sql = postgresJs(pgpack);
  const results = await sql.unsafe('SELECT 1 AS a; SELECT 2 AS b').simple();
  assert.deepEqual(JSON.parse(JSON.stringify(results)), [[{ a: 1 }], [{ b: 2 }]]);
  const rows = [300, 301, 302, 303].map(id => ({ id, name: `many ${id}` }));
  await sql`INSERT INTO items ${sql(rows, 'id', 'name')}`;
  const found = await sql`SELECT id FROM items WHERE id IN ${sql([300, 301, 302])} ORDER BY id`;
  assert.deepEqual(
    found.map(row => row['id']),
    ['300', '301', '302'],
  );
  const any = await sql`SELECT id FROM items WHERE id = ANY(${[301, 303]}) ORDER BY id`;
  assert.deepEqual(
    any.map(row => row['id']),
    ['301', '303'],
  );
  await sql`DELETE FROM items WHERE id BETWEEN 300 AND 303`;
  await sql.end();
});

test('node-postgres: a pool of many clients leaves nothing open', async () => {
  const pool = new pg.Pool({ ...pgpack.address, max: 20 });
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => pool.query('SELECT $1::int AS i', [i])),
  );
  assert.deepEqual(
    answers.map(({ rows }) => rows[0].i),
    Array.from({ length: 100 }, (_, i) => i),
  );
  await pool.end();
  await allReturned(pgpack);
});
