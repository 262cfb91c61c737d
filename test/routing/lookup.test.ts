// Keys that a query translates first (`lookup_query`), on 2 shards: rows are where the query says,
// statements find them there, and a key is asked for once.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type pg from 'pg';
import {
  bind,
  copyData,
  copyDone,
  describe as describePortal,
  execute,
  extended,
  flush,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';
import { type ShardTrace, startShardTrace } from './shard-trace.ts';

const emails = Array.from({ length: 40 }, (_, n) => `u${n}@example.org`);

const schema = `
CREATE TABLE directory (email text, account bigint);
CREATE TABLE places (tenant int, shard text);
CREATE TABLE accounts (id bigint PRIMARY KEY, name text);
CREATE TABLE logins (email text, what text);
CREATE TABLE visits (email varchar(40), page text);
CREATE TABLE notes (tenant int, body text);
CREATE TABLE wide (email text, what text);
CREATE TABLE slow (id bigint, what text);
CREATE TABLE circular (email text, what text);
CREATE TABLE strict (email text, what text);
INSERT INTO directory SELECT 'u' || n || '@example.org', n FROM generate_series(0, 39) n;
INSERT INTO directory VALUES ('twice@example.org', 1), ('twice@example.org', 2), ('null@x', NULL);
INSERT INTO places VALUES (1, '0'), (2, '1'), (3, '1'), (8, '7'), (9, 'none');
`;

const byEmail = 'SELECT account FROM directory WHERE email = $1';

function sharded(database: string, table: string, column: string, more: string): string {
  return `
[[sharded_tables]]
database = "${database}"
name = "${table}"
column = "${column}"
${more}
`;
}

function configuration(database: string): string {
  const byAccount = `data_type = "bigint"\nlookup_query = "${byEmail}"`;
  const byPlace = 'SELECT shard FROM places WHERE tenant = $1';
  return [
    sharded(database, 'accounts', 'id', ''),
    sharded(database, 'logins', 'email', byAccount),
    sharded(database, 'visits', 'email', byAccount),
    sharded(database, 'notes', 'tenant', `lookup_query = "${byPlace}"\nlookup_result = "shard"`),
    sharded(database, 'wide', 'email', `lookup_query = "SELECT 1, $1"`),
    sharded(
      database,
      'slow',
      'id',
      'lookup_query = "SELECT 0 FROM pg_sleep(30) WHERE $1 > 0"\nlookup_result = "shard"',
    ),
    sharded(
      database,
      'circular',
      'email',
      'lookup_query = "SELECT what FROM logins WHERE email = $1"',
    ),
    sharded(
      database,
      'strict',
      'email',
      `${byAccount}\nmapping = [{ values = [0, 1, 2], shard = 0 }, { values = [3], shard = 1 }]`,
    ),
  ].join('');
}

describe('keys that a query translates', () => {
  let database: TestDatabase;
  let trace: ShardTrace;
  let pgpack: PgPack;
  let client: pg.Client;
  let shards: pg.Client[];

  before(async () => {
    database = await createTestDatabase('lookup', 2);
    await database.runEverywhere(schema);
    trace = await startShardTrace(database.shards[0]!);
    const traced = { ...database, shards: [trace.address, database.shards[1]!] };
    pgpack = await startPgPack({
      database: traced,
      general: 'sharding_lookup_timeout = 1000',
      omnisharded: ['directory', 'places'],
      more: configuration(database.name),
    });
    client = await connect(pgpack.address);
    shards = await Promise.all(database.shards.map(connect));
  });

  after(async () => {
    await client.end();
    for (const shard of shards) await shard.end();
    await allReturned(pgpack);
    await pgpack.close();
    await trace.close();
    await database.drop();
  });

  beforeEach(async () => {
    for (const shard of shards) {
      await shard.query('TRUNCATE accounts, logins, visits, notes, strict');
    }
    pgpack.app.reload(pgpack.config);
  });

  /** How often keys were translated. */
  function asked(): number {
    return trace.executions('FROM directory');
  }

  /** Texts of the rows on each shard, in order. */
  async function rowsOf(table: string, column: string): Promise<string[][]> {
    const answers = await Promise.all(
      shards.map(shard => shard.query(`SELECT ${column}::text AS c FROM ${table} ORDER BY 1`)),
    );
    return answers.map(({ rows }) => rows.map(({ c }) => c));
  }

  /** By shard, those whose accounts are there. */
  async function emailsByAccount(): Promise<string[][]> {
    for (const n of emails.keys()) {
      await client.query(`INSERT INTO accounts VALUES (${n}) ON CONFLICT DO NOTHING`);
    }
    const accounts = await rowsOf('accounts', 'id');
    return accounts.map(ids => ids.map(id => `u${id}@example.org`).sort());
  }

  it('puts a row where its value is placed, and finds it with one translation', async () => {
    const before = asked();
    for (const email of emails) {
      await client.query(`INSERT INTO logins VALUES ('${email}', 'simple')`);
    }
    assert.equal(asked() - before, emails.length);
    const placed = await rowsOf('logins', 'email');
    assert.deepEqual(
      placed.map(list => [...list].sort()),
      await emailsByAccount(),
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
    assert.equal(asked() - before, emails.length);
  });

  it('translates an unknown key of a prepared statement, and every key of IN and ANY', async () => {
    for (const shard of [0, 1]) {
      const own = (await emailsByAccount())[shard]!;
      for (const email of own) {
        await shards[shard]!.query(`INSERT INTO logins VALUES ('${email}', 'there')`);
      }
    }
    const text = 'SELECT email FROM logins WHERE email = $1';
    const values = [emails[7]];
    const { rows } = await client.query({ name: 'unknown', text, values });
    assert.deepEqual(rows, [{ email: emails[7] }]);
    const list = emails.slice(10, 20);
    const quoted = list.map(email => `'${email}'`).join(', ');
    const sorted = [...list].sort();
    const before = asked();
    const simple = await client.query(
      `SELECT email FROM logins WHERE email IN (${quoted}) ORDER BY email COLLATE "C"`,
    );
    assert.deepEqual(
      simple.rows.map(({ email }) => email),
      sorted,
    );
    assert.equal(asked() - before, list.length);
    const any = await client.query(
      'SELECT email FROM logins WHERE email = ANY($1) ORDER BY email COLLATE "C"',
      [emails.slice(20, 30)],
    );
    assert.equal(any.rows.length, 10);
    const all = await client.query('SELECT count(*) FROM logins');
    assert.deepEqual(all.rows, [{ count: '40' }]);
  });

  it('splits an INSERT of many rows, and a COPY in every chunk, by what keys stand for', async () => {
    const rows = emails.map(email => `('${email}', 'many')`).join(', ');
    const inserted = await client.query(`INSERT INTO logins VALUES ${rows} RETURNING email`);
    assert.deepEqual(
      inserted.rows.map(({ email }) => email),
      emails,
    );
    const expected = await emailsByAccount();
    assert.deepEqual(
      (await rowsOf('logins', 'email')).map(list => [...list].sort()),
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
      (await rowsOf('visits', 'email')).map(list => [...list].sort()),
      expected,
    );
  });

  it('ends a COPY at a key that stands for nothing, without a row of it', async () => {
    const raw = await RawClient.login(pgpack.address);
    raw.send(query('COPY visits FROM STDIN'));
    await raw.until('G');
    raw.send(copyData(`${emails[0]}\tpage\n`), copyData('nobody\tpage\n'));
    raw.send(copyData(`${emails[1]}\tpage\n`));
    const [error] = await raw.until('E');
    assert.match(shown(error!), /C=58000 M=sharding key lookup failed: no row for key "nobody"/);
    await raw.until('Z');
    const next = await raw.ask([copyDone, query('SELECT 1')]);
    assert.deepEqual(next.slice(-2), ['C SELECT 1', 'Z I']);
    raw.destroy();
    assert.deepEqual(await rowsOf('visits', 'email'), [[], []]);
  });

  it('changes and deletes rows where they are', async () => {
    const rows = emails.map(email => `('${email}', 'new')`).join(', ');
    await client.query(`INSERT INTO logins VALUES ${rows}`);
    const update = "UPDATE logins SET what = 'old' WHERE email = $1";
    assert.equal((await client.query(update, [emails[3]])).rowCount, 1);
    assert.equal(
      (await client.query(`DELETE FROM logins WHERE email = '${emails[4]}'`)).rowCount,
      1,
    );
    const found = await client.query("SELECT email FROM logins WHERE what = 'old'");
    assert.deepEqual(found.rows, [{ email: emails[3] }]);
    await assert.rejects(
      client.query(`UPDATE logins SET email = 'x' WHERE email = '${emails[0]}'`),
      {
        code: '0A000',
      },
    );
  });

  it('takes what the query gives for the shard itself', async () => {
    await client.query("INSERT INTO notes VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    assert.deepEqual(await rowsOf('notes', 'body'), [['a'], ['b', 'c']]);
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
    it(`refuses a key for which there is ${what}, in reads and writes`, async () => {
      const statements = [
        [`SELECT * FROM logins WHERE email = '${email}'`],
        ['SELECT * FROM logins WHERE email = $1', [email]],
        [`INSERT INTO logins VALUES ('${email}', '')`],
        [`INSERT INTO logins VALUES ('${email}', ''), ('${emails[0]}', '')`],
        ['DELETE FROM logins WHERE email = $1', [email]],
      ] as const;
      for (const [sql, values] of statements) {
        await assert.rejects(
          client.query(sql, values && [...values]),
          (error: pg.DatabaseError) => {
            assert.equal(error.code, '58000');
            assert.ok(
              error.message.startsWith(`sharding key lookup failed: ${message}`),
              error.message,
            );
            return true;
          },
        );
      }
      assert.deepEqual(await rowsOf('logins', 'email'), [[], []]);
    });
  }

  it('looks a key up again that was missing', async () => {
    const select = `SELECT what FROM logins WHERE email = 'later'`;
    await assert.rejects(client.query(select), { code: '58000' });
    await client.query("INSERT INTO directory VALUES ('later', 5)");
    assert.deepEqual((await client.query(select)).rows, []);
    await client.query("DELETE FROM directory WHERE email = 'later'");
  });

  it('has no place for NULL: no match in a read, 23514 in a write', async () => {
    const before = asked();
    assert.deepEqual((await client.query('SELECT FROM logins WHERE email = NULL')).rows, []);
    assert.deepEqual((await client.query('SELECT FROM logins WHERE email = $1', [null])).rows, []);
    assert.deepEqual((await client.query('SELECT FROM logins WHERE email IS NULL')).rows, []);
    await assert.rejects(client.query("INSERT INTO logins VALUES (NULL, '')"), { code: '23514' });
    await assert.rejects(client.query('INSERT INTO logins VALUES ($1, $2)', [null, '']), {
      code: '23514',
    });
    assert.equal(asked(), before);
  });

  it('asks every shard where the key is no single value', async () => {
    await client.query(`INSERT INTO logins VALUES ('${emails[0]}', 'a'), ('${emails[3]}', 'b')`);
    const range = await client.query("SELECT what FROM logins WHERE email > 'a' ORDER BY what");
    assert.deepEqual(range.rows, [{ what: 'a' }, { what: 'b' }]);
  });

  it('refuses a value that its mapping has no place for', async () => {
    await client.query(`INSERT INTO strict VALUES ('${emails[2]}', 'a'), ('${emails[3]}', 'b')`);
    assert.deepEqual(await rowsOf('strict', 'what'), [['a'], ['b']]);
    await assert.rejects(client.query(`SELECT FROM strict WHERE email = '${emails[4]}'`), {
      message:
        'sharding key lookup failed: "4" for key "u4@example.org" of "strict" is on no shard',
    });
  });

  it('joins tables with the same lookup where the rows are', async () => {
    const rows = emails.map(email => `('${email}', 'x')`).join(', ');
    await client.query(`INSERT INTO logins VALUES ${rows}`);
    await client.query(`INSERT INTO visits VALUES ${rows}`);
    const joined = await client.query(
      'SELECT count(*) FROM logins JOIN visits ON visits.email = logins.email',
    );
    assert.deepEqual(joined.rows, [{ count: '40' }]);
    await assert.rejects(
      client.query('SELECT count(*) FROM logins JOIN notes ON notes.body = logins.email'),
      { code: '0A000' },
    );
  });

  it('stops a lookup that takes too long, and gives the connection back', async () => {
    await assert.rejects(client.query('SELECT * FROM slow WHERE id = 1'), {
      code: '58000',
      message: 'sharding key lookup failed: no answer within 1000 ms',
    });
    const running =
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()";
    const deadline = Date.now() + 10_000;
    for (;;) {
      const { rows } = await shards[0]!.query(running);
      if (rows[0].count === '0') break;
      assert.ok(Date.now() < deadline, 'the query still runs');
    }
    assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  });

  it('keeps keys until RELOAD, RECONNECT or DDL', async () => {
    const select = `SELECT what FROM logins WHERE email = '${emails[0]}'`;
    const clearings = [
      async () => pgpack.app.reload(pgpack.config),
      () => pgpack.app.controls.reconnect(null),
      () => client.query('CREATE TABLE more_of_it (id int)'),
    ];
    for (const clear of clearings) {
      await client.query(select);
      const before = asked();
      await client.query(select);
      assert.equal(asked(), before);
      await clear();
      await client.query(select);
      assert.equal(asked(), before + 1);
    }
  });

  it('is not part of the client’s transaction, and fails nothing that was done in it', async () => {
    await client.query('BEGIN');
    await client.query(`INSERT INTO logins VALUES ('${emails[0]}', 'a')`);
    await client.query(`INSERT INTO logins VALUES ('${emails[3]}', 'b')`);
    await client.query('SELECT what FROM logins WHERE email = $1', [emails[5]]);
    await client.query('COMMIT');
    const { rows } = await client.query('SELECT what FROM logins ORDER BY what');
    assert.deepEqual(rows, [{ what: 'a' }, { what: 'b' }]);
  });

  it('leaves nothing behind of a client that goes away meanwhile', async () => {
    const locker = await connect(database.shards[0]!);
    const waiting =
      "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ '\\$1'";
    for (const request of [
      [query(`INSERT INTO logins VALUES ('${emails[1]}', 'x')`)],
      [extended('SELECT what FROM logins WHERE email = $1', [emails[2]!])],
      [query(`SELECT what FROM logins WHERE email = '${emails[3]}'`)],
    ]) {
      const raw = await RawClient.login(pgpack.address);
      // The catalog is read first, which would wait for the lock, too.
      await client.query('SELECT FROM logins');
      await locker.query('BEGIN; LOCK TABLE directory');
      raw.send(...request);
      await eventually(
        'the lookup waits',
        async () => (await shards[0]!.query(waiting)).rowCount === 1,
      );
      raw.destroy();
      await eventually('the client is gone', () => pgpack.app.counts.clients === 1);
      await locker.query('COMMIT');
    }
    await locker.end();
    await eventually('every connection is idle', () => {
      const { serverConnections, idleServerConnections } = pgpack.app.counts;
      return serverConnections === idleServerConnections;
    });
    assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  });

  it('needs neither a free connection of the pool nor memory for keys', async () => {
    const small = await startPgPack({
      database,
      general: 'default_pool_size = 1\nsharding_lookup_cache_size = 0',
      omnisharded: ['directory', 'places'],
      more: configuration(database.name),
    });
    const other = await connect(small.address);
    await other.query('BEGIN');
    assert.equal((await other.query('INSERT INTO notes VALUES (1, $1)', ['holds'])).rowCount, 1);
    const rows = emails.map(email => `('${email}', 'x')`).join(', ');
    assert.equal((await other.query(`INSERT INTO logins VALUES ${rows}`)).rowCount, 40);
    const any = await other.query('SELECT what FROM logins WHERE email = ANY($1)', [emails]);
    assert.equal(any.rows.length, 40);
    const one = { name: 'one', text: 'SELECT what FROM logins WHERE email = $1' };
    assert.equal((await other.query({ ...one, values: [emails[9]] })).rows.length, 1);
    const explained = await other.query(
      `EXPLAIN SELECT * FROM logins WHERE email = '${emails[1]}'`,
    );
    assert.match(explained.rows[0]['QUERY PLAN'], /\S/);
    await other.query('COMMIT');
    const raw = await RawClient.login(small.address);
    raw.send(query('COPY visits FROM STDIN'), copyData(`${emails[0]}\tp\n${emails[1]}\tp\n`));
    assert.deepEqual((await raw.ask(copyDone)).slice(-2), ['C COPY 2', 'Z I']);
    raw.destroy();
    await other.end();
    await allReturned(small);
    await small.close();
  });

  it('translates keys of a pipeline, before a Flush too', async () => {
    const raw = await RawClient.login(pgpack.address);
    const one = (email: string) => [
      parse('', 'SELECT what FROM logins WHERE email = $1'),
      bind({ values: [email] }),
      describePortal('P'),
      execute(),
    ];
    const own = (await emailsByAccount())[0]!;
    const pipeline = await raw.ask([...own.slice(0, 3).flatMap(one), sync]);
    assert.equal(pipeline.filter(line => line === 'C SELECT 0').length, 3);
    raw.send(...one(own[3]!), flush);
    await raw.until('C');
    raw.send(...one(own[4]!), flush);
    await raw.until('C');
    assert.deepEqual(await raw.ask(sync), ['Z I']);
    raw.destroy();
  });

  it('is named by EXPLAIN', async () => {
    const { rows } = await client.query(
      `EXPLAIN SELECT * FROM logins WHERE email = '${emails[0]}'`,
    );
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
    it(`refuses ${sql} for its lookup_query, and says why`, async () => {
      await assert.rejects(client.query(sql), { message });
    });
  }

  it('takes no key by hand', async () => {
    const sql = "/* pgdog_sharding_key: x */ SELECT * FROM logins WHERE email = 'x'";
    await assert.rejects(client.query(sql), { code: '0A000', message: /looked up/ });
  });
});
