// Tables created past PgPack right after it has read the catalog: no shard answers for them alone.
// Those that do not exist are told in PostgreSQL's words, and cost no reading of the catalog.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { startApp } from '../../src/app.ts';
import {
  bind,
  copyData,
  copyDone,
  execute,
  extended,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { connect } from '../support/cluster.ts';
import { configOf } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';
import { compare } from '../support/wire-cases.ts';

const sharded = ['', 2, 3, 4, 5, 6, 7].map(n => `fresh${n}.id`);
let wire: Wire;

before(async () => {
  wire = await startWire('fresh_table', 3, 'CREATE TABLE items (id bigint PRIMARY KEY)', {
    sharded: ['items.id', ...sharded],
  });
});

after(() => wire.close());

/** On every shard, ten rows each. */
async function createBehind(table: string): Promise<void> {
  await wire.database.runEverywhere(
    `CREATE TABLE ${table} AS SELECT i::bigint AS id FROM generate_series(1, 10) i`,
  );
}

/** The catalog has just been read; nobody knows the table. */
async function session(): Promise<RawClient> {
  const client = await RawClient.login(wire.pgpack.address);
  await client.ask(query('CREATE TABLE IF NOT EXISTS other (id bigint)'));
  await client.ask(query('SELECT count(*) FROM items'));
  return client;
}

const thirty = `D ${Buffer.from('\0\0\0\x0230').toString('hex')}`;

test('a table created past PgPack is read from every shard: simple query', async () => {
  const client = await session();
  await createBehind('fresh');
  assert.equal((await client.ask(query('SELECT count(*) FROM fresh')))[1], thirty);
  client.destroy();
});

test('a table created past PgPack is read from every shard: extended query', async () => {
  const client = await session();
  await createBehind('fresh2');
  assert.ok((await client.ask(extended('SELECT count(*) FROM fresh2'))).includes(thirty));
  client.destroy();
});

test('a table created past PgPack is known in a block', async () => {
  const client = await session();
  await createBehind('fresh3');
  await client.ask(query('BEGIN'));
  assert.equal((await client.ask(query('SELECT count(*) FROM fresh3')))[1], thirty);
  assert.equal((await client.ask(query('COMMIT')))[0], 'C COMMIT');
  client.destroy();
});

test('a table created past PgPack is not taken for a WITH of its name elsewhere', async () => {
  const client = await session();
  await createBehind('fresh7');
  const sql = 'SELECT (WITH fresh7 AS (SELECT 1) SELECT count(*) FROM fresh7), id FROM fresh7';
  const answer = await client.ask(query(sql));
  assert.equal(answer.at(-2), 'C SELECT 30', 'the rows of all shards');
  client.destroy();
});

test('a table created past PgPack is filled by COPY as its key says', async () => {
  const client = await session();
  await createBehind('fresh4');
  await client.ask(query('COPY fresh4 FROM STDIN'), 'G');
  const rows = Array.from({ length: 60 }, (_, i) => `${100 + i}\n`).join('');
  assert.equal((await client.ask([copyData(rows), copyDone]))[0], 'C COPY 60');
  for (const shard of wire.database.shards) {
    const direct = await connect(shard);
    const { rows: counted } = await direct.query('SELECT count(*)::int AS n FROM fresh4');
    await direct.end();
    assert.ok(counted[0].n > 10, `${counted[0].n - 10} rows of the COPY on a shard`);
  }
  client.destroy();
});

test('a statement that was prepared is planned again for a table that was replaced', async () => {
  const client = await session();
  await createBehind('fresh5');
  await client.ask([parse('s', 'SELECT count(*) FROM fresh5'), sync]);
  await wire.database.runEverywhere('DROP TABLE fresh5');
  // The catalog is read without it.
  await client.ask(query('CREATE TABLE IF NOT EXISTS other (id bigint)'));
  await client.ask(query('SELECT count(*) FROM items'));
  await createBehind('fresh5');
  const lines = await client.ask([bind({ statement: 's' }), execute(), sync]);
  assert.ok(lines.includes(thirty), lines.join('\n'));
  client.destroy();
});

test('a table that is not on shard 0 is refused', async () => {
  const direct = await connect(wire.database.shards[1]!);
  await direct.query('CREATE TABLE fresh6 AS SELECT 1::bigint AS id');
  await direct.end();
  const answers = new Set<string>();
  // Sessions are spread over the shards.
  for (let i = 0; i < 3; i++) {
    const client = await RawClient.login(wire.pgpack.address);
    const [answer] = await client.ask(query('SELECT count(*) FROM fresh6'));
    answers.add(/ C=(\w+)/.exec(answer!)?.[1] ?? answer!);
    client.destroy();
  }
  assert.deepEqual([...answers].sort(), ['0A000', '42P01']);
});

const missing = {
  select: 'SELECT * FROM nowhere',
  'select of a qualified name': 'SELECT 1;  SELECT * FROM "No Schema".nowhere n',
  insert: 'INSERT INTO nowhere VALUES (1)',
  update: 'UPDATE nowhere SET a = 1',
  delete: 'DELETE FROM nowhere',
  explain: 'EXPLAIN SELECT * FROM items JOIN nowhere USING (id)',
  'copy from': 'COPY nowhere (a) FROM STDIN',
  'copy to': 'COPY public.nowhere TO STDOUT',
  'copy of a schema that is not there': 'COPY  nowhere /* ü */ . "it\'s" TO STDOUT',
  'copy into a schema that is not there': 'COPY "No Schema".nowhere (a) FROM STDIN',
  'copy of a query': 'COPY (SELECT 1 FROM /* ü */ nowhere) TO STDOUT',
  'a system-like name': 'SELECT * FROM pg_nowhere',
};

for (const [name, sql] of Object.entries(missing)) {
  test(`a table that does not exist is told as PostgreSQL tells it: ${name}`, async () => {
    const exchanges = [
      { send: [query(sql)] },
      { send: [query('BEGIN')] },
      { send: [query(sql)] },
      { send: [query('ROLLBACK')] },
    ];
    await compare({ name, exchanges }, wire.database.oracle, wire.pgpack.address);
    // Several statements cannot be prepared.
    if (sql.includes(';')) return;
    const prepared = { name, exchanges: [{ send: [extended(sql)] }] };
    await compare(prepared, wire.database.oracle, wire.pgpack.address);
  });
}

test('the catalog is not read for what no shard has, seldom for what shard 0 lacks', async () => {
  let reads = 0;
  const count = { write: (line: string) => void (reads += line.includes('catalog read') ? 1 : 0) };
  const config = configOf({ database: wire.database, sharded: ['items.id'] });
  const app = await startApp(config, { log: pino({ level: 'debug' }, count) });
  const client = await RawClient.login({ ...wire.pgpack.address, port: app.port });
  await client.ask(query('SELECT count(*) FROM items'));
  assert.equal(reads, 1);
  for (let i = 0; i < 20; i++) {
    assert.match((await client.ask(query('SELECT * FROM nowhere')))[0]!, / C=42P01 /);
    await client.ask(extended(`SELECT * FROM nowhere${i}`));
  }
  assert.equal(reads, 1);
  const startedMs = Date.now();
  // One of three sessions asks the shard that has it.
  for (let i = 0; i < 30; i++) {
    const other = await RawClient.login({ ...wire.pgpack.address, port: app.port });
    await other.ask(query('SELECT * FROM fresh6'));
    other.destroy();
  }
  const secondsBegun = 1 + Math.floor((Date.now() - startedMs) / 1_000);
  assert.ok(reads > 1 && reads <= 1 + secondsBegun, `${reads} reads in ${secondsBegun} seconds`);
  client.destroy();
  await app.close({ drain: false });
});
