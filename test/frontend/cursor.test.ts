// Cursors of SQL over the rows of several shards, against the oracle: DECLARE, FETCH, MOVE, CLOSE in
// every direction, beside other statements, across savepoints and the end of their transaction.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { bind, describe, execute, parse, query, sync } from '../support/client-bytes.ts';
import { connect } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, usePgPack, type Wire } from '../support/wire.ts';

let wire: Wire;
let client: pg.Client;
let oracle: pg.Client;

before(async () => {
  wire = await startWire(
    'cursor',
    3,
    'CREATE TABLE items (id bigint PRIMARY KEY, name text, n int)',
    { sharded: ['items.id'] },
  );
  client = await connect(wire.pgpack.address);
  oracle = await connect(wire.database.oracle);
  const items = Array.from({ length: 60 }, (_, i) => `(${i + 1}, 'item ${i + 1}', ${i % 7})`);
  const fill = `INSERT INTO items VALUES ${items.join()}`;
  await client.query(fill);
  await oracle.query(fill);
});

after(async () => {
  await client.end();
  await oracle.end();
  await wire.close();
});

async function outcome(on: pg.Client, sql: string): Promise<unknown> {
  try {
    const { rows, fields, command } = await on.query({ text: sql, rowMode: 'array' });
    return { rows, command, fields: fields.map(({ name, dataTypeID }) => [name, dataTypeID]) };
  } catch (error) {
    const { code, message } = error as pg.DatabaseError;
    return { code, message };
  }
}

async function same(statements: readonly string[]): Promise<void> {
  for (const sql of statements) {
    const [ours, theirs] = [await outcome(client, sql), await outcome(oracle, sql)];
    assert.deepEqual(ours, theirs, sql);
  }
}

const merged = 'SELECT id, name FROM items ORDER BY id';
const collected = 'SELECT id, row_number() OVER (ORDER BY id) FROM items ORDER BY id';

for (const select of [merged, collected, 'SELECT name FROM items WHERE id = 7']) {
  test(`forward only: ${select}`, () =>
    same([
      'BEGIN',
      `DECLARE c NO SCROLL CURSOR FOR ${select}`,
      'FETCH c',
      'FETCH 20 FROM c',
      'MOVE 3 IN c',
      'FETCH FORWARD 2 FROM c',
      'MOVE ABSOLUTE 30 FROM c',
      'FETCH RELATIVE 2 FROM c',
      'FETCH FORWARD ALL FROM c',
      'FETCH NEXT FROM c',
      'SAVEPOINT s',
      'FETCH PRIOR FROM c',
      'ROLLBACK TO s',
      'CLOSE c',
      'FETCH c',
      'ROLLBACK',
    ]));

  test(`in every direction: ${select}`, () =>
    same([
      'BEGIN',
      `DECLARE c SCROLL CURSOR FOR ${select}`,
      'FETCH 0 FROM c',
      'FETCH PRIOR FROM c',
      'FETCH LAST FROM c',
      'FETCH NEXT FROM c',
      'FETCH PRIOR FROM c',
      'FETCH ABSOLUTE 7 FROM c',
      'FETCH 0 FROM c',
      'MOVE 0 IN c',
      'FETCH RELATIVE -2 FROM c',
      'FETCH RELATIVE 0 FROM c',
      'FETCH BACKWARD 3 FROM c',
      'FETCH ABSOLUTE -3 FROM c',
      'MOVE FIRST FROM c',
      'FETCH FIRST FROM c',
      'MOVE BACKWARD ALL FROM c',
      'FETCH FORWARD 4 FROM c',
      'FETCH -2 FROM c',
      'FETCH ABSOLUTE 0 FROM c',
      'MOVE FORWARD ALL IN c',
      'FETCH BACKWARD ALL FROM c',
      'FETCH ABSOLUTE 100 FROM c',
      'FETCH RELATIVE -1 FROM c',
      'COMMIT',
      'FETCH c',
    ]));
}

test('cursors go on beside other statements and each other, and see nothing of them', () =>
  same([
    'BEGIN',
    `DECLARE a CURSOR FOR ${merged}`,
    `DECLARE b CURSOR FOR ${collected}`,
    'FETCH 2 FROM a',
    "UPDATE items SET name = 'changed'",
    'FETCH 2 FROM b',
    'FETCH 30 FROM a',
    'SELECT count(*), max(name) FROM items',
    collected,
    'FETCH ALL FROM b',
    'FETCH ALL FROM a',
    'CLOSE ALL',
    'FETCH a',
    'ROLLBACK',
  ]));

test('a savepoint that is rolled back takes the cursors behind it', () =>
  same([
    'BEGIN',
    `DECLARE before CURSOR FOR ${merged}`,
    'SAVEPOINT s',
    `DECLARE behind CURSOR FOR ${collected}`,
    'FETCH behind',
    'FETCH before',
    'SAVEPOINT t',
    `DECLARE released CURSOR FOR ${merged}`,
    'RELEASE t',
    'FETCH released',
    'ROLLBACK TO s',
    'FETCH before',
    'SAVEPOINT u',
    'FETCH behind',
    'ROLLBACK TO u',
    'FETCH released',
    'ROLLBACK',
  ]));

test('what is wrong with a cursor is said as PostgreSQL says it', () =>
  same([
    `DECLARE c CURSOR FOR ${merged}`,
    'FETCH c',
    'CLOSE c',
    'BEGIN',
    `DECLARE c CURSOR FOR ${merged}`,
    'SAVEPOINT s',
    `DECLARE c CURSOR FOR ${merged}`,
    'FETCH c',
    'ROLLBACK TO s',
    'DECLARE d CURSOR FOR SELECT missing FROM items',
    'ROLLBACK TO s',
    'FETCH c',
    'COMMIT',
    'FETCH c',
  ]));

test('WITH HOLD outlives its transaction if that commits', () =>
  same([
    `DECLARE alone CURSOR WITH HOLD FOR ${merged}`,
    'FETCH 2 FROM alone',
    'BEGIN',
    `DECLARE kept SCROLL CURSOR WITH HOLD FOR ${collected}`,
    'FETCH 3 FROM kept',
    'COMMIT',
    'FETCH 3 FROM kept',
    'FETCH BACKWARD 2 FROM kept',
    'BEGIN',
    `DECLARE dropped CURSOR WITH HOLD FOR ${collected}`,
    'ROLLBACK',
    'FETCH dropped',
    'FETCH 2 FROM alone',
    'CLOSE kept',
    'FETCH kept',
    'CLOSE alone',
  ]));

test('several statements in one message', () =>
  same([
    `BEGIN; DECLARE c CURSOR FOR ${merged}`,
    'FETCH 1 FROM c',
    'COMMIT; BEGIN',
    'FETCH 1 FROM c',
    'ROLLBACK',
  ]));

test('a binary cursor', async () => {
  for (const select of [merged, collected]) {
    const [ours, theirs] = await Promise.all(
      [wire.pgpack.address, wire.database.oracle].map(async address => {
        const raw = await RawClient.login(address);
        await raw.ask(query('BEGIN'));
        await raw.ask(query(`DECLARE c BINARY CURSOR FOR ${select}`));
        const answer = await raw.ask(query('FETCH 3 FROM c'));
        raw.destroy();
        return answer.map(line => line.replace(/ table=\d+/g, ''));
      }),
    );
    assert.deepEqual(ours, theirs);
  }
});

test('the extended protocol describes what FETCH returns; parameters of DECLARE', async () => {
  const answers = [];
  for (const address of [wire.pgpack.address, wire.database.oracle]) {
    const raw = await RawClient.login(address);
    const lines: string[] = [];
    const say = async (...bytes: Buffer[]) => lines.push(...(await raw.ask([...bytes, sync])));
    await raw.ask(query('BEGIN'));
    const declare = 'DECLARE c CURSOR FOR SELECT id, n FROM items WHERE id > $1 ORDER BY id';
    await say(parse('', declare, [20]), describe('S', ''), bind({ values: ['50'] }), execute());
    await say(parse('f', 'FETCH 2 FROM c'), describe('S', 'f'));
    await say(bind({ statement: 'f' }), describe('P', ''), execute());
    await say(bind({ statement: 'f' }), execute());
    await say(parse('', 'MOVE 2 IN c'), bind(), describe('P', ''), execute());
    await say(parse('', 'CLOSE c'), bind(), execute());
    await say(bind({ statement: 'f' }), execute());
    const inBinary = { resultFormats: [1] };
    await say(parse('', `DECLARE b CURSOR FOR ${collected}`), bind(inBinary), execute());
    await say(parse('', 'FETCH 2 FROM b'), bind(inBinary), describe('P', ''), execute());
    await raw.ask(query('ROLLBACK'));
    raw.destroy();
    answers.push(lines.map(line => line.replace(/ F=.*/, '')));
  }
  assert.deepEqual(answers[0], answers[1]);
});

test('more rows than merge_memory_limit are not kept for a cursor that scrolls', async () => {
  const { database } = wire;
  const general = 'merge_memory_limit = 65536';
  await usePgPack({ database, sharded: ['items.id'], general }, async pgpack => {
    const limited = await connect(pgpack.address);
    const large = "SELECT id, repeat('x', 5000) FROM items ORDER BY id";
    await limited.query(`BEGIN; DECLARE c CURSOR FOR ${large}`);
    assert.equal((await limited.query('FETCH ALL FROM c')).rows.length, 60);
    await limited.query(`DECLARE s SCROLL CURSOR FOR ${large}`);
    await assert.rejects(limited.query('FETCH ALL FROM s'), { code: '53400' });
    await limited.query('ROLLBACK');
    assert.equal((await limited.query('SELECT id FROM items')).rows.length, 60);
    await limited.end();
  });
});
