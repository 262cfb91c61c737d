// Types that users made have other OIDs on each shard. A client must get one set of them, whichever
// shard answers, and find it in the catalog.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readRowDescription } from '../../src/protocol/row-description.ts';
import { bind, describe, execute, parse, query, sync } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { type Message, RawClient } from '../support/raw-client.ts';

let database: TestDatabase;
let pgpack: PgPack;
let client: RawClient;
/** OIDs on shard 0, by name. */
let oids: ReadonlyMap<string, number>;

const ids = Array.from({ length: 12 }, (_, id) => id);

before(async () => {
  database = await createTestDatabase('type_oids', 3);
  for (const [shard, address] of database.shards.entries()) {
    const server = await connect(address);
    // So that no two shards give out the same.
    for (let i = 0; i <= shard; i++) await server.query(`CREATE TYPE filler_${i} AS ENUM ()`);
    await server.query(`
      CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE DOMAIN small AS int;
      CREATE TYPE pair AS (a int, m mood);
      CREATE TABLE people (id bigint PRIMARY KEY, m mood, s small, p pair, ms mood[]);`);
    if (shard === 0) {
      const { rows } = await server.query(
        "SELECT typname AS name, oid::int FROM pg_type WHERE typname IN ('mood', 'pair', '_mood', 'people')",
      );
      const table = await server.query("SELECT 'people'::regclass::oid::int AS oid");
      oids = new Map([...rows.map(row => [row.name, row.oid] as const), ['', table.rows[0].oid]]);
    }
    await server.end();
  }
  pgpack = await startPgPack({ database, sharded: ['people.id'] });
  const writer = await connect(pgpack.address);
  for (const id of ids) {
    await writer.query(`INSERT INTO people VALUES (${id}, 'ok', 1, '(1,sad)', '{ok,sad}')`);
  }
  await writer.end();
  client = await RawClient.login(pgpack.address);
});

after(async () => {
  client.destroy();
  await pgpack.close();
  await database.drop();
});

async function ask(...bytes: readonly Buffer[]): Promise<Message[]> {
  client.send(...bytes);
  return client.until('Z');
}

function columns(messages: readonly Message[]) {
  const found = messages.find(message => message.type === 'T');
  assert.ok(found, messages.map(({ type, body }) => `${type} ${body}`).join('\n'));
  return readRowDescription(Buffer.concat([Buffer.alloc(5), found.body]));
}

const expected = () => [oids.get('mood'), 23, oids.get('pair'), oids.get('_mood')];
const wanted = 'SELECT m, s, p, ms FROM people';

test('each shard gives out other OIDs', async () => {
  const own = new Set<number>();
  for (const address of database.shards) {
    const server = await connect(address);
    const { rows } = await server.query("SELECT 'mood'::regtype::oid::int AS oid");
    own.add(rows[0].oid);
    await server.end();
  }
  assert.equal(own.size, 3);
});

test('a simple query on one shard has the types and tables of shard 0', async () => {
  for (const id of ids) {
    const found = columns(await ask(query(`${wanted} WHERE id = ${id}`)));
    const types = found.map(column => column.typeOid);
    assert.deepEqual(types, expected());
    assert.deepEqual(new Set(found.map(column => column.tableOid)), new Set([oids.get('')]));
  }
});

test('a merged answer has the same', async () => {
  for (const sql of [wanted, `${wanted} ORDER BY id`, `${wanted} WHERE id IN (3, 4, 5, 6)`]) {
    const types = columns(await ask(query(sql))).map(column => column.typeOid);
    assert.deepEqual(types, expected());
  }
});

test('a prepared statement that goes from shard to shard is described alike', async () => {
  const sql = `${wanted} WHERE id = $1`;
  await ask(parse('s', sql), sync);
  const described = columns(await ask(describe('S', 's'), sync));
  assert.deepEqual(
    described.map(one => one.typeOid),
    expected(),
  );
  for (const id of ids) {
    const bound = bind({ statement: 's', values: [`${id}`] });
    const answer = await ask(bound, describe('P'), execute(), sync);
    assert.deepEqual(
      columns(answer).map(column => column.typeOid),
      expected(),
    );
    assert.equal(answer.filter(message => message.type === 'D').length, 1);
  }
});

test('parameters of such types are declared, described and taken on every shard', async () => {
  const mood = oids.get('mood')!;
  const sql = 'UPDATE people SET m = $2, ms = $3 WHERE id = $1';
  const prepared = await ask(parse('u', sql, [20, mood]), describe('S', 'u'), sync);
  const types = prepared.find(message => message.type === 't')!.body;
  const told = [types.readUInt32BE(2), types.readUInt32BE(6), types.readUInt32BE(10)];
  assert.deepEqual(told, [20, mood, oids.get('_mood')]);
  for (const id of ids) {
    const answer = await ask(
      bind({ statement: 'u', values: [`${id}`, 'sad', '{ok}'] }),
      execute(),
      sync,
    );
    assert.equal(String(answer.find(message => message.type === 'C')?.body), 'UPDATE 1\0');
  }
});

test('what a client is told it finds in the catalog, from every session', async () => {
  for (let session = 0; session < 4; session++) {
    const one = await connect(pgpack.address);
    const { rows } = await one.query('SELECT typname FROM pg_type WHERE oid = $1', [
      oids.get('mood'),
    ]);
    const labels = await one.query(
      'SELECT string_agg(enumlabel, $2 ORDER BY enumsortorder) AS labels FROM pg_enum WHERE enumtypid = $1',
      [oids.get('mood'), ','],
    );
    await one.end();
    assert.deepEqual([rows, labels.rows], [[{ typname: 'mood' }], [{ labels: 'sad,ok' }]]);
  }
});

test('a type made through PgPack is known before it is first shown', async () => {
  await ask(query("CREATE TYPE fresh AS ENUM ('new')"));
  await ask(query('ALTER TABLE people ADD f fresh'));
  const all = columns(await ask(query('SELECT f FROM people')));
  for (const id of ids) {
    const found = columns(await ask(query(`SELECT f FROM people WHERE id = ${id}`)));
    assert.deepEqual(found, all);
  }
});
