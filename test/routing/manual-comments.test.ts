// Statements that a comment sends to a shard: wherever it stands, in both protocols, past the
// caches of plans.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import { copyData, copyDone, query } from '../support/client-bytes.ts';
import { connect } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { type ManualWire, onlyValue, refuses, startManual } from './manual-support.ts';

let wire: ManualWire;
let client: pg.Client;

before(async () => {
  wire = await startManual(
    'manual_comments',
    3,
    `CREATE TABLE users (id bigint PRIMARY KEY, name text);
     CREATE TABLE kinds (id int PRIMARY KEY, name text);
     CREATE VIEW kinds_view AS SELECT * FROM kinds`,
    {
      sharded: ['users.id'],
      omnisharded: ['kinds'],
      general: `shard_id_regex = '/\\* shard_id: (\\d+) \\*/'
        sharding_key_regex = '/\\* sharding_key: (\\d+) \\*/'`,
    },
  );
  client = await wire.client();
  const rows = Array.from({ length: 30 }, (_, i) => `(${i}, 'user ${i}')`).join();
  await client.query(`INSERT INTO users VALUES ${rows}`);
});

after(() => wire.close());

const places: readonly ((shard: number) => string)[] = [
  shard => `/* pgdog_shard: ${shard} */ SELECT shard FROM here`,
  shard => `SELECT shard FROM here /* pgdog_shard: ${shard} */`,
  shard => `SELECT shard /* pgdog_shard: ${shard} */ FROM here`,
  shard => `SELECT shard FROM here -- pgdog_shard: ${shard}`,
  shard => `-- pgdog_shard: ${shard}\nSELECT shard FROM here;`,
  shard => `SELECT /* a /* b */ pgdog_shard: ${shard} */ shard FROM here`,
  shard => `/* shard_id: ${shard} */ SELECT shard FROM here`,
];

describe('a comment with a shard', () => {
  for (const [i, place] of places.entries()) {
    it(`is found in place ${i + 1}, each time another shard`, async () => {
      for (const shard of [0, 1, 2, 1, 0]) {
        assert.equal(await onlyValue(client, place(shard)), String(shard));
        assert.equal(await onlyValue(client, place(shard), []), String(shard));
      }
    });
  }

  it('is none inside a string', async () => {
    const sql = "SELECT '/* pgdog_shard: 9 */'";
    assert.equal(await onlyValue(client, sql), '/* pgdog_shard: 9 */');
  });

  it('belongs to the statement that it stands before, or behind the last one', async () => {
    const results = (await client.query(
      `/* pgdog_shard: 2 */ SELECT shard FROM here; /* pgdog_shard: 1 */ SELECT shard FROM here;
       SELECT shard FROM here; /* pgdog_shard: 0 */`,
    )) as unknown as pg.QueryResult[];
    assert.deepEqual(
      results.map(({ rows }) => rows[0].shard),
      [2, 1, 0],
    );
  });

  it('sends the whole statement there as it is, whatever its keys', async () => {
    const counts: number[] = [];
    for (const shard of [0, 1, 2]) {
      const count = await onlyValue(
        client,
        `/* pgdog_shard: ${shard} */ SELECT count(*) FROM users`,
      );
      counts.push(Number(count));
      const window = `/* pgdog_shard: ${shard} */ SELECT count(*) OVER () FROM users LIMIT 1`;
      assert.equal(await onlyValue(client, window), count);
    }
    assert.equal(
      counts.reduce((a, b) => a + b),
      30,
    );
    assert.ok(counts.every(count => count < 30));
  });
});

describe('a shard that comments name', () => {
  it('may change from statement to statement within a transaction', async () => {
    await client.query('BEGIN');
    for (const shard of [2, 0, 1]) {
      const sql = `/* pgdog_shard: ${shard} */ SELECT shard FROM here`;
      assert.equal(await onlyValue(client, sql), String(shard));
    }
    await client.query('ROLLBACK');
  });

  it('sends a write of a sharded table to that shard alone', async () => {
    await client.query('BEGIN');
    const { rowCount } = await client.query('/* pgdog_shard: 1 */ UPDATE users SET name = name');
    const counted = await onlyValue(client, '/* pgdog_shard: 1 */ SELECT count(*) FROM users');
    assert.equal(String(rowCount), counted);
    await client.query('ROLLBACK');
  });

  it('names a prepared statement of its own', async () => {
    for (const shard of [0, 1, 2, 0]) {
      const text = `/* pgdog_shard: ${shard} */ SELECT shard FROM here WHERE $1::int = 1`;
      const { rows } = await client.query({ name: `here ${shard}`, text, values: [1] });
      assert.deepEqual(rows, [{ shard }]);
    }
  });

  it('goes with what PREPARE and EXPLAIN say behind it', async () => {
    await client.query('/* pgdog_shard: 1 */ PREPARE one AS SELECT shard FROM here');
    assert.equal(await onlyValue(client, 'EXECUTE one'), '1');
    const other = '/* pgdog_shard: 2 */ EXECUTE one';
    await refuses(client, other, '22023', /send it to different shards/);
    await client.query('DEALLOCATE one');
    await client.query('PREPARE one AS SELECT shard FROM here');
    assert.equal(await onlyValue(client, other), '2');
    await client.query('DEALLOCATE one');
    const { rows } = await client.query('/* pgdog_shard: 2 */ EXPLAIN SELECT * FROM users');
    const lines = rows.map(row => row['QUERY PLAN']).join('\n');
    assert.match(lines, /shard 2/);
    assert.doesNotMatch(lines, /shards 0/);
  });

  it('that does not exist is refused with the numbers that do', async () => {
    const message = /shard 3 does not exist: shards are numbered 0 to 2/;
    await refuses(client, '/* pgdog_shard: 3 */ SELECT 1', '22023', message);
    await refuses(client, '/* pgdog_shard: 3 */ SELECT $1::int', '22023', message, [1]);
    await refuses(
      client,
      '/* pgdog_shard: x */ SELECT 1',
      '22023',
      /invalid value for pgdog_shard/,
    );
  });
});

describe('what a comment takes to a shard', () => {
  it('takes DDL to that shard, which then has the table alone', async () => {
    await client.query('/* pgdog_shard: 1 */ CREATE TABLE only_here (id int)');
    await client.query('/* pgdog_shard: 1 */ INSERT INTO only_here VALUES (7)');
    assert.equal(await onlyValue(client, '/* pgdog_shard: 1 */ SELECT id FROM only_here'), '7');
    assert.equal(await onlyValue(client, '/* pgdog_shard: 1 */ SELECT id FROM only_here', []), '7');
    for (const [shard, address] of wire.database.shards.entries()) {
      const server = await connect(address);
      const found = await onlyValue(server, "SELECT to_regclass('only_here') IS NOT NULL");
      await server.end();
      assert.equal(found, String(shard === 1));
    }
    await client.query('/* pgdog_shard: 1 */ DROP TABLE only_here');
  });

  it('takes COPY both ways', async () => {
    const raw = await RawClient.login(wire.pgpack.address);
    const begun = await raw.ask([query('/* pgdog_shard: 1 */ COPY users FROM STDIN')], 'G');
    assert.equal(begun.at(-1)?.[0], 'G');
    const sent = await raw.ask([copyData('1000\ta\n1001\tb\n1002\tc\n'), copyDone]);
    assert.deepEqual(sent, ['C COPY 3', 'Z I']);
    for (const [shard, copied] of [0, 3, 0].entries()) {
      const rows = 'SELECT id FROM users WHERE id > 999';
      const out = query(`/* pgdog_shard: ${shard} */ COPY (${rows}) TO STDOUT`);
      const lines = await raw.ask([out]);
      assert.equal(lines.at(-2), `C COPY ${copied}`);
    }
    assert.ok((await raw.ask([query('DELETE FROM users WHERE id > 999')])).includes('C DELETE 3'));
    raw.destroy();
  });
});

describe('what a comment cannot take to a shard', () => {
  const writes = [
    "INSERT INTO kinds VALUES (1, 'a')",
    "UPDATE kinds SET name = 'a'",
    'DELETE FROM kinds',
    'DELETE FROM kinds_view',
    'TRUNCATE kinds',
    'WITH gone AS (DELETE FROM kinds RETURNING *) SELECT * FROM gone',
    "MERGE INTO kinds k USING here ON k.id = here.shard WHEN MATCHED THEN UPDATE SET name = 'x'",
    'COPY kinds FROM STDIN',
  ];
  for (const sql of writes) {
    it(`refuses ${sql}, which would make copies differ`, async () => {
      const message = /a write to omnisharded table "kinds" with a shard directive/;
      await refuses(client, `/* pgdog_shard: 1 */ ${sql}`, '0A000', message);
    });
  }

  it('refuses what would bind the session to that server', async () => {
    const sql = '/* pgdog_shard: 1 */ CREATE TEMP TABLE mine (id int)';
    await refuses(client, sql, '0A000', /temporary table/);
  });
});

describe('a comment with a sharding key', () => {
  const forms: readonly ((key: number) => string)[] = [
    key => `/* pgdog_sharding_key: ${key} */`,
    key => `/* pgdog_sharding_key: "${key}" */`,
    key => `/* pgdog_sharding_key: '${key}' */`,
    key => `/* sharding_key: ${key} */`,
  ];
  for (const [i, form] of forms.entries()) {
    it(`goes where rows with that key are, in form ${i + 1}`, async () => {
      for (let key = 0; key < 12; key++) {
        const sql = `${form(key)} SELECT count(*) FROM users WHERE name = 'user ${key}'`;
        assert.equal(await onlyValue(client, sql), '1');
        assert.equal(await onlyValue(client, sql, []), '1');
      }
    });
  }

  it('that the column cannot have is refused as PostgreSQL refuses it', async () => {
    const message = /invalid input syntax for type bigint: "abc"/;
    await refuses(client, '/* pgdog_sharding_key: abc */ SELECT * FROM users', '22P02', message);
    await refuses(client, '/* pgdog_sharding_key: abc */ SELECT 1', '22P02', message, []);
  });
});

describe('a comment with a role', () => {
  it('is read by the primary where there is no replica', async () => {
    for (const role of ['primary', 'replica', 'auto']) {
      const sql = `/* pgdog_role: ${role} pgdog_shard: 2 */ SELECT shard FROM here`;
      assert.equal(await onlyValue(client, sql), '2');
    }
  });

  it('with another word is refused', async () => {
    const message = /invalid value for pgdog_role: "leader"/;
    await refuses(client, '/* pgdog_role: leader */ SELECT 1', '22023', message);
  });
});
