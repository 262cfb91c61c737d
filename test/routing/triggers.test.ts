// Triggers, rules and cascades on three shards: what is let through does what it does on one
// PostgreSQL, every copy of an omnisharded table included, and the rest is refused before it runs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type pg from 'pg';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { on, refused, undoing } from './refused-triggers.ts';

const tables = `
CREATE TABLE users (id bigint PRIMARY KEY, name text, slug text, orders int DEFAULT 0,
  updated_at timestamptz, note text);
CREATE TABLE orders (user_id bigint REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE,
  id bigint, amount numeric, country text, PRIMARY KEY (user_id, id));
CREATE TABLE audit (user_id bigint, what text, row jsonb, at timestamptz DEFAULT clock_timestamp());
CREATE TABLE serial_audit (id bigserial, user_id bigint, what text);
CREATE TABLE others (id bigint PRIMARY KEY, email text, n int);
CREATE TABLE parted (id bigint, day int, what text) PARTITION BY LIST (day);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
CREATE TABLE stated (id bigint PRIMARY KEY, what text);
CREATE TABLE ruled (id bigint PRIMARY KEY, what text);
CREATE TABLE countries (code text PRIMARY KEY, title text, lower_title text, cities int DEFAULT 0,
  search tsvector, changed timestamptz);
CREATE TABLE cities (id int PRIMARY KEY, country text REFERENCES countries ON DELETE CASCADE,
  name text);
CREATE TABLE log (what text, code text);
CREATE TABLE timed_log (what text, at timestamptz DEFAULT now());
CREATE TABLE unlisted (id int, v text);
`;

/** Let through, on tables that have no other trigger. */
const right = `
CREATE FUNCTION slugify(t text) RETURNS text LANGUAGE plpgsql
  AS $$ BEGIN RETURN lower(replace(t, ' ', '-')); END $$;
CREATE FUNCTION doubled(t text) RETURNS text LANGUAGE sql AS 'SELECT slugify(t) || slugify(t)';
${on('users', 'BEFORE INSERT OR UPDATE', 'NEW.updated_at := now(); NEW.slug = slugify(NEW.name); RETURN NEW;')}
${on('users', 'BEFORE UPDATE', "NEW.note := coalesce(NEW.note, '') || '!'; RETURN NEW;", 'FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)')}
${on(
  'users',
  'AFTER INSERT OR UPDATE OR DELETE',
  `IF TG_OP = 'DELETE' THEN
     INSERT INTO audit (user_id, what, row) SELECT OLD.id, 'D', to_jsonb(OLD) - 'updated_at';
     RETURN OLD;
   ELSIF TG_OP = 'UPDATE' THEN
     INSERT INTO audit (user_id, what, row) VALUES (NEW.id, TG_OP, to_jsonb(NEW) - 'updated_at');
   ELSE
     INSERT INTO audit VALUES (coalesce(NEW.id, OLD.id), 'I');
   END IF;
   RETURN coalesce(NEW, OLD);`,
)}
${on(
  'orders',
  'AFTER INSERT OR DELETE',
  `CASE TG_OP WHEN 'INSERT' THEN
     UPDATE users SET orders = orders + 1 WHERE id = NEW.user_id;
   ELSE
     UPDATE users SET orders = orders - 1 WHERE users.id = OLD.user_id;
   END CASE;
   RETURN NULL;`,
)}
${on(
  'orders',
  'BEFORE INSERT',
  `IF NOT EXISTS (SELECT FROM countries WHERE code = NEW.country) THEN
     RAISE EXCEPTION 'no country %', NEW.country USING ERRCODE = '23503';
   END IF;
   SELECT count(*) + 1 INTO n FROM orders WHERE user_id = NEW.user_id;
   NEW.id := coalesce(NEW.id, n); RETURN NEW;`,
  'FOR EACH ROW',
  'DECLARE n bigint;',
)}
${on('parted', 'BEFORE INSERT', "NEW.what := NEW.what || '+'; RETURN NEW;")}
${on(
  'stated',
  'AFTER INSERT',
  'INSERT INTO audit (user_id, what) SELECT n.id, current_user::text || n.what FROM fresh n; RETURN NULL;',
  'REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT',
)}
${on(
  'stated',
  'BEFORE UPDATE',
  `_new := NEW; _new."what" = upper(_new.what); RETURN _new;`,
  'FOR EACH ROW',
  'DECLARE _new record;',
)}
${on(
  'stated',
  'AFTER UPDATE',
  'UPDATE users u SET note = s.what FROM changed s WHERE u.id = s.id; RETURN NULL;',
  'REFERENCING NEW TABLE AS changed FOR EACH STATEMENT',
)}
${on(
  'ruled',
  'BEFORE UPDATE OR DELETE',
  `IF TG_OP = 'UPDATE' THEN NEW.id := OLD.id; END IF;
   r := coalesce(NEW, OLD); r.what := 'x';
   whose := CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
   UPDATE users SET note = same || r.what WHERE id = whose AND (OLD).id = id;
   INSERT INTO audit (user_id, what) VALUES (same, TG_OP); RETURN coalesce(NEW, OLD);`,
  'FOR EACH ROW',
  'DECLARE whose bigint; same ruled.id%TYPE := coalesce(NEW.id, OLD.id); r ruled%ROWTYPE;',
)}
CREATE RULE kept AS ON DELETE TO ruled WHERE old.what = 'kept' DO INSTEAD NOTHING;
CREATE RULE noted AS ON INSERT TO ruled DO ALSO
  INSERT INTO audit (user_id, what) VALUES (new.id, 'ruled ' || new.what);
${on('countries', 'BEFORE INSERT OR UPDATE', 'NEW.lower_title := doubled(NEW.title); IF pg_trigger_depth() > 3 THEN RETURN NULL; END IF; RETURN NEW;')}
CREATE TRIGGER searching BEFORE INSERT OR UPDATE ON countries FOR EACH ROW
  EXECUTE FUNCTION tsvector_update_trigger(search, 'pg_catalog.simple', title);
CREATE TRIGGER same BEFORE UPDATE ON countries FOR EACH ROW
  EXECUTE FUNCTION suppress_redundant_updates_trigger();
${on('countries', 'AFTER DELETE', "INSERT INTO log SELECT TG_OP, OLD.code; PERFORM pg_notify('gone', OLD.code); RETURN OLD;")}
${on(
  'cities',
  'AFTER INSERT OR DELETE',
  `
   IF TG_OP = 'INSERT' THEN UPDATE countries SET cities = cities + 1 WHERE code = NEW.country;
   ELSE INSERT INTO log (what, code) VALUES ('city ' || OLD.name, OLD.country); END IF;
   RETURN NULL;`,
)}
`;

let database: TestDatabase;
let endpoint: PgPack;
let pgpack: pg.Client;
let oracle: pg.Client;
let shards: pg.Client[];
const opened: (() => Promise<unknown>)[] = [];

before(async () => {
  database = await createTestDatabase('triggers', 3);
  opened.push(() => database.drop());
  await database.runEverywhere(tables + right);
  endpoint = await startPgPack({
    database,
    sharded: [
      'users.id',
      'orders.user_id',
      'audit.user_id',
      'serial_audit.user_id',
      'others.id',
      'parted.id',
      'stated.id',
      'ruled.id',
    ],
    omnisharded: ['countries', 'cities', 'log', 'timed_log'],
  });
  opened.push(() => endpoint.close());
  pgpack = await connect(endpoint.address);
  oracle = await connect(database.oracle);
  shards = await Promise.all(database.shards.map(connect));
  for (const one of [pgpack, oracle, ...shards]) opened.push(() => one.end());
});

after(async () => {
  for (const close of opened.reverse()) await close();
});

interface Told {
  readonly command?: string;
  readonly rowCount?: number | null;
  readonly rows?: readonly unknown[];
  readonly code?: string | undefined;
  readonly message?: string;
}

async function told(client: pg.Client, sql: string): Promise<Told> {
  try {
    const { command, rowCount, rows } = await client.query(sql);
    return { command, rowCount, rows };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { code, message };
  }
}

const sharded = ['users', 'orders', 'audit', 'others', 'parted', 'stated', 'ruled', 'serial_audit'];
const copied = ['countries', 'cities', 'log', 'timed_log', 'unlisted'];

async function rowsOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT (to_jsonb(t) - 'updated_at' - 'at' - 'changed')::text AS row FROM ${table} t`,
  );
  return rows.map(({ row }: { row: string }) => row).sort();
}

async function assertSameTables(): Promise<void> {
  for (const table of sharded) {
    const parts = await Promise.all(shards.map(shard => rowsOf(shard, table)));
    assert.deepEqual(parts.flat().sort(), await rowsOf(oracle, table), table);
  }
  for (const table of copied) {
    const expected = await rowsOf(oracle, table);
    for (const shard of shards) assert.deepEqual(await rowsOf(shard, table), expected, table);
    const whole = `SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS sum FROM ${table} t`;
    const sums = await Promise.all(shards.map(async one => (await one.query(whole)).rows[0].sum));
    assert.equal(new Set(sums).size, 1, `copies of ${table}`);
  }
}

const accepted = [
  "INSERT INTO countries (code, title) VALUES ('at', 'Austria'), ('ch', 'Swiss'), ('de', 'Germany')",
  "INSERT INTO users (id, name) VALUES (1, 'A B'), (2, 'C D'), (3, 'E F'), (4, 'G') RETURNING id, slug",
  "INSERT INTO users (id, name) VALUES (5, 'Five Six') RETURNING slug",
  "UPDATE users SET name = name || ' x' WHERE id < 4",
  "UPDATE users SET name = 'one' WHERE id = 1 RETURNING note",
  "INSERT INTO orders VALUES (1, NULL, 5, 'at'), (1, 7, 5, 'ch'), (2, NULL, 1, 'at'), (3, 1, 1, 'de')",
  "INSERT INTO orders VALUES (4, 1, 1, 'xx')",
  "INSERT INTO orders VALUES (4, 1, 1, 'de') ON CONFLICT DO NOTHING",
  'DELETE FROM orders WHERE user_id = 1 AND id = 7',
  'DELETE FROM users WHERE id IN (2, 3)',
  "INSERT INTO parted VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 1, 'c')",
  "INSERT INTO parted_1 VALUES (4, 1, 'd')",
  "INSERT INTO stated VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')",
  "UPDATE stated SET what = what || 'z' WHERE id > 2",
  "UPDATE stated SET what = 'one' WHERE id = 1",
  "INSERT INTO ruled VALUES (1, 'kept'), (2, 'x'), (3, 'kept'), (4, 'y')",
  "UPDATE ruled SET what = what || 'u' WHERE id > 3",
  'DELETE FROM ruled WHERE id < 9',
  "UPDATE countries SET title = 'Österreich' WHERE code = 'at' RETURNING lower_title",
  "INSERT INTO cities VALUES (1, 'at', 'Wien'), (2, 'at', 'Graz'), (3, 'de', 'Ulm')",
  "DELETE FROM countries WHERE code = 'de'",
  'UPDATE countries SET title = title',
  'COPY log FROM STDIN',
] as const;

test('what stays with its row, or is equal on every copy, is as on one PostgreSQL', async () => {
  for (const sql of accepted) {
    assert.deepEqual(await told(pgpack, sql), await told(oracle, sql), sql);
  }
  await assertSameTables();
});

test('in a schema of one shard triggers work on its tables, and on no others', async () => {
  await shards[1]!.query(`
    CREATE SCHEMA tenant;
    CREATE TABLE tenant.notes (id serial, what text, at timestamptz DEFAULT now());
    CREATE TABLE tenant.history (id serial, what text);
    CREATE TABLE tenant.spreading (id int);
    SET search_path = tenant;
    CREATE FUNCTION tenant.shown(t text) RETURNS text LANGUAGE plpgsql
      AS $$ BEGIN RETURN t || (SELECT count(*) FROM tenant.history); END $$;
    ${on('notes', 'AFTER INSERT', 'INSERT INTO tenant.history (what) VALUES (tenant.shown(NEW.what)); RETURN NULL;')}
    ${on('spreading', 'AFTER INSERT', "INSERT INTO public.log VALUES ('x'); RETURN NULL;")}`);
  const entry = `[[sharded_schemas]]\ndatabase = "${database.name}"\nname = "tenant"\nshard = 1`;
  const second = await startPgPack({ database, omnisharded: ['log'], more: entry });
  const client = await connect(second.address);
  try {
    await client.query("INSERT INTO tenant.notes (what) VALUES ('a'), ('b')");
    const { rows } = await shards[1]!.query('SELECT what FROM tenant.history ORDER BY id');
    assert.deepEqual(rows, [{ what: 'a0' }, { what: 'b1' }]);
    const refusal = await told(client, 'INSERT INTO tenant.spreading VALUES (1)');
    assert.equal(refusal.code, '0A000');
    assert.match(refusal.message ?? '', /of "spreading", which uses "log" of other shards,/);
  } finally {
    await client.end();
    await second.close();
    await shards[1]!.query('RESET search_path; DROP SCHEMA tenant CASCADE');
  }
});

describe('refused, and nothing is written', () => {
  for (const [name, { setup, sql, message }] of Object.entries(refused)) {
    test(name, async () => {
      const tag = `undo_${++undone}`;
      await database.runEverywhere(setup);
      await pgpack.query(`CREATE TABLE ${tag} (v int)`);
      try {
        for (const one of [sql].flat()) {
          const answer = await told(pgpack, one);
          assert.equal(answer.code, '0A000', `${one}: ${JSON.stringify(answer)}`);
          assert.match(answer.message ?? '', message);
        }
        await assertSameTables();
      } finally {
        await database.runEverywhere(undoing(setup));
        await pgpack.query(`DROP TABLE ${tag}`);
      }
    });
  }
});
let undone = 0;

test('a trigger that is disabled fires nothing', async () => {
  const setup = on('others', 'AFTER INSERT', "INSERT INTO log VALUES ('x'); RETURN NULL;");
  await database.runEverywhere(`${setup} ALTER TABLE others DISABLE TRIGGER USER`);
  await pgpack.query('CREATE TABLE read_again (v int)');
  const sql = "INSERT INTO others VALUES (11, 'b', 1), (12, 'c', 2)";
  assert.deepEqual(await told(pgpack, sql), await told(oracle, sql));
  await database.runEverywhere(undoing(setup));
  await pgpack.query('DROP TABLE read_again');
  await assertSameTables();
});
