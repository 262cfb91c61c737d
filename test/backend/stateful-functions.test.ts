// Functions that leave something behind on their connection, in every place from which PostgreSQL
// calls one: the client keeps its connection, and no other client sees what was left. What only
// looks like it binds nobody.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bind, execute, parse, query, sync, terminate } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { createItems } from '../support/items.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

const sets = "PERFORM set_config('app.tenant', 'a', false);";

const schema = `
  CREATE TABLE items (id bigint PRIMARY KEY, name text);
  CREATE FUNCTION is_stable() RETURNS text LANGUAGE plpgsql STABLE
    AS $$ BEGIN ${sets} RETURN 'x'; END $$;
  CREATE FUNCTION is_immutable() RETURNS text LANGUAGE plpgsql IMMUTABLE
    AS $$ BEGIN ${sets} RETURN 'x'; END $$;
  CREATE FUNCTION "SetIt"() RETURNS text LANGUAGE plpgsql AS $$ BEGIN ${sets} RETURN 'x'; END $$;
  CREATE FUNCTION "Set It!"() RETURNS text LANGUAGE plpgsql AS $$ BEGIN ${sets} RETURN 'x'; END $$;
  CREATE FUNCTION calls_quoted() RETURNS text LANGUAGE plpgsql
    AS $$ BEGIN PERFORM "SetIt"(); RETURN 'x'; END $$;
  CREATE FUNCTION calls_odd() RETURNS text LANGUAGE sql AS 'SELECT "Set It!"()';
  CREATE FUNCTION by_format(f text) RETURNS text LANGUAGE plpgsql
    AS $$ DECLARE r text; BEGIN EXECUTE format('SELECT %I()', f) INTO r; RETURN r; END $$;
  CREATE FUNCTION by_pieces(f text) RETURNS text LANGUAGE plpgsql
    AS $$ DECLARE r text;
      BEGIN EXECUTE 'SELECT ' || quote_ident(f) || '()' INTO r; RETURN r; END $$;
  CREATE FUNCTION by_default(v text DEFAULT set_config('app.tenant', 'a', false)) RETURNS text
    LANGUAGE sql AS 'SELECT v';
  CREATE FUNCTION of_value(v text) RETURNS bool LANGUAGE plpgsql
    AS $$ BEGIN ${sets} RETURN true; END $$;
  CREATE DOMAIN checked AS text CHECK (of_value(VALUE));
  CREATE TYPE holder AS (v checked);
  CREATE TABLE domains (id int, v checked);
  CREATE FUNCTION takes_domain(v checked) RETURNS text LANGUAGE sql AS 'SELECT ''x''';
  CREATE FUNCTION of_two(a int, b int) RETURNS bool LANGUAGE plpgsql
    AS $$ BEGIN ${sets} RETURN true; END $$;
  CREATE OPERATOR @@@@ (LEFTARG = int, RIGHTARG = int, FUNCTION = of_two);
  CREATE FUNCTION operates() RETURNS bool LANGUAGE sql AS 'SELECT 1 @@@@ 2';
  CREATE FUNCTION steps(s int, v int) RETURNS int LANGUAGE plpgsql
    AS $$ BEGIN ${sets} RETURN v; END $$;
  CREATE AGGREGATE aggregated(int) (sfunc = steps, stype = int);
  CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN ${sets} RETURN coalesce(NEW, OLD); END $$;
  CREATE TABLE audited (id int);
  CREATE TRIGGER audits BEFORE INSERT ON audited FOR EACH ROW EXECUTE FUNCTION fires();
  CREATE VIEW over_audited AS SELECT * FROM audited;
  CREATE FUNCTION inserts() RETURNS void LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO Audited VALUES (1); END $$;
  CREATE FUNCTION inserts_into(t text) RETURNS void LANGUAGE plpgsql
    AS $$ BEGIN EXECUTE format('INSERT INTO %I VALUES (1)', t); END $$;
  CREATE PROCEDURE inserts_too() LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO audited VALUES (1); END $$;
  CREATE FUNCTION passes_on() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO audited VALUES (2); RETURN NEW; END $$;
  CREATE TABLE passing (id int);
  CREATE TRIGGER passes BEFORE INSERT ON passing FOR EACH ROW EXECUTE FUNCTION passes_on();
  CREATE TABLE parent (id int PRIMARY KEY);
  CREATE TABLE child (id int REFERENCES parent ON DELETE CASCADE);
  CREATE TRIGGER audits BEFORE DELETE ON child FOR EACH ROW EXECUTE FUNCTION fires();
  INSERT INTO parent SELECT generate_series(1, 9);
  INSERT INTO child SELECT generate_series(1, 9);
  CREATE TABLE ruled (id int);
  CREATE RULE also AS ON INSERT TO ruled DO ALSO INSERT INTO audited VALUES (3);
  CREATE TABLE indexed (id int);
  CREATE FUNCTION of_one(v int) RETURNS int LANGUAGE plpgsql IMMUTABLE
    AS $$ BEGIN ${sets} RETURN v; END $$;
  CREATE INDEX ON indexed ((of_one(id)));
  CREATE VIEW sets AS SELECT set_config('app.tenant', 'a', false) AS v;
  CREATE VIEW sets_too AS SELECT * FROM sets;
  CREATE FUNCTION reads() RETURNS text LANGUAGE sql AS 'SELECT v FROM sets_too';
  CREATE FUNCTION deallocates() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DEALLOCATE ALL; END $$;
  CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM audited';
  CREATE FUNCTION makes_name(v text) RETURNS text LANGUAGE plpgsql IMMUTABLE
    AS $$ BEGIN RETURN lower(v); END $$;
  CREATE FUNCTION counts_in(t text) RETURNS bigint LANGUAGE plpgsql
    AS $$ DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM items WHERE name = '
      || quote_literal(t) INTO n; RETURN n; END $$;
  CREATE TABLE numbered (id serial, name text);
  CREATE TABLE follows (of bigint DEFAULT currval('numbered_id_seq'), name text);
  CREATE TABLE twice (id serial, also bigint DEFAULT currval('twice_id_seq'));
  CREATE FUNCTION last_one() RETURNS bigint LANGUAGE sql AS 'SELECT lastval()';
  CREATE FUNCTION last_too() RETURNS bigint LANGUAGE plpgsql
    AS $$ BEGIN RETURN last_one(); END $$;
  CREATE FUNCTION adds(n text) RETURNS bigint LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO numbered (name) VALUES (n); RETURN lastval(); END $$;
  CREATE VIEW last_of_all AS SELECT currval('numbered_id_seq') AS v;`;

/** Each leaves app.tenant behind. */
const leaving = [
  'SELECT is_stable()',
  'SELECT is_immutable()',
  'SELECT calls_quoted()',
  'SELECT calls_odd()',
  "SELECT by_format('is_stable')",
  "SELECT by_pieces('is_stable')",
  'SELECT by_default()',
  "SELECT 'x'::checked",
  "SELECT checked('x')",
  "SELECT takes_domain('x')",
  "SELECT ROW('x')::holder",
  "INSERT INTO domains VALUES (1, 'x')",
  'SELECT 1 @@@@ 2',
  'SELECT operates()',
  'SELECT aggregated(1)',
  'INSERT INTO audited VALUES (0)',
  'INSERT INTO over_audited VALUES (0)',
  'SELECT inserts()',
  "SELECT inserts_into('audited')",
  'CALL inserts_too()',
  'DO $$ BEGIN INSERT INTO audited VALUES (1); END $$',
  'INSERT INTO passing VALUES (1)',
  'WITH a AS (INSERT INTO passing VALUES (9) RETURNING *) SELECT * FROM a',
  'DELETE FROM parent WHERE id = (SELECT min(id) FROM parent)',
  'INSERT INTO ruled VALUES (1)',
  'INSERT INTO indexed VALUES (1)',
  'SELECT * FROM sets_too',
  'SELECT reads()',
  `SELECT ts_rewrite('a'::tsquery,
    $$SELECT 'a'::tsquery, set_config('app.tenant', 'a', false)::tsquery$$)`,
];

/** Each leaves nothing. */
const harmless = [
  'SELECT count(*) FROM audited',
  'SELECT count(*) FROM over_audited',
  'SELECT count(*) FROM child',
  'SELECT count(*) FROM domains',
  'SELECT counts()',
  "SELECT makes_name('A')",
  "SELECT counts_in('x')",
  'UPDATE items SET name = lower(name) FROM audited WHERE items.id = audited.id',
  "SELECT uuid('00000000-0000-0000-0000-000000000000')",
  "SELECT adds('x')",
  'INSERT INTO twice DEFAULT VALUES',
  'SELECT no_such_function()',
];

let database: TestDatabase;
let pack: PgPack;

before(async () => {
  database = await createTestDatabase('stateful', 1);
  await database.runEverywhere(schema);
  pack = await startPgPack({ database, general: 'default_pool_size = 1\nmin_pool_size = 0' });
});

after(async () => {
  await pack.close();
  await database.drop();
});

const isPinned = () => {
  const { serverConnections, idleServerConnections } = pack.app.counts;
  return serverConnections !== idleServerConnections;
};

const answered = (lines: readonly string[]) => lines.filter(line => /^[DCE] ?/.test(line));

async function leave(client: RawClient): Promise<void> {
  client.send(terminate);
  await client.ended();
  await allReturned(pack);
}

async function tenant(): Promise<string[]> {
  const client = await RawClient.login(pack.address);
  const lines = await client.ask(query("SELECT coalesce(current_setting('app.tenant', true), '')"));
  await leave(client);
  return answered(lines);
}

test('what calls a function that leaves something binds its client, nobody sees it', async t => {
  const empty = await tenant();
  for (const sql of leaving) {
    const client = await RawClient.login(pack.address);
    const lines = await client.ask(query(sql));
    assert.ok(!lines.some(line => line.startsWith('E')), `${sql}: ${lines.join()}`);
    assert.ok(isPinned(), `${sql} binds its client`);
    await leave(client);
    assert.deepEqual(await tenant(), empty, sql);
  }
  t.diagnostic(`${leaving.length} ways to call such a function`);
});

test('what calls no such function binds nobody', async () => {
  for (const sql of harmless) {
    const client = await RawClient.login(pack.address);
    await client.ask(query(sql));
    // A statement that failed is cleaned up after.
    await eventually(`${sql} binds nobody`, () => !isPinned());
    await leave(client);
  }
});

test('a stateful event trigger, cast or comparison binds whoever may call it unnamed', async () => {
  const cases = [
    [
      `CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN ${sets} END $$;
        CREATE EVENT TRIGGER stateful_ddl ON ddl_command_end EXECUTE FUNCTION on_ddl()`,
      'CREATE TABLE made (id int)',
      'DROP EVENT TRIGGER stateful_ddl',
    ],
    [
      `CREATE TYPE pair AS (a int);
        CREATE FUNCTION to_int(v pair) RETURNS int LANGUAGE plpgsql
          AS $$ BEGIN ${sets} RETURN 1; END $$;
        CREATE CAST (pair AS int) WITH FUNCTION to_int(pair)`,
      'SELECT ROW(1)::pair::int',
      'DROP CAST (pair AS int)',
    ],
  ] as const;
  for (const [make, use, drop] of cases) {
    const own = await createTestDatabase('stateful', 1);
    await own.runEverywhere(make);
    const other = await startPgPack({ database: own, general: 'default_pool_size = 1' });
    try {
      const client = await RawClient.login(other.address);
      await client.ask(query(use));
      assert.notEqual(other.app.counts.idleServerConnections, 1, use);
      client.destroy();
      await allReturned(other);
      const next = await RawClient.login(other.address);
      const seen = await next.ask(query("SELECT current_setting('app.tenant', true) = 'a'"));
      assert.ok(!seen.includes('D 00010000000174'), use);
      await next.ask(query(drop));
      next.destroy();
    } finally {
      await other.close();
      await own.drop();
    }
  }
});

test('a function that was made past PgPack binds its client until the catalog has it', async () => {
  const empty = await tenant();
  const direct = await connect(database.shards[0]!);
  try {
    await direct.query(
      `CREATE FUNCTION made_late() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ${sets} END $$`,
    );
    for (const sql of ['SELECT made_late()', 'DO $$ BEGIN PERFORM made_late(); END $$']) {
      const client = await RawClient.login(pack.address);
      await client.ask(query(sql));
      assert.ok(isPinned(), sql);
      await leave(client);
      assert.deepEqual(await tenant(), empty, sql);
    }
  } finally {
    await direct.end();
  }
});

test('a function that was made past PgPack shows nothing to others on several shards', async () => {
  const sharded = await createItems('stateful', 3);
  const wide = await startPgPack({
    database: sharded,
    sharded: ['items.id'],
    general: 'default_pool_size = 1\nmin_pool_size = 0',
  });
  const ids = [1, 2, 3, 4, 5, 6, 7, 8];
  try {
    const first = await RawClient.login(wide.address);
    await first.ask(query('SELECT name FROM items WHERE id = 1'));
    await sharded.runEverywhere(
      `CREATE FUNCTION made_late() RETURNS text LANGUAGE plpgsql
        AS $$ BEGIN ${sets} RETURN 'x'; END $$`,
    );
    await first.ask(query('SELECT made_late()'));
    for (const id of ids) {
      const lines = await first.ask(query(`INSERT INTO items VALUES (${id}, made_late())`));
      assert.ok(!lines.some(line => line.startsWith('E')), lines.join());
    }
    const missing = await first.ask(query('SELECT no_such_function() FROM items WHERE id = 1'));
    assert.ok(missing[0]?.includes('C=42883'), missing[0]);
    first.send(terminate);
    await allReturned(wide);
    const next = await RawClient.login(wide.address);
    for (const id of ids) {
      const sql = `SELECT id FROM items
        WHERE id = ${id} AND coalesce(current_setting('app.tenant', true), '') = 'a'`;
      assert.ok((await next.ask(query(sql))).includes('C SELECT 0'), `shard of ${id}`);
    }
    next.destroy();
  } finally {
    await wide.close();
    await sharded.drop();
  }
});

test('DEALLOCATE ALL in a procedure takes nothing from other clients', async () => {
  const text = 'SELECT name FROM items WHERE id = $1';
  const use = Buffer.concat([bind({ statement: 's', values: ['2'] }), execute(), sync]);
  const deallocating = [
    'DO $$ BEGIN DEALLOCATE ALL; END $$',
    "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$",
    'SELECT deallocates()',
  ];
  for (const sql of deallocating) {
    const one = await RawClient.login(pack.address);
    const other = await RawClient.login(pack.address);
    await one.ask(Buffer.concat([parse('s', text), sync]));
    const expected = await one.ask(use);
    await other.ask(query(sql));
    assert.ok(isPinned(), sql);
    // The text is one that PgPack has prepared on this connection before.
    await other.ask(Buffer.concat([parse('s', text), sync]));
    assert.deepEqual(await other.ask(use), expected, `its own statement after ${sql}`);
    other.send(terminate);
    await other.ended();
    assert.deepEqual(await one.ask(use), expected, sql);
    await leave(one);
  }
});

test('the last value of a sequence is asked for in a transaction, also behind a name', async () => {
  const asking = [
    'SELECT lastval()',
    'SELECT last_one()',
    'SELECT last_too()',
    'SELECT v FROM last_of_all',
    "INSERT INTO follows (name) VALUES ('x') RETURNING of",
    'COPY (SELECT last_one()) TO STDOUT',
    'DO $$ BEGIN PERFORM lastval(); END $$',
  ];
  const one = await RawClient.login(pack.address);
  const other = await RawClient.login(pack.address);
  await one.ask(query("INSERT INTO numbered (name) VALUES ('one')"));
  await other.ask(query("INSERT INTO numbered (name) VALUES ('other')"));
  for (const sql of asking) {
    const lines = await one.ask(query(sql));
    assert.ok(
      lines.some(line => line.startsWith('E') && line.includes('C=0A000')),
      sql,
    );
  }
  for (const sql of asking) {
    await one.ask(query('BEGIN'));
    await one.ask(query("INSERT INTO numbered (name) VALUES ('again')"));
    const lines = await one.ask(query(sql));
    assert.ok(!lines.some(line => line.startsWith('E')), `${sql}: ${lines.join()}`);
    await one.ask(query('COMMIT'));
  }
  other.send(terminate);
  await leave(one);
});
