// Merges that turn out not to be possible: types that only the shards know, tables that have
// changed behind the catalog.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { connect } from '../support/cluster.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;
let client: pg.Client;

before(async () => {
  wire = await startWire(
    'otherwise',
    3,
    `CREATE TABLE notes (id bigint PRIMARY KEY, kind text COLLATE "C", j jsonb);
     CREATE TABLE marks (id bigint PRIMARY KEY, kind text COLLATE "C")`,
    { sharded: ['notes.id', 'marks.id'] },
  );
  client = await connect(wire.pgpack.address);
  const notes = Array.from(
    { length: 30 },
    (_, i) => `(${i}, 'k${i % 3}', '{"a": ${(i * 7) % 30}}')`,
  );
  await client.query(`INSERT INTO notes VALUES ${notes.join()}`);
  await client.query("INSERT INTO marks VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, 'a')");
});

after(async () => {
  await client.end();
  await wire.close();
});

test('an order of jsonb is found out by the first execution and kept by the others', async () => {
  const sql = "SELECT id FROM notes ORDER BY j -> 'a' DESC LIMIT 4";
  const expected = Array.from({ length: 30 }, (_, i) => i)
    .sort((a, b) => ((b * 7) % 30) - ((a * 7) % 30))
    .slice(0, 4)
    .map(id => ({ id: String(id) }));
  for (let i = 0; i < 3; i++) assert.deepEqual((await client.query(sql)).rows, expected);
  const prepared = { name: 'by_json', text: sql };
  for (let i = 0; i < 3; i++) assert.deepEqual((await client.query(prepared)).rows, expected);
});

test('a transaction goes on behind a merge that was none', async () => {
  await client.query('BEGIN');
  await client.query("INSERT INTO marks VALUES (5, 'c')");
  const { rows } = await client.query(
    "SELECT j -> 'a' AS a FROM notes GROUP BY 1 ORDER BY 1 LIMIT 2",
  );
  assert.deepEqual(rows, [{ a: 0 }, { a: 1 }]);
  assert.equal((await client.query('SELECT count(*) FROM marks')).rows[0].count, '5');
  await client.query('ROLLBACK');
  assert.equal((await client.query('SELECT count(*) FROM marks')).rows[0].count, '4');
});

test('a column that was added on the servers alone is an error once', async () => {
  const sql = 'SELECT DISTINCT m.* FROM (SELECT kind FROM marks) m';
  const plain = 'SELECT DISTINCT * FROM marks';
  assert.equal((await client.query(sql)).rows.length, 2);
  assert.equal((await client.query(`${plain} ORDER BY kind, id`)).rows.length, 4);
  const grouped = 'SELECT DISTINCT ON (kind) * FROM marks ORDER BY kind, length(kind), id DESC';
  assert.equal((await client.query(grouped)).rows.length, 2);
  await wire.database.runEverywhere('ALTER TABLE marks ADD COLUMN extra int');
  await assert.rejects(client.query(grouped), { code: '0A000', message: /cached plan/ });
  const { rows } = await client.query(grouped);
  assert.deepEqual(rows, [
    { id: '4', kind: 'a', extra: null },
    { id: '3', kind: 'b', extra: null },
  ]);
});
