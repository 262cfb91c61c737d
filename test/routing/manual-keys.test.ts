// A sharding key given by hand is placed by the function that is configured for the tables of the
// statement: by list, by range, by SHA-1; where functions disagree it is refused.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import { type ManualWire, onlyValue, refuses, startManual } from './manual-support.ts';

let wire: ManualWire;
let client: pg.Client;

const table = (database: string, name: string, rest: string) => `
[[sharded_tables]]
database = "${database}"
name = "${name}"
column = "id"
${rest}
`;

const tables = (database: string) => `
${table(database, 'hashed', '')}
${table(database, 'digests', 'hasher = "sha1"')}
${table(database, 'listed', '')}
[[sharded_tables.mapping]]
values = [1, 2]
shard = 1
[[sharded_tables.mapping]]
values = [3]
shard = 0
${table(database, 'ranged', '')}
[[sharded_tables.mapping]]
end = 100
shard = 0
[[sharded_tables.mapping]]
start = 100
end = 200
shard = 1
`;

const names = ['hashed', 'digests', 'listed', 'ranged'];
const keys: Readonly<Record<string, readonly number[]>> = {
  hashed: [1, 2, 3, 4, 5, 6, 7, 8],
  digests: [1, 2, 3, 4, 5, 6, 7, 8],
  listed: [1, 2, 3],
  ranged: [-5, 99, 100, 199],
};

before(async () => {
  const schema = names.map(name => `CREATE TABLE ${name} (id bigint PRIMARY KEY);`).join('');
  wire = await startManual('manual_keys', 2, schema, {}, tables);
  client = await wire.client();
  for (const name of names) {
    for (const key of keys[name]!) await client.query(`INSERT INTO ${name} VALUES (${key})`);
  }
});

after(() => wire.close());

describe('a sharding key given by hand', () => {
  for (const name of names) {
    it(`goes where the rows of ${name} are, by comment and by setting`, async () => {
      const own = await wire.client();
      for (const key of keys[name]!) {
        // Without a predicate that could route it: the other keys tell whether it is the shard.
        const sql = `SELECT count(*) FROM ${name} WHERE id + 0 = ${key}`;
        assert.equal(await onlyValue(own, `/* pgdog_sharding_key: ${key} */ ${sql}`), '1');
        await own.query(`SET pgdog.sharding_key TO '${key}'`);
        assert.equal(await onlyValue(own, sql), '1');
        assert.equal(await onlyValue(own, sql, []), '1');
        const all = await onlyValue(own, `SELECT count(*) FROM ${name}`);
        assert.ok(Number(all) < keys[name]!.length, `${name} is on one shard`);
      }
      await own.end();
    });
  }

  it('that no list or range has is refused, never sent everywhere', async () => {
    const message = /sharding key "9" names no shard/;
    await refuses(client, '/* pgdog_sharding_key: 9 */ SELECT * FROM listed', '23514', message);
    await client.query("SET pgdog.sharding_key TO '9'");
    await refuses(client, 'SELECT * FROM listed', '23514', message, []);
    assert.equal(await onlyValue(client, 'SELECT count(*) FROM ranged WHERE id + 0 = 99'), '1');
    await client.query('RESET pgdog.sharding_key');
    const beyond = '/* pgdog_sharding_key: 200 */ SELECT * FROM ranged';
    await refuses(client, beyond, '23514', /sharding key "200" names no shard/);
  });

  it('is refused where the functions of the tables disagree', async () => {
    const differing: number[] = [];
    for (const key of [1, 2, 3]) {
      const sql = `/* pgdog_sharding_key: ${key} */ SELECT shard FROM here`;
      const result = await client.query(sql).catch((error: pg.DatabaseError) => error.code);
      if (result === '0A000') differing.push(key);
    }
    assert.ok(differing.length > 0);
  });
});
