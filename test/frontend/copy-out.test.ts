// COPY … TO STDOUT from several shards on the wire: what PostgreSQL sends, in its order, and what
// becomes of it when the client does not read, cancels or leaves, or a shard fails in the middle.
// What is copied in which format, scripts/copy-out.sql compares with PostgreSQL.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cancelRequest } from '../../src/protocol/frontend-messages.ts';
import {
  bind,
  copyData,
  copyDone,
  describe,
  execute,
  extended,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { connect } from '../support/cluster.ts';
import { type Message, RawClient, shown } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';
import { startWire, type Wire } from '../support/wire.ts';

const bob = `copy_out_bob_${process.pid}`;
let wire: Wire;

const schema = `
  CREATE TABLE items (
    id bigint PRIMARY KEY, name text, twice bigint GENERATED ALWAYS AS (id * 2) STORED);
  CREATE TABLE large (id bigint PRIMARY KEY, filler text);
  CREATE TABLE parent (id bigint PRIMARY KEY, name text);
  CREATE TABLE child () INHERITS (parent);
  CREATE TABLE parts (id bigint, name text) PARTITION BY RANGE (id);
  CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
  CREATE TABLE rates (code text PRIMARY KEY, rate int);
  CREATE SEQUENCE numbers;
  CREATE MATERIALIZED VIEW figures AS SELECT 1 AS a;
  CREATE MATERIALIZED VIEW names AS SELECT name FROM items;
  CREATE TABLE owned (id bigint PRIMARY KEY, author text);
  CREATE TABLE other (a bigint, id bigint);
  ALTER TABLE owned ENABLE ROW LEVEL SECURITY;
  CREATE POLICY p ON owned USING (author = current_user);
  CREATE ROLE ${bob};
  GRANT SELECT ON owned, items TO ${bob}`;

before(async () => {
  const keys = ['items', 'large', 'parent', 'child', 'parts', 'parts1', 'owned', 'other'];
  wire = await startWire('copy_out', 3, schema, {
    sharded: keys.map(table => `${table}.id`),
    omnisharded: ['rates'],
    general: 'default_pool_size = 2\ncheckout_timeout = 20000',
  });
  for (const address of [wire.pgpack.address, wire.database.oracle]) {
    const client = await RawClient.login(address);
    const ids = Array.from({ length: 30 }, (_, i) => i + 1);
    const values = (text: (id: number) => string) => ids.map(id => `(${id}, ${text(id)})`).join();
    for (const sql of [
      `INSERT INTO items (id, name) VALUES ${values(id => (id % 5 === 0 ? 'NULL' : `'n${id}'`))}`,
      `INSERT INTO parent VALUES ${values(id => `'p${id}'`)}`,
      `INSERT INTO child VALUES ${values(id => `'c${id}'`).replaceAll('(', '(10')}`,
      `INSERT INTO parts VALUES ${values(id => `'p${id}'`)}`,
      `INSERT INTO owned VALUES ${values(id => (id % 2 === 0 ? `'${bob}'` : "'x'"))}`,
      "INSERT INTO rates VALUES ('a', 1), ('b', 2)",
    ]) {
      assert.match((await client.ask(query(sql)))[0]!, /^C INSERT/, sql);
    }
    client.destroy();
  }
  const client = await RawClient.login(wire.pgpack.address);
  await client.ask(query('COPY large FROM STDIN'), 'G');
  const filler = 'x'.repeat(20_000);
  for (let id = 0; id < 4_500; id++) {
    const taken = client.sendAll(copyData(`${id}\t${filler}\n`));
    if (id % 500 === 0) await taken;
  }
  assert.match((await client.ask(copyDone)).at(-2)!, /^C COPY 4500/);
  client.destroy();
});

after(async () => {
  for (const address of [...wire.database.shards, wire.database.oracle]) {
    const client = await connect(address);
    await client.query(`DROP OWNED BY ${bob}; DROP ROLE ${bob}`);
    await client.end();
  }
  await wire.close();
});

/** Messages as text, the data's in order of their own. */
function settled(messages: readonly Message[]): string[] {
  const lines = messages.map(message => {
    if (message.type === 'd') return `d ${message.body.toString('latin1')}`;
    if (message.type === 'H') return `H ${message.body.toString('hex')}`;
    return shown(message).replace(/ F=\S+ L=\d+ R=\S+/, '');
  });
  const first = lines.findIndex(line => line.startsWith('d'));
  const last = lines.findLastIndex(line => line.startsWith('d'));
  if (first < 0) return lines;
  return [
    ...lines.slice(0, first),
    ...lines.slice(first, last + 1).sort(),
    ...lines.slice(last + 1),
  ];
}

/** A DataRow of one text, as `ask` shows it. */
function row(text: string): string {
  const size = text.length.toString(16).padStart(8, '0');
  return `D ${size}${Buffer.from(text).toString('hex')}`;
}

async function answers(bytes: readonly Buffer[], readies = 1): Promise<[string[], string[]]> {
  const both: string[][] = [];
  for (const address of [wire.pgpack.address, wire.database.oracle]) {
    const client = await RawClient.login(address);
    client.send(...bytes);
    both.push(settled(await client.until('Z', readies)));
    client.destroy();
  }
  return [both[0]!, both[1]!];
}

const table = 'COPY items (id, name) TO STDOUT';
const merged = 'COPY (SELECT name, count(*) FROM items GROUP BY name) TO STDOUT (FORMAT csv)';
const collected = 'COPY (SELECT id, rank() OVER (ORDER BY id) FROM items) TO STDOUT BINARY';

const cases: Readonly<Record<string, { bytes: Buffer[]; readies?: number }>> = {
  'a simple query': { bytes: [query(table)] },
  'several in one message': {
    bytes: [query(`SELECT 1; ${table}; ${merged}; ${collected}; SELECT 2`)],
  },
  'an error behind it in one message': { bytes: [query(`${table}; SELECT 1 / 0; ${merged}`)] },
  'the extended protocol': {
    bytes: [extended(table), extended(merged), extended(collected)],
    readies: 3,
  },
  'a named statement, described and run twice': {
    bytes: [
      ...[parse('s', merged), describe('S', 's'), bind({ statement: 's' }), execute(), sync],
      ...[bind({ statement: 's', resultFormats: [1] }), describe('P'), execute(), sync],
    ],
    readies: 2,
  },
  'a row limit, which means nothing': {
    bytes: [parse('', table), bind(), execute('', 5), execute('', 5), sync],
  },
  'two in one pipeline': {
    bytes: [parse('', table), bind(), execute(), parse('', merged), bind(), execute(), sync],
  },
  'a block': {
    bytes: ['BEGIN', 'DELETE FROM items WHERE id < 10', table, merged, 'ROLLBACK'].map(query),
    readies: 5,
  },
  'a failed block': { bytes: ['BEGIN', 'SELECT 1 / 0', table, 'ROLLBACK'].map(query), readies: 4 },
  'a place of an error in one of several': {
    bytes: [
      query('SELECT 1; COPY (SELECT id, nothing FROM items) TO STDOUT'),
      query('SELECT 1; COPY (SELECT id, nothing FROM items ORDER BY id) TO STDOUT'),
      query("SELECT 1; COPY (SELECT 'ü', id FROM items ORDER BY id) TO STDOUT (FORMAT x)"),
      query("SELECT 1; COPY (SELECT 'ü', id FROM items) TO STDOUT (FORMAT x)"),
      query("SELECT 1; COPY (SELECT 'ü', now(), nothing FROM items) TO STDOUT"),
      query('SELECT 1; COPY items TO STDOUT (FORMAT x)'),
    ],
    readies: 6,
  },
  'parameters, which it has none of': {
    bytes: [
      extended('COPY (SELECT id FROM items WHERE id = $1) TO STDOUT'),
      extended('COPY (SELECT id, $1::int FROM items ORDER BY id) TO STDOUT'),
      extended('COPY (SELECT count(*), rank() OVER () FROM items WHERE name < $2) TO STDOUT'),
      extended(merged.replace('name,', '$1,'), ['7']),
      query('COPY (SELECT id FROM items WHERE id = $1) TO STDOUT'),
    ],
    readies: 5,
  },
  'generated columns': { bytes: [query('COPY items TO STDOUT')] },
  'a generated column in the list': { bytes: [query('COPY items (twice) TO STDOUT')] },
  'a parent without its children': { bytes: [query('COPY parent TO STDOUT')] },
  'a child': { bytes: [query('COPY child TO STDOUT')] },
  'a partitioned table': { bytes: [query('COPY parts TO STDOUT')] },
  'a partition': { bytes: [query('COPY parts1 TO STDOUT CSV HEADER')] },
  'a query of a partitioned table': { bytes: [query('COPY (SELECT * FROM parts) TO STDOUT')] },
  'a sequence': { bytes: [query('COPY numbers TO STDOUT')] },
  'a materialized view': { bytes: [query('COPY figures TO STDOUT')] },
  'an omnisharded table': { bytes: [query('COPY rates TO STDOUT BINARY')] },
  'a system table': { bytes: [query('COPY (SELECT amname FROM pg_am) TO STDOUT')] },
  'changed rows': {
    bytes: ['BEGIN', `COPY (UPDATE items SET name = 'z' RETURNING id) TO STDOUT`, 'ROLLBACK'].map(
      query,
    ),
    readies: 3,
  },
  'another encoding': {
    bytes: [query(`COPY (SELECT U&'\\00e9' || id FROM items) TO STDOUT (ENCODING 'LATIN1')`)],
  },
};

for (const [what, { bytes, readies }] of Object.entries(cases)) {
  test(`PostgreSQL's messages for ${what}`, async () => {
    const [got, expected] = await answers(bytes, readies);
    assert.deepEqual(got, expected);
  });
}

test('row-level security confines what is copied, as it does a query', async () => {
  for (const sql of ['COPY owned TO STDOUT', 'COPY (SELECT * FROM owned ORDER BY id) TO STDOUT']) {
    const [got, expected] = await answers([query(`SET ROLE ${bob}`), query(sql)], 2);
    assert.deepEqual(got, expected);
    assert.ok(got.includes('C COPY 15'));
  }
});

test('who may not read a table is told so', async () => {
  const [got, expected] = await answers(
    [query(`SET ROLE ${bob}`), query('COPY large TO STDOUT')],
    2,
  );
  assert.deepEqual(got, expected);
  assert.match(got.join(), /permission denied for table large/);
});

test('now() is the moment of the block, on whichever shard and however it goes', async () => {
  const client = await RawClient.login(wire.pgpack.address);
  const copied = async (sql: string) => {
    client.send(query(sql));
    const messages = await client.until('Z');
    return messages.filter(({ type }) => type === 'd').map(({ body }) => body.toString());
  };
  await client.ask(query('BEGIN'));
  const moments = new Set<string>();
  for (let id = 1; id < 6; id++) {
    const lines = await copied(`COPY (SELECT now() FROM items WHERE id = ${id}) TO STDOUT`);
    assert.equal(lines.length, 1);
    moments.add(lines[0]!);
    await client.ask(query('SELECT pg_sleep(0.002)'));
  }
  for (const order of ['', 'ORDER BY id']) {
    const lines = await copied(`COPY (SELECT now() FROM items ${order}) TO STDOUT`);
    assert.equal(lines.length, 30);
    for (const line of lines) moments.add(line);
  }
  assert.equal(moments.size, 1);
  client.destroy();
});

const endless = 'COPY large TO STDOUT';
const endlessMerged = 'COPY (SELECT * FROM large ORDER BY id) TO STDOUT';

for (const sql of [endless, endlessMerged]) {
  const way = sql === endless ? 'passed on' : 'merged';

  test(`a client that does not read makes the shards wait (${way})`, async () => {
    const client = await RawClient.login(wire.pgpack.address);
    const held = () => process.memoryUsage().external + process.memoryUsage().heapUsed;
    const start = held();
    client.send(query(sql));
    await client.until('d');
    client.pause();
    const watcher = await connect(wire.database.shards[0]!);
    await eventually('the shard waits for its client', async () => {
      const { rows } = await watcher.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'ClientWrite'",
      );
      return rows.length > 0;
    });
    await watcher.end();
    const grown = held() - start;
    assert.ok(grown < 64 * 1_048_576, `${grown} bytes more`);
    client.resume();
    const messages = await client.until('Z');
    assert.equal(messages.filter(({ type }) => type === 'd').length, 4_499);
    assert.deepEqual(messages.slice(-3).map(shown), ['c', 'C COPY 4500', 'Z I']);
    client.destroy();
  });

  test(`a cancel request stops it (${way})`, async () => {
    const client = await RawClient.login(wire.pgpack.address);
    client.send(query(sql));
    await client.until('d');
    client.pause();
    const canceler = await RawClient.dial(wire.pgpack.address);
    canceler.send(cancelRequest(client.processId, client.secret));
    await canceler.ended();
    client.resume();
    const messages = await client.until('Z');
    assert.match(
      shown(messages.at(-2)!),
      /^E .* C=57014 M=canceling statement due to user request/,
    );
    assert.ok(messages.every(({ type }) => type !== 'c' && type !== 'C'));
    assert.equal((await client.ask(query('SELECT count(*) FROM items')))[1], row('30'));
    client.destroy();
  });

  test(`a client that leaves in the middle holds nothing (${way})`, async () => {
    const client = await RawClient.login(wire.pgpack.address);
    client.send(query(sql));
    await client.until('d');
    client.destroy();
    await allReturned(wire.pgpack);
  });

  test(`statement_timeout is an error in the middle (${way})`, async () => {
    const client = await RawClient.login(wire.pgpack.address);
    await client.ask(query('BEGIN'));
    await client.ask(query("SET LOCAL statement_timeout = '300ms'"));
    client.send(query(sql));
    await client.until('d');
    client.pause();
    await new Promise(resolve => setTimeout(resolve, 600));
    client.resume();
    const messages = await client.until('Z');
    assert.match(
      shown(messages.at(-2)!),
      /^E .* C=57014 M=canceling statement due to statement timeout/,
    );
    assert.equal(shown(messages.at(-1)!), 'Z E');
    await client.ask(query('ROLLBACK'));
    assert.equal((await client.ask(query('SELECT count(*) FROM items')))[1], row('30'));
    client.destroy();
  });
}

for (const sql of [endless, endlessMerged]) {
  test(`a shard that is lost in the middle: ${sql}`, async () => {
    const client = await RawClient.login(wire.pgpack.address);
    client.send(query(sql));
    await client.until('d');
    client.pause();
    const killer = await connect(wire.database.shards[1]!);
    await killer.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await killer.end();
    client.resume();
    const messages = await client.until('Z');
    assert.match(shown(messages.findLast(({ type }) => type === 'E')!), / C=(57P01|08006) /);
    assert.ok(messages.every(({ type }) => type !== 'c' && type !== 'C'));
    client.destroy();
    const next = await RawClient.login(wire.pgpack.address);
    assert.equal((await next.ask(query('SELECT count(*) FROM items')))[1], row('30'));
    next.destroy();
    await allReturned(wire.pgpack);
  });
}

test("a shard's error in the middle stands behind rows, and ends the block", async () => {
  const client = await RawClient.login(wire.pgpack.address);
  await client.ask(query('BEGIN'));
  client.send(query('COPY (SELECT 1 / (4000 - id), filler FROM large) TO STDOUT'));
  const messages = await client.until('Z');
  assert.equal(messages[0]!.type, 'H');
  assert.equal(messages[1]!.type, 'd');
  assert.match(shown(messages.at(-2)!), /^E .* C=22012 /);
  assert.equal(shown(messages.at(-1)!), 'Z E');
  assert.ok(messages.every(({ type }) => type !== 'c' && type !== 'C'));
  assert.equal((await client.ask(query('ROLLBACK')))[0], 'C ROLLBACK');
  client.destroy();
});

test('a change that fails on one shard is made on none', async () => {
  const client = await RawClient.login(wire.pgpack.address);
  const sql = 'COPY (UPDATE items SET name = 1 / (20 - id) RETURNING id) TO STDOUT';
  assert.match((await client.ask(query(sql))).at(-2)!, /^E .* C=22012 /);
  const left = await client.ask(query("SELECT count(*) FROM items WHERE name LIKE 'n%'"));
  assert.equal(left[1], row('24'));
  client.destroy();
});

test('shards whose columns differ behind the catalog are found out', async () => {
  const client = await RawClient.login(wire.pgpack.address);
  await client.ask(query('INSERT INTO other (id, a) VALUES (1, 2), (2, 3), (3, 4), (4, 5)'));
  const shard = await connect(wire.database.shards[1]!);
  await shard.query('ALTER TABLE other RENAME a TO b');
  await shard.end();
  const answer = await client.ask(query('COPY other TO STDOUT'));
  assert.match(answer[0]!, /^E .*the name of column 1 \("a" and "b"\)/);
  client.destroy();
});

const refused: Readonly<Record<string, RegExp>> = {
  'COPY names TO STDOUT': /view "names" over a sharded table/,
  "COPY (SELECT id FROM items ORDER BY id) TO STDOUT (ENCODING 'LATIN2')": /ENCODING LATIN2/,
  'COPY (INSERT INTO items VALUES (99, NULL) RETURNING id) TO STDOUT': /COPY of an INSERT/,
  'COPY (UPDATE rates SET rate = 3 RETURNING rate) TO STDOUT': /omnisharded table/,
};

for (const [sql, construct] of Object.entries(refused)) {
  test(`refused: ${sql}`, async () => {
    const client = await RawClient.login(wire.pgpack.address);
    const [error] = await client.ask(query(sql));
    assert.match(error!, / C=0A000 /);
    assert.match(error!, construct);
    client.destroy();
  });
}
