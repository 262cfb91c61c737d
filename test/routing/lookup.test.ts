// Keys that a query translates first (`lookup_query`), on 2 shards: rows are where the query says,
// statements find them there, and what cannot be translated is refused.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type pg from 'pg';
import { copyData, copyDone, query } from '../support/client-bytes.ts';
import type { PgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { emails, type LookupWire, startLookups } from './lookup-wire.ts';

let wire: LookupWire;
let pgpack: PgPack;
let client: pg.Client;

before(async () => {
  wire = await startLookups('lookup');
  ({ pgpack, client } = wire);
});

after(() => wire.close());

beforeEach(() => wire.startOver());

test('puts a row where its value is placed, and finds it with one translation', async () => {
  const before = wire.asked();
  for (const email of emails) {
    await client.query(`INSERT INTO logins VALUES ('${email}', 'simple')`);
  }
  assert.equal(wire.asked() - before, emails.length);
  const placed = await wire.rowsOf('logins', 'email');
  assert.deepEqual(
    placed.map(list => [...list].sort()),
    await wire.emailsByAccount(),
  );
  for (const email of emails.slice(0, 5)) {
    const simple = await client.query(`SELECT what FROM logins WHERE email = '${email}'`);
    assert.deepEqual(simple.rows, [{ what: 'simple' }]);
    const values = [email];
    const bound = await client.query('SELECT what FROM logins WHERE email = $1', values);
    assert.deepEqual(bound.rows, [{ what: 'simple' }]);
    const named = { name: 'by_email', text: 'SELECT what FROM logins WHERE email = $1', values };
    assert.deepEqual((await client.query(named)).rows, [{ what: 'simple' }]);
  }
  assert.equal(wire.asked() - before, emails.length);
});

test('translates an unknown key of a prepared statement, and every key of IN and ANY', async () => {
  for (const shard of [0, 1]) {
    const own = (await wire.emailsByAccount())[shard]!;
    for (const email of own) {
      await wire.shards[shard]!.query(`INSERT INTO logins VALUES ('${email}', 'there')`);
    }
  }
  const text = 'SELECT email FROM logins WHERE email = $1';
  const values = [emails[7]];
  const { rows } = await client.query({ name: 'unknown', text, values });
  assert.deepEqual(rows, [{ email: emails[7] }]);
  const list = emails.slice(10, 20);
  const quoted = list.map(email => `'${email}'`).join(', ');
  const sorted = [...list].sort();
  const before = wire.asked();
  const simple = await client.query(
    `SELECT email FROM logins WHERE email IN (${quoted}) ORDER BY email COLLATE "C"`,
  );
  assert.deepEqual(
    simple.rows.map(({ email }) => email),
    sorted,
  );
  assert.equal(wire.asked() - before, list.length);
  const any = await client.query(
    'SELECT email FROM logins WHERE email = ANY($1) ORDER BY email COLLATE "C"',
    [emails.slice(20, 30)],
  );
  assert.equal(any.rows.length, 10);
  const all = await client.query('SELECT count(*) FROM logins');
  assert.deepEqual(all.rows, [{ count: '40' }]);
});

test('splits an INSERT of many rows and a COPY by what their keys stand for', async () => {
  const rows = emails.map(email => `('${email}', 'many')`).join(', ');
  const inserted = await client.query(`INSERT INTO logins VALUES ${rows} RETURNING email`);
  assert.deepEqual(
    inserted.rows.map(({ email }) => email),
    emails,
  );
  const expected = await wire.emailsByAccount();
  assert.deepEqual(
    (await wire.rowsOf('logins', 'email')).map(list => [...list].sort()),
    expected,
  );
  const raw = await RawClient.login(pgpack.address);
  raw.send(query('COPY visits FROM STDIN'));
  await raw.until('G');
  pgpack.app.reload(pgpack.config);
  const text = Buffer.from(emails.map(email => `${email}\tpage\n`).join(''));
  for (let at = 0; at < text.length; at += 50) raw.send(copyData(text.subarray(at, at + 50)));
  assert.deepEqual(await raw.ask(copyDone), ['C COPY 40', 'Z I']);
  raw.destroy();
  assert.deepEqual(
    (await wire.rowsOf('visits', 'email')).map(list => [...list].sort()),
    expected,
  );
});

test('changes and deletes rows where they are', async () => {
  const rows = emails.map(email => `('${email}', 'new')`).join(', ');
  await client.query(`INSERT INTO logins VALUES ${rows}`);
  const update = "UPDATE logins SET what = 'old' WHERE email = $1";
  assert.equal((await client.query(update, [emails[3]])).rowCount, 1);
  assert.equal((await client.query(`DELETE FROM logins WHERE email = '${emails[4]}'`)).rowCount, 1);
  const found = await client.query("SELECT email FROM logins WHERE what = 'old'");
  assert.deepEqual(found.rows, [{ email: emails[3] }]);
  await assert.rejects(client.query(`UPDATE logins SET email = 'x' WHERE email = '${emails[0]}'`), {
    code: '0A000',
  });
});

test('takes what the query gives for the shard itself', async () => {
  await client.query("INSERT INTO notes VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  assert.deepEqual(await wire.rowsOf('notes', 'body'), [['a'], ['b', 'c']]);
  const { rows } = await client.query('SELECT body FROM notes WHERE tenant = $1', [3]);
  assert.deepEqual(rows, [{ body: 'c' }]);
  for (const tenant of [8, 9]) {
    await assert.rejects(client.query(`SELECT FROM notes WHERE tenant = ${tenant}`), {
      code: '58000',
      message: /^sharding key lookup failed: "(7|none)" for key "[89]" of "notes" is no shard/,
    });
  }
  // No row has a key that the column cannot hold, which nobody is asked about.
  const large = await client.query('SELECT body FROM notes WHERE tenant = 5000000000');
  assert.deepEqual(large.rows, []);
});

for (const [what, email, message] of [
  ['no row', 'nobody', 'no row for key "nobody" of "logins"'],
  ['several rows', 'twice@example.org', 'more than one row for key "twice@example.org"'],
  ['NULL', 'null@x', 'NULL for key "null@x" of "logins"'],
] as const) {
  test(`refuses a key for which there is ${what}, in reads and writes`, async () => {
    const statements = [
      [`SELECT * FROM logins WHERE email = '${email}'`],
      ['SELECT * FROM logins WHERE email = $1', [email]],
      [`INSERT INTO logins VALUES ('${email}', '')`],
      [`INSERT INTO logins VALUES ('${email}', ''), ('${emails[0]}', '')`],
      ['DELETE FROM logins WHERE email = $1', [email]],
    ] as const;
    for (const [sql, values] of statements) {
      await assert.rejects(client.query(sql, values && [...values]), (error: pg.DatabaseError) => {
        assert.equal(error.code, '58000');
        assert.ok(
          error.message.startsWith(`sharding key lookup failed: ${message}`),
          error.message,
        );
        return true;
      });
    }
    assert.deepEqual(await wire.rowsOf('logins', 'email'), [[], []]);
  });
}

test('looks a key up again that was missing', async () => {
  const select = `SELECT what FROM logins WHERE email = 'later'`;
  await assert.rejects(client.query(select), { code: '58000' });
  await client.query("INSERT INTO directory VALUES ('later', 5)");
  assert.deepEqual((await client.query(select)).rows, []);
  await client.query("DELETE FROM directory WHERE email = 'later'");
});

test('has no place for NULL: no match in a read, 23514 in a write', async () => {
  const before = wire.asked();
  assert.deepEqual((await client.query('SELECT FROM logins WHERE email = NULL')).rows, []);
  assert.deepEqual((await client.query('SELECT FROM logins WHERE email = $1', [null])).rows, []);
  assert.deepEqual((await client.query('SELECT FROM logins WHERE email IS NULL')).rows, []);
  await assert.rejects(client.query("INSERT INTO logins VALUES (NULL, '')"), { code: '23514' });
  await assert.rejects(client.query('INSERT INTO logins VALUES ($1, $2)', [null, '']), {
    code: '23514',
  });
  assert.equal(wire.asked(), before);
});

test('asks every shard where the key is no single value', async () => {
  await client.query(`INSERT INTO logins VALUES ('${emails[0]}', 'a'), ('${emails[3]}', 'b')`);
  const range = await client.query("SELECT what FROM logins WHERE email > 'a' ORDER BY what");
  assert.deepEqual(range.rows, [{ what: 'a' }, { what: 'b' }]);
});

test('refuses a value that its mapping has no place for', async () => {
  await client.query(`INSERT INTO strict VALUES ('${emails[2]}', 'a'), ('${emails[3]}', 'b')`);
  assert.deepEqual(await wire.rowsOf('strict', 'what'), [['a'], ['b']]);
  await assert.rejects(client.query(`SELECT FROM strict WHERE email = '${emails[4]}'`), {
    message: 'sharding key lookup failed: "4" for key "u4@example.org" of "strict" is on no shard',
  });
});

test('joins tables with the same lookup where the rows are', async () => {
  const rows = emails.map(email => `('${email}', 'x')`).join(', ');
  await client.query(`INSERT INTO logins VALUES ${rows}`);
  await client.query(`INSERT INTO visits VALUES ${rows}`);
  const joined = await client.query(
    'SELECT count(*) FROM logins JOIN visits ON visits.email = logins.email',
  );
  assert.deepEqual(joined.rows, [{ count: '40' }]);
  const apart = await client.query(
    'EXPLAIN SELECT count(*) FROM logins JOIN notes ON notes.body = logins.email',
  );
  assert.match(apart.rows[0]['QUERY PLAN'], /^Final/);
});

test('is named by EXPLAIN', async () => {
  const { rows } = await client.query(`EXPLAIN SELECT * FROM logins WHERE email = '${emails[0]}'`);
  const text = rows.map(row => row['QUERY PLAN']).join('\n');
  assert.match(text, /logins\.email = u0@example\.org → lookup, hash → shard [01]/);
});

for (const [sql, message] of [
  [
    "SELECT * FROM wide WHERE email = 'x'",
    'sharding key lookup failed: the lookup_query of "wide" gives 2 columns, not one',
  ],
  [
    "INSERT INTO circular VALUES ('x', '')",
    /its lookup_query reads "logins", of which no shard has all rows/,
  ],
] as const) {
  test(`refuses ${sql} for its lookup_query, and says why`, async () => {
    await assert.rejects(client.query(sql), { message });
  });
}

test('takes no key by hand', async () => {
  const sql = "/* pgdog_sharding_key: x */ SELECT * FROM logins WHERE email = 'x'";
  await assert.rejects(client.query(sql), { code: '0A000', message: /looked up/ });
});
