// A statement that fails, or a connection that is lost, is the end of a block on all of its shards:
// what it had locked is free at once, and nothing of it is committed.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type pg from 'pg';
import { bind, execute, flush, parse, query, sync } from '../support/client-bytes.ts';
import { connect } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;
/** Past PgPack. */
let direct: pg.Client[];
/** An id on each shard. */
let ids: readonly number[];

before(async () => {
  const schema = 'CREATE TABLE items (id bigint PRIMARY KEY, name text)';
  wire = await startWire('failed_blocks', 2, schema, { sharded: ['items.id'] });
  direct = await Promise.all(wire.database.shards.map(connect));
  const client = await connect(wire.pgpack.address);
  const rows = Array.from({ length: 20 }, (_, i) => `(${i + 1}, 'a')`).join();
  await client.query(`INSERT INTO items VALUES ${rows}`);
  await client.end();
  const found = await Promise.all(
    direct.map(shard => shard.query('SELECT min(id)::int FROM items')),
  );
  ids = found.map(({ rows }) => rows[0].min as number);
});

after(async () => {
  for (const shard of direct) await shard.end();
  await wire.close();
});

beforeEach(() => allReturned(wire.pgpack));

function change(shard: number): Buffer {
  return query(`UPDATE items SET name = 'b' WHERE id = ${ids[shard]}`);
}

/** States of what clients of PgPack have on a shard. */
async function statesOn(shard: number): Promise<string[]> {
  const { rows } = await direct[shard]!.query(
    `SELECT state FROM pg_stat_activity WHERE datname = current_database()
     AND pid <> pg_backend_pid() AND state <> 'idle'`,
  );
  return rows.map(({ state }) => state as string);
}

async function changed(): Promise<number> {
  const found = await Promise.all(
    direct.map(shard => shard.query("SELECT FROM items WHERE name = 'b'")),
  );
  return found[0]!.rows.length + found[1]!.rows.length;
}

const bad = () => [parse('', `SELECT 1 / (id - ${ids[1]}) FROM items WHERE id = ${ids[1]}`)];
const pieces: readonly (readonly [string, () => Buffer[]])[] = [
  ['by itself', () => [...bad(), bind(), execute(), sync]],
  [
    'behind a Flush on another shard',
    () => [
      ...[parse('', `SELECT name FROM items WHERE id = ${ids[0]}`), bind(), execute(), flush],
      ...[...bad(), bind(), execute(), sync],
    ],
  ],
  ['behind a Flush on its shard', () => [flush, ...bad(), bind(), execute(), flush, sync]],
];

for (const [name, messages] of pieces) {
  test(`an error of the extended protocol aborts all branches: ${name}`, async () => {
    const client = await RawClient.login(wire.pgpack.address);
    await client.ask(query('BEGIN'));
    await client.ask(change(0));
    const answer = await client.ask(messages());
    assert.match(answer.at(-2)!, / C=22012 /);
    assert.equal(answer.at(-1), 'Z E');
    await eventually('the other branch is aborted', async () => {
      const states = await statesOn(0);
      return states.length === 1 && states[0] === 'idle in transaction (aborted)';
    });
    assert.equal((await client.ask(query('COMMIT'))).at(0), 'C ROLLBACK');
    assert.equal(await changed(), 0);
    client.destroy();
  });
}

test('a COMMIT that knows of a lost connection commits nowhere', async () => {
  const client = await RawClient.login(wire.pgpack.address);
  const text = `BEGIN; UPDATE items SET name = 'b' WHERE id = ${ids[0]};
    UPDATE items SET name = 'b' WHERE id = ${ids[1]};
    SELECT pg_sleep(1) FROM items WHERE id = ${ids[1]}; COMMIT`;
  client.send(query(text));
  await eventually('it works on the second shard only', async () => {
    const [first, second] = [await statesOn(0), await statesOn(1)];
    return first.join() === 'idle in transaction' && second.join() === 'active';
  });
  await direct[0]!.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'`);
  const lines = (await client.until('Z')).map(({ type, body }) => `${type} ${body.toString()}`);
  assert.match(lines.find(line => line.startsWith('E'))!, /C08006/);
  assert.equal(await changed(), 0);
  client.destroy();
});
