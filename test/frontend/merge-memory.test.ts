// The memory that merges count as theirs is given back, however they end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mergeMemory } from '../../src/frontend/merge-memory.ts';
import { query } from '../support/client-bytes.ts';
import { connect } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;

before(async () => {
  const schema = 'CREATE TABLE items (id bigint, kind int, note text)';
  const general = 'merge_memory_limit = 1048576';
  wire = await startWire('merge_memory', 2, schema, { sharded: ['items.id'], general });
  const client = await connect(wire.pgpack.address);
  const rows = Array.from({ length: 2000 }, (_, i) => `(${i}, ${i % 700}, 'note ${i}')`);
  await client.query(`INSERT INTO items VALUES ${rows.join(', ')}`);
  await client.end();
});

after(() => wire.close());

const nothingHeld = () => eventually('nothing is held', () => mergeMemory.held === 0);

const endings: readonly (readonly [string, string, RegExp | null])[] = [
  ['groups', 'SELECT kind, count(*) FROM items GROUP BY kind', null],
  ['sorted groups', 'SELECT kind, count(*) FROM items GROUP BY kind ORDER BY 2 LIMIT 3', null],
  ['a satisfied limit', 'SELECT * FROM items ORDER BY id LIMIT 5', null],
  ['DISTINCT', 'SELECT DISTINCT kind FROM items', null],
  ['an error', 'SELECT kind, sum(1 / (id - 1999)) FROM items GROUP BY kind', /division by zero/],
];

for (const [name, sql, error] of endings) {
  test(`nothing is held behind ${name}`, async () => {
    const client = await connect(wire.pgpack.address);
    const answer = client.query(sql);
    if (error === null) assert.ok((await answer.finally(() => client.end())).rows.length > 0);
    else
      await assert.rejects(
        answer.finally(() => client.end()),
        error,
      );
    await nothingHeld();
  });
}

test('nothing is held behind a client that goes in the middle', async () => {
  const client = await RawClient.login(wire.pgpack.address);
  client.send(query("SELECT id, repeat('x', 20000) AS x FROM items ORDER BY id, x"));
  await client.until('D');
  client.destroy();
  await nothingHeld();
});

test('groups beyond the limit are finished by a shard', async () => {
  const client = await connect(wire.pgpack.address);
  const sql = "SELECT note || repeat('x', 1000) AS long, count(*) FROM items GROUP BY 1";
  const answer = await client.query(sql).finally(() => client.end());
  assert.equal(answer.rows.length, 2000);
  await nothingHeld();
  assert.ok(mergeMemory.peak > 1_000_000, `${mergeMemory.peak}`);
});
